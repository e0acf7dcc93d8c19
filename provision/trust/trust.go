// Package trust turns the box's names into a certificate that its phones believe:
// it keeps an authority of the box's own, and the certificate of its server.
//
// Both keys are RSA of 2048 bits and all signatures SHA-256: desk phones of the last
// fifteen years take these, and many take no ECDSA. For the same reason the authority
// has no name constraints: they are critical (RFC 5280 4.2.1.10), and old TLS
// libraries refuse what is critical and unknown to them. Its key never leaves the box.
package trust

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// notBefore lies before any box was made and notAfter behind its life: neither the
// box nor a phone that just booted knows the date for sure. What began before July 2019 is
// spared the 825 days that Apple's systems allow a server's certificate, whoever signed it
// (support.apple.com/HT210176); not tried on one.
var (
	notBefore = time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC)
	notAfter  = time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)
)

// The files in the authority's directory.
const (
	caFile     = "ca.pem"     // certificate
	caKeyFile  = "ca.key"     // never leaves the box
	serverFile = "server.key" // of the server's certificate, which is made anew by need
)

// Authority is the box's own. It may be used by many goroutines.
type Authority struct {
	ca     *x509.Certificate
	caKey  *rsa.PrivateKey
	key    *rsa.PrivateKey // of the server
	public []byte          // PEM of ca

	mu    sync.Mutex
	names []string // host names
	addrs []netip.Addr
	leaf  *tls.Certificate
}

// Open reads the authority of a directory, or makes one when there is none. Names are
// the box's host names, as "autocom"; its addresses follow by Address.
func Open(dir string, names []string) (*Authority, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open the authority for certificates: %w", err)
	}
	a := &Authority{}
	var err error
	if a.caKey, err = key(filepath.Join(dir, caKeyFile)); err != nil {
		return nil, fmt.Errorf("open the authority for certificates: %w", err)
	}
	if a.key, err = key(filepath.Join(dir, serverFile)); err != nil {
		return nil, fmt.Errorf("open the authority for certificates: %w", err)
	}
	if a.ca, err = a.certificate(filepath.Join(dir, caFile)); err != nil {
		return nil, fmt.Errorf("open the authority for certificates: %w", err)
	}
	a.public = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.ca.Raw})
	for _, n := range names {
		if n = hostLabel(n); n != "" && !slices.Contains(a.names, n) {
			a.names = append(a.names, n, n+".local")
		}
	}
	if len(a.names) == 0 {
		a.names = []string{"autocom", "autocom.local"}
	}
	return a, a.renew()
}

// hostLabel is a host name's first label when certificates may hold it (RFC 1123 2.1).
func hostLabel(name string) string {
	name, _, _ = strings.Cut(strings.ToLower(name), ".")
	for _, r := range name {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
			return ""
		}
	}
	if len(name) > 63 || strings.HasPrefix(name, "-") || strings.HasSuffix(name, "-") {
		return ""
	}
	return name
}

// certificate reads the authority's own or signs it; one that does not belong to the
// key is a card put together from two, and phones believe neither half.
func (a *Authority) certificate(path string) (*x509.Certificate, error) {
	text, err := os.ReadFile(path)
	if err == nil {
		block, _ := pem.Decode(text)
		if block == nil {
			return nil, fmt.Errorf("%s holds no certificate: remove it, and a new one is made", path)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s: %w: remove it, and a new one is made", path, err)
		}
		if !a.caKey.PublicKey.Equal(c.PublicKey) {
			return nil, fmt.Errorf("%s does not belong to %s beside it: remove both, and new ones are made", path, caKeyFile)
		}
		return c, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial(),
		// The serial tells this box's authority from another's in the phone's list.
		Subject:               pkix.Name{CommonName: "autocom " + shortID(a.caKey), Organization: []string{"autocom"}},
		NotBefore:             notBefore,
		NotAfter:              notAfter,
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		SignatureAlgorithm:    x509.SHA256WithRSA,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.caKey.PublicKey, a.caKey)
	if err != nil {
		return nil, fmt.Errorf("sign the authority's certificate: %w", err)
	}
	if err := write(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644); err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// Certificate is the server's, for an address of the box. The address joins the
// names that the certificate holds when it is new; one that is not valid changes nothing.
func (a *Authority) Certificate(addr netip.Addr) (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if addr = addr.Unmap(); addr.IsValid() && !slices.Contains(a.addrs, addr) {
		// The last few: phones that still know the box by an address it has left.
		a.addrs = append(a.addrs, addr)
		if len(a.addrs) > maxAddresses {
			a.addrs = a.addrs[len(a.addrs)-maxAddresses:]
		}
		if err := a.sign(); err != nil {
			return nil, err
		}
	}
	return a.leaf, nil
}

const maxAddresses = 8

func (a *Authority) renew() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.sign()
}

