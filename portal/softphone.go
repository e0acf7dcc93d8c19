package portal

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"autocom/provision"
)

// What `make web` makes; without it there is a README alone.
//
//go:embed softphone/dist
var bundled embed.FS

const (
	bundleScript   = "softphone/dist/softphone.js"
	bundleLicences = "softphone/dist/licences.txt"
)

// Softphones gives browsers their lines.
type Softphones interface {
	// Line is that of the browser which holds token, with a number of its owner. What is
	// refused is an ErrConflict.
	Line(ctx context.Context, token string, owner SoftOwner) (SoftLine, error)
	// Exchange is where SIP by WebSocket is spoken with: "ws://127.0.0.1:8088/ws".
	Exchange() string
}

// SoftOwner is who may ring with a number: a person, or an installation that got it by itself.
type SoftOwner struct {
	Number, Name   string
	Person, Device string // ids; one of them
}

// SoftLine is what a browser registers with.
type SoftLine struct{ User, Password string }

func (p *Portal) softphoneRoutes() []route {
	return []route{
		{"GET /ws", p.websocket, anybody},
		{"GET /ui/softphone", p.softphone, anybody},
		{"POST /ui/softphone/line", p.softLine, anybody},
		{"GET /ui/softphone/directory", p.softDirectory, anybody},
		{"GET /ui/softphone.js", bundle(bundleScript, "text/javascript; charset=utf-8"), anybody},
		{"GET /ui/softphone-licences.txt", bundle(bundleLicences, "text/plain; charset=utf-8"), anybody},
		{"GET /ui/softphone.css", asset("softphone.css"), anybody},
		{"GET /ui/softphone-offline.js", asset("softphone-offline.js"), anybody},
		{"GET /ui/softphone/offline", p.softOffline, anybody},
		{"GET /ui/softphone.webmanifest", p.softManifest, anybody},
	}
}

// bundle gives a file of what npm's packages were made into, packed for who can unpack it:
// a quarter of the bytes, on a Wi-Fi that telephones share.
func bundle(name, kind string) http.HandlerFunc {
	packed := sync.OnceValue(func() []byte {
		body, err := bundled.ReadFile(name)
		if err != nil {
			return nil
		}
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write(body) // never fails in memory
		z.Close()
		return b.Bytes()
	})
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := bundled.ReadFile(name)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Cache-Control", "max-age=86400")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			w.Header().Set("Content-Encoding", "gzip")
			body = packed()
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	}
}

// softOwners are the numbers that r may ring with, the one it is meant for first: who has
// logged in wants their own, and not that of the browser.
func (p *Portal) softOwners(r *http.Request) []SoftOwner { return p.softOwnersOf(r, p.visitor(r)) }

func (p *Portal) softOwnersOf(r *http.Request, v visitor) []SoftOwner {
	var out []SoftOwner
	if !v.Token {
		for _, number := range v.Numbers {
			out = append(out, SoftOwner{Number: number, Name: v.Name, Person: v.Person})
		}
	}
	if token := installation(r); token != "" {
		d, ok := p.Devices.Device(p.SoftID(token))
		if ok && d.Verdict == provision.VerdictPhone && d.Number() != "" && !slices.Contains(v.Numbers, d.Number()) {
			out = append(out, SoftOwner{Number: d.Number(), Name: d.Lines[0].Name, Device: d.ID})
		}
	}
	return out
}

// hasSoftphone tells whether the browser phone is in this build, with an exchange for it.
func (p *Portal) hasSoftphone() bool {
	_, err := fs.Stat(bundled, bundleScript)
	return err == nil && p.Softphones != nil
}

// softPage is what the page of the browser phone shows.
type softPage struct {
	Say     softWords
	State   string // plain: by http; absent: not in this build; nobody: no number; phone
	Secure  string // our pages by https, "" without
	Owners  []SoftOwner
	Texts   string // for the script, JSON
	Version string
}

