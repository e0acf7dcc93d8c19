package office

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"autocom/provision"
	"autocom/provision/vendors"
)

// ruled are makers' files with line rules of the test's own.
type ruled struct {
	*vendors.Set
	rules []provision.LineRule
}

func (r ruled) Lines(vendor, model string) (provision.LineRule, bool) {
	for _, rule := range r.rules {
		if vendor == "yealink" && rule.Model.MatchString(model) {
			return rule, true
		}
	}
	return provision.LineRule{}, false
}

// multiline makes T46G an adapter with three ports, and W52P a base for four handsets.
func multiline(c *Config) {
	c.Files = ruled{c.Files.(*vendors.Set), []provision.LineRule{
		{Model: regexp.MustCompile("^T46G$"), Kind: provision.KindAdapter, Count: 3, AtOnce: true},
		{Model: regexp.MustCompile("^W52P$"), Kind: provision.KindBase, Count: 4},
	}}
}

func (d *desk) base(n int) provision.Sighting {
	s := d.phone(n)
	s.Sensor, s.Fields = provision.SensorPnP, map[string]string{
		provision.FieldEvent: `ua-profile;profile-type="device";vendor="yealink";model="W52P";version="25.81.0.10"`,
	}
	return s
}

func (d *desk) adapter(n int) provision.Sighting {
	s := d.base(n)
	s.Fields[provision.FieldEvent] = strings.ReplaceAll(s.Fields[provision.FieldEvent], "W52P", "T46G")
	return s
}

// numbers are a device's: "1:201 2:202".
func (d *desk) numbers(s provision.Sighting) string {
	var out []string
	x, _ := d.Device(s.MAC.String())
	for _, l := range x.Lines {
		out = append(out, fmt.Sprintf("%d:%s", l.N, l.Number))
	}
	return strings.Join(out, " ")
}

