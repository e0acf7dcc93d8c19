package phonesim

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

func TestAnAdapterRegistersEachPort(t *testing.T) {
	r := &registrar{password: "secret", granted: "60"}
	r.start(t, "127.0.42.1")
	p := placed(t, "grandstream-ht802", "00:0b:82:00:00:02", "127.0.42.2", nil)
	a, b := account("ht-1", "127.0.42.1"), account("ht-2", "127.0.42.1")
	p.Memory.Account, p.Memory.More = &a, []*Account{&b}
	if err := p.Register(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer p.PullPlug()
	if n := r.accepted.Load(); n != 2 || len(p.Lines()) != 2 {
		t.Errorf("%d registrations of %d lines, want 2 of 2", n, len(p.Lines()))
	}
	if got, _ := p.Line(2).Account(); got.User != "ht-2" || !p.Line(2).Registered() || p.Line(3).Registered() {
		t.Errorf("line 2 is %+v", got)
	}
	if got := r.from.Load(); got != "127.0.42.2:5060" && got != "127.0.42.2:5062" {
		t.Errorf("a REGISTER came from %v", got)
	}
}

func TestAHandsetAppearsWhenItIsPaired(t *testing.T) {
	r := &registrar{password: "secret", granted: "60"}
	r.start(t, "127.0.43.1")
	p := placed(t, "yealink-w70b", "80:5e:c0:00:00:01", "127.0.43.2", nil)
	a, b := account("w70-1", "127.0.43.1"), account("w70-2", "127.0.43.1")
	p.Memory.Account, p.Memory.More = &a, []*Account{&b}
	if err := p.Register(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer p.PullPlug()
	if n := r.accepted.Load(); n != 1 || p.Line(2).Registered() {
		t.Errorf("%d registrations with one handset, want 1", n)
	}
	if err := p.Pair(2); err != nil {
		t.Fatal(err)
	}
	if err := p.Register(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := r.accepted.Load(); n != 2 || !p.Line(1).Registered() || !p.Line(2).Registered() {
		t.Errorf("%d registrations with two handsets, want 2", n)
	}
	if err := p.Pair(3); err != nil || len(p.Lines()) != 2 {
		t.Errorf("a third handset without account: %v, %d lines", err, len(p.Lines()))
	}
	if err := NewYealink(nil).Pair(2); err == nil {
		t.Error("a desk phone paired a handset")
	}
}

// authority is a CA of the test and a certificate for ip that it signed.
func authority(t *testing.T, ip string) (ca string, cert tls.Certificate) {
	t.Helper()
	make := func(tmpl, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, []byte, *ecdsa.PrivateKey) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if signer == nil {
			parent, signer = tmpl, key
		}
		tmpl.NotBefore, tmpl.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
		der, err := x509.CreateCertificate(rand.Reader, tmpl, parent, &key.PublicKey, signer)
		if err != nil {
			t.Fatal(err)
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return c, der, key
	}
	root, der, key := make(&x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test CA"}, IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, nil, nil)
	_, leaf, leafKey := make(&x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: ip}, IPAddresses: []net.IP{net.ParseIP(ip)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}, root, key)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), tls.Certificate{Certificate: [][]byte{leaf}, PrivateKey: leafKey}
}

func TestAPhoneFetchesByHTTPSOnceItsFileNamedTheCA(t *testing.T) {
	for kind, settings := range map[string]func(ca, caURL string) (name, body string){
		"yealink": func(_, caURL string) (string, string) {
			return "001565000001.cfg", yealinkMagic + "\nstatic.trusted_certificates.url = " + caURL + "\nstatic.auto_provision.server.url = https://127.0.44.1/p/tok/\n"
		},
		"grandstream-gxp": func(ca, _ string) (string, string) {
			return "cfg001565000001.xml", `<gs_provision version="1"><config version="1"><P8433>` + ca + `</P8433><P237>127.0.44.1/p/tok/</P237><P212>2</P212></config></gs_provision>`
		},
	} {
		t.Run(kind, func(t *testing.T) {
			ca, cert := authority(t, "127.0.44.1")
			name, body := settings(ca, "http://127.0.44.1/ca.crt")
			plain := serve(t, "127.0.44.1", map[string]string{name: body, "ca.crt": ca})
			secure := &http.Server{TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}}, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/p/tok/"+name {
					http.NotFound(w, r)
					return
				}
				if kind == "yealink" {
					fmt.Fprint(w, goodYealink)
				} else {
					fmt.Fprint(w, strings.Replace(sampleGXP, "<mac>000b82000001</mac>", "", 1))
				}
			})}
			l, err := net.Listen("tcp", "127.0.44.1:443")
			if err != nil {
				t.Fatal(err)
			}
			go secure.ServeTLS(l, "", "")
			defer secure.Close()
			p := placed(t, kind, "00:15:65:00:00:01", "127.0.44.2", nil)
			if err := p.provision(t.Context(), "https://127.0.44.1/p/tok/"); err == nil || !strings.Contains(err.Error(), "certificate") {
				t.Errorf("before it knows the CA: error %v", err)
			}
			if err := p.provision(t.Context(), "http://127.0.44.1/"); err == nil || !strings.Contains(err.Error(), "no account") {
				t.Errorf("the first file has no account: error %v", err)
			}
			plain.questions()
			if err := p.provision(t.Context(), p.Memory.URL); err != nil {
				t.Fatal(err)
			}
			if q := plain.questions(); len(q) > 0 {
				t.Errorf("it asked by http again: %v", q)
			}
			if _, ok := p.Account(); !ok {
				t.Error("no account")
			}
		})
	}
}

