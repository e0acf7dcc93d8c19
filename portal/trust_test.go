package portal

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"autocom/provision"
)

func TestHowToBelieveTheBox(t *testing.T) {
	_, p := desk(t)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("a certificate")})
	p.CA = func() []byte { return ca }
	site := p.Site()
	p.Site = func() provision.Site { return site }
	plain, secure := httptest.NewServer(p), httptest.NewTLSServer(p)
	defer plain.Close()
	defer secure.Close()
	page := func(c *http.Client, url, agent string) (string, http.Header) {
		t.Helper()
		code, h, body := get(t, c, "GET", url+"/ui/trust", "Accept-Language", "en", "User-Agent", agent)
		if code != 200 || h.Get("Strict-Transport-Security") != "" {
			t.Fatalf("%d, %v", code, h)
		}
		return body, h
	}
	if body, _ := page(plain.Client(), plain.URL, ""); !strings.Contains(body, "listen.https") || strings.Contains(body, "download") {
		t.Errorf("without https:\n%s", body)
	}
	site.Address, site.HTTPSPort, site.CA = netip.MustParseAddr("192.168.1.10"), 443, "autocom-ca.crt"
	body, h := page(plain.Client(), plain.URL, "Mozilla/5.0 (Linux; Android 10; K)")
	for _, want := range []string{
		`href="/autocom-ca.crt" download`, `href="https://192.168.1.10/ui/"`, `data-probe="https://192.168.1.10/ui/icon.svg"`, "<details open><summary>Android", "<details><summary>iPhone",
		"81:AC:D7:62:14:0F:A6:92",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("by http there is no %s", want)
		}
	}
	if policy := h.Get("Content-Security-Policy"); !strings.Contains(policy, "img-src 'self' https://192.168.1.10;") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
	body, h = page(secure.Client(), secure.URL, "")
	if strings.Contains(body, "data-probe") || !strings.Contains(body, "This page came encrypted") || h.Get("Content-Security-Policy") != pagePolicy {
		t.Errorf("by https:\n%s", body)
	}
}

// No page has a script or a style in it, nor asks for leave to have one.
func TestPagesHoldNoScript(t *testing.T) {
	_, srv, c := open(t)
	for _, path := range []string{"/?number", "/ui/login", "/ui/code", "/ui/trust", "/ui/accounts", "/ui/me", "/ui/accounts/admin"} {
		if path == "/ui/accounts" {
			enter(t, srv, c)
		}
		_, h, body := get(t, c, "GET", srv.URL+path)
		if policy := h.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", path, policy)
		}
		for _, bad := range []string{"<style", " style=", " onclick=", "javascript:"} {
			if strings.Contains(body, bad) {
				t.Errorf("%s has %s", path, bad)
			}
		}
		for _, script := range strings.Split(body, "<script")[1:] {
			if !strings.HasPrefix(script, ` src="/ui/`) {
				t.Errorf("%s has a script in it: %.60s", path, script)
			}
		}
	}
}
