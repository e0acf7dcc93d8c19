package portal

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io/fs"
	"net/http"
	"slices"
	"sync"
	"time"

	"autocom/portal/account"
)

// Who has typed the setup code holds a cookie of its own for a while. It opens two pages
// alone: the first minute, and later the one that sets an administrator's password. It is
// counted by time passed, for the first minute may set the clock.
const (
	cookieBegin       = "autocom-setup"
	cookieSecureBegin = "__Host-autocom-setup"
	beginFor          = time.Hour
	maxBeginners      = 16
)

// beginners are those who have typed the code.
type beginners struct {
	mu   sync.Mutex
	last []beginner // oldest first
}

type beginner struct {
	digest [32]byte
	since  time.Time // with the monotonic reading where the clock has one
}

func (b *beginners) add(digest [32]byte, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.last = append(b.last, beginner{digest, now}); len(b.last) > maxBeginners {
		b.last = b.last[1:]
	}
}

func (b *beginners) known(digest [32]byte, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last = slices.DeleteFunc(b.last, func(x beginner) bool { return now.Sub(x.since) >= beginFor })
	return slices.ContainsFunc(b.last, func(x beginner) bool { return x.digest == digest })
}

func (b *beginners) drop(digest [32]byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last = slices.DeleteFunc(b.last, func(x beginner) bool { return x.digest == digest })
}

func beginCookie(r *http.Request) string {
	if r.TLS != nil {
		return cookieSecureBegin
	}
	return cookieBegin
}

// beginner is the digest of a request's cookie.
func beginnerOf(r *http.Request) [32]byte {
	c, err := r.Cookie(beginCookie(r))
	if err != nil || len(c.Value) > 128 {
		return [32]byte{}
	}
	return sha256.Sum256([]byte(c.Value))
}

// begin lets who typed the code go on.
func (p *Portal) begin(w http.ResponseWriter, r *http.Request) {
	secret := rand.Text() + rand.Text()
	p.beginners.add(sha256.Sum256([]byte(secret)), p.Now())
	http.SetCookie(w, &http.Cookie{
		Name: beginCookie(r), Value: secret, Path: "/", MaxAge: int(beginFor / time.Second),
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil,
	})
}

// begun lets through who has typed the setup code; others are asked for it.
func (p *Portal) begun(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !p.beginners.known(beginnerOf(r), p.Now()) {
			w.Header().Set("Cache-Control", "no-store")
			to := "/ui/code"
			if p.visitor(r).Role > anybody {
				to = "/ui/"
			}
			http.Redirect(w, r, to, http.StatusSeeOther)
			return
		}
		h(w, r)
	}
}

// ended takes the setup code's cookie back: what it was for is done.
func (p *Portal) ended(w http.ResponseWriter, r *http.Request) {
	p.beginners.drop(beginnerOf(r))
	http.SetCookie(w, &http.Cookie{Name: beginCookie(r), Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil})
}

// firstName is the administrator's as long as nobody chooses another.
const firstName = "admin"

// renewal is the page that sets an administrator's password.
type renewal struct {
	Names []string
	Name  string
	Least int // characters of a password
	Bad   string
}

func (p *Portal) resetPage(w http.ResponseWriter, r *http.Request) {
	if !p.settled() {
		http.Redirect(w, r, "/ui/welcome", http.StatusSeeOther)
		return
	}
	p.screen(w, r, http.StatusOK, "reset", renewal{Names: p.Accounts.Admins(), Least: account.MinPassword})
}

func (p *Portal) reset(w http.ResponseWriter, r *http.Request) {
	if !form(w, r) {
		return
	}
	page := renewal{Names: p.Accounts.Admins(), Name: account.Key(r.PostForm.Get("name")), Least: account.MinPassword}
	if !slices.Contains(page.Names, page.Name) {
		p.resetPage(w, r)
		return
	}
	if err := p.Accounts.SetPassword(r.Context(), page.Name, r.PostForm.Get("password")); err != nil {
		page.Bad = p.whyNot(r, err)
		p.screen(w, r, http.StatusBadRequest, "reset", page)
		return
	}
	p.ended(w, r)
	p.setupUsed(r, page.Name, "the setup code set the password of administrator "+page.Name)
	if a, ok := p.Accounts.Account(page.Name); ok && p.enter(w, r, a) {
		http.Redirect(w, r, "/ui/", http.StatusSeeOther)
	}
}

// whyNot says in the reader's words why an account is not as it was asked for.
func (p *Portal) whyNot(r *http.Request, err error) string {
	words := p.words(r)
	for cause, text := range map[error]string{
		account.ErrShort: words.Door.Short, account.ErrLong: words.Door.Long, account.ErrGuessed: words.Door.Guessed,
		account.ErrName: words.Door.BadName, account.ErrTaken: words.Door.Taken, account.ErrLastAdmin: words.Door.LastAdmin,
		account.ErrBusy: words.Door.Busy, account.ErrWrong: words.Door.LoginWrong, account.ErrFull: words.Door.Full,
		account.ErrTokenName: words.Door.BadTokenName, account.ErrRole: words.Door.BadChoice, account.ErrLanguage: words.Door.BadChoice, fs.ErrNotExist: words.Door.NotThere,
	} {
		if errors.Is(err, cause) {
			return text
		}
	}
	p.Log.Error("an account was not changed", "error", err)
	return words.Admin.Failed
}
