package office

import (
	"fmt"
	"testing"
	"time"

	"autocom/provision"
)

// crowdedDesk has as many devices as somebody who invents them can make: 500 that
// wait for room and 2000 that are merely seen.
func crowdedDesk(t testing.TB) *desk {
	d := open(t, func(c *Config) { c.OpenReservations = 1; c.NewPerMinute = 1; c.NewPerDay = 1 })
	for n := range maxPending + 1 {
		d.do(Sighted{d.phone(n)})
	}
	for n := range maxUnkept {
		mac := provision.MAC{0x00, 0x1b, 0x21, 0x01, byte(n >> 8), byte(n)}
		d.do(Sighted{provision.Sighting{At: d.clock, Sensor: provision.SensorDHCP, MAC: mac, Proved: true}})
	}
	return d
}

// counted is the tally by going through everything.
func counted(d *desk) (out tally) {
	for _, x := range d.Devices() {
		out.count(x, 1)
	}
	return out
}

func TestTheTallyIsWhatIsThere(t *testing.T) {
	d := open(t, func(c *Config) { c.Extensions = "201-204"; c.OpenReservations = 3 })
	id := func(n int) string { return d.phone(n).MAC.String() }
	steps := []Command{
		Sighted{d.phone(1)}, Sighted{d.phone(2)}, Sighted{d.phone(3)}, Sighted{d.phone(4)}, Sighted{d.phone(5)},
		Registered{"001565aa0001-1"}, Tick{}, Release{id(1)}, Reject{id(2)}, Tick{}, Approve{id(5)}, Approve{id(2)},
		GetNumber{Token: "a token of one installation", Kind: "linphone"}, Release{"nobody"}, Tick{},
	}
	for n, c := range steps {
		d.Apply(t.Context(), c) // some are refused, and must leave no trace
		if got, want := d.tally, counted(d); got != want {
			t.Errorf("step %d, %T: %+v, want %+v", n, c, got, want)
		}
	}
	d.clock = d.clock.Add(31 * time.Minute)
	d.do(Tick{})
	if got, want := d.tally, counted(d); got != want {
		t.Errorf("half an hour later: %+v, want %+v", got, want)
	}
	d.reopen()
	if got, want := d.tally, counted(d); got != want {
		t.Errorf("after a restart: %+v, want %+v", got, want)
	}
}

// Phones that wait for room make no writes: neither when they repeat themselves nor
// when time passes.
func TestWaitingForRoomWritesNothing(t *testing.T) {
	d := open(t, func(c *Config) { c.Extensions = "201" })
	d.do(Sighted{d.phone(1)})
	d.do(Sighted{d.phone(2)})
	before := d.Plan().Revision
	for range 10 {
		d.do(Sighted{d.phone(2)})
		d.do(Tick{})
	}
	if after := d.Plan().Revision; after != before {
		t.Errorf("revision went from %d to %d", before, after)
	}
}

// The clock of a box without a battery goes back when the power fails: numbers given
// before that count for no minute and no day.
func TestNumbersGivenInTheFuture(t *testing.T) {
	d := open(t, func(c *Config) { c.NewPerMinute = 1; c.NewPerDay = 1 })
	d.do(Sighted{d.phone(1)})
	d.clock = d.clock.Add(-72 * time.Hour)
	d.reopen()
	d.do(Sighted{d.phone(2)})
	if got := d.device(d.phone(2).MAC.String()); got.Number() != "202" {
		t.Errorf("after the clock went back: %s %q, want 202", got.State(), got.Reason)
	}
}

func BenchmarkAFloodOfStrangers(b *testing.B) {
	d := crowdedDesk(b)
	if n := counted(d); n.pending != maxPending || len(d.Devices()) < maxUnkept+maxPending {
		b.Fatalf("%d pending, %d devices", n.pending, len(d.Devices()))
	}
	known, next := d.phone(7), 0
	for name, c := range map[string]func() Command{
		"one that waits, again": func() Command { return Sighted{known} },
		"a new one":             func() Command { next++; return Sighted{d.phone(10000 + next)} },
		"tick":                  func() Command { return Tick{} },
	} {
		b.Run(fmt.Sprint(name), func(b *testing.B) {
			for b.Loop() {
				d.do(c())
			}
		})
	}
}

// Somebody has filled the places of those who wait with devices that never speak again:
// after an hour they make room for a phone that is there.
func TestInventedDevicesMakeRoom(t *testing.T) {
	d := crowdedDesk(t)
	late := d.phone(9999)
	d.do(Sighted{late})
	if got := d.device(late.MAC.String()); got.Verdict != provision.VerdictSeen {
		t.Fatalf("there was room: %s", got.State())
	}
	d.clock = d.clock.Add(2 * time.Hour)
	d.do(Tick{})
	d.do(Sighted{d.phone(9999)})
	if got := d.device(late.MAC.String()); got.Verdict != provision.VerdictPending {
		t.Errorf("two hours later it is %s: %s", got.State(), got.Reason)
	}
	if got, want := d.tally, counted(d); got != want {
		t.Errorf("the tally is %+v, want %+v", got, want)
	}
}
