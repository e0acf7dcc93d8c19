//go:build lab

package lab

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// visitor is somebody with a browser on the phones' LAN, who has logged in.
type visitor struct {
	base string // "http://10.60.0.10"
	c    *http.Client
}

const goodPassword = "correct horse battery"

// onLAN gives the test itself an address on the wire of the phones, for a browser.
func (o *office) onLAN(at netip.Prefix) {
	o.t.Helper()
	run(o.t, "ip", "address", "add", at.String(), "dev", fmt.Sprintf("br%d", os.Getpid()%1000))
}

func (o *office) stranger() *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		o.t.Fatal(err)
	}
	return &visitor{"http://" + o.at.String(), &http.Client{Jar: jar, Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 1}}}
}

// owner is who types the setup code and makes the first account.
func (o *office) owner() *visitor {
	o.t.Helper()
	v := o.stranger()
	code, err := os.ReadFile(filepath.Join(o.data, "setup-code"))
	if err != nil {
		o.t.Fatal(err)
	}
	v.post(o.t, "/ui/code", url.Values{"code": {strings.TrimSpace(string(code))}})
	v.post(o.t, "/ui/welcome", url.Values{"account": {"admin"}, "password": {goodPassword}})
	return v
}

// person is somebody whom the owner invites, and who chooses a password and logs in with it.
func (v *visitor) person(o *office, name, role string) *visitor {
	o.t.Helper()
	v.send(o.t, "POST", "/api/v1/accounts", map[string]string{"name": name, "role": role}, nil)
	var invitation struct{ Link string }
	v.send(o.t, "POST", "/api/v1/accounts/"+name+"/invitation", struct{}{}, &invitation)
	link, err := url.Parse(invitation.Link)
	if err != nil {
		o.t.Fatal(err)
	}
	o.stranger().post(o.t, link.Path, url.Values{"password": {goodPassword}})
	x := o.stranger()
	x.post(o.t, "/ui/login", url.Values{"name": {name}, "password": {goodPassword}})
	return x
}

func (v *visitor) post(t testing.TB, path string, form url.Values) {
	t.Helper()
	res, err := v.c.PostForm(v.base+path, form)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if text, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s\n%s", path, res.Status, text)
	}
}

// page reads a page.
func (v *visitor) page(t testing.TB, path string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", v.base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := v.read(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (v *visitor) read(r *http.Request) (string, error) {
	res, err := v.c.Do(r)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", r.URL.Path, res.Status)
	}
	return string(text), err
}

// send asks the API for something, with the session.
func (v *visitor) send(t testing.TB, method, path string, body, into any) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(method, v.base+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := v.c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 {
		t.Fatalf("%s %s: %s %s", method, path, res.Status, answer)
	}
	if into != nil {
		if err := json.Unmarshal(answer, into); err != nil {
			t.Fatal(err)
		}
	}
}
