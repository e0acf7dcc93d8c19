package portal

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io/fs"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"autocom/provision"
)

// Names of the cookies. The first is who the installation is: whoever has it has
// the number, so no script may read it.
const (
	cookieInstallation = "autocom"
	cookieLanguage     = "autocom-language"
)

// tenYears: the same smartphone finds its number again for as long as it lives.
const tenYears = 10 * 365 * 24 * time.Hour

// view is what the page is made of.
type view struct {
	Version string // of the assets that a browser keeps
	Words   Words  // in the reader's language
	Site    string // the office's name
	State   string // offer, waiting, refused, number
	Busy    bool   // too many asked from this address
	Number  string
	Here    bool   // registered now
	Phone   string // the browser phone; "" without https, or in a build without it
	Open    bool   // what follows may be shown
	URL     string // of Linphone's remote provisioning
	QR      QR     // of URL
	Server  string
	User    string
	Secret  string
}

// wantsNumber is the query of the first page for who wants a number before the box is set up.
const wantsNumber = "number"

func (p *Portal) home(w http.ResponseWriter, r *http.Request) {
	// Who comes first sets the box up; the page of the code leads on to a number too.
	if !p.settled() && installation(r) == "" && r.URL.RawQuery != wantsNumber {
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, "/ui/code", http.StatusSeeOther)
		return
	}
	v := view{Words: p.words(r), Site: p.Site().Name, State: "offer"}
	if token := installation(r); token != "" {
		if d, ok := p.Devices.Device(p.SoftID(token)); ok {
			p.fill(&v, d)
		}
	}
	p.page(w, http.StatusOK, v)
}

// fill shows an installation its own device.
func (p *Portal) fill(v *view, d provision.Device) {
	switch {
	case d.Verdict == provision.VerdictRejected:
		v.State = "refused"
	case d.Number() != "":
		v.State, v.Number = "number", d.Number()
		v.Here = d.Lines[0].Registered
		if p.Site().HTTPSPort != 0 && p.hasSoftphone() {
			v.Phone = p.Site().SecureURL() + "ui/softphone"
		}
		// As long as the URL answers: see office.Find.
		v.Open = d.Allocation == provision.AllocationReserved || p.Now().Before(d.WindowUntil)
	case d.Verdict == provision.VerdictPending:
		v.State = "waiting"
	}
	if !v.Open {
		return
	}
	v.URL = p.URL(d) + "linphone.xml"
	v.QR = drawQR(v.URL)
	v.Server, v.User, v.Secret = p.Site().Address.String(), d.SIPUser(1), d.Lines[0].Secret
}

func (p *Portal) getNumber(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4096)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "the form cannot be read", http.StatusBadRequest)
		return
	}
	from := remote(r)
	token := installation(r)
	// A token that nobody knows was made up, or is of a box that lost its card: it
	// neither passes the limit nor becomes somebody's key.
	if _, known := p.Devices.Device(p.SoftID(token)); token == "" || !known {
		if !p.limit.allow(from, p.Now()) {
			w.Header().Set("Retry-After", "600")
			p.page(w, http.StatusTooManyRequests, view{Words: p.words(r), Site: p.Site().Name, State: "offer", Busy: true})
			return
		}
		token = rand.Text() // 128 bits or more
		http.SetCookie(w, &http.Cookie{
			Name: cookieInstallation, Value: token, Path: "/", MaxAge: int(tenYears / time.Second),
			HttpOnly: true, SameSite: http.SameSiteLaxMode,
		})
	}
	name := clipped(provision.Clean(r.PostForm.Get("name")))
	if _, err := p.Desk.GetNumber(r.Context(), token, name, from); err != nil {
		p.Log.Error("no number given", "from", from, "error", err)
		http.Error(w, p.words(r).Failed, http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// maxName bounds what people call a phone, in characters: it has to fit on a small screen.
const maxName = 40

func (p *Portal) show(w http.ResponseWriter, r *http.Request) {
	if token := installation(r); token != "" {
		_, err := p.Desk.Show(r.Context(), token)
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, ErrConflict) {
			p.Log.Error("codes not shown again", "error", err)
			http.Error(w, p.words(r).Failed, http.StatusInternalServerError)
			return
		}
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (p *Portal) language(w http.ResponseWriter, r *http.Request) {
	if tag := r.PathValue("tag"); tag == "fr" || tag == "en" {
		http.SetCookie(w, &http.Cookie{Name: cookieLanguage, Value: tag, Path: "/", MaxAge: int(tenYears / time.Second), SameSite: http.SameSiteLaxMode})
	}
	to := "/"
	switch back := r.URL.Query().Get("back"); {
	case strings.HasPrefix(back, "/ui/login"):
		to = "/ui/login"
	case back != "":
		to = inside(back)
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func asset(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=86400")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		http.ServeFileFS(w, r, embedded, "assets/"+name)
	}
}

func (p *Portal) page(w http.ResponseWriter, code int, v view) {
	v.Version = p.Version
	var b bytes.Buffer
	if err := p.pages.home.Execute(&b, v); err != nil {
		p.Log.Error("page not made", "error", err)
		http.Error(w, "the page cannot be made", http.StatusInternalServerError)
		return
	}
	p.write(w, code, b.Bytes())
}

// installation gives the token of the asking installation, "" when it has none of ours.
func installation(r *http.Request) string {
	c, err := r.Cookie(cookieInstallation)
	if err != nil || len(c.Value) < 26 || len(c.Value) > 64 || strings.ContainsAny(c.Value, " \t") {
		return ""
	}
	return c.Value
}

func remote(r *http.Request) netip.Addr {
	a, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return a.Addr().Unmap()
}
