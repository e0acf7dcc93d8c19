package office

import (
	"errors"
	"io/fs"
	"net/netip"
	"strings"
	"testing"
	"time"

	"autocom/provision"
)

// TestFilesAreCredentials walks through what Find says: who gets account keys, who gets the
// file without them, who gets nothing.
func TestFilesAreCredentials(t *testing.T) {
	const (
		secret, plain, nothing = "with keys", "without keys", "not found"
		cfg                    = "001565aa0001.cfg"
	)
	d := open(t, nil)
	one, two := d.phone(1), d.phone(2)
	routed := provision.Sighting{IP: netip.MustParseAddr("10.9.9.9"), MAC: one.MAC}
	token := func() string { return d.device(one.MAC.String()).Token }
	check := func(what, want string, from provision.Sighting, tok, name string) {
		t.Helper()
		f, err := d.ask(from, tok, name)
		got := plain
		switch {
		case errors.Is(err, fs.ErrNotExist):
			got = nothing
		case err != nil:
			t.Fatalf("%s: %v", what, err)
		case f.Secret:
			got = secret
		}
		held := d.device(one.MAC.String()).Lines
		if len(held) > 0 && strings.Contains(string(f.Body), held[0].Secret) != (got == secret) {
			t.Errorf("%s: the file says Secret=%v, its text says otherwise", what, f.Secret)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}

	d.do(Sighted{one})
	d.do(Sighted{two})
	check("before binding, its own address", secret, one, "", cfg)
	check("before binding, another phone", nothing, two, "", cfg)
	check("before binding, behind a router", nothing, routed, "", cfg)
	check("before binding, the token from another address", nothing, two, token(), cfg)
	check("a name that nobody has", nothing, one, "", "passwords.txt")
	check("the common name", plain, one, "", "y000000000028.cfg")
	if s := d.device(one.MAC.String()).State(); s != "fetched" {
		t.Errorf("state after the fetch: %s, want fetched", s)
	}

	d.do(Registered{"001565aa0001-1"})
	check("bound, root name", plain, one, "", cfg)
	check("bound, token and its own address", secret, one, token(), cfg)
	check("bound, token from another phone", nothing, two, token(), cfg)
	check("bound, token from behind a router", nothing, routed, token(), cfg)
	check("bound, a wrong token", nothing, one, "nottoken", cfg)

	old, oldToken := d.device(one.MAC.String()).Lines[0].Secret, token()
	d.do(Reset{one.MAC.String()})
	if now := d.device(one.MAC.String()); now.Lines[0].Secret == old || now.Token == oldToken || now.Number() != "201" {
		t.Errorf("reset: want a new secret, a new token and the same number, got %s", now.Number())
	}
	d.do(Present{"001565aa0001-1"}) // the exchange tells again of the registration before the reset
	check("reset, root name within the window", secret, one, "", cfg)
	check("reset, root name from another phone", nothing, two, "", cfg)
	d.do(Present{"001565aa0001-1"})
	check("reset and fetched, an old registration is there: the window stays open", secret, one, "", cfg)
	d.do(Registered{"001565aa0001-1"})
	check("reset and registered: the window is closed", plain, one, "", cfg)
	d.do(Reset{one.MAC.String()})
	d.clock = d.clock.Add(10 * time.Minute)
	check("reset, 10 minutes later", plain, one, "", cfg)

	d.do(Reject{one.MAC.String()})
	check("rejected", nothing, one, "", cfg)

	want := map[string]int64{"files_secret": 4, "files_plain": 4, "files_refused": 9}
	if got := d.Counters(); got["files_secret"] != want["files_secret"] || got["files_plain"] != want["files_plain"] || got["files_refused"] != want["files_refused"] {
		t.Errorf("audit %v, want %v", got, want)
	}
}

// A phone that forgets its account with every boot gets it again while it is away,
// at its own address only.
func TestPhonesThatForgetTheirAccount(t *testing.T) {
	d := open(t, nil)
	for id, maker := range d.Office.makers {
		maker.KeepsAccount = false
		d.Office.makers[id] = maker
	}
	one, two := d.phone(1), d.phone(2)
	d.do(Sighted{one})
	d.do(Registered{"001565aa0001-1"})
	if f, err := d.ask(one, "", "001565aa0001.cfg"); err != nil || f.Secret {
		t.Errorf("registered: keys %v (%v), want none", f.Secret, err)
	}
	d.do(Unregistered{"001565aa0001-1"})
	if _, err := d.ask(two, "", "001565aa0001.cfg"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("away, another phone asks: %v, want fs.ErrNotExist", err)
	}
	if f, err := d.ask(one, "", "001565aa0001.cfg"); err != nil || !f.Secret {
		t.Errorf("away: keys %v (%v), want them", f.Secret, err)
	}
}

func TestServedFilesAreStable(t *testing.T) {
	d := open(t, nil)
	one := d.phone(1)
	d.do(Sighted{one})
	first, err := d.ask(one, "", "001565aa0001.cfg")
	if err != nil {
		t.Fatal(err)
	}
	d.clock = d.clock.Add(time.Minute)
	d.do(Sighted{one})
	d.reopen()
	again, err := d.ask(one, "", "001565aa0001.cfg")
	if err != nil || string(first.Body) != string(again.Body) {
		t.Errorf("the file changed though the plan did not (%v):\n%s\n%s", err, first.Body, again.Body)
	}
}

func TestPnPNeverCarriesTheTokenOfABoundPhone(t *testing.T) {
	d := open(t, nil)
	s := d.phone(1)
	s.Sensor, s.Fields = provision.SensorPnP, map[string]string{
		provision.FieldEvent: `ua-profile;profile-type="device";vendor="yealink";model="T46G";version="28.72.0.1"`,
	}
	url, ok := d.PnPURL(t.Context(), s)
	token := d.device(s.MAC.String()).Token
	if want := "http://192.168.1.10/p/" + token + "/"; !ok || token == "" || url != want {
		t.Errorf("reserved: %q, want %q", url, want)
	}
	forged := s
	forged.Proved = false
	if url, ok := d.PnPURL(t.Context(), forged); !ok || url != "http://192.168.1.10/" {
		t.Errorf("reserved, but the frame proves nothing: %q, want the root", url)
	}
	d.do(Registered{"001565aa0001-1"})
	if url, ok := d.PnPURL(t.Context(), s); !ok || url != "http://192.168.1.10/" {
		t.Errorf("bound: %q, want the root", url)
	}
}

func TestGetANumber(t *testing.T) {
	d := open(t, nil)
	const cookie = "a-cookie-of-one-installation"
	phone := provision.Sighting{IP: netip.MustParseAddr("192.168.1.77")} // a random MAC, nobody knows it
	d.do(GetNumber{Token: cookie, Name: "Awa", Kind: "linphone", IP: phone.IP})
	d.do(GetNumber{Token: cookie, Name: "Awa", Kind: "linphone", IP: phone.IP})
	got := d.device(SoftID(cookie))
	if got.Number() != "201" || got.State() != "allocated" || got.Lines[0].Name != "Awa" || len(d.Devices()) != 1 {
		t.Fatalf("asked twice: %+v, want one device with 201", got)
	}
	if strings.Contains(got.ID, cookie) || got.Token == cookie {
		t.Error("the cookie shows in the id or in the URL")
	}
	fetch := func(token string) bool {
		f, err := d.ask(phone, token, "linphone.xml")
		return err == nil && f.Secret && strings.Contains(string(f.Body), d.device(got.ID).Lines[0].Secret)
	}
	if !fetch(got.Token) {
		t.Error("its URL gives no file")
	}
	d.do(Registered{got.SIPUser(1)})
	d.clock = d.clock.Add(9 * time.Minute)
	if !fetch(got.Token) {
		t.Error("9 minutes after the first REGISTER the URL gives no file")
	}
	d.clock = d.clock.Add(time.Minute)
	if fetch(got.Token) {
		t.Error("10 minutes after the first REGISTER the URL still gives the file")
	}
	d.do(Show{cookie})
	if fetch(got.Token) || !fetch(d.device(got.ID).Token) {
		t.Error("shown again: want the file under a new token only")
	}
	d.reopen()
	if again := d.device(got.ID); again.Number() != "201" || again.Lines[0].Secret != got.Lines[0].Secret {
		t.Errorf("after a restart: %s, want 201 with the same secret", again.Number())
	}
}

func TestPlanHoldsWhoHasANumber(t *testing.T) {
	d := open(t, nil)
	d.do(Sighted{d.phone(2)})
	d.do(Sighted{d.phone(1)})
	d.do(Moved{netip.MustParseAddr("192.168.77.1")})
	plan := d.Plan()
	if plan.Address.String() != "192.168.77.1" || plan.Country != "CM" || len(plan.Endpoints) != 2 {
		t.Fatalf("plan %+v", plan)
	}
	for i, want := range []string{"001565aa0001-1 202", "001565aa0002-1 201"} {
		e := plan.Endpoints[i]
		if got := e.ID + " " + e.Number; got != want || len(e.Secret) != 24 || e.Expiry < 10*time.Minute || e.Expiry >= 15*time.Minute {
			t.Errorf("endpoint %d is %s, expiry %v; want %s", i, got, e.Expiry, want)
		}
	}
	d.do(Release{"00:15:65:aa:00:01"})
	if n := len(d.Plan().Endpoints); n != 1 {
		t.Errorf("%d endpoints after a release, want 1", n)
	}
}