func TestLines(t *testing.T) {
	for name, tt := range map[string]struct {
		extensions string
		run        func(d *desk)
		want       []string // of phones 1, 2, …
	}{
		"an adapter: all ports at once": {"201-299", func(d *desk) { d.do(Sighted{d.adapter(1)}); d.do(Sighted{d.phone(2)}) },
			[]string{"1:201 2:202 3:203", "1:204"}},
		"an adapter: room for two of its three ports": {"201-202", func(d *desk) { d.do(Sighted{d.adapter(1)}); d.do(Sighted{d.phone(2)}) },
			[]string{"", "1:201"}},
		"an adapter, twice": {"201-299", func(d *desk) { d.do(Sighted{d.adapter(1)}); d.reopen(); d.do(Sighted{d.adapter(1)}) },
			[]string{"1:201 2:202 3:203"}},
		"its model is known later than its number": {"201-299", func(d *desk) { d.do(Sighted{d.phone(1)}); d.do(Sighted{d.phone(2)}); d.do(Sighted{d.adapter(1)}) },
			[]string{"1:201 2:203 3:204", "1:202"}},
		"its model is known when all numbers are gone": {"201-203", func(d *desk) { d.do(Sighted{d.phone(1)}); d.do(Sighted{d.phone(2)}); d.do(Sighted{d.adapter(1)}) },
			[]string{"1:201", "1:202"}},
		"a base: one handset at first": {"201-299", func(d *desk) { d.do(Sighted{d.base(1)}); d.do(Sighted{d.phone(2)}) },
			[]string{"1:201", "1:202"}},
		"a base: the next when the last has registered": {"201-299", func(d *desk) {
			d.do(Sighted{d.base(1)})
			d.do(Registered{"001565aa0001-1"})
			d.do(Registered{"001565aa0001-1"})
			d.do(Registered{"001565aa0001-2"})
			d.do(Registered{"001565aa0001-1"})
		}, []string{"1:201 2:202 3:203"}},
		"a base that registers what no handset has: one spare number": {"201-299", func(d *desk) {
			d.do(Sighted{d.base(1)})
			for n := range 3 {
				if _, err := d.ask(d.base(1), d.device("00:15:65:aa:00:01").Token, cfgOf(1)); err != nil {
					d.t.Fatal(err)
				}
				d.clock = d.clock.Add(5 * time.Second)
				if user := fmt.Sprintf("001565aa0001-%d", n+1); n < len(d.device("00:15:65:aa:00:01").Lines) {
					d.do(Registered{user})
				}
			}
			d.clock = d.clock.Add(time.Hour)
			d.reopen()
			d.do(Registered{"001565aa0001-1"})
			d.do(Registered{"001565aa0001-2"})
		}, []string{"1:201 2:202"}},
		"a base: a handset that somebody puts onto it": {"201-299", func(d *desk) {
			d.do(Sighted{d.base(1)})
			for n := range 3 {
				if _, err := d.ask(d.base(1), d.device("00:15:65:aa:00:01").Token, cfgOf(1)); err != nil {
					d.t.Fatal(err)
				}
				d.clock = d.clock.Add(40 * time.Second)
				d.do(Registered{fmt.Sprintf("001565aa0001-%d", n+1)})
			}
		}, []string{"1:201 2:202 3:203 4:204"}},
		"a base: no more than it has": {"201-299", func(d *desk) {
			d.do(Sighted{d.base(1)})
			for n := range 4 {
				d.do(Registered{fmt.Sprintf("001565aa0001-%d", n+1)})
			}
		}, []string{"1:201 2:202 3:203 4:204"}},
		"a base: an old registration brings nothing": {"201-299", func(d *desk) {
			d.do(Sighted{d.base(1)})
			d.do(Registered{"001565aa0001-1"})
			d.do(Present{"001565aa0001-2"})
		}, []string{"1:201 2:202"}},
		"a base: its spare line stays": {"201-299", func(d *desk) {
			d.do(Sighted{d.base(1)})
			d.do(Registered{"001565aa0001-1"})
			d.clock = d.clock.Add(time.Hour)
			d.do(Tick{})
			d.reopen()
			d.do(Tick{})
		}, []string{"1:201 2:202"}},
		"an adapter that never registered: all ports are free": {"201-299", func(d *desk) {
			d.do(Sighted{d.adapter(1)})
			d.clock = d.clock.Add(time.Hour)
			d.do(Tick{})
			d.do(Sighted{d.adapter(2)})
		}, []string{"", "1:201 2:202 3:203"}},
		"a base: the next handset finds no number, until there is one": {"201-202", func(d *desk) {
			d.do(Sighted{d.base(1)})
			d.do(Sighted{d.phone(2)})
			d.do(Registered{"001565aa0001-1"})
			if got := d.device("00:15:65:aa:00:01"); got.Reason != whyHandset || got.Allocation != provision.AllocationBound {
				d.t.Errorf("meanwhile: %s %q, want bound and the reason", got.Allocation, got.Reason)
			}
			d.do(Release{"00:15:65:aa:00:02"})
			d.do(Tick{})
		}, []string{"1:201 2:202", ""}},
		"a base: one more by click": {"201-299", func(d *desk) { d.do(Sighted{d.base(1)}); d.do(AddLine{"00:15:65:aa:00:01"}) },
			[]string{"1:201 2:202"}},
		"released: what registered rests, what did not is free": {"201-299", func(d *desk) {
			d.do(Sighted{d.base(1)})
			d.do(Registered{"001565aa0001-1"})
			d.do(Release{"00:15:65:aa:00:01"})
			d.do(Sighted{d.phone(2)})
		}, []string{"", "1:202"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, func(c *Config) { multiline(c); c.Extensions = tt.extensions })
			tt.run(d)
			for n, want := range tt.want {
				if got := d.numbers(d.phone(n + 1)); got != want {
					t.Errorf("phone %d has %q, want %q", n+1, got, want)
				}
			}
			if got, want := d.tally, counted(d); got != want {
				t.Errorf("tally %+v, want %+v", got, want)
			}
			before := d.numbers(d.phone(1))
			d.reopen()
			if got := d.numbers(d.phone(1)); got != before {
				t.Errorf("after a restart %q, want %q", got, before)
			}
		})
	}
}

