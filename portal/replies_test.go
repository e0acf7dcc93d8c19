package portal

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// inner are what nobody is answered with: they are logged, or stand before another sentence.
var inner = []string{"openapi: ", "too many messages", "logged out", "conflict", "changed meanwhile", "the sound cannot be used", "x: x"}

// textsOf are the texts of a source that the named functions are given.
func textsOf(t *testing.T, file string, functions ...string) []string {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	ast.Inspect(tree, func(node ast.Node) bool {
		call, ok := node.(*ast.CallExpr)
		if !ok {
			return true
		}
		name := ""
		switch f := call.Fun.(type) {
		case *ast.SelectorExpr:
			name = f.Sel.Name
		case *ast.Ident:
			name = f.Name
		}
		if !slices.Contains(functions, name) {
			return true
		}
		for _, arg := range call.Args {
			if text, ok := written(arg); ok && strings.Contains(text, " ") {
				out = append(out, text)
				break
			}
		}
		return true
	})
	return out
}

// written gives the text of an expression, with %s for what is put together at run time.
func written(x ast.Expr) (string, bool) {
	switch x := x.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(x.Value)
		return text, err == nil && x.Kind == token.STRING
	case *ast.BinaryExpr:
		a, okA := written(x.X)
		b, okB := written(x.Y)
		if !okA && !okB {
			return "", false
		}
		if !okA {
			a = "%s"
		}
		if !okB {
			b = "%s"
		}
		return a + b, true
	}
	return "", false
}

// Every sentence that the API, the accounts and uploads answer with has French words.
func TestEveryReplyHasFrenchWords(t *testing.T) {
	_, p := desk(t)
	verbs := regexp.MustCompile(`%#?[a-z+]`)
	n := 0
	for pattern, functions := range map[string][]string{
		"*.go":                 {"problem", "Sprintf", "Errorf", "New"},
		"account/*.go":         {"Errorf", "New"},
		"../pbx/sound/*.go":    {"Errorf", "New"},
		"../cmd/autocomd/*.go": {"refuse"},
	} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			said := []string{}
			if !strings.HasSuffix(file, "_test.go") {
				said = textsOf(t, file, functions...)
			}
			if strings.HasPrefix(pattern, "../cmd") && !strings.HasSuffix(file, "_test.go") {
				for _, s := range textsOf(t, file, "Errorf") {
					if after, ok := strings.CutPrefix(s, "%w: "); ok && marked(t, file, s) {
						said = append(said, after)
					}
				}
			}
			for _, s := range said {
				text := verbs.ReplaceAllString(s, "x")
				text = strings.NewReplacer(`"x"`, "x", "not x: not", "not").Replace(text)
				if slices.ContainsFunc(inner, func(i string) bool { return strings.HasPrefix(text, i) }) || !regexp.MustCompile(`[a-wyz]{2,} `).MatchString(text) || !regexp.MustCompile(`^[a-zA-Z%]`).MatchString(text) {
					continue
				}
				n++
				if french, foreign := p.translated(text, "fr"); (foreign || french == text) && !unread(file, text) {
					t.Errorf("%s: no French words for %q", file, s)
				}
			}
		}
	}
	if n < 90 {
		t.Errorf("only %d sentences were found", n)
	}
}

// unread tells what Sprintf and Errorf make that is no answer of the API.
func unread(file, text string) bool {
	switch filepath.Base(file) {
	case "openapi.go", "music.go": // of the description; of the log
		return true
	case "password.go": // the form of what is kept
		return strings.Contains(text, "argon2") || strings.Contains(text, "hash")
	case "token.go", "session.go", "account.go": // what the store said
		return strings.HasSuffix(text, ": x")
	}
	return false
}

// marked reports an error of the commands that the portal shows.
func marked(t *testing.T, file, format string) bool {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	ast.Inspect(tree, func(node ast.Node) bool {
		call, ok := node.(*ast.CallExpr)
		if !ok || len(call.Args) < 2 {
			return true
		}
		if text, ok := written(call.Args[0]); !ok || text != format {
			return true
		}
		if s, ok := call.Args[1].(*ast.SelectorExpr); ok && (s.Sel.Name == "ErrConflict" || s.Sel.Name == "ErrSound") {
			found = true
		}
		return true
	})
	return found
}

// A program or a browser that asks in French is refused in French; one that says nothing, in English.
func TestProblemsSpeakTheReadersLanguage(t *testing.T) {
	f, p := desk(t)
	f.shelf.refuse = fmt.Errorf("%w: %w", ErrConflict, fmt.Errorf("group sales: ring %d: %d to %d seconds", 3, 5, 300))
	for _, tt := range []struct{ method, path, body, accept, cookie, lang, says string }{
		{"GET", "devices/none", "", "", "", "", "there is no such device"},
		{"GET", "devices/none", "", "fr-CM,fr;q=0.9,en;q=0.5", "", "fr", "cet appareil n'existe pas"},
		{"GET", "devices/none", "", "fr", "en", "", "there is no such device"},
		{"GET", "devices/none", "", "de", "fr", "fr", "cet appareil n'existe pas"},
		{"PUT", "groups/sales", `{"name":"Ventes"}`, "fr", "", "fr", "groupe sales\u00a0: ring 3\u00a0: de 5 à 300 secondes"},
		{"PUT", "groups/sales", `{"name":"Ventes"}`, "en", "", "", "group sales: ring 3: 5 to 300 seconds"},
		{"GET", "devices?limit=none", "", "fr", "", "fr", "limit est un nombre de 1 à 2000"},
		{"GET", "nothing", "", "fr", "", "fr", "l'API n'a pas ce chemin avec cette méthode\u00a0: voyez /api/v1/openapi.json"},
	} {
		r := httptest.NewRequest(tt.method, "/api/v1/"+tt.path, strings.NewReader(tt.body))
		r.Header.Set("Authorization", "Bearer "+key)
		r.Header.Set("Accept-Language", tt.accept)
		if tt.cookie != "" {
			r.Header.Set("Cookie", cookieLanguage+"="+tt.cookie)
		}
		w := httptest.NewRecorder()
		p.ServeHTTP(w, r)
		var got struct{ Detail string }
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.Detail != tt.says || w.Header().Get("Content-Language") != tt.lang {
			t.Errorf("%s %s in %q: %s (%s), want %s", tt.method, tt.path, tt.accept, w.Body, w.Header().Get("Content-Language"), tt.says)
		}
	}
}
