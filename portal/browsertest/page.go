package browsertest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Visitor is who opens a window. The zero value reads English on a desktop's screen.
type Visitor struct {
	Language      string // of the browser: "fr", "en"
	Width, Height int    // in CSS pixels; 0 is 1440 × 900, and 360 wide is 360 × 740
	Scriptless    bool   // JavaScript is off
	Dark          bool   // prefers a dark page
}

// Page is one window with cookies of its own. Each act waits for what it acts on, fails
// the test when that does not come within Options.Wait, and then shows what the page said.
// Selectors are Playwright's: CSS, "text=…", "role=button[name=…]".
type Page struct {
	b  *Browser
	id string
}

// Page opens a window. Certificates of the box's own authority are believed in it, as
// by somebody who has installed it, and microphone, camera and notifications are granted.
func (b *Browser) Page(v Visitor) *Page {
	b.t.Helper()
	if v.Width == 0 {
		v.Width, v.Height = 1440, 900
	}
	if v.Height == 0 {
		v.Height = 740
	}
	language := map[string]string{"fr": "fr-FR"}[v.Language]
	if language == "" {
		language = "en-GB"
	}
	scheme := "light"
	if v.Dark {
		scheme = "dark"
	}
	p := &Page{b: b, id: b.id()}
	context := map[string]any{
		"ignoreHTTPSErrors": true, "locale": language, "javaScriptEnabled": !v.Scriptless, "colorScheme": scheme,
		"viewport":    map[string]int{"width": v.Width, "height": v.Height},
		"permissions": []string{"microphone", "camera", "notifications"}, "reducedMotion": "reduce",
	}
	if err := b.ask("page", map[string]any{"id": p.id, "context": context, "timeout": b.wait.Milliseconds()}, b.wait, nil); err != nil {
		b.t.Fatalf("open a window: %v", err)
	}
	return p
}

// Script runs a function of Playwright's words, `async (page, arg) => …`, and decodes what
// it returns. It is the way to everything that has no method here.
func (p *Page) Script(source string, arg, into any) error {
	// The act inside has b.wait; a script may have a few of them.
	return p.b.ask("script", map[string]any{"id": p.id, "source": source, "arg": arg}, 3*p.b.wait+10*time.Second, into)
}

func (p *Page) must(what, source string, arg, into any) {
	p.b.t.Helper()
	if err := p.Script(source, arg, into); err != nil {
		p.b.t.Fatalf("%s: %v\nthe page is %s and said:\n%s", what, err, p.where(), strings.Join(p.Said(), "\n"))
	}
}

func (p *Page) where() (url string) {
	if p.Script(`page => page.url()`, nil, &url) != nil {
		return "gone"
	}
	return url
}

// Goto opens an address and gives the status of the answer. Chromium gives up when an
// interface of the machine comes or goes meanwhile, as cables of the lab do; then, as a
// person would, it tries again.
func (p *Page) Goto(url string) (status int) {
	p.b.t.Helper()
	p.must("open "+url, `async (page, url) => {
		for (let n = 0; ; n++) {
			try {
				return (await page.goto(url, { waitUntil: "domcontentloaded" }))?.status() ?? 0;
			} catch (error) {
				if (n > 8 || !/ERR_NETWORK_CHANGED/.test(error.message)) throw error;
				await page.waitForTimeout(500);
			}
		}
	}`, url, &status)
	return status
}

// Click clicks the one element of the selector.
func (p *Page) Click(selector string) {
	p.b.t.Helper()
	p.must("click "+selector, `(page, s) => page.locator(s).click()`, selector, nil)
}

// Fill types into a field, instead of what was in it.
func (p *Page) Fill(selector, text string) {
	p.b.t.Helper()
	p.must("fill "+selector, `(page, [s, text]) => page.locator(s).fill(text)`, []string{selector, text}, nil)
}

// Choose picks a value of a list.
func (p *Page) Choose(selector, value string) {
	p.b.t.Helper()
	p.must("choose "+value+" of "+selector, `(page, [s, v]) => page.locator(s).selectOption(v)`, []string{selector, value}, nil)
}

// Press presses a key, as "Enter" or "Tab", where the focus is.
func (p *Page) Press(key string) {
	p.b.t.Helper()
	p.must("press "+key, `(page, key) => page.keyboard.press(key)`, key, nil)
}

