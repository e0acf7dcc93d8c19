package portal

import (
	"crypto/sha256"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"autocom/portal/account"
)

// Names of the session's cookie. By https it has one of its own: a browser refuses to
// replace a Secure cookie by one of plain http, and nobody could log in there any more
// (RFC 6265bis 5.7). With __Host- it is of this host alone.
const (
	cookieSession       = "autocom-session"
	cookieSecureSession = "__Host-autocom-session"
)

// maxNotes bounds the sessions that pages remember something of.
const maxNotes = 256

// sessions is what pages remember of a session for a moment; it ends with the program.
type sessions struct {
	mu   sync.Mutex
	open map[[32]byte]*session // by the digest of the cookie
}

type session struct {
	used   time.Time
	notice notice
	once   once
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

// with calls do with what is remembered of a request's session, under the lock.
func (s *sessions) with(r *http.Request, now time.Time, do func(*session)) {
	token := sessionToken(r)
	if token == "" {
		return
	}
	id := sha256.Sum256([]byte(token))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[[32]byte]*session{}
	}
	x, ok := s.open[id]
	if !ok {
		x = &session{}
		if len(s.open) >= maxNotes {
			var oldest [32]byte
			for id, x := range s.open {
				if first, ok := s.open[oldest]; !ok || x.used.Before(first.used) {
					oldest = id
				}
			}
			delete(s.open, oldest)
		}
		s.open[id] = x
	}
	x.used = now
	do(x)
}

// sessionCookie is the name of the cookie of a request's session.
func sessionCookie(r *http.Request) string {
	if r.TLS != nil {
		return cookieSecureSession
	}
	return cookieSession
}

func sessionToken(r *http.Request) string {
	c, err := r.Cookie(sessionCookie(r))
	if err != nil || len(c.Value) > 128 {
		return ""
	}
	return c.Value
}

func (p *Portal) giveSession(w http.ResponseWriter, r *http.Request, secret string) {
	http.SetCookie(w, &http.Cookie{
		Name: sessionCookie(r), Value: secret, Path: "/", MaxAge: int(account.SessionFor / time.Second),
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil,
	})
}

func (p *Portal) dropSession(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{Name: sessionCookie(r), Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil})
}

// tell keeps what the next page of the session says.
func (p *Portal) tell(r *http.Request, n notice) {
	p.sessions.with(r, p.Now(), func(s *session) { s.notice = n })
}

func (p *Portal) told(r *http.Request) (n notice) {
	p.sessions.with(r, p.Now(), func(s *session) { n, s.notice = s.notice, notice{} })
	return n
}

// inside gives a path of ours to go on to: never another site, whoever made the link.
func inside(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/ui/") ||
		strings.Contains(u.Path, "..") || strings.ContainsAny(u.Path, "\\") || strings.HasPrefix(u.Path, "/ui/log") {
		return "/ui/"
	}
	return (&url.URL{Path: u.Path, RawQuery: u.RawQuery}).String()
}

// firstPage is where a role begins.
func firstPage(role who) string {
	if role >= admin {
		return "/ui/phones"
	}
	return "/ui/me"
}

// start is the short address that people type.
func (p *Portal) start(w http.ResponseWriter, r *http.Request) {
	to := "/ui/login"
	if v := p.visitor(r); v.Role > anybody {
		to = firstPage(v.Role)
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// languageOf is the one that an account asks for, when its browser has not been told.
func languageOf(w http.ResponseWriter, r *http.Request, a account.Account) {
	if c, err := r.Cookie(cookieLanguage); err == nil && c.Value != "" || a.Language == "" {
		return
	}
	http.SetCookie(w, &http.Cookie{Name: cookieLanguage, Value: a.Language, Path: "/", MaxAge: int(tenYears / time.Second), SameSite: http.SameSiteLaxMode})
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
