//go:build lab

package asteriskconf

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"autocom/asterisk-conf/asterisktest"
)

// With a certificate Asterisk listens for TLS too, and shows that certificate.
//
// In words: phones are answered over an encrypted connection.
func TestItAnswersOverTLS(t *testing.T) {
	plan := labPlan()
	plan.Certificate = "/data/trust/server.pem"
	plan.Endpoints[0].Encrypted = true
	files, err := Render(plan)
	if err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	stateDirs(t, data)
	asterisktest.Install(t, data, files)
	roots := certificate(t, filepath.Join(data, "trust", "server.pem"))
	a := asterisktest.Start(t, asterisktest.Options{DataDir: data})
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: 5 * time.Second}, "tcp", lan+":5061", &tls.Config{RootCAs: roots, ServerName: lan})
	if err != nil {
		t.Fatalf("%v\n%s", err, a.Log())
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	fmt.Fprintf(conn, "OPTIONS sip:%[1]s SIP/2.0\r\nVia: SIP/2.0/TLS %[2]s;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n"+
		"From: <sip:x@%[1]s>;tag=1\r\nTo: <sip:%[1]s>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n", lan, conn.LocalAddr())
	buf := make([]byte, 4096)
	n, err := conn.Read(buf)
	if answer, _, _ := strings.Cut(string(buf[:n]), "\r\n"); answer != "SIP/2.0 401 Unauthorized" {
		t.Errorf("a stranger is answered %q, %v", answer, err)
	}
	out, err := a.CLI(within(t, 5*time.Second), "pjsip show endpoint 001565000001-1")
	if err != nil || !strings.Contains(out, "media_encryption                   : sdes") {
		t.Errorf("the endpoint has no SRTP: %v\n%s", err, out)
	}
	clean(t, a)
}

// certificate writes one for lan with its key, and gives who vouches for it.
func certificate(t *testing.T, path string) *x509.CertPool {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: lan}, IPAddresses: []net.IP{net.ParseIP(lan)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	text = append(text, pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})...)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	return pool
}
