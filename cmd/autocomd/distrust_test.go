package main

import (
	"net/netip"
	"testing"
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
