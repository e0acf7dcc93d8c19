package office

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"autocom/provision"
	"autocom/provision/inventory"
	"autocom/provision/vendors"
	"autocom/store"

	"github.com/google/go-cmp/cmp"
)

// desk is an office with a clock that the test turns and a neighbour table that it writes.
type desk struct {
	*Office
	t      testing.TB
	cfg    Config
	path   string
	store  *store.Store
	clock  time.Time
	mu     sync.Mutex
	arp    map[netip.Addr]provision.MAC
	makers *vendors.Set
}

// builtin is read once: it proves every template.
var builtin = sync.OnceValues(vendors.Builtin)

func open(t testing.TB, set func(*Config)) *desk {
	t.Helper()
	makers, err := builtin()
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{
		t: t, path: filepath.Join(t.TempDir(), store.FileName), makers: makers,
		clock: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC), arp: map[netip.Addr]provision.MAC{},
	}
	d.cfg = Config{
		Site: provision.Site{Name: "Bureau", Language: "fr", Country: "CM", TimeZone: "Africa/Douala", Address: netip.MustParseAddr("192.168.1.10")},
		Mode: ModeOpen, Extensions: "201-299", Emergency: []string{"112", "117"},
		Window: 10 * time.Minute, Quarantine: 24 * time.Hour,
		NewPerMinute: 120, NewPerDay: 500, OpenReservations: 64,
		Files: makers,
	}
	if set != nil {
		set(&d.cfg)
	}
	d.reopen()
	t.Cleanup(func() { d.store.Close() })
	return d
}

// reopen is the box after its plug was pulled: nothing but the file is left.
func (d *desk) reopen() {
	d.t.Helper()
	if d.store != nil {
		d.store.Close()
	}
	var err error
	if d.store, err = store.Open(d.t.Context(), d.path); err != nil {
		d.t.Fatal(err)
	}
	if d.Office, err = Open(d.t.Context(), d.cfg, d.store, d.makers.Vendors(), func() time.Time { return d.clock }); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) do(c Command) {
	d.t.Helper()
	if _, err := d.Apply(d.t.Context(), c); err != nil {
		d.t.Fatalf("%T: %v", c, err)
	}
}

func (d *desk) device(id string) provision.Device {
	d.t.Helper()
	got, ok := d.Device(id)
	if !ok {
		d.t.Fatalf("device %s is unknown", id)
	}
	return got
}

// phone is the n-th Yealink; its DHCP DISCOVER is enough to be one.
func (d *desk) phone(n int) provision.Sighting {
	mac := provision.MAC{0x00, 0x15, 0x65, 0xaa, byte(n >> 8), byte(n)}
	ip := netip.AddrFrom4([4]byte{192, 168, 1 + byte(n>>8), byte(n)})
	d.mu.Lock()
	d.arp[ip] = mac
	d.mu.Unlock()
	return provision.Sighting{
		At: d.clock, Sensor: provision.SensorDHCP, MAC: mac, Proved: true, IP: ip, Interface: "eth0",
		Fields: map[string]string{provision.FieldOption60: "yealink", provision.FieldHostname: "SIP-T46G"},
	}
}

func (d *desk) ask(s provision.Sighting, token, name string) (provision.File, error) {
	d.mu.Lock()
	mac := d.arp[s.IP] // as serve has it of the kernel
	d.mu.Unlock()
	return d.Find(d.t.Context(), provision.Request{
		MAC: mac, At: d.clock, Protocol: "http", Name: name, Token: token, Remote: netip.AddrPortFrom(s.IP, 40000), UserAgent: "Yealink SIP-T46G 28.72.0.1 " + s.MAC.String(),
	})
}

