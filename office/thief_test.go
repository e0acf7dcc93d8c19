package office

import (
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"autocom/provision"
	"autocom/provision/vendors"
)

// gets is what an asker is given of phone 1's file: "keys", "plain", "nothing".
func (d *desk) gets(r provision.Request) string {
	d.t.Helper()
	f, err := d.Find(d.t.Context(), r)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "nothing"
	case err != nil:
		d.t.Fatal(err)
	case f.Secret:
		return "keys"
	}
	return "plain"
}

// request is phone n asking, as serve reports it.
func (d *desk) request(n int, name string) provision.Request {
	s := d.phone(n)
	return provision.Request{MAC: s.MAC, At: d.clock, Protocol: "http", Name: name, Remote: netip.AddrPortFrom(s.IP, 40000)}
}

func (d *desk) kinds() (out []string) {
	for _, a := range d.Alerts() {
		out = append(out, a.Kind)
	}
	return out
}

func cfgOf(n int) string { return fmt.Sprintf("001565aa%04x.cfg", n) }

func TestThieves(t *testing.T) {
	for name, tt := range map[string]struct {
		run    func(d *desk) string // what the last one was given
		want   string
		alerts string // newest first
	}{
		"another's file: refused, and said": {func(d *desk) string { return d.gets(d.request(2, cfgOf(1))) }, "nothing", "thief"},
		"three others' files: its own still comes": {func(d *desk) string {
			for _, n := range []int{1, 3, 4, 1, 3, 4} {
				d.gets(d.request(2, cfgOf(n)))
			}
			return d.gets(d.request(2, cfgOf(2)))
		}, "keys", "thief thief thief"},
		"four others' files: nothing comes": {func(d *desk) string {
			for _, n := range []int{1, 3, 4, 5} {
				d.gets(d.request(2, cfgOf(n)))
			}
			return d.gets(d.request(2, cfgOf(2)))
		}, "nothing", "blocked thief thief thief thief"},
		"blocked: nor the common file, nor its URL": {func(d *desk) string {
			for _, n := range []int{1, 3, 4, 5} {
				d.gets(d.request(2, cfgOf(n)))
			}
			r := d.request(2, cfgOf(2))
			r.Token = d.device(r.MAC.String()).Token
			return d.gets(r) + " " + d.gets(d.request(2, "y000000000028.cfg"))
		}, "nothing nothing", "blocked thief thief thief thief"},
		"blocked: for ten minutes": {func(d *desk) string {
			for _, n := range []int{1, 3, 4, 5} {
				d.gets(d.request(2, cfgOf(n)))
			}
			d.clock = d.clock.Add(10 * time.Minute)
			return d.gets(d.request(2, cfgOf(2)))
		}, "keys", "blocked thief thief thief thief"},
		"slowly: three in ten minutes are not too many": {func(d *desk) string {
			for n := range 8 {
				d.gets(d.request(2, cfgOf(3+n)))
				d.clock = d.clock.Add(5 * time.Minute)
			}
			return d.gets(d.request(2, cfgOf(2)))
		}, "keys", "thief thief thief thief thief thief thief thief"},
		"a registered phone is never blocked": {func(d *desk) string {
			d.do(Registered{"001565aa0002-1"})
			for _, n := range []int{1, 3, 4, 5} {
				d.gets(d.request(2, cfgOf(n)))
			}
			return d.gets(d.request(2, cfgOf(2)))
		}, "plain", "names thief thief thief thief"},
		"a carton of ten, each from its own address": {func(d *desk) string {
			all := ""
			for n := range 10 {
				all += d.gets(d.request(10+n, cfgOf(10+n)))
			}
			return all
		}, strings.Repeat("keys", 10), ""},
		"several names of its own": {func(d *desk) string {
			all := ""
			for _, name := range []string{"y000000000028.cfg", cfgOf(2), "y000000000000.cfg", "passwords.txt", cfgOf(2)} {
				all += d.gets(d.request(2, name)) + " "
			}
			return all
		}, "plain keys plain nothing keys ", ""},
		"another's URL": {func(d *desk) string {
			r := d.request(2, cfgOf(1))
			r.Token = d.device("00:15:65:aa:00:01").Token
			return d.gets(r)
		}, "nothing", "token"},
		"its URL from an address that is not confirmed": {func(d *desk) string {
			r := d.request(1, cfgOf(1))
			r.Token, r.MAC = d.device("00:15:65:aa:00:01").Token, provision.MAC{}
			return d.gets(r)
		}, "nothing", ""},
		"its URL and another's name": {func(d *desk) string {
			r := d.request(2, cfgOf(1))
			r.Token = d.device("00:15:65:aa:00:02").Token
			return d.gets(r)
		}, "nothing", "thief"},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, nil)
			d.do(Sighted{d.phone(1)})
			d.do(Registered{"001565aa0001-1"})
			d.do(Sighted{d.phone(2)})
			if got := tt.run(d); got != tt.want {
				t.Errorf("given %q, want %q", got, tt.want)
			}
			if got := strings.Join(d.kinds(), " "); got != tt.alerts {
				t.Errorf("alerts %q, want %q", got, tt.alerts)
			}
		})
	}
	d := open(t, nil)
	d.do(Sighted{d.phone(1)})
	d.gets(d.request(2, cfgOf(1)))
	d.gets(d.request(2, cfgOf(1)))
	alerts := d.Alerts()
	if len(alerts) != 1 || alerts[0].Device != "00:15:65:aa:00:01" || alerts[0].MAC.String() != "00:15:65:aa:00:02" || !strings.Contains(alerts[0].Text, "00:15:65:aa:00:02 at 192.168.1.2 asked for the file of 00:15:65:aa:00:01") {
		t.Errorf("alerts %+v, want one that names both", alerts)
	}
}