func TestAPhoneRegistersByTLS(t *testing.T) {
	ca, cert := authority(t, "127.0.45.1")
	ua, err := sipgo.NewUA()
	if err != nil {
		t.Fatal(err)
	}
	s, err := sipgo.NewServer(ua)
	if err != nil {
		t.Fatal(err)
	}
	s.OnRegister(func(req *sip.Request, tx sip.ServerTransaction) {
		res := sip.NewResponseFromRequest(req, 200, "OK", nil)
		res.AppendHeader(sip.NewHeader("Expires", "60"))
		if err := tx.Respond(res); err != nil {
			t.Error(err)
		}
	})
	ctx, cancel := context.WithCancel(context.Background())
	open := make(chan struct{})
	//lint:ignore SA1029 sipgo reads this key, which is a string of its own.
	go s.ListenAndServeTLS(context.WithValue(ctx, sipgo.ListenReadyCtxKey, sipgo.ListenReadyFuncCtxValue(func(string, string) { close(open) })), "tls", "127.0.45.1:5061",
		&tls.Config{Certificates: []tls.Certificate{cert}})
	<-open
	defer func() { cancel(); ua.Close() }()
	for _, c := range []struct {
		trusts string
		works  bool
	}{{"", false}, {ca, true}} {
		p := NewYealink([]byte{0, 0x15, 0x65, 0, 0, 1})
		p.Attach(Link{Addr: netip.MustParsePrefix("127.0.45.2/8")})
		a := account("001565000001-1", "127.0.45.1")
		a.Port, a.Transport = 5061, "tls"
		p.Memory.Account, p.Memory.Trusts = &a, c.trusts
		wait, stop := context.WithTimeout(t.Context(), 2*time.Second)
		err := p.Register(wait)
		stop()
		if (err == nil) != c.works {
			t.Errorf("with the CA %v: error %v", c.works, err)
		}
		p.PullPlug()
	}
}

func TestAPhoneOfAnotherServerAsksNobodyElse(t *testing.T) {
	s := serve(t, "127.0.46.1", nil)
	p := placed(t, "grandstream-gxp", "00:0b:82:00:00:01", "127.0.46.2", map[uint8]string{66: "http://127.0.46.1/"})
	p.Hold("http://127.0.46.9/elsewhere/")
	if err := p.Provision(t.Context()); err == nil {
		t.Error("it found settings")
	}
	if q := s.questions(); len(q) > 0 {
		t.Errorf("it asked for %v", q)
	}
	p.Reset()
	if err := p.Provision(t.Context()); err == nil || len(s.questions()) == 0 {
		t.Errorf("after a reset it asks: error %v", err)
	}
}

func TestTrustTakesBothFormsOnce(t *testing.T) {
	ca, _ := authority(t, "127.0.44.9")
	block, _ := pem.Decode([]byte(ca))
	p := NewYealink([]byte{0, 0x15, 0x65, 0, 0, 1})
	for _, cert := range []string{ca, string(block.Bytes), ca} {
		if err := p.Trust(cert); err != nil {
			t.Error(err)
		}
	}
	if p.Memory.Trusts != ca {
		t.Errorf("it trusts\n%s, want\n%s", p.Memory.Trusts, ca)
	}
	if err := p.Trust("<html>404</html>"); err == nil {
		t.Error("a page is a certificate")
	}
}

func TestCheckSyncByMaker(t *testing.T) {
	for _, c := range []struct {
		kind     string
		settings map[string]string
		reboot   bool
		want     order
	}{
		{"grandstream-gxp", nil, false, ignore},
		{"grandstream-gxp", map[string]string{"P26015": "1"}, false, ignore},
		{"grandstream-gxp", map[string]string{"P4428": "1"}, false, refetch},
		{"grandstream-grp", map[string]string{"P4428": "1"}, true, reboot},
		{"grandstream-ht802", nil, false, refetch},
		{"polycom", nil, false, refetch},
		{"polycom", map[string]string{"voIpProt.SIP.specialEvent.checkSync.alwaysReboot": "1"}, false, reboot},
		{"cisco-spa", map[string]string{"Resync_From_SIP": "No"}, false, ignore},
		{"cisco-spa", nil, false, refetch},
		{"gigaset-n510", nil, true, refetch},
		{"fanvil", nil, false, refetch},
		{"yealink-w70b", nil, false, reboot},
		{"printer", nil, true, ignore},
	} {
		p, err := New(c.kind, []byte{0, 0, 0x5e, 0, 0x53, 1})
		if err != nil {
			t.Fatal(err)
		}
		if got := p.maker.obeys(c.settings, c.reboot); got != c.want {
			t.Errorf("%s with %v, reboot %v: %v, want %v", c.kind, c.settings, c.reboot, got, c.want)
		}
	}
}