// softphone is the page. By http it says why there is no phone, and where there is one.
func (p *Portal) softphone(w http.ResponseWriter, r *http.Request) {
	owners := p.softOwners(r)
	plain := r.TLS == nil && p.Site().HTTPSPort != 0
	// By http nobody logs in for nothing: they would have to again by https.
	if len(owners) == 0 && p.visitor(r).Role == anybody && !plain {
		http.Redirect(w, r, "/ui/login?next=%2Fui%2Fsoftphone", http.StatusSeeOther)
		return
	}
	page := softPage{Say: softWordsOf(p.words(r).Lang), State: "phone", Owners: owners, Version: p.Version}
	switch {
	case r.TLS == nil:
		page.State = "plain"
		if p.Site().HTTPSPort != 0 {
			page.Secure = p.Site().SecureURL()
		}
	case !p.hasSoftphone():
		page.State = "absent"
	case len(owners) == 0:
		page.State = "nobody"
	}
	texts, err := json.Marshal(page.Say.Script)
	if err != nil { // never: strings only
		http.Error(w, "the page cannot be made", http.StatusInternalServerError)
		return
	}
	page.Texts = string(texts)
	// Besides what every page may: the own WebSocket by its full name, which older
	// browsers do not take for 'self'; sound and pictures that scripts make.
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "+
		"connect-src 'self' "+strings.Replace(strings.TrimSuffix(p.Site().SecureURL(), "/"), "https:", "wss:", 1)+"; media-src 'self' blob: mediastream:; manifest-src 'self'; worker-src 'self'; "+
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	w.Header().Set("Permissions-Policy", "microphone=(self), camera=(self), speaker-selection=(self)")
	p.screen(w, r, http.StatusOK, "softphone", page)
}

// tokenOf is the browser's own, "" when it has none of ours.
func tokenOf(r *http.Request) string {
	c, err := r.Cookie(cookieBrowser)
	if err != nil || len(c.Value) < 26 || len(c.Value) > 64 {
		return ""
	}
	return c.Value
}

// cookieBrowser names the installation of a browser phone: by https alone.
const cookieBrowser = "autocom-phone"

// softLine gives the browser its line: who is logged in, by https, from our own page.
func (p *Portal) softLine(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	owners := p.softOwners(r)
	switch {
	case len(owners) == 0:
		problem(w, http.StatusUnauthorized, "log in first, or get a number")
		return
	case r.TLS == nil || p.Softphones == nil:
		problem(w, http.StatusForbidden, "the browser phone is by https alone")
		return
	case !form(w, r):
		return
	}
	owner := owners[0]
	if number := r.PostForm.Get("number"); number != "" {
		at := slices.IndexFunc(owners, func(o SoftOwner) bool { return o.Number == number })
		if at < 0 {
			problem(w, http.StatusForbidden, "that is no number of yours")
			return
		}
		owner = owners[at]
	}
	token := tokenOf(r)
	if token == "" {
		token = rand.Text()
		http.SetCookie(w, &http.Cookie{
			Name: cookieBrowser, Value: token, Path: "/ui/softphone", MaxAge: int(tenYears / time.Second),
			HttpOnly: true, Secure: true, SameSite: http.SameSiteStrictMode,
		})
	}
	line, err := p.Softphones.Line(r.Context(), token, owner)
	switch {
	case errors.Is(err, ErrConflict):
		problem(w, http.StatusConflict, err.Error())
		return
	case err != nil:
		p.Log.Error("no line for a browser", "number", owner.Number, "error", err)
		problem(w, http.StatusInternalServerError, "the line could not be made: try again in a moment")
		return
	}
	reply(w, http.StatusOK, map[string]string{
		"user": line.User, "password": line.Password, "number": owner.Number, "name": owner.Name,
		"domain": p.Site().Address.String(), "voicemail": p.Site().Voicemail,
	})
}

// softDirectory gives who can be called by name to who has a phone.
func (p *Portal) softDirectory(w http.ResponseWriter, r *http.Request) {
	if len(p.softOwners(r)) == 0 {
		problem(w, http.StatusUnauthorized, "log in first, or get a number")
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	p.directory(w, r)
}

// softManifest lets the page be installed as an application (W3C manifest).
func (p *Portal) softManifest(w http.ResponseWriter, r *http.Request) {
	say := softWordsOf(p.words(r).Lang)
	icon := func(purpose string) map[string]string {
		return map[string]string{"src": "/ui/icon.svg", "sizes": "any", "type": "image/svg+xml", "purpose": purpose}
	}
	w.Header().Set("Cache-Control", "max-age=3600")
	body, err := json.Marshal(map[string]any{
		"id": "/ui/softphone", "start_url": "/ui/softphone", "scope": "/ui/", "display": "standalone", "lang": p.words(r).Lang,
		"name": say.Title + " – " + p.Site().Name, "short_name": say.Title,
		"background_color": "#f5f6f8", "theme_color": "#0b5cad", "icons": []any{icon("any"), icon("maskable")},
	})
	if err != nil { // never: strings only
		http.Error(w, "the manifest cannot be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/manifest+json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Write(body)
}

// softOffline is the page that an installed phone shows while the box is not there: its
// worker keeps it, so it says nothing of anybody.
func (p *Portal) softOffline(w http.ResponseWriter, r *http.Request) {
	p.screen(w, r, http.StatusOK, "softphone", softPage{Say: softWordsOf(p.words(r).Lang), State: "offline", Version: p.Version})
}