// The guard remembers a bounded number of addresses.
func TestTheGuardForgets(t *testing.T) {
	var g guard
	now := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	for n := range 3 * guardAddresses {
		g.asked(netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)}), provision.MAC{1: byte(n)}, now.Add(time.Duration(n)*time.Millisecond))
	}
	if len(g.addrs) != guardAddresses {
		t.Errorf("%d addresses, want %d", len(g.addrs), guardAddresses)
	}
	one := netip.MustParseAddr("10.9.9.9")
	for n := range 1000 {
		g.asked(one, provision.MAC{4: byte(n >> 8), 5: byte(n)}, now)
	}
	if n := len(g.addrs[one].names); n > guardNames+1 {
		t.Errorf("%d names of one address, want %d at most", n, guardNames+1)
	}
	g.forget(now.Add(time.Hour))
	if len(g.addrs) != 0 {
		t.Errorf("%d addresses an hour later", len(g.addrs))
	}
}

func TestNothingSecretByTFTP(t *testing.T) {
	d := open(t, nil)
	r := d.request(1, cfgOf(1))
	r.Protocol = "tftp"
	token := func() provision.Request { r := r; r.Token = d.device("00:15:65:aa:00:01").Token; return r }
	d.do(Sighted{d.phone(1)})
	steps := []struct{ what, got, want string }{{"before binding", d.gets(r), "keys"}}
	d.do(Registered{"001565aa0001-1"})
	steps = append(steps, struct{ what, got, want string }{"bound", d.gets(r), "plain"}, struct{ what, got, want string }{"bound, with its token", d.gets(token()), "plain"})
	d.do(Reset{"00:15:65:aa:00:01"})
	steps = append(steps, struct{ what, got, want string }{"within the window", d.gets(r), "keys"})
	d.clock = d.clock.Add(10 * time.Minute)
	steps = append(steps, struct{ what, got, want string }{"after it", d.gets(token()), "plain"})
	for id, maker := range d.Office.makers {
		maker.KeepsAccount = false
		d.Office.makers[id] = maker
	}
	d.do(Unregistered{"001565aa0001-1"})
	steps = append(steps, struct{ what, got, want string }{"a maker whose phones forget", d.gets(r), "plain"})
	for _, s := range steps {
		if s.got != s.want {
			t.Errorf("%s: %s, want %s", s.what, s.got, s.want)
		}
	}
}

