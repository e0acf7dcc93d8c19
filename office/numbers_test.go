package office

import (
	"errors"
	"strings"
	"testing"
	"time"

	"autocom/provision"

	"github.com/google/go-cmp/cmp"
)

var kept = provision.MAC{0x00, 0x15, 0x65, 0xaa, 0x00, 0x02} // phone 2

func TestPools(t *testing.T) {
	for name, tt := range map[string]struct {
		set  func(*Config)
		run  func(d *desk)
		want []string // of phones 1, 2, …
	}{
		"kept for a phone: others do not get it": {
			func(c *Config) { c.Reserved = map[provision.MAC]string{kept: "201"} },
			func(d *desk) { d.do(Sighted{d.phone(1)}); d.do(Sighted{d.phone(2)}) },
			[]string{"1:202", "1:201"}},
		"kept for a phone, outside the range": {
			func(c *Config) { c.Reserved = map[provision.MAC]string{kept: "999"} },
			func(d *desk) { d.do(Sighted{d.phone(1)}); d.do(Sighted{d.phone(2)}) },
			[]string{"1:201", "1:999"}},
		"kept for a phone, but somebody held it before": {
			nil,
			func(d *desk) {
				d.do(Sighted{d.phone(1)})
				d.cfg.Reserved = map[provision.MAC]string{kept: "201"}
				d.reopen()
				d.do(Sighted{d.phone(2)})
			},
			[]string{"1:201", "1:202"}},
		"kept for an adapter: its first port": {
			func(c *Config) { multiline(c); c.Reserved = map[provision.MAC]string{kept: "250"} },
			func(d *desk) { d.do(Sighted{d.adapter(2)}); d.do(Sighted{d.phone(1)}) },
			[]string{"1:203", "1:250 2:201 3:202"}},
		"a maker's range": {
			func(c *Config) { c.Pools = map[string]string{"yealink": "301-302"} },
			func(d *desk) { d.do(Sighted{d.phone(1)}); d.do(Sighted{d.phone(2)}); d.do(Sighted{d.phone(3)}) },
			[]string{"1:301", "1:302", ""}},
		"what it is goes before who made it": {
			func(c *Config) {
				multiline(c)
				c.Pools = map[string]string{"yealink": "301-309", "base": "401-409", "adapter": "501-509"}
			},
			func(d *desk) {
				d.do(Sighted{d.base(1)})
				d.do(Sighted{d.adapter(2)})
				d.do(Sighted{d.phone(3)})
				d.do(Registered{"001565aa0001-1"})
			},
			[]string{"1:401 2:402", "1:501 2:502 3:503", "1:301"}},
		"a part of the range for softphones": {
			func(c *Config) { c.Pools = map[string]string{"softphone": "201-210"} },
			func(d *desk) {
				d.do(Sighted{d.phone(1)})
				d.do(GetNumber{Token: "a token of one installation", Kind: "linphone"})
				if n := d.device(SoftID("a token of one installation")).Number(); n != "201" {
					d.t.Errorf("the softphone has %s, want 201", n)
				}
			},
			[]string{"1:211"}},
		"a full range of one kind keeps no other waiting": {
			func(c *Config) { multiline(c); c.Pools = map[string]string{"base": "401"}; c.Mode = ModeOpen },
			func(d *desk) {
				d.do(Sighted{d.base(1)})
				d.do(Sighted{d.base(2)})
				d.clock = d.clock.Add(time.Second)
				d.cfg.Mode = ModeAsk
				d.reopen()
				d.do(Sighted{d.phone(3)})
				d.cfg.Mode = ModeOpen
				d.reopen()
				d.do(Tick{})
			},
			[]string{"1:401", "", "1:201"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, tt.set)
			tt.run(d)
			for n, want := range tt.want {
				if got := d.numbers(d.phone(n + 1)); got != want {
					t.Errorf("phone %d has %q (%s), want %q", n+1, got, d.device(d.phone(n+1).MAC.String()).Reason, want)
				}
			}
		})
	}
}

