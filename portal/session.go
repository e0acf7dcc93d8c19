package portal

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	cookieSession = "autocom-session"
	sessionFor    = 12 * time.Hour
	maxSessions   = 64 // an office has few who look after its phones
)

// digits is what counts of a code: people type it with a space, a dash or without.
func digits(code string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, code)
}

// sessions are those who typed the setup code; they end with the program.
type sessions struct {
	mu   sync.Mutex
	open map[[32]byte]*session // by the digest of the cookie
}

type session struct {
	until  time.Time
	notice notice
	undo   int64 // last change made here; 0 none
	undoAt time.Time
}

// notice is what the next page says once: the outcome of a form.
type notice struct {
	Bad        bool
	Text       string
	Foreign    bool   // Text is English in a page that is not
	User, Pass string // of a phone's own page, for this one look
}

func (s *sessions) start(now time.Time) (token string) {
	token = rand.Text() + rand.Text() // 256 bits or more
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[[32]byte]*session{}
	}
	var oldest [32]byte
	for id, x := range s.open {
		if !now.Before(x.until) {
			delete(s.open, id)
		} else if first, ok := s.open[oldest]; !ok || x.until.Before(first.until) {
			oldest = id
		}
	}
	if len(s.open) >= maxSessions {
		delete(s.open, oldest)
	}
	s.open[sha256.Sum256([]byte(token))] = &session{until: now.Add(sessionFor)}
	return token
}

// with calls do with the session of a cookie, under the lock; false when there is none.
func (s *sessions) with(token string, now time.Time, do func(*session)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, ok := s.open[sha256.Sum256([]byte(token))]
	if token == "" || !ok || !now.Before(x.until) {
		return false
	}
	if do != nil {
		do(x)
	}
	return true
}

func (s *sessions) end(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, sha256.Sum256([]byte(token)))
}

func sessionToken(r *http.Request) string {
	c, err := r.Cookie(cookieSession)
	if err != nil || len(c.Value) > 128 {
		return ""
	}
	return c.Value
}

// admin reports who has typed the setup code.
func (p *Portal) admin(r *http.Request) bool { return p.sessions.with(sessionToken(r), p.Now(), nil) }

// owned lets in who has a session; others are asked for the code first.
func (p *Portal) owned(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if p.admin(r) {
			h(w, acting(r, sessionActor))
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		if r.URL.Path == "/ui/events" { // a redirect would be followed in vain
			http.Error(w, "log in first", http.StatusUnauthorized)
			return
		}
		to := "/ui/login"
		if r.Method == http.MethodGet {
			to += "?next=" + url.QueryEscape(r.URL.RequestURI())
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
	}
}

// tell keeps what the next page of the session says.
func (p *Portal) tell(r *http.Request, n notice) {
	p.sessions.with(sessionToken(r), p.Now(), func(s *session) { s.notice = n })
}

func (p *Portal) told(r *http.Request) (n notice) {
	p.sessions.with(sessionToken(r), p.Now(), func(s *session) { n, s.notice = s.notice, notice{} })
	return n
}

// inside gives a path of ours to go on to: never another site, whoever made the link.
func inside(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/ui/") ||
		strings.Contains(u.Path, "..") || strings.ContainsAny(u.Path, "\\") || strings.HasPrefix(u.Path, "/ui/log") {
		return "/ui/phones"
	}
	return (&url.URL{Path: u.Path, RawQuery: u.RawQuery}).String()
}

// start is the short address that people type.
func start(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/ui/phones", http.StatusSeeOther)
}

// gate is what the page of the setup code shows.
type gate struct {
	Next string
	Bad  string
}

func (p *Portal) loginPage(w http.ResponseWriter, r *http.Request) {
	if p.admin(r) {
		http.Redirect(w, r, inside(r.URL.Query().Get("next")), http.StatusSeeOther)
		return
	}
	p.screen(w, r, http.StatusOK, "login", gate{Next: inside(r.URL.Query().Get("next"))})
}

func (p *Portal) login(w http.ResponseWriter, r *http.Request) {
	if !form(w, r) {
		return
	}
	from, now := remote(r), p.Now()
	words := p.words(r).Admin
	next := inside(r.PostForm.Get("next"))
	if wait := p.throttle.take(from, now); wait > 0 {
		seconds := int(wait/time.Second) + 1
		w.Header().Set("Retry-After", strconv.Itoa(seconds))
		p.screen(w, r, http.StatusTooManyRequests, "login", gate{next, fmt.Sprintf(words.CodeWait, seconds)})
		return
	}
	want, got := digits(p.SetupCode()), digits(r.PostForm.Get("code"))
	a, b := sha256.Sum256([]byte(want)), sha256.Sum256([]byte(got))
	if len(want) < 8 || subtle.ConstantTimeCompare(a[:], b[:]) != 1 {
		p.Log.Warn("wrong setup code", "from", from)
		p.screen(w, r, http.StatusForbidden, "login", gate{next, words.CodeWrong})
		return
	}
	p.throttle.good(from)
	p.sessions.end(sessionToken(r))
	http.SetCookie(w, &http.Cookie{
		Name: cookieSession, Value: p.sessions.start(now), Path: "/", MaxAge: int(sessionFor / time.Second),
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil,
	})
	p.Log.Info("somebody logged in with the setup code", "from", from)
	http.Redirect(w, r, next, http.StatusSeeOther)
}

func (p *Portal) logout(w http.ResponseWriter, r *http.Request) {
	p.sessions.end(sessionToken(r))
	http.SetCookie(w, &http.Cookie{Name: cookieSession, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil})
	http.Redirect(w, r, "/ui/login", http.StatusSeeOther)
}

// form reads a form of ours; false when the request was answered.
func form(w http.ResponseWriter, r *http.Request) bool {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "the form cannot be read", http.StatusBadRequest)
		return false
	}
	return true
}