// A phone behind a router names itself; a click gives a URL, and the first address that
// uses it has it.
func TestAPhoneBehindARouter(t *testing.T) {
	const id = "00:15:65:aa:00:01"
	d := open(t, nil)
	from := func(addr, name, token string) provision.Request {
		return provision.Request{At: d.clock, Protocol: "http", Name: name, Token: token, Remote: netip.AddrPortFrom(netip.MustParseAddr(addr), 40000), UserAgent: "Yealink SIP-T46G 28.72.0.1 " + id}
	}
	check := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
	check("it asks", d.gets(from("10.9.9.9", cfgOf(1), "")), "nothing")
	got := d.device(id)
	if got.State() != "pending" || got.Reason != whyRouted || got.Vendor != "yealink" || len(got.Lines) != 0 {
		t.Fatalf("%+v, want it pending behind a router", got)
	}
	d.do(Approve{id})
	got = d.device(id)
	if got.Number() != "201" || !got.Routed || got.Reason != whyType || got.URL != "http://192.168.1.10/p/"+got.Token+"/" {
		t.Fatalf("approved: %+v, want 201 and the URL to type", got)
	}
	check("without the URL", d.gets(from("10.9.9.9", cfgOf(1), "")), "nothing")
	check("another name under it", d.gets(from("10.9.9.9", cfgOf(2), got.Token)), "nothing")
	check("a name of nobody", d.gets(from("10.9.9.8", "passwords.txt", got.Token)), "nothing")
	if d.device(id).URL == "" {
		t.Error("the URL is used up by what gave nothing")
	}
	check("with the URL", d.gets(from("10.9.9.9", cfgOf(1), got.Token)), "keys")
	if now := d.device(id); now.URL != "" || now.Reason != "" || now.Owner.String() != "10.9.9.9" {
		t.Errorf("used: URL %q, owner %v", now.URL, now.Owner)
	}
	check("from elsewhere", d.gets(from("10.9.9.7", cfgOf(1), got.Token)), "nothing")
	lan := d.request(2, cfgOf(1))
	lan.Token = got.Token
	check("from a phone here", d.gets(lan), "nothing")
	d.do(Registered{"001565aa0001-1"})
	d.reopen()
	check("bound, after a restart, again", d.gets(from("10.9.9.9", cfgOf(1), got.Token)), "keys")
	check("bound, from elsewhere", d.gets(from("10.9.9.7", cfgOf(1), got.Token)), "nothing")
	if n := len(d.Alerts()); n == 0 || d.Alerts()[0].Kind != AlertToken {
		t.Errorf("alerts %v, want one of the token", d.kinds())
	}
	d.do(Reset{id})
	now := d.device(id)
	if now.URL == "" || now.Token == got.Token || now.Owner.IsValid() {
		t.Errorf("reset: %+v, want a new URL to type", now)
	}
	check("reset, from its new address", d.gets(from("10.9.9.5", cfgOf(1), now.Token)), "keys")
	check("reset, the old token", d.gets(from("10.9.9.9", cfgOf(1), got.Token)), "nothing")

	for name, r := range map[string]provision.Request{
		"a made-up address":   from("10.9.9.9", "021565aa0001.cfg", ""),
		"a group address":     from("10.9.9.9", "011565aa0001.cfg", ""),
		"nobody's User-Agent": {At: d.clock, Protocol: "http", Name: "index.php", Remote: netip.MustParseAddrPort("10.9.9.9:1"), UserAgent: "curl/8"},
	} {
		r.UserAgent = ""
		before := len(d.Devices())
		if got := d.gets(r); got != "nothing" || len(d.Devices()) != before {
			t.Errorf("%s: %s, %d devices, want nothing and %d", name, got, len(d.Devices()), before)
		}
	}
	// Somebody who counts up names makes few devices.
	for n := range 50 {
		r := from("10.9.9.66", cfgOf(100+n), "")
		r.UserAgent = ""
		d.gets(r)
	}
	if n := len(d.Devices()); n != 1+guardNames {
		t.Errorf("%d devices of somebody who counts up names, want %d", n, 1+guardNames)
	}
	// Those whom somebody lets in share that address.
	d.do(Approve{"00:15:65:aa:00:64"})
	check("its URL, typed in at a blocked address", d.gets(from("10.9.9.66", cfgOf(100), d.device("00:15:65:aa:00:64").Token)), "keys")
	check("its name there", d.gets(from("10.9.9.66", cfgOf(100), "")), "nothing")
}

