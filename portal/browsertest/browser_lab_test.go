//go:build lab

package browsertest_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"autocom/portal/browsertest"
)

const small = `<!doctype html><html lang="en"><title>One</title><main><h1>One</h1>
<form action="/two"><label>Name <input name="name"></label><button>Go</button></form><script>console.error("oops")</script></main>`

// TestAPersonFillsAForm: what the harness says it does, against a page of three lines.
//
// In words: a virtual person fills a form in a real browser.
func TestAPersonFillsAForm(t *testing.T) {
	mux := http.NewServeMux()
	page := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Write([]byte(body))
		}
	}
	mux.HandleFunc("GET /{$}", page(small))
	mux.HandleFunc("GET /two", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'none'; img-src data:") // as our pages have, and stricter
		page(`<!doctype html><title>Two</title><img src="data:,"><p id=hello>Hello `+r.FormValue("name")+" in "+r.Header.Get("Accept-Language")[:2])(w, r)
	})
	server := httptest.NewTLSServer(mux)
	defer server.Close()

	b := browsertest.Open(t, browsertest.Options{})
	p := b.Page(browsertest.Visitor{Language: "fr", Width: 360})
	if status := p.Goto(server.URL + "/"); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	if got := p.Errors(); !slices.Equal(got, []string{"error: oops"}) {
		t.Errorf("the page said %q", got)
	}
	p.Fill("input", "Ada")
	p.Click("role=button[name=Go]")
	p.Wait("#hello")
	if got := p.Text("#hello"); got != "Hello Ada in fr" {
		t.Errorf("read %q", got)
	}
	p.Until("the policy lets a test look", `document.title === "Two"`)
	var width int
	p.Eval("innerWidth", &width)
	if width != 360 || p.Overflow() != 0 {
		t.Errorf("the window is %d wide, the page %d more", width, p.Overflow())
	}
	if found := p.Violations(); !slices.ContainsFunc(found, func(v browsertest.Violation) bool { return v.Rule == "image-alt" && v.Serious() }) {
		t.Errorf("axe-core does not mind a picture without words: %+v", found)
	}
	if png, err := os.ReadFile(p.Screenshot("two")); err != nil || !strings.HasPrefix(string(png), "\x89PNG") {
		t.Errorf("no picture: %v", err)
	}
	p.Close()
}
