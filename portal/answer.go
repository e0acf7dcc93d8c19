package portal

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
)

// answer is where a route of the API writes: it knows what was asked, so that every route
// pages, compares and speaks French in the same way.
type answer struct {
	http.ResponseWriter
	r *http.Request
	p *Portal
}

// Unwrap lets a stream reach its connection.
func (a answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// answering wraps the routes of the API.
func (p *Portal) answering(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { h(answer{w, r, p}, r) }
}

// reply sends what was asked for: of a list the part that was wanted, and of what the asker
// has already that it is the same (RFC 9110 13.1.2).
func reply(w http.ResponseWriter, code int, body any) {
	text, err := json.Marshal(body)
	if err != nil { // our own types: never, as the tests of every route show
		problem(w, http.StatusInternalServerError, "the answer could not be written")
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store") // of the browser; a program keeps what it likes
	if a, ok := w.(answer); ok && code == http.StatusOK && (a.r.Method == http.MethodGet || a.r.Method == http.MethodHead) {
		part, next, bad := portion(text, a.r.URL.Query())
		if bad != "" {
			problem(w, http.StatusBadRequest, bad)
			return
		}
		if text = part; next != "" {
			linkNext(h, a.r, next)
		}
		tag := h.Get("ETag")
		if tag == "" {
			sum := sha256.Sum256(text)
			tag = `"` + hex.EncodeToString(sum[:12]) + `"`
			h.Set("ETag", tag)
		}
		if sameTag(a.r.Header.Get("If-None-Match"), tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	h.Set("Content-Type", "application/json")
	w.WriteHeader(code)
	w.Write(append(text, '\n')) // an error is the client's who went away
}

// sameTag compares an ETag with those of If-None-Match, weakly (RFC 9110 8.8.3.2).
func sameTag(header, tag string) bool {
	for want := range strings.SplitSeq(header, ",") {
		want = strings.TrimPrefix(strings.TrimSpace(want), "W/")
		if want != "" && (want == tag || want == "*") {
			return true
		}
	}
	return false
}

// problem answers as RFC 9457 says, in the language that is asked for.
func problem(w http.ResponseWriter, code int, detail string) {
	title := http.StatusText(code)
	if a, ok := w.(answer); ok {
		w.Header().Del("ETag")
		if lang := spokenBy(a.r); lang == "fr" {
			said, foreign := a.p.translated(detail, lang)
			if !foreign {
				w.Header().Set("Content-Language", lang)
				detail = said
			}
		}
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(map[string]any{
		"type": "about:blank", "title": title, "status": code, "detail": detail,
	})
}

// spokenBy is the language of who asks the API: English for a program that names none.
func spokenBy(r *http.Request) string {
	if c, err := r.Cookie(cookieLanguage); err == nil && (c.Value == "fr" || c.Value == "en") {
		return c.Value
	}
	return accepted(r.Header.Get("Accept-Language"))
}
