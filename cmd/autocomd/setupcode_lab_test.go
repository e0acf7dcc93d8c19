//go:build lab

package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/phonesim"
)

// unheard wants that a phone's call is answered as one to nowhere.
func unheard(t *testing.T, p *phonesim.Phone, number string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	call, err := p.Call(ctx, number)
	if err == nil {
		call.Hangup(ctx)
	}
	var r *phonesim.Refused
	if !errors.As(err, &r) || r.Code != http.StatusNotFound {
		t.Errorf("%s calls %s: %v, want 404", p, number, err)
	}
}

// holding names the files under a directory that hold a text.
func holding(t *testing.T, dir, text string) (names []string) {
	t.Helper()
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // it went away meanwhile
			return nil
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		body, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(body), text) {
			names = append(names, path)
		}
		return nil
	}))
	return names
}

// The setup code is told by the first phone until the first administrator is made; then
// nothing of it is left where Asterisk reads.
//
// In words: the first desk phone says the setup code, a smartphone and a later phone do not, and with the first administrator nothing of it is left.
func TestTheSetupCodeByTelephone(t *testing.T) {
	b, wire := newBox(t)
	b.start()
	text, err := os.ReadFile(filepath.Join(b.dir, "data", "setup-code"))
	must(t, err)
	code := strings.ReplaceAll(strings.TrimSpace(string(text)), " ", "")
	first, second, soft := phonesim.NewYealink(mac(1)), phonesim.NewYealink(mac(2)), phonesim.NewSoftphone(page)
	for _, p := range []*phonesim.Phone{soft, first, second} {
		p.Log, p.Retry = slog.New(slog.NewTextHandler(testWriter{t}, nil)), time.Second
		must(t, wire.Plug(t.Context(), p))
		t.Cleanup(func() { wire.Unplug(p) })
		must(t, p.Provision(t.Context()))
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		must(t, p.Register(ctx))
	}
	asterisk := filepath.Join(b.dir, "data", "asterisk")
	b.wait(20*time.Second, "told to Asterisk", func() bool { return len(holding(t, asterisk, "[ac-setup-code]")) > 0 })
	unheard(t, soft, pbx.SetupDial)
	unheard(t, second, pbx.SetupDial)
	var call *phonesim.Call
	b.wait(20*time.Second, "answered", func() bool { // Asterisk reads it a moment after it is written
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		call, err = first.Call(ctx, pbx.SetupDial)
		return err == nil
	})
	call.Quiet()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if loud, err := call.Loudness(ctx, 4*time.Second); err != nil || loud < -50 {
		t.Errorf("the first phone hears nothing: %v, %v", loud, err)
	}
	must(t, call.Hangup(ctx))

	jar, err := cookiejar.New(nil)
	must(t, err)
	c := &http.Client{Jar: jar, Timeout: 20 * time.Second}
	for _, step := range []struct {
		path string
		form url.Values
	}{{"ui/code", url.Values{"code": {code}}}, {"ui/welcome", url.Values{"account": {"awa"}, "password": {"une bonne phrase"}}}} {
		res, err := c.PostForm(b.page+step.path, step.form)
		must(t, err)
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", step.path, res.Status)
		}
	}
	b.wait(20*time.Second, "forgotten", func() bool { return len(holding(t, asterisk, "[ac-setup-code]")) == 0 })
	b.wait(20*time.Second, "forgotten by Asterisk", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		call, err := first.Call(ctx, pbx.SetupDial)
		if err == nil {
			call.Hangup(ctx)
		}
		return err != nil
	})
	unheard(t, first, pbx.SetupDial)
	for _, secret := range []string{code, string(text[:9])} {
		for _, name := range holding(t, filepath.Join(b.dir, "data"), secret) {
			if filepath.Base(name) != "setup-code" {
				t.Errorf("%s holds the setup code", name)
			}
		}
		if strings.Contains(b.log.String(), secret) {
			t.Error("the log of autocomd holds the setup code")
		}
		b.mu.Lock()
		if strings.Contains(b.pbx.Log(), secret) {
			t.Error("the log of Asterisk holds the setup code")
		}
		b.mu.Unlock()
	}
}