func TestNumbers(t *testing.T) {
	type want struct{ State, Number, Reason string }
	const (
		a = "00:15:65:aa:00:01"
		b = "00:15:65:aa:00:02"
	)
	for name, tt := range map[string]struct {
		set  func(*Config)
		run  func(*desk)
		want map[string]want
	}{
		"the same phone twice": {
			run:  func(d *desk) { d.do(Sighted{d.phone(1)}); d.do(Sighted{d.phone(1)}) },
			want: map[string]want{a: {State: "allocated", Number: "201"}},
		},
		"two phones, one free number": {
			set:  func(c *Config) { c.Extensions = "201" },
			run:  func(d *desk) { d.do(Sighted{d.phone(1)}); d.do(Sighted{d.phone(2)}) },
			want: map[string]want{a: {State: "allocated", Number: "201"}, b: {State: "pending", Reason: "every number of 201 is held or in quarantine (1 held, 0 in quarantine): make phones.extensions larger or release a number"}},
		},
		"killed between reserve and answer": {
			run: func(d *desk) {
				d.do(Sighted{d.phone(1)})
				d.reopen()
				d.do(Sighted{d.phone(2)})
				d.do(Sighted{d.phone(1)})
			},
			want: map[string]want{a: {State: "allocated", Number: "201"}, b: {State: "allocated", Number: "202"}},
		},
		"never registered: freed after 30 minutes, for anybody": {
			run: func(d *desk) {
				d.do(Sighted{d.phone(1)})
				d.clock = d.clock.Add(30 * time.Minute)
				d.do(Tick{})
				d.do(Sighted{d.phone(2)})
			},
			want: map[string]want{
				a: {State: "seen", Reason: "it did not register in time: unplug the phone and plug it in again"},
				b: {State: "allocated", Number: "201"},
			},
		},
		"the box was off for a day: the phone has its 30 minutes again": {
			run: func(d *desk) {
				d.do(Sighted{d.phone(1)})
				d.clock = d.clock.Add(24 * time.Hour)
				d.reopen()
				d.do(Tick{})
			},
			want: map[string]want{a: {State: "allocated", Number: "201"}},
		},
		"the exchange cannot be asked: nothing is freed": {
			run: func(d *desk) {
				d.do(Sighted{d.phone(1)})
				d.clock = d.clock.Add(time.Hour)
				d.do(Tick{Blind: true})
			},
			want: map[string]want{a: {State: "allocated", Number: "201", Reason: whyNotAsked}},
		},
		"registered once: kept for ever": {
			run: func(d *desk) {
				d.do(Sighted{d.phone(1)})
				d.do(Registered{"001565aa0001-1"})
				d.clock = d.clock.Add(1000 * time.Hour)
				d.reopen()
				d.do(Tick{})
			},
			want: map[string]want{a: {State: "lost", Number: "201"}},
		},
		"released: the number rests, then is given again": {
			set: func(c *Config) { c.Extensions = "201-202" },
			run: func(d *desk) {
				d.do(Sighted{d.phone(1)})
				d.do(Registered{"001565aa0001-1"})
				d.do(Release{a})
				d.do(Sighted{d.phone(2)})
				d.do(Sighted{d.phone(3)})
				d.clock = d.clock.Add(24 * time.Hour)
				d.do(Tick{Blind: true})
			},
			want: map[string]want{
				a:                   {State: "released", Reason: "somebody released its number; it gets another when it asks again"},
				b:                   {State: "allocated", Number: "202", Reason: whyNotAsked},
				"00:15:65:aa:00:03": {State: "allocated", Number: "201"},
			},
		},
		"a released phone that asks again gets another number": {
			run: func(d *desk) {
				d.do(Sighted{d.phone(1)})
				d.do(Registered{"001565aa0001-1"})
				d.do(Release{a})
				d.do(Sighted{d.phone(1)})
			},
			want: map[string]want{a: {State: "allocated", Number: "202"}},
		},
		"ask: a click gives the number": {
			set: func(c *Config) { c.Mode = ModeAsk },
			run: func(d *desk) {
				d.do(Sighted{d.phone(1)})
				d.do(Sighted{d.phone(2)})
				d.reopen()
				d.do(Tick{})
				d.do(Approve{b})
			},
			want: map[string]want{a: {State: "pending", Reason: "it waits for somebody's approval"}, b: {State: "allocated", Number: "201"}},
		},
		"closed: shown, and a click still lets it in": {
			set: func(c *Config) { c.Mode = ModeClosed },
			run: func(d *desk) {
				d.do(Sighted{d.phone(1)})
				d.do(Sighted{d.phone(2)})
				d.do(Approve{b})
			},
			want: map[string]want{a: {State: "pending", Reason: "no new phones are taken: the mode is closed"}, b: {State: "allocated", Number: "201"}},
		},
		"rejected: stays so when it asks again": {
			run: func(d *desk) {
				d.do(Sighted{d.phone(1)})
				d.do(Reject{a})
				d.reopen()
				d.do(Sighted{d.phone(1)})
			},
			want: map[string]want{a: {State: "released", Reason: "somebody refused it"}},
		},
		"more reservations than allowed: the second waits until the first registers": {
			set: func(c *Config) { c.OpenReservations = 1 },
			run: func(d *desk) {
				d.do(Sighted{d.phone(1)})
				d.do(Sighted{d.phone(2)})
				if s := d.device(b).State(); s != "pending" {
					d.t.Errorf("before: state %s, want pending", s)
				}
				d.do(Registered{"001565aa0001-1"})
				d.do(Tick{})
			},
			want: map[string]want{a: {State: "registered", Number: "201"}, b: {State: "allocated", Number: "202"}},
		},
		"more in a minute than allowed: the second waits for the next": {
			set: func(c *Config) { c.NewPerMinute = 1 },
			run: func(d *desk) {
				d.do(Sighted{d.phone(1)})
				d.do(Sighted{d.phone(2)})
				d.do(Tick{})
				if s := d.device(b).State(); s != "pending" {
					d.t.Errorf("before: state %s, want pending", s)
				}
				d.clock = d.clock.Add(time.Minute)
				d.do(Tick{})
			},
			want: map[string]want{a: {State: "allocated", Number: "201"}, b: {State: "allocated", Number: "202"}},
		},
		"more in a day than allowed, over a restart": {
			set: func(c *Config) { c.NewPerDay = 1 },
			run: func(d *desk) {
				d.do(Sighted{d.phone(1)})
				d.clock = d.clock.Add(time.Hour)
				d.reopen()
				d.do(Sighted{d.phone(2)})
			},
			want: map[string]want{a: {State: "allocated", Number: "201"}, b: {State: "pending", Reason: ErrBusy.Error()}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, tt.set)
			tt.run(d)
			got := map[string]want{}
			for _, x := range d.Devices() {
				got[x.ID] = want{x.State(), x.Number(), x.Reason}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("devices (-want +got):\n%s", diff)
			}
		})
	}
}