func TestAFurtherLineIsAChange(t *testing.T) {
	d := open(t, multiline)
	d.do(Sighted{d.base(1)})
	events := d.Subscribe(t.Context())
	before := d.Plan().Revision
	d.do(Registered{"001565aa0001-1"})
	got := d.device("00:15:65:aa:00:01")
	if got.Kind != provision.KindBase || d.Plan().Revision == before || len(d.Plan().Endpoints) != 2 || len(events) == 0 {
		t.Errorf("kind %q, revision %d→%d, %d endpoints, %d events; want a base with two lines, told", got.Kind, before, d.Plan().Revision, len(d.Plan().Endpoints), len(events))
	}
	f, err := d.ask(d.base(1), got.Token, "001565aa0001.cfg")
	if err != nil || !f.Secret || got.Lines[0].Secret == got.Lines[1].Secret {
		t.Errorf("file: secret %v, %v", f.Secret, err)
	}
}

func TestLinesThatAreNotAdded(t *testing.T) {
	d := open(t, multiline)
	d.do(Sighted{d.adapter(1)})
	d.do(Sighted{d.phone(2)})
	d.do(Sighted{d.base(3)})
	for range 3 {
		d.do(AddLine{"00:15:65:aa:00:03"})
	}
	for id, want := range map[string]string{
		"00:15:65:aa:00:01": "it cannot be done: 00:15:65:aa:00:01 is no base with handsets: it gets no further line",
		"00:15:65:aa:00:02": "it cannot be done: 00:15:65:aa:00:02 is no base with handsets: it gets no further line",
		"00:15:65:aa:00:03": "it cannot be done: 00:15:65:aa:00:03 has its 4 lines already",
	} {
		if _, err := d.Apply(t.Context(), AddLine{id}); !errors.Is(err, ErrRefused) || err.Error() != want {
			t.Errorf("%s: %v, want %s", id, err, want)
		}
	}
}

// A gateway to telephone lines gets no number, whoever clicks.
func TestGateways(t *testing.T) {
	gateway := func(d *desk) {
		maker := d.Office.makers["yealink"]
		maker.Refused = append(maker.Refused, provision.Refusal{Model: regexp.MustCompile("^T46G$"), Kind: provision.KindGateway, Reason: "a gateway"})
		d.Office.makers["yealink"] = maker
	}
	for name, run := range map[string]func(d *desk){
		"at once":                          func(d *desk) { d.do(Sighted{d.adapter(1)}) },
		"known after it was told a number": func(d *desk) { d.do(Sighted{d.phone(1)}); d.do(Sighted{d.adapter(1)}) },
		"while it waited": func(d *desk) {
			d.cfg.Mode = ModeAsk
			d.reopen()
			gateway(d)
			d.do(Sighted{d.phone(1)})
			d.do(Sighted{d.adapter(1)})
		},
	} {
		d := open(t, nil)
		gateway(d)
		run(d)
		d.do(Tick{})
		got := d.device("00:15:65:aa:00:01")
		if got.Verdict != provision.VerdictUnsupported || got.Kind != provision.KindGateway || len(got.Lines) != 0 || got.Reason == "" || got.Token != "" {
			t.Errorf("%s: %+v, want unsupported without a number", name, got)
		}
		for _, c := range []Command{Approve{got.ID}, Replace{got.ID, "205"}, Claim{"001565aa0001-1", got.Code}} {
			if _, err := d.Apply(t.Context(), c); !errors.Is(err, ErrRefused) {
				t.Errorf("%s: %T: %v, want ErrRefused", name, c, err)
			}
		}
		d.do(Sighted{d.phone(2)})
		if n := d.device("00:15:65:aa:00:02").Number(); d.cfg.Mode == ModeOpen && n != "201" {
			t.Errorf("%s: the next phone has %s, want 201", name, n)
		}
	}
}
