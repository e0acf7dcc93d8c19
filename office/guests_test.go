package office

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/provision"
)

func asking(c *Config) { c.Mode = ModeAsk }

// endpoint is the line of a SIP user in the plan.
func (d *desk) endpoint(user string) (pbx.Endpoint, bool) {
	for _, e := range d.Plan().Endpoints {
		if e.ID == user {
			return e, true
		}
	}
	return pbx.Endpoint{}, false
}

// secretFile reports whether phone s is given the file of phone 1 with the secret of its line.
func (d *desk) secretFile(s provision.Sighting, token string) bool {
	d.t.Helper()
	f, err := d.ask(s, token, "001565aa0001.cfg")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		d.t.Fatal(err)
	}
	lines := d.device("00:15:65:aa:00:01").Lines
	return err == nil && f.Secret && len(lines) > 0 && strings.Contains(string(f.Body), lines[0].Secret)
}

// TestAPhoneThatWaits follows one from its first frame to its number.
func TestAPhoneThatWaits(t *testing.T) {
	for name, way := range map[string]func(d *desk, id string) Command{
		"by a click":  func(d *desk, id string) Command { return Approve{id} },
		"by its code": func(d *desk, id string) Command { return Claim{"001565aa0001-1", d.device(id).Code} },
		"as another's successor": func(d *desk, id string) Command {
			return Replace{id, "201"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, asking)
			one, two := d.phone(1), d.phone(2)
			id := one.MAC.String()
			d.do(Sighted{one})
			before := d.device(id)
			if !before.Guest() || before.State() != "pending" || before.Number() != "" || len(before.Code) != 6 || strings.Trim(before.Code, "0123456789") != "" {
				t.Fatalf("it waits: %+v, want a guest with a code of six digits and no number", before)
			}
			e, ok := d.endpoint("001565aa0001-1")
			if !ok || e.Right != pbx.RightGuest || e.Number != "" || e.Secret != before.Lines[0].Secret {
				t.Fatalf("endpoint %+v, want a guest that nobody can call", e)
			}
			if !d.secretFile(one, "") || d.secretFile(two, "") {
				t.Error("before its first REGISTER: want its file at its own address, and only there")
			}
			d.do(Registered{"001565aa0001-1"})
			if got := d.device(id); got.Allocation != provision.AllocationNone || got.Reach != provision.ReachRegistered || !got.Guest() {
				t.Fatalf("registered: %+v, want a guest still", got)
			}
			if d.secretFile(one, "") || !d.secretFile(one, before.Token) || d.secretFile(two, before.Token) {
				t.Error("after its first REGISTER: want its file by its token at its own address alone")
			}
			d.reopen()
			if got := d.device(id); !got.Guest() || got.Lines[0].Secret != before.Lines[0].Secret || got.Code != before.Code || d.secretFile(one, "") {
				t.Errorf("after a restart: %+v, want the same guest, and its file by the token alone", got)
			}
			d.do(Present{"001565aa0001-1"}) // the exchange still has it

			d.do(way(d, id))
			got := d.device(id)
			if got.Number() != "201" || got.Code != "" || got.Guest() {
				t.Fatalf("let in: %+v, want 201 and no code", got)
			}
			if strings.HasPrefix(name, "by") {
				if got.Lines[0].Secret != before.Lines[0].Secret || got.Token != before.Token || got.Admin != before.Admin {
					t.Error("let in: a new secret would throw it off the exchange")
				}
				if e, _ := d.endpoint("001565aa0001-1"); e.Right != pbx.RightInternal || e.Number != "201" || e.Secret != before.Lines[0].Secret {
					t.Errorf("endpoint %+v, want 201 with the same secret", e)
				}
				d.do(Registered{"001565aa0001-1"}) // the mirror: its password was shown
				if got := d.device(id); got.Allocation != provision.AllocationBound {
					t.Errorf("shown: %s, want bound", got.Allocation)
				}
				// It has not read its number yet: a click opened the window.
				if !d.secretFile(one, "") || d.secretFile(two, "") {
					t.Error("bound, its new file not read: want it at its own address")
				}
				d.do(Registered{"001565aa0001-1"})
				if d.secretFile(one, "") {
					t.Error("its new file is read and it registered: the window is still open")
				}
			} else if got.Lines[0].Secret == before.Lines[0].Secret || got.Token == before.Token {
				t.Error("a successor needs new secrets")
			}
		})
	}
}

