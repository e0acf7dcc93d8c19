package office

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"autocom/provision"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestWhateverHappens throws random commands at an office with more phones than
// numbers, pulls its plug now and then, and looks at what must always be true.
func TestWhateverHappens(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			d := open(t, func(c *Config) {
				c.Extensions = "201-208"
				c.Mode = []string{ModeOpen, ModeAsk, ModeClosed}[seed%3]
			})
			own := map[string]string{} // bound device → number
			for range 150 {
				c := randomCommand(d, r)
				switch c := c.(type) {
				case Release:
					delete(own, c.ID)
				case Reject:
					delete(own, c.ID)
				}
				_, _ = d.Apply(t.Context(), c) // refusals are part of the game
				d.clock = d.clock.Add(time.Duration(r.IntN(10)) * time.Minute)
				if r.IntN(20) == 0 {
					before := durable(d.Devices())
					d.reopen()
					if diff := cmp.Diff(before, durable(d.Devices()), cmpopts.EquateComparable(provision.Device{}.IP), cmpopts.EquateEmpty()); diff != "" {
						t.Fatalf("the restart changed (-before +after):\n%s", diff)
					}
				}
				invariants(t, d, own)
			}
		})
	}
}

func randomCommand(d *desk, r *rand.Rand) Command {
	s := d.phone(r.IntN(12))
	id, user := s.MAC.String(), s.MAC.Hex()+"-1"
	cookie := fmt.Sprintf("cookie of installation %d", r.IntN(4))
	switch r.IntN(12) {
	case 0, 1, 2, 3:
		return Sighted{s}
	case 4:
		return Registered{user}
	case 5:
		return Unregistered{user}
	case 6:
		return Approve{id}
	case 7:
		return Reject{id}
	case 8:
		return Release{id}
	case 9:
		return Reset{id}
	case 10:
		return GetNumber{Token: cookie, Kind: "linphone"}
	}
	return Tick{}
}

// durable is what has to survive: who has which number, secret and token.
func durable(devices []provision.Device) []provision.Device {
	var out []provision.Device
	for _, d := range devices {
		if lasts(d) {
			d = essence(d)
			d.LastSeen, d.FirstSeen = time.Time{}, time.Time{}
			out = append(out, d)
		}
	}
	return out
}

func invariants(t *testing.T, d *desk, own map[string]string) {
	t.Helper()
	holder := map[string]string{}
	for _, x := range d.Devices() {
		switch {
		case holds(x) != (x.Number() != ""):
			t.Fatalf("%s is %s with the number %q", x.ID, x.Allocation, x.Number())
		case !holds(x):
			continue
		case x.Verdict != provision.VerdictPhone:
			t.Fatalf("%s holds %s and is %s", x.ID, x.Number(), x.Verdict)
		case x.Number() < "201" || x.Number() > "208":
			t.Fatalf("%s holds %s, which is not in the range", x.ID, x.Number())
		case x.Token == "" || len(x.Lines[0].Secret) != 24:
			t.Fatalf("%s holds %s without a secret or a token", x.ID, x.Number())
		case holder[x.Number()] != "":
			t.Fatalf("%s and %s both hold %s", holder[x.Number()], x.ID, x.Number())
		}
		holder[x.Number()] = x.ID
		if x.Allocation == provision.AllocationBound {
			if was := own[x.ID]; was != "" && was != x.Number() {
				t.Fatalf("%s was bound to %s and has %s", x.ID, was, x.Number())
			}
			own[x.ID] = x.Number()
		}
	}
	for id, number := range own {
		if holder[number] != id {
			t.Fatalf("%s was bound to %s, which %q holds now", id, number, holder[number])
		}
	}
}

// TestACardThatRefusesTellsNobody: what was not kept was not said.
func TestACardThatRefusesTellsNobody(t *testing.T) {
	d := open(t, nil)
	d.do(Sighted{d.phone(1)})
	events := d.Subscribe(t.Context())
	d.store.Close()
	if _, err := d.Apply(t.Context(), Sighted{d.phone(2)}); err == nil {
		t.Error("a number was given without a card")
	}
	if n := len(d.Devices()); n != 1 || len(events) != 0 || len(d.Plan().Endpoints) != 1 {
		t.Errorf("%d devices, %d events, %d endpoints; want 1, 0, 1", n, len(events), len(d.Plan().Endpoints))
	}
}