// secure gives the box a certificate, and T46G phones TLS.
func secure(c *Config) {
	c.Encrypted, c.Site.CA, c.Site.HTTPSPort, c.CA = true, "autocom-ca.crt", 443, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("a certificate")})
}

func TestTheCertificateIsFetched(t *testing.T) {
	d := open(t, secure)
	maker := d.Office.makers["yealink"]
	maker.HTTPS, maker.TLS = true, regexp.MustCompile("^T46G$")
	d.Office.makers["yealink"] = maker
	one := d.phone(1)
	id := one.MAC.String()
	d.do(Sighted{d.adapter(1)})
	d.do(Sighted{d.phone(2)})
	stranger := d.request(9, "autocom-ca.crt")
	if got := d.gets(stranger); got != "nothing" {
		t.Errorf("a stranger: %s, want nothing", got)
	}
	fetch := func() string {
		t.Helper()
		f, err := d.ask(one, d.device(id).Token, cfgOf(1))
		if err != nil || !f.Secret {
			t.Fatalf("its file: %v", err)
		}
		return string(f.Body)
	}
	encrypted := func() bool { e, _ := d.endpoint("001565aa0001-1"); return e.Encrypted }
	if body := fetch(); !strings.Contains(body, "http://192.168.1.10/p/") || encrypted() {
		t.Errorf("before it has the certificate: encrypted %v\n%s", encrypted(), body)
	}
	f, err := d.Find(t.Context(), d.request(1, "autocom-ca.crt"))
	if err != nil || f.Secret || string(f.Body) != string(d.cfg.CA) || f.ContentType != "application/x-x509-ca-cert" {
		t.Fatalf("the certificate: %+v %v", f, err)
	}
	if f, err := d.Find(t.Context(), d.request(1, "autocom-ca.der")); err != nil || string(f.Body) != "a certificate" {
		t.Errorf("the certificate without PEM: %q %v", f.Body, err)
	}
	if !d.device(id).Trusts || encrypted() {
		t.Errorf("fetched: trusts %v, encrypted %v; want it to trust, and the exchange to wait until its file says so", d.device(id).Trusts, encrypted())
	}
	d.do(Registered{"001565aa0001-1"})
	if stale := d.Stale(); len(stale) != 1 || stale[0].ID != id {
		t.Errorf("stale %v, want the phone", stale)
	}
	d.reopen()
	d.Office.makers["yealink"] = maker
	if body := fetch(); !strings.Contains(body, "https://192.168.1.10/p/") || !encrypted() {
		t.Errorf("after: encrypted %v\n%s", encrypted(), body)
	}
	if stale := d.Stale(); len(stale) != 0 {
		t.Errorf("stale %v, want none", stale)
	}
	if e, _ := d.endpoint("001565aa0002-1"); e.Encrypted {
		t.Error("the other phone is asked for what it cannot")
	}
	d.do(Reset{id})
	if d.device(id).Trusts || encrypted() {
		t.Error("a phone that was reset has no certificate")
	}
	if body := fetch(); strings.Contains(body, "https://") {
		t.Errorf("reset: it cannot fetch from there:\n%s", body)
	}
}