func TestSettingsOfNumbersAreRefusedByName(t *testing.T) {
	other := provision.MAC{0x00, 0x15, 0x65, 0xaa, 0x00, 0x03}
	for want, set := range map[string]func(*Config){
		`pool base "110-115" contain 112, which is the emergency number 112: choose a range without it, as 201-299`:                        func(c *Config) { c.Pools = map[string]string{"base": "110-115"} },
		`pool base "301-309" contain 305, which is a parking slot: choose a range without it, as 201-299`:                                  func(c *Config) { c.Pools = map[string]string{"base": "301-309"} },
		`pool base "3001-3009": its numbers need as many digits as extensions "201-299"`:                                                   func(c *Config) { c.Pools = map[string]string{"base": "3001-3009"} },
		`pool snom and pool base both contain 320: a number is in one pool`:                                                                func(c *Config) { c.Pools = map[string]string{"base": "310-320", "snom": "320-330"} },
		`pool snom "3x": 3x-3x is no range: only digits, as in 201-299`:                                                                    func(c *Config) { c.Pools = map[string]string{"snom": "3x"} },
		`pool gateway: gateways are trunks and get no number: remove it`:                                                                   func(c *Config) { c.Pools = map[string]string{"gateway": "310"} },
		`extensions "201-299": the pools take all of them: choose a larger range`:                                                          func(c *Config) { c.Pools = map[string]string{"snom": "201-299"} },
		`reserved number of 00:15:65:aa:00:02 "117" contain 117, which is the emergency number 117: choose a range without it, as 201-299`: func(c *Config) { c.Reserved = map[provision.MAC]string{kept: "117"} },
		`reserved number of 00:15:65:aa:00:02 "305" contain 305, which is a parking slot: choose a range without it, as 201-299`:           func(c *Config) { c.Reserved = map[provision.MAC]string{kept: "305"} },
		`reserved number of 00:15:65:aa:00:02 "2011": it needs as many digits as extensions "201-299"`:                                     func(c *Config) { c.Reserved = map[provision.MAC]string{kept: "2011"} },
		`reserved number of 00:15:65:aa:00:02 "201-203": write one number`:                                                                 func(c *Config) { c.Reserved = map[provision.MAC]string{kept: "201-203"} },
		`reserved number of 00:15:65:aa:00:03: 201 is reserved for 00:15:65:aa:00:02 already`:                                              func(c *Config) { c.Reserved = map[provision.MAC]string{kept: "201", other: "201"} },
		`reserved number of 01:00:5e:00:00:01: 01:00:5e:00:00:01 is no phone's hardware address`:                                           func(c *Config) { c.Reserved = map[provision.MAC]string{{1, 0, 0x5e, 0, 0, 1}: "201"} },
	} {
		c := Config{Mode: ModeOpen, Extensions: "201-299", Emergency: []string{"112", "117"}, Never: map[string]string{"305": "a parking slot"}}
		set(&c)
		_, err := c.check()
		if err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestFullSaysWhoHasTheNumbers(t *testing.T) {
	d := open(t, func(c *Config) { multiline(c); c.Extensions = "201-204"; c.Pools = map[string]string{"base": "301"} })
	for n := range 4 {
		d.do(Sighted{d.phone(n + 1)})
	}
	d.do(Registered{"001565aa0001-1"})
	d.do(Registered{"001565aa0002-1"})
	d.do(Release{"00:15:65:aa:00:01"})
	_, err := d.Apply(t.Context(), GetNumber{Token: "a token of one installation", Kind: "linphone"})
	if err != nil {
		t.Fatal(err)
	}
	want := "every number of 201-204 is held or in quarantine (3 held, 1 in quarantine): make phones.extensions larger or release a number"
	if got := d.device(SoftID("a token of one installation")).Reason; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	d.do(Sighted{d.base(6)})
	d.do(Sighted{d.base(7)})
	_, err = d.Apply(t.Context(), Approve{"00:15:65:aa:00:07"})
	want = "every number of 301 is held or in quarantine (1 held, 0 in quarantine): make phones.pools.base larger or release a number"
	if !errors.Is(err, ErrFull) || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestReplace(t *testing.T) {
	const a, b, c = "00:15:65:aa:00:01", "00:15:65:aa:00:02", "00:15:65:aa:00:03"
	bound := func(d *desk, phones ...int) {
		for _, n := range phones {
			d.do(Sighted{d.phone(n)})
			d.do(Registered{d.phone(n).MAC.Hex() + "-1"})
		}
	}
	for name, tt := range map[string]struct {
		set  func(*Config)
		run  func(d *desk)
		want []string // of phones 1, 2, 3
	}{
		"a new phone takes over a broken one's number": {nil, func(d *desk) {
			bound(d, 1)
			d.do(Sighted{d.phone(2)})
			d.do(Replace{b, "201"})
		}, []string{"", "1:201"}},
		"it had a number of its own, which rests": {nil, func(d *desk) {
			bound(d, 1, 2)
			d.do(Replace{b, "201"})
			d.do(Sighted{d.phone(3)})
		}, []string{"", "1:201", "1:203"}},
		"its own number never rang, so it is free": {nil, func(d *desk) {
			bound(d, 1)
			d.do(Sighted{d.phone(2)})
			d.do(Replace{b, "201"})
			d.do(Sighted{d.phone(3)})
		}, []string{"", "1:201", "1:202"}},
		"twice": {nil, func(d *desk) {
			bound(d, 1, 2)
			d.do(Replace{b, "201"})
			secret := d.device(b).Lines[0].Secret
			d.do(Replace{b, "201"})
			if d.device(b).Lines[0].Secret != secret {
				d.t.Error("the second time made new secrets")
			}
		}, []string{"", "1:201"}},
		"one that waits": {asking, func(d *desk) {
			d.do(Sighted{d.phone(1)})
			d.do(Approve{a})
			d.do(Sighted{d.phone(2)})
			d.do(Replace{b, "201"})
		}, []string{"", "1:201"}},
		"a number that rests": {nil, func(d *desk) {
			bound(d, 1)
			d.do(Release{a})
			d.do(Sighted{d.phone(2)})
			d.do(Replace{b, "201"})
		}, []string{"", "1:201"}},
		"a free number of the range": {nil, func(d *desk) { bound(d, 1); d.do(Replace{a, "250"}) }, []string{"1:250"}},
		"the number of one port of an adapter": {multiline, func(d *desk) {
			d.do(Sighted{d.adapter(1)})
			d.do(Registered{"001565aa0001-1"})
			d.do(Sighted{d.phone(2)})
			d.do(Replace{b, "202"})
		}, []string{"1:201 3:203", "1:202"}},
		"an adapter takes over a number with its first port": {multiline, func(d *desk) {
			bound(d, 1)
			d.do(Sighted{d.adapter(2)})
			d.do(Replace{b, "201"})
			d.reopen()
		}, []string{"", "1:201 2:203 3:204"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, tt.set)
			tt.run(d)
			for n, want := range tt.want {
				if got := d.numbers(d.phone(n + 1)); got != want {
					t.Errorf("phone %d has %q, want %q", n+1, got, want)
				}
			}
			if got, want := d.tally, counted(d); got != want {
				t.Errorf("tally %+v, want %+v", got, want)
			}
			d.reopen()
			for n, want := range tt.want {
				if got := d.numbers(d.phone(n + 1)); got != want {
					t.Errorf("after a restart phone %d has %q, want %q", n+1, got, want)
				}
			}
		})
	}
	t.Run("secrets, name and keys", func(t *testing.T) {
		d := open(t, nil)
		bound(d, 1, 2)
		d.do(Rename{a, "Awa"})
		d.do(SetKeys{a, []provision.Key{{Number: "202", Label: "Bob"}}})
		before := d.device(b)
		d.do(Replace{b, "201"})
		got, old := d.device(b), d.device(a)
		if got.Lines[0].Secret == before.Lines[0].Secret || got.Token == before.Token || got.Admin == before.Admin || !got.WindowUntil.Equal(d.clock.Add(10*time.Minute)) {
			t.Errorf("%+v, want new secrets and a window", got)
		}
		if got.Lines[0].Name != "Awa" || len(got.Keys) != 1 || got.Allocation != provision.AllocationBound {
			t.Errorf("%+v, want the name and the keys of the number", got)
		}
		if old.State() != "released" || old.Token != "" || old.Reason != "00:15:65:aa:00:02 took over its number 201" {
			t.Errorf("%s %q, want released", old.State(), old.Reason)
		}
		if f, err := d.ask(d.phone(2), "", "001565aa0002.cfg"); err != nil || !f.Secret {
			t.Errorf("its file in the window: secret %v, %v", f.Secret, err)
		}
	})
	t.Run("refused", func(t *testing.T) {
		d := open(t, func(c *Config) {
			multiline(c)
			c.Reserved = map[provision.MAC]string{{0, 0x15, 0x65, 0xaa, 0, 9}: "209"}
			c.Never = map[string]string{"*8": "a feature code", "700": "a parking slot"}
		})
		d.do(Sighted{d.adapter(1)})
		d.do(Sighted{provision.Sighting{At: d.clock, Sensor: provision.SensorDHCP, MAC: provision.MAC{0, 0, 0x5e, 0, 0x53, 1}, Proved: true}})
		state := func() (out []string) {
			for _, x := range d.Devices() {
				out = append(out, d.numbers(provision.Sighting{MAC: x.MAC}))
			}
			return out
		}
		before := state()
		for c, want := range map[Replace]string{
			{a, "112"}:                   "it cannot be done: 112 may not be given: it is the emergency number 112",
			{a, "1123"}:                  "it cannot be done: 1123 may not be given: it is mixed up with the emergency number 112",
			{a, "700"}:                   "it cannot be done: 700 may not be given: it is a parking slot",
			{a, "*8"}:                    `it cannot be done: "*8" is no number: write 2 to 6 digits`,
			{a, ""}:                      `it cannot be done: "" is no number: write 2 to 6 digits`,
			{a, "209"}:                   "it cannot be done: 209 is reserved for 00:15:65:aa:00:09",
			{a, "555"}:                   "it cannot be done: 555 is not one of the numbers 201-299, and nobody holds it",
			{a, "202"}:                   "it cannot be done: 00:15:65:aa:00:01 has the number 202 already, on its line 2",
			{"00:00:5e:00:53:01", "202"}: "it cannot be done: 00:00:5e:00:53:01 has not been recognised as a phone, so there is no file to give it",
			{"nobody", "202"}:            `device "nobody": file does not exist`,
		} {
			_, err := d.Apply(t.Context(), c)
			if err == nil || err.Error() != want {
				t.Errorf("%+v: %v, want %s", c, err, want)
			}
		}
		if diff := cmp.Diff(before, state()); diff != "" {
			t.Errorf("what was refused changed something (-want +got):\n%s", diff)
		}
	})
}

func TestRenameAndKeys(t *testing.T) {
	d := open(t, multiline)
	d.do(Sighted{d.adapter(1)})
	const a = "00:15:65:aa:00:01"
	before := d.Plan().Revision
	d.do(Rename{a, " Awa\n"})
	names := map[string]string{}
	for _, e := range d.Plan().Endpoints {
		names[e.ID] = e.Name
	}
	if diff := cmp.Diff(map[string]string{"001565aa0001-1": "Awa", "001565aa0001-2": "Awa 2", "001565aa0001-3": "Awa 3"}, names); diff != "" || d.Plan().Revision == before {
		t.Errorf("names in the plan (-want +got):\n%s", diff)
	}
	d.do(SetKeys{a, []provision.Key{{Number: "202", Label: " Bob\x00"}, {Number: "*98"}}})
	d.reopen()
	got := d.device(a)
	if diff := cmp.Diff([]provision.Key{{Number: "202", Label: "Bob"}, {Number: "*98"}}, got.Keys); diff != "" || got.Name != "Awa" || got.Lines[2].Name != "Awa 3" {
		t.Errorf("after a restart %q, keys (-want +got):\n%s", got.Name, diff)
	}
	d.do(Rename{a, ""})
	if n := d.device(a).Lines[1].Name; n != "202" {
		t.Errorf("no name: %q, want the number", n)
	}
	long := strings.Repeat("é", maxName+1)
	for want, c := range map[string]Command{
		"it cannot be done: the name is longer than 60 letters: write a shorter one":      Rename{a, long},
		"it cannot be done: a phone has 60 keys at most":                                  SetKeys{a, make([]provision.Key, provision.MaxKeys+1)},
		`it cannot be done: key 1: "" cannot be dialled: write digits, * and #`:           SetKeys{a, make([]provision.Key, 1)},
		`it cannot be done: key 2: "20&Local/1" cannot be dialled: write digits, * and #`: SetKeys{a, []provision.Key{{Number: "201"}, {Number: "20&Local/1"}}},
	} {
		if _, err := d.Apply(t.Context(), c); !errors.Is(err, ErrRefused) || err.Error() != want {
			t.Errorf("%T: %v, want %s", c, err, want)
		}
	}
	if n := len(d.device(a).Keys); n != 2 {
		t.Errorf("%d keys after what was refused, want 2", n)
	}
}