// sign makes the server's certificate for the names and addresses of now.
func (a *Authority) sign() error {
	template := &x509.Certificate{
		SerialNumber:          serial(),
		Subject:               pkix.Name{CommonName: a.commonName(), Organization: []string{"autocom"}},
		NotBefore:             notBefore,
		NotAfter:              notAfter,
		DNSNames:              a.names,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
		SignatureAlgorithm:    x509.SHA256WithRSA,
	}
	for _, ip := range a.addrs {
		template.IPAddresses = append(template.IPAddresses, net.IP(ip.AsSlice()))
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.ca, &a.key.PublicKey, a.caKey)
	if err != nil {
		return fmt.Errorf("sign the server's certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return fmt.Errorf("sign the server's certificate: %w", err)
	}
	a.leaf = &tls.Certificate{Certificate: [][]byte{der, a.ca.Raw}, PrivateKey: a.key, Leaf: leaf}
	return nil
}

// commonName is the newest address: old phones compare it, and nothing else, with
// the host of their URL.
func (a *Authority) commonName() string {
	if len(a.addrs) > 0 {
		return a.addrs[len(a.addrs)-1].String()
	}
	return a.names[0]
}

// Config is that of the HTTPS server: whoever asks without a name gets the
// certificate for the address of now. TLS 1.2 is the least, as Go has it by itself;
// phones that know less keep to http.
func (a *Authority) Config(address func() netip.Addr) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		// Without a forward-secret key exchange, last: what is left to desk phones of 2012.
		CipherSuites: []uint16{
			tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
			tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_256_CBC_SHA,
		},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return a.Certificate(address()) },
	}
}

// PEM is the authority's certificate, which is public: phones load it and believe the box.
func (a *Authority) PEM() []byte { return bytes.Clone(a.public) }

// ServerFile is what WriteFor writes for Asterisk.
const ServerFile = "server.pem"

// WriteFor writes the server's certificate for an address, the authority's, and the
// server's key into one file of a directory, for a program that reads such a file;
// changed tells whether it did not stand there yet. Its group may read it.
func (a *Authority) WriteFor(dir string, addr netip.Addr) (changed bool, err error) {
	c, err := a.Certificate(addr)
	if err != nil {
		return false, err
	}
	path := filepath.Join(dir, ServerFile)
	if present, err := os.ReadFile(path); err == nil && a.holds(present, addr) {
		return false, nil
	}
	var b bytes.Buffer
	for _, der := range c.Certificate {
		b.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	der, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err != nil {
		return false, fmt.Errorf("write %s: %w", path, err)
	}
	b.Write(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return false, fmt.Errorf("write %s: %w", path, err)
	}
	return true, write(path, b.Bytes(), 0o640)
}

// holds reports whether a file of WriteFor's is still good for an address: each start
// signs anew, and a program that reads the file only at its start need not read that.
func (a *Authority) holds(text []byte, addr netip.Addr) bool {
	block, rest := pem.Decode(text)
	if block == nil {
		return false
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil || leaf.CheckSignatureFrom(a.ca) != nil || !a.key.PublicKey.Equal(leaf.PublicKey) {
		return false
	}
	if ca, after := pem.Decode(rest); ca == nil || !bytes.Equal(ca.Bytes, a.ca.Raw) {
		return false
	} else if last, _ := pem.Decode(after); last == nil || last.Type != "PRIVATE KEY" {
		return false
	}
	return !addr.IsValid() || leaf.Subject.CommonName == addr.Unmap().String() && leaf.VerifyHostname(addr.Unmap().String()) == nil
}

func serial() *big.Int {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // it never fails
	b[0] &= 0x7f        // RFC 5280 4.1.2.2: positive
	b[0] |= 0x40
	return new(big.Int).SetBytes(b)
}
