package main

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"autocom/provision/trust"
)

func TestWhoBrokeOffAHandshake(t *testing.T) {
	phone := netip.MustParseAddr("192.168.1.50")
	for line, want := range map[string]netip.Addr{
		"http: TLS handshake error from 192.168.1.50:40000: remote error: tls: unknown certificate authority":     phone,
		"http: TLS handshake error from [::ffff:192.168.1.50]:40000: remote error: tls: bad certificate":          phone,
		"http: TLS handshake error from 192.168.1.50:40000: tls: client offered only unsupported versions: [301]": phone,
		"http: TLS handshake error from 192.168.1.50:40000: EOF":                                                  {},
		"http: TLS handshake error from 192.168.1.50:40000: tls: first record does not look like a TLS handshake": {},
		"http: TLS handshake error from 192.168.1.50: remote error: tls: bad certificate":                         {},
		"http: superfluous response.WriteHeader call from 192.168.1.50:40000: remote error: tls: bad certificate": {},
		"": {},
	} {
		if got, ok := decodeBroken(line); ok != want.IsValid() || ok && got != want {
			t.Errorf("%q: %v %v, want %v", line, got, ok, want)
		}
	}
}

func TestThreeBrokenHandshakesInARow(t *testing.T) {
	d := newDistrust(nil, nil, nil)
	a, b := netip.MustParseAddr("192.168.1.50"), netip.MustParseAddr("192.168.1.51")
	var got []bool
	for _, step := range []func(){
		func() { got = append(got, d.count(a), d.count(a), d.count(b)) },
		func() { d.good(a) },
		func() { got = append(got, d.count(a), d.count(a), d.count(a)) },
	} {
		step()
	}
	if want := [6]bool{5: true}; [6]bool(got) != want {
		t.Errorf("%v, want %v", got, want)
	}
	for n := range 3 * distrustHosts {
		d.count(netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)}))
	}
	if n := len(d.broken); n > distrustHosts {
		t.Errorf("%d addresses remembered, want %d at most", n, distrustHosts)
	}
}

// A client that does not know our authority, as net/http tells of it.
func TestABrokenHandshakeIsHeard(t *testing.T) {
	authority, err := trust.Open(t.TempDir(), []string{"autocom"})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	here := netip.MustParseAddr("127.0.0.1")
	d := newDistrust(nil, nil, slog.New(slog.DiscardHandler))
	ctx, end := context.WithCancel(t.Context())
	w := web{"https", tls.NewListener(l, authority.Config(func() netip.Addr { return here })), http.NotFoundHandler(), d}
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		c, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{MinVersion: version, MaxVersion: version})
		if err == nil {
			c.Close()
			t.Fatal("a client without our authority believed us")
		}
		select {
		case from := <-d.queue:
			if from != here {
				t.Errorf("TLS %x: heard of %s, want %s", version, from, here)
			}
		case <-time.After(5 * time.Second):
			t.Errorf("TLS %x: nobody heard that the client broke off", version)
		}
	}
	end()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