// A phone that has the certificate and does not believe it is sent to where it cannot
// fetch: it finds back by itself, and stays with http.
func TestAPhoneThatDoesNotBelieveTheCertificate(t *testing.T) {
	d := open(t, secure)
	maker := d.Office.makers["yealink"]
	maker.HTTPS, maker.TLS = true, regexp.MustCompile("^T46G$")
	d.Office.makers["yealink"] = maker
	one := d.phone(1)
	id := one.MAC.String()
	file := func(token string) string {
		t.Helper()
		f, err := d.ask(one, token, cfgOf(1))
		if err != nil {
			t.Fatal(err)
		}
		return string(f.Body)
	}
	d.do(Sighted{d.adapter(1)})
	d.do(Mistrusted{id})
	if d.device(id).Plain {
		t.Error("it was never sent to HTTPS, and cannot be tired of it")
	}
	file(d.device(id).Token)
	d.do(Trusted{id})
	// What it is told without its account agrees with what the exchange expects of it.
	d.do(Registered{"001565aa0001-1"})
	if body := file(""); strings.Contains(body, "5061") || strings.Contains(body, "http://192.168.1.10/\n") {
		t.Errorf("at the root, before it was told of TLS:\n%s", body)
	}
	if body := file(d.device(id).Token); !strings.Contains(body, "https://") || !strings.Contains(body, "5061") {
		t.Errorf("it has the certificate:\n%s", body)
	}
	if !d.Away(id) {
		t.Error("it was sent to HTTPS and has not come there; nobody knows")
	}
	r := d.request(1, cfgOf(1))
	r.Protocol, r.Token = "https", d.device(id).Token
	if got := d.gets(r); got != "keys" || d.Away(id) {
		t.Errorf("by HTTPS it is given %s; still away: %v", got, d.Away(id))
	}
	if body := file(""); !strings.Contains(body, "5061") {
		t.Errorf("at the root, after it was told of TLS:\n%s", body)
	}
	d.do(Mistrusted{id})
	before := d.device(id)
	d.reopen()
	d.Office.makers["yealink"] = maker
	body := file("")
	if strings.Contains(body, "https://") || !strings.Contains(body, "http://192.168.1.10/") {
		t.Errorf("when it asks at the root, it is not led back:\n%s", body)
	}
	d.do(Present{"001565aa0001-1"})
	if stale := d.Stale(); len(stale) != 0 {
		t.Errorf("it is asked to fetch what it cannot: %v", stale)
	}
	d.do(Reset{id})
	d.do(Trusted{id})
	if body := file(""); strings.Contains(body, "https://") || strings.Contains(body, "5061") {
		t.Errorf("reset, and with the certificate again:\n%s", body)
	}
	if now := d.device(id); !before.Plain || !now.Plain || now.AtRoot {
		t.Errorf("before %v, after the reset %v at the root %v; want it to be remembered, and its token used", before.Plain, now.Plain, now.AtRoot)
	}
}

// Several phones behind one router: nobody can tell which of them has the certificate.
func TestTheCertificateBehindARouter(t *testing.T) {
	d := open(t, secure)
	from := func(name, token string) provision.Request {
		return provision.Request{At: d.clock, Protocol: "http", Name: name, Token: token, Remote: netip.MustParseAddrPort("10.9.9.66:40000")}
	}
	trusting := func() (n int) {
		for _, x := range d.Devices() {
			if x.Trusts {
				n++
			}
		}
		return n
	}
	for n := 1; n <= 2; n++ {
		id := fmt.Sprintf("00:15:65:aa:00:%02x", n)
		d.gets(from(cfgOf(n), ""))
		d.do(Approve{id})
		if got := d.gets(from(cfgOf(n), d.device(id).Token)); got != "keys" {
			t.Fatalf("phone %d behind the router: %s", n, got)
		}
		if n == 2 {
			d.gets(from("autocom-ca.crt", ""))
		}
	}
	if n := trusting(); n != 0 {
		t.Errorf("%d phones are said to have the certificate that one of two fetched", n)
	}
	d.do(Release{"00:15:65:aa:00:02"})
	if d.gets(from("autocom-ca.crt", "")); trusting() != 1 {
		t.Errorf("%d phones have the certificate, want the one that is there", trusting())
	}
}

// book are files with one more, for members alone.
type book struct{ *vendors.Set }

func (b book) Owner(name string) (string, provision.MAC, bool) {
	if name == "phonebook.xml" {
		return "yealink", provision.MAC{}, true
	}
	return b.Set.Owner(name)
}

func (b book) Render(p provision.Phone, name string) (provision.File, error) {
	if name != "phonebook.xml" {
		return b.Set.Render(p, name)
	}
	return provision.File{Name: name, Body: fmt.Append(nil, p.Directory), Members: true}, nil
}

