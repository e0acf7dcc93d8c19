package main

import (
	"bytes"
	"context"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"autocom/provision"

	"rsc.io/qr"
)

func TestCommandLine(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.toml")
	if err := os.WriteFile(bad, []byte("[paths]\nrun = \""+dir+"\"\nspeed = 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args           []string
		code           int
		stdout, stderr string
	}{
		{[]string{"-version"}, 0, "dev\n", ""},
		{[]string{"-h"}, 0, "", "for example: autocomd -config"},
		{[]string{"-nonsense"}, 2, "", "not defined"},
		{[]string{"start"}, 2, "", `"start" is too much`},
		{[]string{"-config", bad}, 2, "", "line 3: the key paths.speed is unknown"},
	} {
		var stdout, stderr bytes.Buffer
		code := Main(t.Context(), tt.args, &stdout, &stderr)
		if code != tt.code || stdout.String() != tt.stdout || !strings.Contains(stderr.String(), tt.stderr) {
			t.Errorf("%v: %d %q %q, want %d %q %q", tt.args, code, stdout.String(), stderr.String(), tt.code, tt.stdout, tt.stderr)
		}
	}
	shown, err := os.ReadFile(filepath.Join(dir, "console"))
	if err != nil || !strings.Contains(string(shown), "line 3: the key paths.speed is unknown") {
		t.Errorf("the screen says %q (%v), want the mistake", shown, err)
	}
}

func TestKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "api-token")
	key, err := keyFile(path, 0o600)
	if err != nil || len(key) < 26 {
		t.Fatalf("key %q (%v), want 26 signs", key, err)
	}
	again, err := keyFile(path, 0o600)
	if err != nil || again != key {
		t.Errorf("second start: another key (%v)", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600 (%v)", info.Mode(), err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := keyFile(path, 0o600); err == nil || !strings.Contains(err.Error(), "remove it") {
		t.Errorf("an empty file: %v, want the remedy", err)
	}
}

func TestScreen(t *testing.T) {
	site := provision.Site{Name: "Bureau", Language: "fr", HTTPPort: 80}
	if got := screen(site, "1234 5678", false, provision.MAC{}); !strings.Contains(got, "branchez le câble") {
		t.Errorf("no address:\n%s", got)
	}
	site.Address = netip.MustParseAddr("192.168.77.1")
	got := screen(site, "1234 5678", false, provision.MAC{})
	if !strings.Contains(got, "http://192.168.77.1/ui/ - code 1234 5678") {
		t.Errorf("no code for the settings:\n%s", got)
	}
	if !strings.Contains(got, "http://192.168.77.1/\n") {
		t.Errorf("no address on the screen:\n%s", got)
	}
	if got := screen(site, "1234 5678", true, provision.MAC{}); !strings.Contains(got, "donne elle-même les adresses") {
		t.Errorf("it does not say who gives addresses:\n%s", got)
	}
	holder := provision.MAC{0, 0, 0x5e, 0, 0x53, 9}
	if got := screen(provision.Site{Language: "en"}, "1234 5678", false, holder); !strings.Contains(got, "the device 00:00:5e:00:53:09 has 192.168.77.1:\n  unplug it") {
		t.Errorf("it does not say who has the address:\n%s", got)
	}
	site.Language = "en"
	if got := screen(site, "1234 5678", false, provision.MAC{}); !strings.Contains(got, "Desk phones: plug them in") {
		t.Errorf("English:\n%s", got)
	}
	for _, language := range []string{"fr", "en"} {
		site.Language = language
		for _, text := range []string{screen(site, "1234 5678", true, provision.MAC{}), screen(provision.Site{Language: language}, "1234 5678", false, holder)} {
			fits(t, text)
		}
	}
}

func fits(t *testing.T, text string) {
	t.Helper()
	for _, line := range strings.Split(text, "\n") {
		if n := len([]rune(line)); n > 80 {
			t.Errorf("%d columns do not fit: %s", n, line)
		}
	}
	if n := strings.Count(text, "\n"); n > 25 {
		t.Errorf("%d lines do not fit on a console of 25", n)
	}
}

// The characters are read back into modules and compared with the code.
func TestHalfBlocksAreTheCode(t *testing.T) {
	const text = "http://192.168.77.1/"
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		t.Fatal(err)
	}
	light := map[[2]int]bool{}
	for row, line := range strings.Split(strings.TrimSuffix(halfBlocks(text), "\n"), "\n") {
		for x, r := range []rune(strings.TrimPrefix(line, "      ")) {
			light[[2]int{x - 2, 2*row - 2}] = r == '█' || r == '▀'
			light[[2]int{x - 2, 2*row - 1}] = r == '█' || r == '▄'
		}
	}
	for y := range code.Size {
		for x := range code.Size {
			if light[[2]int{x, y}] == code.Black(x, y) {
				t.Fatalf("module %d,%d is wrong", x, y)
			}
		}
	}
}

// A box whose settings lost [asterisk] says so where somebody looks.
func TestTheScreenWithoutAnExchange(t *testing.T) {
	c, err := parseConfig([]byte("[site]\nname = \"Bureau\"\n"))
	if err != nil || c.Asterisk.AMI != "" {
		t.Fatalf("ami %q, %v; want none", c.Asterisk.AMI, err)
	}
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	o := newOffice(t)
	go func() {
		done <- console{o, &lan{}, c.Asterisk.AMI == "", "1234 5678", dir, slog.New(slog.DiscardHandler)}.Run(ctx)
	}()
	var shown []byte
	for range 100 {
		if shown, err = os.ReadFile(filepath.Join(dir, "console")); err == nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	_, lines, _ := strings.Cut(string(shown), "carte :")
	if c, err := parseConfig([]byte(lines)); err != nil || c.Asterisk.AMI != defaults().Asterisk.AMI {
		t.Errorf("the screen says %q; its lines give %q, %v", shown, c.Asterisk.AMI, err)
	}
	for _, line := range strings.Split(string(shown)+silent(provision.Site{Language: "en", Name: "Office"}), "\n") {
		if n := utf8.RuneCountInString(line); n > 80 {
			t.Errorf("%d signs do not fit on a line of 80: %s", n, line)
		}
	}
}