// Wait returns when an element of the selector is to be seen.
func (p *Page) Wait(selector string) {
	p.b.t.Helper()
	p.must("wait for "+selector, `(page, s) => page.locator(s).first().waitFor()`, selector, nil)
}

// Gone returns when no element of the selector is to be seen.
func (p *Page) Gone(selector string) {
	p.b.t.Helper()
	p.must("wait until there is no "+selector, `(page, s) => page.locator(s).first().waitFor({ state: "hidden" })`, selector, nil)
}

// Until returns when an expression of the page's own JavaScript is true.
func (p *Page) Until(what, expression string) {
	p.b.t.Helper()
	// Asked from outside: the page's policy lets nobody evaluate texts in it.
	p.must("wait until "+what, `async (page, [x, wait]) => {
		for (const end = Date.now() + wait; !await page.evaluate(x); await page.waitForTimeout(100)) {
			if (Date.now() > end) throw new Error("not within " + wait + " ms");
		}
	}`, []any{expression, p.b.wait.Milliseconds()}, nil)
}

// Eval gives what an expression of the page's own JavaScript is; a promise is waited for.
func (p *Page) Eval(expression string, into any) {
	p.b.t.Helper()
	p.must("evaluate "+expression, `(page, x) => page.evaluate(x)`, expression, into)
}

// Text is what a person reads in the first element of the selector.
func (p *Page) Text(selector string) (text string) {
	p.b.t.Helper()
	p.must("read "+selector, `(page, s) => page.locator(s).first().innerText()`, selector, &text)
	return text
}

// Count is how many elements of the selector there are now.
func (p *Page) Count(selector string) (n int) {
	p.b.t.Helper()
	p.must("count "+selector, `(page, s) => page.locator(s).count()`, selector, &n)
	return n
}

// Overflow is by how many CSS pixels the page is wider than the window: 0 is no scrolling
// to the side.
func (p *Page) Overflow() (pixels int) {
	p.b.t.Helper()
	p.Eval(`document.documentElement.scrollWidth - document.documentElement.clientWidth`, &pixels)
	return pixels
}

// Screenshot writes the whole page as PNG and gives the file: <name>.png in the folder of
// AUTOCOM_SCREENSHOTS, or in one that ends with the test.
func (p *Page) Screenshot(name string) (file string) {
	p.b.t.Helper()
	folder := os.Getenv("AUTOCOM_SCREENSHOTS")
	if folder == "" {
		folder = p.b.t.TempDir()
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		p.b.t.Fatal(err)
	}
	file = filepath.Join(folder, name+".png")
	p.must("screenshot "+name, `(page, path) => page.screenshot({ path, fullPage: true, animations: "disabled" }).then(() => null)`, file, nil)
	return file
}

// Violation is what axe-core finds wrong for who cannot see, hear or point.
type Violation struct {
	Rule   string   `json:"rule"`
	Impact string   `json:"impact"` // minor, moderate, serious, critical
	Help   string   `json:"help"`
	Nodes  []string `json:"nodes"` // selectors
}

// Serious reports an impact that keeps somebody from using the page.
func (v Violation) Serious() bool { return v.Impact == "serious" || v.Impact == "critical" }

// Violations runs axe-core over the page as it is now.
func (p *Page) Violations() (found []Violation) {
	p.b.t.Helper()
	if err := p.b.ask("accessibility", map[string]any{"id": p.id}, 3*p.b.wait, &found); err != nil {
		p.b.t.Fatalf("axe-core on %s: %v", p.where(), err)
	}
	return found
}

// Said is what the page wrote to its console since it was opened: errors of scripts, of
// the content security policy, requests that failed.
func (p *Page) Said() (lines []string) {
	if p.b.ask("said", map[string]any{"id": p.id}, p.b.wait, &lines) != nil {
		return []string{"(the browser is gone)"}
	}
	return lines
}

// Errors are the lines of Said that no page should have.
func (p *Page) Errors() []string {
	return slices.DeleteFunc(p.Said(), func(line string) bool {
		return !strings.HasPrefix(line, "error:") && !strings.HasPrefix(line, "exception:")
	})
}

// Close closes the window.
func (p *Page) Close() {
	p.b.t.Helper()
	if err := p.b.ask("close", map[string]any{"id": p.id}, p.b.wait, nil); err != nil {
		p.b.t.Errorf("close a window: %v", err)
	}
}