func TestThePhoneBookIsForPhonesOfTheOffice(t *testing.T) {
	d := open(t, func(c *Config) { c.Files = book{c.Files.(*vendors.Set)} })
	d.do(Sighted{d.phone(1)})
	d.do(Sighted{d.phone(2)})
	d.do(Rename{"00:15:65:aa:00:02", "Awa"})
	d.cfg.Mode = ModeAsk
	d.reopen()
	d.do(Sighted{d.phone(3)}) // a guest
	seen := d.phone(4)
	seen.Fields = nil
	d.do(Sighted{seen})
	for n, want := range map[int]string{1: "plain", 2: "plain", 3: "plain", 4: "nothing", 5: "nothing"} {
		if got := d.gets(d.request(n, "phonebook.xml")); got != want {
			t.Errorf("phone %d: %s, want %s", n, got, want)
		}
	}
	f, err := d.Find(t.Context(), d.request(1, "phonebook.xml"))
	if err != nil || string(f.Body) != "[{201 201} {202 Awa}]" {
		t.Errorf("phone book %s %v", f.Body, err)
	}
	d.do(Reject{"00:15:65:aa:00:02"})
	if f, err = d.Find(t.Context(), d.request(1, "phonebook.xml")); err != nil || string(f.Body) != "[{201 201}]" {
		t.Errorf("phone book after one left: %s %v", f.Body, err)
	}
}

func TestInform(t *testing.T) {
	d := open(t, nil)
	s := d.phone(1)
	p, ok := d.Inform(t.Context(), s)
	token := d.device(s.MAC.String()).Token
	if !ok || p.URL != "http://192.168.1.10/p/"+token+"/" || !p.Secrets {
		t.Errorf("reserved: %v %q, want its own URL", ok, p.URL)
	}
	d.do(Registered{"001565aa0001-1"})
	p, ok = d.Inform(t.Context(), s)
	if !ok || p.URL != "http://192.168.1.10/" || p.Secrets || p.Device.Token != "" || p.Device.Lines[0].Secret != "" || p.Device.Admin != "" {
		t.Errorf("bound: %v %+v, want the root and no secret", ok, p)
	}
	if d.device(s.MAC.String()).Lines[0].Secret == "" {
		t.Error("the office lost the secret")
	}
	forged := s
	forged.Proved, forged.IP = false, netip.MustParseAddr("192.168.1.200")
	if p, ok := d.Inform(t.Context(), forged); !ok || p.URL != "http://192.168.1.10/" || len(d.Alerts()) != 1 {
		t.Errorf("forged: %v %q, alerts %v; want the root, and one alert", ok, p.URL, d.kinds())
	}
	laptop := provision.Sighting{At: d.clock, Sensor: provision.SensorDHCP, MAC: provision.MAC{0, 0, 0x5e, 0, 0x53, 1}, Proved: true}
	if _, ok := d.Inform(t.Context(), laptop); ok {
		t.Error("a laptop is answered")
	}
}

func TestPassword(t *testing.T) {
	d := open(t, nil)
	for id, maker := range d.Office.makers {
		maker.Admin = "admin"
		d.Office.makers[id] = maker
	}
	d.do(Sighted{d.phone(1)})
	id := d.phone(1).MAC.String()
	user, first, err := d.Password(id)
	if user != "admin" || !regexp.MustCompile("^[A-Za-z0-9]{12}$").MatchString(first) || err != nil {
		t.Errorf("%s %s %v", user, first, err)
	}
	if a := d.Trail(1); len(a) != 1 || a[0].Device != id || !a[0].Secret || strings.Contains(fmt.Sprint(a), first) {
		t.Errorf("trail %+v, want that somebody read it, and not what", a)
	}
	d.do(Reset{id})
	if _, second, err := d.Password(id); second == first || err != nil {
		t.Errorf("reset: %v, the same password %v", err, second == first)
	}
	d.do(Release{id})
	if _, _, err := d.Password(id); !errors.Is(err, ErrRefused) {
		t.Errorf("released: %v, want ErrRefused", err)
	}
	if _, _, err := d.Password("nobody"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nobody: %v, want fs.ErrNotExist", err)
	}
}

