package trust

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	home  = netip.MustParseAddr("192.0.2.10")
	other = netip.MustParseAddr("198.51.100.10")
)

func open(t *testing.T, dir string) *Authority {
	t.Helper()
	a, err := Open(dir, []string{"Autocom.example.org", "not a name"})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// believes is a phone: it has our authority and nothing else, and a clock.
func believes(t *testing.T, a *Authority, name string, now time.Time) error {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(a.PEM()) {
		t.Fatal("PEM holds no certificate")
	}
	c, err := a.Certificate(netip.Addr{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: name, CurrentTime: now})
	return err
}

func TestAPhoneBelievesTheBox(t *testing.T) {
	a := open(t, t.TempDir())
	if _, err := a.Certificate(home); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for _, name := range []string{"192.0.2.10", "autocom", "autocom.local"} {
		if err := believes(t, a, name, now); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"198.51.100.10", "example.org"} {
		if believes(t, a, name, now) == nil {
			t.Errorf("%s is believed", name)
		}
	}
	// A phone without the date, and a card in use for long.
	for _, now := range []time.Time{time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC), time.Date(2039, 12, 1, 0, 0, 0, 0, time.UTC)} {
		if err := believes(t, a, "autocom", now); err != nil {
			t.Errorf("at %v: %v", now, err)
		}
	}
	c, err := a.Certificate(home)
	if err != nil {
		t.Fatal(err)
	}
	got := []any{c.Leaf.Subject.CommonName, c.Leaf.SignatureAlgorithm, c.Leaf.PublicKey.(interface{ Size() int }).Size(), a.ca.PermittedDNSDomainsCritical, a.ca.IsCA}
	if diff := cmp.Diff([]any{"192.0.2.10", x509.SHA256WithRSA, 256, false, true}, got); diff != "" {
		t.Errorf("certificate (-want +got):\n%s", diff)
	}
}

func TestTheAddressChanges(t *testing.T) {
	a := open(t, t.TempDir())
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	first, err := a.Certificate(home)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := a.Certificate(home); err != nil || again != first {
		t.Errorf("the same address: another certificate, %v", err)
	}
	second, err := a.Certificate(other)
	if err != nil || second == first {
		t.Fatalf("another address: the same certificate, %v", err)
	}
	for _, name := range []string{"192.0.2.10", "198.51.100.10"} { // a phone may still ask at the first
		if err := believes(t, a, name, now); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	ip := netip.MustParseAddr("10.0.0.0")
	for range 50 {
		ip = ip.Next()
		if _, err := a.Certificate(ip); err != nil {
			t.Fatal(err)
		}
	}
	if c, _ := a.Certificate(ip); len(c.Leaf.IPAddresses) != maxAddresses {
		t.Errorf("%d addresses are kept", len(c.Leaf.IPAddresses))
	}
}

// Phones keep the authority for years: it must be the same after each start.
func TestOpenedTwiceItIsTheSame(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir).PEM()
	if diff := cmp.Diff(string(first), string(open(t, dir).PEM())); diff != "" {
		t.Errorf("(-first +second):\n%s", diff)
	}
	for name, want := range map[string]os.FileMode{caKeyFile: 0o600, serverFile: 0o600, caFile: 0o644} {
		if i, err := os.Stat(filepath.Join(dir, name)); err != nil || i.Mode().Perm() != want {
			t.Errorf("%s: %v %v, want %v", name, i.Mode(), err, want)
		}
	}
	if bytes.Contains(first, []byte("PRIVATE")) {
		t.Error("the public file holds a key")
	}
	if other := open(t, t.TempDir()).PEM(); bytes.Equal(first, other) {
		t.Error("two boxes have one authority")
	}
}

// A pulled plug leaves the key without its certificate; a damaged card may leave anything.
func TestWhatAPulledPlugLeaves(t *testing.T) {
	dir := t.TempDir()
	open(t, dir)
	if err := os.Remove(filepath.Join(dir, caFile)); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
	for name, text := range map[string]string{caKeyFile: "", caFile: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", serverFile: "x"} {
		kept, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir, nil); err == nil || !strings.Contains(err.Error(), "remove it") {
			t.Errorf("%s broken: %v", name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), kept, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	elsewhere := t.TempDir()
	open(t, elsewhere)
	foreign, err := os.ReadFile(filepath.Join(elsewhere, caFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, caFile), foreign, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, nil); err == nil || !strings.Contains(err.Error(), "remove both") {
		t.Errorf("another box's certificate: %v", err)
	}
}

func TestTheFileForAsterisk(t *testing.T) {
	dir, out := t.TempDir(), filepath.Join(t.TempDir(), "tls")
	a := open(t, dir)
	var changes []bool
	write := func(a *Authority, addr netip.Addr) {
		t.Helper()
		changed, err := a.WriteFor(out, addr)
		if err != nil {
			t.Fatal(err)
		}
		changes = append(changes, changed)
	}
	write(a, home)
	write(a, home)
	write(open(t, dir), home) // after a restart of ours
	write(a, other)
	if diff := cmp.Diff([]bool{true, false, false, true}, changes); diff != "" {
		t.Errorf("written (-want +got):\n%s", diff)
	}
	path := filepath.Join(out, ServerFile)
	if i, err := os.Stat(path); err != nil || i.Mode().Perm() != 0o640 {
		t.Errorf("%v %v", i.Mode(), err)
	}
	pair, err := tls.LoadX509KeyPair(path, path)
	if err != nil {
		t.Fatal(err)
	}
	if len(pair.Certificate) != 2 {
		t.Errorf("%d certificates in the file, want the server's and the authority's", len(pair.Certificate))
	}
	var types []string
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		types = append(types, block.Type)
	}
	if diff := cmp.Diff([]string{"CERTIFICATE", "CERTIFICATE", "PRIVATE KEY"}, types); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What phones of several ages speak, over a real connection.
func TestHTTPS(t *testing.T) {
	a := open(t, t.TempDir())
	loopback := netip.MustParseAddr("127.0.0.1")
	listener, err := tls.Listen("tcp", "127.0.0.1:0", a.Config(func() netip.Addr { return loopback }))
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.NotFoundHandler(), ErrorLog: log.New(io.Discard, "", 0)}
	go srv.Serve(listener)
	defer srv.Close()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(a.PEM())
	address := listener.Addr().String()
	for name, tc := range map[string]struct {
		config *tls.Config
		served bool
	}{
		"TLS 1.3":                          {&tls.Config{}, true},
		"TLS 1.2":                          {&tls.Config{MaxVersion: tls.VersionTLS12}, true},
		"TLS 1.2 with plain RSA":           {&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}}, true},
		"TLS 1.0":                          {&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}, false},
		"another name than the address is": {&tls.Config{ServerName: "example.org"}, false},
	} {
		tc.config.RootCAs = roots
		if tc.config.ServerName == "" {
			tc.config.ServerName = "127.0.0.1"
		}
		c, err := tls.DialWithDialer(&net.Dialer{Timeout: 5 * time.Second}, "tcp", address, tc.config)
		if (err == nil) != tc.served {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			c.Close()
		}
	}
}
