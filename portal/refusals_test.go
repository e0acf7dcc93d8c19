package portal

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// unsaid are sentences of pbx that no page brings about: its forms cannot send such a body,
// or they are of what the box itself does.
var unsaid = []string{
	"x 7: 7 to 7 x",    // each unit is there on its own
	"emergency number", // of the settings of the country
}

// Every sentence by which the exchange refuses an object has French words.
func TestEveryRefusalHasFrenchWords(t *testing.T) {
	_, p := desk(t)
	features, err := filepath.Glob("../pbx/*")
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, f := range features {
		if slices.Contains([]string{"ami", "sync", "pbxtest", "goldentest", "sound", "calls", "report", "mail"}, filepath.Base(f)) {
			continue
		}
		if strings.HasSuffix(f, ".go") {
			files = append(files, f)
			continue
		}
		more, err := filepath.Glob(f + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, more...)
	}
	files = append(files, "../pbx/mail/settings.go", "../cmd/autocomd/trunks.go", "../office/objects.go")
	before := regexp.MustCompile(`^(settings )?[a-z_]+( x| 7)?: (.+)$`)
	verbs, figures := regexp.MustCompile(`%[qsvw+]+`), regexp.MustCompile(`%d`)
	n := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || slices.Contains([]string{"live.go", "spool.go", "letter.go", "text.go"}, filepath.Base(file)) {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			name := ""
			switch f := call.Fun.(type) {
			case *ast.SelectorExpr:
				name = f.Sel.Name
			case *ast.Ident:
				name = f.Name
			}
			lit, isText := call.Args[0].(*ast.BasicLit)
			if !isText || lit.Kind != token.STRING || !slices.Contains([]string{"Errorf", "New", "fail"}, name) {
				return true
			}
			text, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			text = strings.ReplaceAll(verbs.ReplaceAllString(figures.ReplaceAllString(strings.TrimPrefix(text, "%w: "), "7"), "x"), `"x"`, "x")
			if !strings.Contains(text, " ") || slices.ContainsFunc(unsaid, func(s string) bool { return strings.Contains(text, s) }) {
				return true
			}
			n++
			for rest := text; ; {
				if rest == "x" || regexp.MustCompile(`^(x )*x(: x)*$|^7 to 7 x$`).MatchString(rest) {
					return true
				}
				if said, foreign := p.french(rest, 2); !foreign && said != rest {
					return true
				}
				m := before.FindStringSubmatch(rest)
				if m == nil {
					t.Errorf("%s: no French words for %q", file, text)
					return true
				}
				rest = m[3]
			}
		})
	}
	if n < 100 {
		t.Errorf("only %d sentences were found", n)
	}
}