func TestCodes(t *testing.T) {
	d := open(t, asking)
	d.do(Sighted{d.phone(1)})
	d.do(Sighted{d.phone(2)})
	a, b := d.device("00:15:65:aa:00:01"), d.device("00:15:65:aa:00:02")
	wrong := "000000"
	if a.Code == wrong || b.Code == wrong {
		wrong = "111111"
	}
	try := func(user, code string) string {
		_, err := d.Apply(t.Context(), Claim{user, code})
		if err == nil {
			return ""
		}
		return err.Error()
	}
	check := func(what, got, want string) {
		t.Helper()
		if !strings.HasSuffix(got, want) || (got == "") != (want == "") {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	check("nobody's line", try("001565aa0009-1", a.Code), "file does not exist")
	check("no line at all", try("201", a.Code), "file does not exist")
	check("another's code", try("001565aa0001-1", b.Code), wrongCode)
	check("nothing", try("001565aa0001-1", ""), wrongCode)
	if len(d.Alerts()) != 0 {
		t.Errorf("two wrong codes: alerts %+v", d.Alerts())
	}
	check("the third", try("001565aa0001-1", wrong), wrongCode)
	check("the right one, too late", try("001565aa0001-1", a.Code), tooManyCodes)
	if alerts := d.Alerts(); len(alerts) != 1 || alerts[0].Kind != AlertCode || alerts[0].Device != a.ID {
		t.Errorf("alerts %+v, want one of codes", alerts)
	}
	check("another line is not held up", try("001565aa0002-1", b.Code), "")
	check("again: it has its number", try("001565aa0002-1", b.Code), "")
	d.clock = d.clock.Add(10 * time.Minute)
	check("ten minutes later", try("001565aa0001-1", a.Code), "")
	if got := d.device(a.ID).Number() + d.device(b.ID).Number(); got != "202201" {
		t.Errorf("numbers %s, want 202 and 201", got)
	}
}

func TestWhoIsNoGuest(t *testing.T) {
	const id = "00:15:65:aa:00:01"
	for name, tt := range map[string]struct {
		mode string
		run  func(d *desk)
	}{
		"closed: nobody":                  {ModeClosed, func(d *desk) { d.do(Sighted{d.phone(1)}) }},
		"its address is not proved":       {ModeAsk, func(d *desk) { s := d.phone(1); s.Proved = false; d.do(Sighted{s}) }},
		"only its maker is known":         {ModeAsk, func(d *desk) { s := d.phone(1); s.Fields = nil; d.do(Sighted{s}) }},
		"refused":                         {ModeAsk, func(d *desk) { d.do(Sighted{d.phone(1)}); d.do(Reject{id}); d.do(Sighted{d.phone(1)}) }},
		"released, until it asks again":   {ModeAsk, func(d *desk) { d.do(Sighted{d.phone(1)}); d.do(Release{id}) }},
		"the mode became closed: at once": {ModeAsk, func(d *desk) { d.do(Sighted{d.phone(1)}); d.cfg.Mode = ModeClosed; d.reopen(); d.do(Tick{}) }},
		"it did not register in 30 minutes": {ModeAsk, func(d *desk) {
			d.do(Sighted{d.phone(1)})
			d.clock = d.clock.Add(30 * time.Minute)
			d.do(Tick{})
			d.do(Tick{})
		}},
		"it is a phone that we have no files for": {ModeAsk, func(d *desk) {
			s := d.phone(1)
			s.Sensor, s.Fields = provision.SensorPnP, map[string]string{provision.FieldEvent: `ua-profile;profile-type="application";model="420HD";version="1.2.1_build_6"`}
			s.MAC = provision.MAC{0x00, 0x90, 0x8f, 0xaa, 0x00, 0x01}
			d.do(Sighted{s})
		}},
	} {
		d := open(t, func(c *Config) { c.Mode = tt.mode })
		tt.run(d)
		for _, x := range d.Devices() {
			if x.Guest() || len(x.Lines) != 0 || x.Token != "" || x.Code != "" || x.Admin != "" {
				t.Errorf("%s: %+v, want no account", name, x)
			}
		}
		if n := len(d.Plan().Endpoints); n != 0 {
			t.Errorf("%s: %d endpoints", name, n)
		}
	}
}

// The owner opens the office: who waited has a number with the next tick, and the
// account that it registered with.
func TestWhoWaitedWhenTheOfficeOpens(t *testing.T) {
	d := open(t, asking)
	d.do(Sighted{d.phone(1)})
	d.do(Registered{"001565aa0001-1"})
	before := d.device("00:15:65:aa:00:01")
	d.cfg.Mode = ModeOpen
	d.reopen()
	d.do(Tick{})
	got := d.device(before.ID)
	if got.Number() != "201" || got.Lines[0].Secret != before.Lines[0].Secret || got.Token != before.Token {
		t.Errorf("%+v, want 201 with the same secrets", got)
	}
}

func TestGuestsAreBounded(t *testing.T) {
	d := open(t, func(c *Config) { c.Mode = ModeAsk; c.OpenReservations = 3; c.Extensions = "2001-2999" })
	for n := range 5 {
		d.do(Sighted{d.phone(n + 1)})
	}
	if d.tally.guests != 3 || d.device(d.phone(4).MAC.String()).Reason != whyNoGuest {
		t.Fatalf("%d guests, want 3, and the fourth told why", d.tally.guests)
	}
	d.do(Registered{"001565aa0001-1"}) // it counts no more
	d.do(Tick{})
	if got := d.device(d.phone(4).MAC.String()); d.tally.guests != 4 || !got.Guest() {
		t.Errorf("%d guests after one registered, want 4: %+v", d.tally.guests, got)
	}
	d = open(t, func(c *Config) { c.Mode = ModeAsk; c.OpenReservations = 1000 })
	for n := range maxGuests + 10 {
		d.do(Sighted{d.phone(n + 1)})
	}
	if got, want := d.tally, counted(d); got.guests != maxGuests || got != want {
		t.Errorf("tally %+v, want %+v with %d guests", got, want, maxGuests)
	}
	d.reopen()
	if got, want := d.tally, counted(d); got.guests != maxGuests || got != want {
		t.Errorf("after a restart: tally %+v, want %+v", got, want)
	}
}

// A guest that was reset lost its account and its token: somebody clicks.
func TestAGuestIsReset(t *testing.T) {
	d := open(t, asking)
	one := d.phone(1)
	d.do(Sighted{one})
	d.do(Registered{"001565aa0001-1"})
	before := d.device(one.MAC.String())
	d.do(Reset{before.ID})
	got := d.device(before.ID)
	if !got.Guest() || got.Lines[0].Secret == before.Lines[0].Secret || got.Token == before.Token || got.Admin == before.Admin {
		t.Errorf("%+v, want a guest with new secrets", got)
	}
	if !d.secretFile(one, "") {
		t.Error("its file does not come at its own address")
	}
}
