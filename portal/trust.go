package portal

import (
	"crypto/sha256"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
)

// trusting is what that page shows.
type trusting struct {
	File    string // of the certificate
	Print   string // its SHA-256, as systems show it
	Secure  string // our pages by https, "" without
	Already bool   // this page came by https
	Probe   string // a picture that loads when the browser believes us
	System  string // of who looks: android, iphone, mac, windows, linux
}

// trustPage tells how a browser comes to believe the box: our authority's certificate, and
// where each system wants it. It is for everybody: who has no account yet needs it first.
//
// No page sends Strict-Transport-Security: browsers heed it for names alone, not for
// addresses (RFC 6797 8.1.1), and where the box has a name it would lock out every browser
// that does not believe it yet.
func (p *Portal) trustPage(w http.ResponseWriter, r *http.Request) {
	page := trusting{Already: r.TLS != nil, System: systemOf(r.UserAgent())}
	if site := p.Site(); site.HTTPSPort != 0 && site.CA != "" {
		page.Secure, page.File = site.SecureURL(), "/"+site.CA
		if p.CA != nil {
			page.Print = fingerprint(p.CA())
		}
		if !page.Already {
			page.Probe = page.Secure + "ui/icon.svg"
			w.Header().Set("Content-Security-Policy", strings.Replace(pagePolicy, "img-src 'self'", "img-src 'self' "+strings.TrimSuffix(page.Secure, "/"), 1))
		}
	}
	p.screen(w, r, http.StatusOK, "trust", page)
}

// systemOf guesses whose steps to open first.
func systemOf(agent string) string {
	for _, x := range [...][2]string{{"Android", "android"}, {"iPhone", "iphone"}, {"iPad", "iphone"}, {"Windows", "windows"}, {"Mac OS", "mac"}, {"Linux", "linux"}} {
		if strings.Contains(agent, x[0]) {
			return x[1]
		}
	}
	return ""
}

// fingerprint is a certificate's SHA-256 in pairs of digits, "" when there is none.
func fingerprint(text []byte) string {
	block, _ := pem.Decode(text)
	if block == nil {
		return ""
	}
	var pairs []string
	for _, b := range sha256.Sum256(block.Bytes) {
		pairs = append(pairs, fmt.Sprintf("%02X", b))
	}
	return strings.Join(pairs, ":")
}