// Devices of a store that had no such passwords get them when the office opens.
func TestPhonesOfAnOlderStoreGetAPassword(t *testing.T) {
	d := open(t, nil)
	d.do(Sighted{d.phone(1)})
	old := d.device(d.phone(1).MAC.String())
	old.Admin = ""
	tx, err := d.store.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.PutDevice(old); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	d.reopen()
	first, rev := d.device(old.ID).Admin, d.Plan().Revision
	d.reopen()
	if again := d.device(old.ID).Admin; len(first) != 12 || again != first || d.Plan().Revision != rev {
		t.Errorf("password %q, then %q; revision %d, then %d", first, again, rev, d.Plan().Revision)
	}
}

func TestTrail(t *testing.T) {
	var told []Audit
	d := open(t, func(c *Config) { c.Trail = func(a Audit) { told = append(told, a) } })
	d.do(Sighted{d.phone(1)})
	d.gets(d.request(1, cfgOf(1)))
	d.gets(d.request(2, cfgOf(1)))
	trail := d.Trail(0)
	if len(trail) != 2 || trail[1].Outcome != OutcomeGiven || !trail[1].Secret || trail[1].Device != "00:15:65:aa:00:01" ||
		trail[0].Outcome != OutcomeRefused || trail[0].Why != "the file is of 00:15:65:aa:00:01" || trail[0].MAC.String() != "00:15:65:aa:00:02" {
		t.Errorf("trail %+v, want one given, one refused", trail)
	}
	if len(told) != 2 {
		t.Errorf("told %+v, want the same two", told)
	}
	// A flood of strangers pushes nothing out, and is told in few words.
	told = nil
	for n := range 20000 {
		addr := netip.AddrFrom4([4]byte{10, 1, byte(n % 7), byte(n % 100)})
		_, _ = d.Find(t.Context(), provision.Request{Protocol: "http", Name: fmt.Sprintf("x%d", n), Remote: netip.AddrPortFrom(addr, 1)})
	}
	trail = d.Trail(0)
	if last := trail[len(trail)-1]; last.Outcome != OutcomeGiven || len(trail) > maxGiven+maxRefused {
		t.Errorf("%d entries, the oldest %+v; want what was given first", len(trail), last)
	}
	if len(told) > 700 {
		t.Errorf("told %d entries of one minute of 700 strangers", len(told))
	}
	d.clock = d.clock.Add(time.Minute)
	told = nil
	d.do(Tick{})
	if len(told) == 0 || !strings.Contains(told[0].Why, "times within a minute)") {
		t.Errorf("after the minute: %d entries, want the counts", len(told))
	}
	if n := len(d.Trail(5)); n != 5 {
		t.Errorf("%d entries, want 5", n)
	}
}

func TestAlertsAreBoundedAndSaidOnce(t *testing.T) {
	d := open(t, nil)
	events := d.Subscribe(t.Context())
	for range 5 {
		d.NoteAlert(Alert{Kind: AlertPnP, IP: netip.MustParseAddr("192.168.1.66"), Text: "somebody else\nanswers"})
	}
	if a := d.Alerts(); len(a) != 1 || a[0].Text != "somebody else answers" || !a[0].At.Equal(d.clock) || len(events) != 1 {
		t.Errorf("alerts %+v, %d events; want one", a, len(events))
	}
	d.clock = d.clock.Add(alertAgain)
	d.NoteAlert(Alert{Kind: AlertPnP, IP: netip.MustParseAddr("192.168.1.66"), Text: "somebody else answers"})
	if n := len(d.Alerts()); n != 2 {
		t.Errorf("%d alerts, want it said again", n)
	}
	for n := range 1000 {
		d.NoteAlert(Alert{Kind: AlertPnP, Text: "x", IP: netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)})})
	}
	if n := len(d.Alerts()); n != maxOfKind {
		t.Errorf("%d alerts, want %d", n, maxOfKind)
	}
}
