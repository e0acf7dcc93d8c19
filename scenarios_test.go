package autocom_test

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

var update = flag.Bool("update", false, "write docs/scenarios.md again")

// docs/scenarios.md lists what the tests prove with a real Asterisk and real peers, in the
// words of the tests themselves.
func TestScenariosAreListed(t *testing.T) {
	got := scenarios(t)
	const path = "docs/scenarios.md"
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the tests say: run go test . -update, and read the difference", path)
	}
}

// proof is what one package's tests say.
type proof struct {
	pkg, about string // about: the first sentence of its doc
	scenarios  []string
	tests      []string // of the lab that are no scenarios
}

// scenarios writes the list of all packages.
func scenarios(t *testing.T) []byte {
	byPkg := map[string]*proof{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if n := d.Name(); d.IsDir() && path != "." && (strings.HasPrefix(n, ".") || n == "testdata" || n == "build") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil || !bytes.HasPrefix(src, []byte("//go:build lab")) {
			return err
		}
		pkg := filepath.ToSlash(filepath.Dir(path))
		if byPkg[pkg] == nil {
			byPkg[pkg] = &proof{pkg: pkg, about: about(t, pkg)}
		}
		return byPkg[pkg].read(path, src)
	})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	b.WriteString("# What the tests prove\n\nEvery line is a test that `make lab` runs with the real Asterisk, virtual telephones and other real peers.\n" +
		"This page is written by the tests: `go test . -update`.\n")
	parts := slices.SortedFunc(maps.Values(byPkg), func(a, b *proof) int {
		_, _, i := a.titled()
		_, _, j := b.titled()
		return cmp.Or(cmp.Compare(i, j), cmp.Compare(a.pkg, b.pkg))
	})
	for _, p := range parts {
		if len(p.scenarios)+len(p.tests) == 0 {
			continue
		}
		words, about, place := p.titled()
		fmt.Fprintf(&b, "\n## %s\n\n", words)
		if about != "" {
			fmt.Fprintf(&b, "%s\n\n", about)
		}
		if place < len(titles) {
			fmt.Fprintf(&b, "Tests of `%s`:\n\n", p.pkg)
		}
		for _, s := range append(p.scenarios, p.tests...) {
			fmt.Fprintf(&b, "- %s\n", s)
		}
	}
	return b.Bytes()
}

// read collects the scenarios of a file; a test that holds none counts by its doc, or by its
// name.
func (p *proof) read(path string, src []byte) error {
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, path, src, parser.ParseComments)
	if err != nil {
		return err
	}
	called := map[string][]string{} // function → functions of the file that it names
	holds := map[string]bool{}      // function → it has scenarios of its own
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Recv != nil {
			continue
		}
		var wrong error
		ast.Inspect(fn, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				called[fn.Name.Name] = append(called[fn.Name.Name], id.Name)
			}
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || sel.Sel.Name != "Scenario" || len(call.Args) != 3 {
				return true
			}
			holds[fn.Name.Name] = true
			words := text(call.Args[1])
			if strings.Trim(words, "… ") == "" {
				wrong = fmt.Errorf("%s: the words of a scenario are a literal, so that docs/scenarios.md can list them", set.Position(call.Pos()))
				return false
			}
			p.scenarios = append(p.scenarios, words)
			return true
		})
		if wrong != nil {
			return wrong
		}
	}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || !strings.HasPrefix(fn.Name.Name, "Test") || fn.Name.Name == "TestMain" {
			continue
		}
		uses := slices.ContainsFunc(called[fn.Name.Name], func(name string) bool { return holds[name] })
		if !uses && !holds[fn.Name.Name] {
			words := plainWords(strings.TrimPrefix(fn.Name.Name, "Test"))
			if own, ok := inWords(fn.Doc); ok {
				words = own
			}
			p.tests = append(p.tests, words)
		}
	}
	return nil
}

// text is a string literal, or several that are put together; "…" for what is none.
func text(e ast.Expr) string {
	switch x := e.(type) {
	case *ast.BasicLit:
		if s, err := strconv.Unquote(x.Value); err == nil {
			return s
		}
	case *ast.BinaryExpr:
		return text(x.X) + text(x.Y)
	}
	return "…"
}

// inWords is what the doc of a test says for people: its line "In words: a phone …."
func inWords(doc *ast.CommentGroup) (string, bool) {
	for line := range strings.Lines(doc.Text()) {
		if words, ok := strings.CutPrefix(line, "In words: "); ok {
			return strings.TrimSuffix(strings.TrimSpace(words), "."), true
		}
	}
	return "", false
}

// plainWords turns "APhoneIsAddedTo500" into "a phone is added to 500".
func plainWords(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		starts := unicode.IsUpper(r) && (i == 0 || !unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) ||
			unicode.IsDigit(r) && i > 0 && !unicode.IsDigit(runes[i-1])
		if starts && i > 0 {
			b.WriteByte(' ')
		}
		alone := unicode.IsUpper(r) && i+1 < len(runes) && unicode.IsUpper(runes[i+1]) && !(i+2 < len(runes) && unicode.IsLower(runes[i+2])) // SIP, DNS
		if inside := i > 0 && unicode.IsUpper(runes[i-1]) && unicode.IsUpper(r) && !starts; alone || inside {
			b.WriteRune(r)
			continue
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// about is the first sentence of a package's doc.
func about(t *testing.T, pkg string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(pkg, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			t.Fatal(err)
		}
		if f.Doc != nil && !strings.HasSuffix(path, "_test.go") {
			words := new(doc.Package).Synopsis(f.Doc.Text())
			if f := strings.SplitN(words, " ", 3); len(f) == 3 && (f[0] == "Package" || f[0] == "Command") {
				words = strings.ToUpper(f[2][:1]) + f[2][1:]
			}
			return words
		}
	}
	return ""
}
