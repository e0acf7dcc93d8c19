package portal

import (
	"bytes"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// screen is what every page for who looks after the phones is made of.
type screen struct {
	Version string // of the assets that a browser keeps
	Words   Words
	Admin   Admin
	Site    string
	Page    string  // login, phones, phone, makers, security
	Path    string  // to come back to after a change of language
	Visitor visitor // who looks
	Inside  bool    // logged in
	Secure  bool    // by https
	Home    string  // the page that this role begins with
	Notice  notice
	Menu    []navGroup
	Undo    *undo
	Live    string // what the script listens to, "" for nothing
	Body    any
}

// pages are the templates: the page of a number, and one set per screen.
type pages struct {
	home *template.Template

	mu sync.Mutex
	in map[[2]string]*template.Template // by language and name: those that somebody has opened
}

func parsePages() (*pages, error) {
	home, err := template.ParseFS(embedded, "pages/home.html")
	if err != nil {
		return nil, err
	}
	return &pages{home: home, in: map[[2]string]*template.Template{}}, nil
}

// of gives a screen in a language. Each is parsed when it is first opened: all of them in
// both languages are 22 MB.
func (p *pages) of(lang, name string) (*template.Template, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if set := p.in[[2]string{lang, name}]; set != nil {
		return set, nil
	}
	setup := wordsIn(lang).Setup
	set, err := template.New(name).Funcs(template.FuncMap{
		"words": func() Setup { return setup },
		"say":   func(fr, en string) string { return say(lang, fr, en) },
		"mark":  func(mark, state string) any { return struct{ Mark, State string }{mark, state} },
		"rowAt": func(row, y int) int { return row*72 + y }, // of the calendar
	}).ParseFS(embedded, "pages/frame.html", "pages/parts.html", "pages/controls.html", "pages/centre.html", "pages/"+name+".html")
	if err != nil {
		return nil, err
	}
	p.in[[2]string{lang, name}] = set
	return set, nil
}

// draw executes a template of a screen.
func (p *pages) draw(w io.Writer, lang, screen, name string, data any) error {
	set, err := p.of(lang, screen)
	if err != nil {
		return err
	}
	return set.ExecuteTemplate(w, name, data)
}

func (p *Portal) screen(w http.ResponseWriter, r *http.Request, code int, name string, body any) {
	s := screen{
		Version: p.Version, Words: p.words(r), Site: p.Site().Name, Page: name, Path: r.URL.RequestURI(), Visitor: p.visitor(r), Body: body,
	}
	s.Admin, s.Inside, s.Home = s.Words.Admin, s.Visitor.Role > anybody, firstPage(s.Visitor.Role)
	s.Secure = r.TLS != nil
	if r.Method != http.MethodGet {
		s.Path = "/ui/"
		if slices.Contains([]string{"edit", "review", "drop"}, name) { // it has a page of its own
			s.Path = r.URL.Path
		}
	}
	if s.Inside {
		s.Notice = p.told(r)
		s.Undo = p.offer(r, s.Words.Lang)
		s.Menu = menuFor(s.Words.Lang, page(name, r.URL.Path), s.Visitor.Role)
	}
	if l, ok := body.(livePage); ok {
		v := url.Values{"v": {digest(p.parts(l))}}
		if s.Live = l.live() + "?" + v.Encode(); strings.Contains(l.live(), "?") {
			s.Live = l.live() + "&" + v.Encode()
		}
	}
	var b bytes.Buffer
	if err := p.pages.draw(&b, s.Words.Lang, name, "frame", s); err != nil {
		p.Log.Error("page not made", "page", name, "error", err)
		http.Error(w, "the page cannot be made", http.StatusInternalServerError)
		return
	}
	p.write(w, code, b.Bytes())
}

// page is the place of the menu that a screen belongs to: pages of forms are told apart by
// their path.
func page(screen, path string) string {
	if _, rest, ok := strings.Cut(path, "/ui/"); ok && slices.Contains([]string{"list", "edit", "review", "drop"}, screen) {
		first, _, _ := strings.Cut(rest, "/")
		return first
	}
	return screen
}

// pagePolicy lets a page have nothing from elsewhere, and no script that stands in it.
const pagePolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// write sends a page whole: never a half one, never kept, nothing from elsewhere.
func (p *Portal) write(w http.ResponseWriter, code int, page []byte) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	if h.Get("Content-Security-Policy") == "" { // a page that needs more says so itself
		h.Set("Content-Security-Policy", pagePolicy)
	}
	h.Set("X-Content-Type-Options", "nosniff")
	// Not no-referrer: with it a browser sends our own forms with "Origin: null", and by
	// plain http, where it sends no Sec-Fetch-Site, nothing tells them from a stranger's.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-store") // it may show a password
	w.WriteHeader(code)
	w.Write(page)
}

// part renders one piece of a screen for the stream.
func (p *Portal) part(name string, data any) (string, error) {
	var b bytes.Buffer
	err := p.pages.draw(&b, "en", "phone", name, data) // these pieces have no words of their own
	return b.String(), err
}

var frenchMonths = [...]string{"janv.", "févr.", "mars", "avril", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."}

// moment is a time as a page shows it.
type moment struct {
	Machine string // RFC 3339
	Text    string // as short as the reader needs
}

// moment gives t on the office's clock; relative texts would go stale on an open page.
func (p *Portal) moment(t time.Time, lang string) moment {
	if t.IsZero() {
		return moment{}
	}
	if zone, err := time.LoadLocation(p.Site().TimeZone); err == nil {
		t = t.In(zone)
	}
	now := p.Now().In(t.Location())
	text := t.Format("15:04")
	if day := t.Format(time.DateOnly); day != now.Format(time.DateOnly) {
		month := t.Format("Jan")
		if lang == "fr" {
			month = frenchMonths[t.Month()-1]
		}
		text = t.Format("2 ") + month + t.Format(" 15:04")
		if t.Year() != now.Year() {
			text = t.Format("2 ") + month + t.Format(" 2006")
		}
	}
	return moment{t.UTC().Format(time.RFC3339), text}
}
