package office

import (
	"testing"
	"time"

	"autocom/provision"
)

// A person who stands beside a phone that does nothing reads what to do; nothing of it
// wears the card.
func TestPhonesThatHang(t *testing.T) {
	d := open(t, nil)
	one := d.phone(1)
	id := one.MAC.String()
	check := func(what, want string) {
		t.Helper()
		d.do(Tick{})
		if got := d.device(id); got.Reason != want {
			t.Errorf("%s: %s %q, want %q", what, got.State(), got.Reason, want)
		}
	}
	later := func(by time.Duration) { d.clock = d.clock.Add(by) }
	fetch := func() {
		t.Helper()
		if !d.secretFile(one, "") {
			t.Fatal("its file does not come")
		}
	}
	d.do(Sighted{one})
	later(119 * time.Second)
	check("119 seconds", "")
	before := d.Plan().Revision
	later(time.Second)
	check("two minutes", whyNotAsked)
	d.do(Sighted{one})
	check("seen again", whyNotAsked)
	if after := d.Plan().Revision; after != before {
		t.Errorf("revision went from %d to %d", before, after)
	}
	fetch()
	check("fetched", "")
	later(2 * time.Minute)
	d.do(Tick{Blind: true})
	if got := d.device(id).Reason; got != "" {
		t.Errorf("fetched, and the exchange cannot be asked: %q", got)
	}
	check("fetched, and not a word", whyNotHeard)
	d.do(Registered{"001565aa0001-1"})
	check("registered", "")
	d.do(Unregistered{"001565aa0001-1"})
	later(time.Hour)
	check("gone home", "")
	d.do(Reset{id})
	later(time.Minute)
	check("reset a minute ago", "")
	later(time.Minute)
	check("reset, and it asks nobody", whyNotAsked)
	fetch()
	check("it asked", "")
	d.reopen()
	later(time.Minute)
	check("the box was off", "")
	d.do(Registered{"001565aa0001-1"})
	check("registered again", "")

	d.do(GetNumber{Token: "a token of one installation", Kind: "linphone"})
	later(10 * time.Minute)
	d.do(Tick{})
	if got := d.device(SoftID("a token of one installation")); got.Reason != "" {
		t.Errorf("a softphone that nobody has opened yet: %q", got.Reason)
	}
}

// Forged SUBSCRIBEs and DISCOVERs: who proves nothing gets nothing; who invents hardware
// addresses gets no more than open_reservations, whatever the phones claim to be.
func TestForgedPhonesUseUpNoNumbers(t *testing.T) {
	for name, mode := range map[string]string{"open": ModeOpen, "ask": ModeAsk} {
		t.Run(name, func(t *testing.T) {
			d := open(t, func(c *Config) {
				multiline(c)
				c.Mode, c.Extensions, c.OpenReservations, c.NewPerMinute, c.NewPerDay = mode, "2001-2999", 16, 10000, 10000
			})
			for n := range 300 {
				s := []provision.Sighting{d.phone(n), d.base(n), d.adapter(n)}[n%3]
				s.Proved = n%2 == 0
				if s.Sensor == provision.SensorPnP {
					if url, _ := d.PnPURL(t.Context(), s); !s.Proved && url != "" {
						t.Fatalf("unproved: %s", url)
					}
				} else {
					d.do(Sighted{s})
				}
				d.clock = d.clock.Add(time.Second)
				told := 0
				for _, x := range d.Devices() {
					told += len(x.Lines)
				}
				if most := d.cfg.OpenReservations + 2; told > most { // the last adapter brings three
					t.Fatalf("%d accounts told after %d forged phones, want %d at most", told, n+1, most)
				}
			}
			d.clock = d.clock.Add(30 * time.Minute)
			d.do(Tick{})
			if got, want := d.tally, counted(d); got != want {
				t.Errorf("tally %+v, want %+v", got, want)
			}
		})
	}
}
