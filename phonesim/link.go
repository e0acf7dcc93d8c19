package phonesim

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
)

// Link is a phone's place on the network: what DHCP gave it, or what it took itself.
type Link struct {
	Interface string
	Addr      netip.Prefix
	Router    netip.Addr // the zero Addr when there is none
	BootFrom  string     // option 66 of the lease, "" when absent
	Lease     time.Duration

	options dhcpv4.Options // of the lease, and of the answer to an INFORM
}

// Option gives the bytes of an option that a DHCP server gave; nil when it gave none.
func (l Link) Option(code uint8) []byte { return l.options.Get(dhcpv4.GenericOptionCode(code)) }

// text is an option that holds text. RFC 2132 2: some servers end it with NUL.
func (l Link) text(code uint8) string {
	if code == 66 && l.BootFrom != "" {
		return strings.TrimRight(l.BootFrom, "\x00")
	}
	return strings.TrimRight(string(l.Option(code)), "\x00 ")
}

// inside is a sub-option of option 43 (RFC 2132 8.4); "" when 43 is no list of them.
func (l Link) inside(code uint8) string {
	found := ""
	for b := l.Option(43); len(b) > 0; {
		if b[0] == 255 {
			break
		}
		if b[0] == 0 { // padding
			b = b[1:]
			continue
		}
		if len(b) < 2 || len(b) < 2+int(b[1]) {
			return ""
		}
		if b[0] == code {
			found = strings.TrimRight(string(b[2:2+int(b[1])]), "\x00")
		}
		b = b[2+int(b[1]):]
	}
	return found
}

// servers are the addresses of option 150 (RFC 5859).
func (l Link) servers() []netip.Addr {
	var out []netip.Addr
	for b := l.Option(150); len(b) >= 4; b = b[4:] {
		out = append(out, netip.AddrFrom4([4]byte(b[:4])))
	}
	return out
}

// browser is an HTTP client that leaves through the phone's own address, knows no
// proxy and keeps no connection: phones of this kind do not. It trusts only the CA
// certificates that the phone was given.
func (l Link) browser(trusts string) *http.Client {
	dial := net.Dialer{LocalAddr: &net.TCPAddr{IP: l.Addr.Addr().AsSlice()}, Timeout: 15 * time.Second}
	return &http.Client{
		Timeout: 20 * time.Second,
		Transport: &http.Transport{
			DisableKeepAlives: true,
			TLSClientConfig:   trustOnly(trusts),
			DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				return dial.DialContext(ctx, network, addr)
			},
		},
	}
}

// trustOnly is for connections to servers that one of the PEM certificates speaks for. No
// certificate speaks for none: a phone's list of public CAs never knows a box on the LAN.
func trustOnly(trusts string) *tls.Config {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(trusts))
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}

// Trust makes the phone accept servers that the certificates speak for, in PEM or DER.
func (p *Phone) Trust(cert string) error {
	if c, err := x509.ParseCertificate([]byte(cert)); err == nil {
		cert = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
	}
	if !x509.NewCertPool().AppendCertsFromPEM([]byte(cert)) {
		return fmt.Errorf("%s is given a CA certificate that is none: %q", p, clip(cert))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !strings.Contains(p.Memory.Trusts, cert) {
		p.Memory.Trusts += cert
	}
	return nil
}