func TestApproveWhenFullIsAnErrorToTellApart(t *testing.T) {
	d := open(t, func(c *Config) { c.Extensions = "201" })
	d.do(Sighted{d.phone(1)})
	d.do(Sighted{d.phone(2)})
	if _, err := d.Apply(t.Context(), Approve{"00:15:65:aa:00:02"}); !errors.Is(err, ErrFull) {
		t.Errorf("approve with a full range: %v, want ErrFull", err)
	}
	if _, err := d.Apply(t.Context(), Approve{"00:15:65:aa:00:77"}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("approve of an unknown device: %v, want fs.ErrNotExist", err)
	}
}

func TestSixtyPhonesAtOnceGetSixtyNumbers(t *testing.T) {
	d := open(t, nil)
	start := time.Now()
	var wg sync.WaitGroup
	for n := 1; n <= 60; n++ {
		for range 3 { // each is seen by three sensors at once
			s := d.phone(n)
			wg.Go(func() {
				if _, err := d.Apply(t.Context(), Sighted{s}); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	rev := d.Plan().Revision
	t.Logf("60 phones, 180 sightings: %v, %d commits", time.Since(start), rev)
	check := func(when string) map[string]string {
		numbers, by := map[string]string{}, map[string]string{}
		for _, x := range d.Devices() {
			if other, twice := by[x.Number()]; twice {
				t.Errorf("%s: %s and %s both have %s", when, other, x.ID, x.Number())
			}
			by[x.Number()], numbers[x.ID] = x.ID, x.Number()
		}
		if len(numbers) != 60 {
			t.Errorf("%s: %d devices with a number, want 60", when, len(numbers))
		}
		return numbers
	}
	before := check("before the restart")
	d.reopen()
	if diff := cmp.Diff(before, check("after the restart")); diff != "" {
		t.Errorf("numbers changed over a restart (-before +after):\n%s", diff)
	}
}

func TestSeenAgainWritesNothing(t *testing.T) {
	d := open(t, nil)
	d.do(Sighted{d.phone(1)})
	d.do(Registered{"001565aa0001-1"})
	before := d.Plan().Revision
	for range 100 {
		d.clock = d.clock.Add(time.Second)
		d.do(Sighted{d.phone(1)})
		d.do(Unregistered{"001565aa0001-1"})
		d.do(Registered{"001565aa0001-1"})
		d.do(Tick{})
	}
	if after := d.Plan().Revision; after != before {
		t.Errorf("100 times seen again: revision went from %d to %d", before, after)
	}
	if got := d.device("00:15:65:aa:00:01"); !got.LastSeen.Equal(d.clock) || got.State() != "registered" {
		t.Errorf("last seen %v (want %v), state %s", got.LastSeen, d.clock, got.State())
	}
}

func TestStrangersFillNoCard(t *testing.T) {
	d := open(t, nil)
	for n := range maxUnkept + 500 {
		d.clock = d.clock.Add(time.Millisecond)
		mac := provision.MAC{0x00, 0x1b, 0x21, 0x01, byte(n >> 8), byte(n)}
		d.do(Sighted{provision.Sighting{At: d.clock, Sensor: provision.SensorDHCP, MAC: mac, Proved: true}})
	}
	if n := len(d.Devices()); n > maxUnkept || n < maxUnkept*9/10 {
		t.Errorf("%d devices in memory, want %d at most", n, maxUnkept)
	}
	if r := d.Plan().Revision; r != 0 {
		t.Errorf("%d writes for devices that are no phones", r)
	}
}

func TestRangesAreRefusedByName(t *testing.T) {
	for text, want := range map[string]string{
		"100-199":    `extensions "100-199" contain 112, which is the emergency number 112: choose a range without it, as 201-299`,
		"1000-1200":  `extensions "1000-1200" contain 1120, which is mixed up with the emergency number 112: choose a range without it, as 201-299`,
		"10-12":      `extensions "10-12" contain 11, which is mixed up with the emergency number 112: choose a range without it, as 201-299`,
		"201-299":    "",
		"290-310":    `extensions "290-310" contain 298, which is a feature code: choose a range without it, as 201-299`,
		"299-201":    `extensions "299-201": 299-201 is no range: write two numbers of 2 to 6 digits, the lower first, as in 201-299`,
		"2x1-299":    `extensions "2x1-299": 2x1-299 is no range: write two numbers of 2 to 6 digits, the lower first, as in 201-299`,
		"":           `extensions "": - is no range: write two numbers of 2 to 6 digits, the lower first, as in 201-299`,
		"201-299,40": `extensions "201-299,40": all numbers need the same count of digits`,
	} {
		_, err := parsePool("extensions", text, []string{"112", "117"}, map[string]string{"298": "a feature code"})
		if text == "201-299" {
			_, err = parsePool("extensions", text, []string{"112", "117"}, nil)
		}
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q:\n got %s\nwant %s", text, got, want)
		}
	}
}

func TestSlowReaderIsToldToReadAgain(t *testing.T) {
	d := open(t, func(c *Config) { c.Extensions = "2001-2999"; c.NewPerMinute = 1000; c.OpenReservations = 1000 })
	ctx, cancel := context.WithCancel(t.Context())
	events := d.Subscribe(ctx)
	for n := range eventBuffer + 10 {
		d.do(Sighted{d.phone(n + 1)})
	}
	first := <-events
	if first.Kind != EventResync {
		t.Errorf("first event is %q, want %q", first.Kind, EventResync)
	}
	n := 0
	for len(events) > 0 {
		if e := <-events; e.Kind != "device" || e.Device.Number() == "" {
			t.Errorf("event %+v, want a device with its number", e)
		}
		n++
	}
	if n != 10 {
		t.Errorf("%d events after it, want 10", n)
	}
	cancel()
	for range events {
	}
}

func TestSecretsAreOfTheAlphabetAndDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		s := newSecret()
		if len(s) != 24 || strings.Trim(s, alphabet) != "" || seen[s] {
			t.Fatalf("secret %q: want 24 signs of %s, never twice", s, alphabet)
		}
		seen[s] = true
	}
}

func ExampleSoftID() {
	fmt.Println(SoftID("a token that only one installation knows"))
	// Output: soft-bfe21908067924bd
}

// A click gives no number to a phone that could never fetch it.
func TestAPhoneBehindARouterIsNotApproved(t *testing.T) {
	d := open(t, nil)
	s := d.phone(1)
	s.Proved = false
	d.do(Sighted{s})
	before := d.device(s.MAC.String())
	if before.State() != "pending" || before.Reason != inventory.Unproved {
		t.Errorf("state %s, %q; want pending, %q", before.State(), before.Reason, inventory.Unproved)
	}
	_, err := d.Apply(t.Context(), Approve{before.ID})
	if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), inventory.Unproved) {
		t.Errorf("approve: %v, want ErrRefused and the reason", err)
	}
	if diff := cmp.Diff(before, d.device(before.ID), cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Errorf("the device changed (-before +after):\n%s", diff)
	}
	s.Proved, s.Fields = true, nil // it is plugged in here: a frame of its own is enough for a click
	d.do(Sighted{s})
	d.do(Approve{before.ID})
	if got := d.device(before.ID); got.Number() != "201" {
		t.Errorf("proved and approved: %s %q", got.State(), got.Reason)
	}
}

// The owner moved the box to another country: a number that begins like an emergency
// number there does not ring, is named, and keeps nobody else from anything.
func TestAHeldNumberThatIsAnEmergencyNumberNow(t *testing.T) {
	d := open(t, nil)
	d.do(Sighted{d.phone(1)})
	d.do(Sighted{d.phone(2)})
	var log strings.Builder
	d.cfg.Emergency, d.cfg.Extensions = []string{"2019"}, "301-399"
	d.cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
	d.reopen()
	got := map[string]string{}
	for _, e := range d.Plan().Endpoints {
		got[e.ID] = e.Number
	}
	if diff := cmp.Diff(map[string]string{"001565aa0001-1": "", "001565aa0002-1": "202"}, got); diff != "" {
		t.Errorf("numbers of lines (-want +got):\n%s", diff)
	}
	if !strings.Contains(log.String(), "number=201 device=00:15:65:aa:00:01 emergency=2019") || strings.Count(log.String(), "ERROR") != 1 {
		t.Errorf("log: %s", &log)
	}
}
