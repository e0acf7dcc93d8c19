//go:build lab

package lab

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"autocom/phonesim"
)

// In words: two phones and a program on a computer get numbers and hear each other.
func TestTwoPhonesAndASoftphoneGetNumbersAndHearEachOther(t *testing.T) {
	o := open(t, usual)
	o.ready(30 * time.Second)
	phones := o.phones(1)
	numbers := map[string]bool{}
	for _, p := range phones {
		numbers[p.Number()] = true
	}
	if len(numbers) != 3 || numbers[""] {
		t.Fatalf("numbers %v, want three different ones", numbers)
	}
	o.everyoneCalls(phones)
	for id, d := range o.devices(phones[0]) {
		if d.Extension != "" && (d.Allocation != "bound" || d.State != "registered") {
			t.Errorf("device %s with number %s is %s and %s, want bound and registered", id, d.Extension, d.Allocation, d.State)
		}
	}
	if bad := o.asterisk().Complaints(); len(bad) > 0 {
		t.Errorf("Asterisk complains:\n%s", strings.Join(bad, "\n"))
	}
}

// In words: a call is answered at once while no name server answers.
func TestACallIsAnsweredAtOnceWithDNSDead(t *testing.T) {
	o := open(t, usual)
	o.ready(30 * time.Second)
	phones := o.phones(2)
	for range 2 { // the first call after the start, and another
		if h := o.talk(phones[0], phones[1]); h.Answered > time.Second {
			t.Errorf("answered after %v without DNS, want under 1 s", h.Answered)
		}
	}
}

// In words: sixty phones that are switched on together get sixty numbers.
func TestSixtyPhonesAtOnceGetSixtyNumbers(t *testing.T) {
	o := open(t, usual)
	o.ready(30 * time.Second)
	const n = 60
	phones := make([]*phonesim.Phone, n)
	for i := range phones {
		phones[i] = phonesim.NewYealink(net.HardwareAddr{0x80, 0x5e, 0xc0, 2, 0, byte(i)})
		if i%3 == 2 {
			phones[i] = phonesim.NewSnom(net.HardwareAddr{0x00, 0x04, 0x13, 2, 0, byte(i)})
		}
		t.Cleanup(func() { o.wire.Unplug(phones[i]) })
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var all sync.WaitGroup
	start := time.Now()
	for i, p := range phones {
		all.Go(func() {
			time.Sleep(time.Duration(i) * 2 * time.Second / n)
			for _, step := range []func(context.Context) error{
				func(ctx context.Context) error { return o.wire.Plug(ctx, p) }, p.Provision, p.Register,
			} {
				if err := step(ctx); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	t.Logf("%d phones, plugged in within 2 s, were registered after %.1f s", n, time.Since(start).Seconds())
	if told := toldAfter(phones); len(told) != n || told[n/2] > 200*time.Millisecond { // 14 ms here; a loaded machine is no fault
		t.Errorf("%d of %d phones were told by PnP where their settings are: %v", len(told), n, told)
	} else {
		t.Logf("SUBSCRIBE to NOTIFY: median %v, longest %v", told[n/2], told[n-1])
	}
	owner := map[string]*phonesim.Phone{}
	for _, p := range phones {
		if other := owner[p.Number()]; other != nil || p.Number() == "" {
			t.Errorf("%s has number %q, as %v has", p, p.Number(), other)
		}
		owner[p.Number()] = p
	}
	if t.Failed() {
		t.Fatal(o.daemon.log())
	}
	devices := o.devices(phones[0])
	for _, p := range phones {
		if d := devices[p.MAC.String()]; d.Extension != p.Number() {
			t.Errorf("%s shows number %s, the box says %s", p, p.Number(), d.Extension)
		}
	}
	o.talk(phones[0], phones[n-1])
	o.talk(phones[n-1], phones[0])
}

// In words: where nobody gives addresses, phones whose address was typed in get numbers and call each other.
func TestAnOfficeWithoutAnyDHCP(t *testing.T) {
	o := open(t, world{})
	o.ready(90 * time.Second) // it waits 60 s for a server
	yealink := phonesim.NewYealink(net.HardwareAddr{0x80, 0x5e, 0xc0, 3, 0, 1})
	snom := phonesim.NewSnom(net.HardwareAddr{0x00, 0x04, 0x13, 3, 0, 1})
	for i, p := range []*phonesim.Phone{yealink, snom} {
		t.Cleanup(func() { o.wire.Unplug(p) })
		start := time.Now()
		addr := netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 168, 77, byte(20 + i)}), 24)
		if err := o.wire.PlugStatic(p, addr); err != nil { // typed into the phone
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 45*time.Second)
		o.bringUp(ctx, p, start)
		cancel()
	}
	o.talk(yealink, snom)
	o.talk(snom, yealink)
}

// In words: calls go on and new ones are made while autocomd is stopped.
func TestCallsGoOnWithoutAutocomd(t *testing.T) {
	o := open(t, usual)
	o.ready(30 * time.Second)
	phones := o.phones(4)
	for _, c := range []struct {
		what string
		with func()
	}{
		{"stopped", func() { o.daemon.signal(syscall.SIGSTOP) }},
		{"dead", func() { o.daemon.signal(syscall.SIGCONT); o.daemon.kill() }},
	} {
		call, err := phonesim.Dial(t.Context(), phones[0], phones[1], phones[1].Number())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(500 * time.Millisecond)
		c.with()
		h, err := call.Measure(t.Context(), 5*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Err(); err != nil {
			t.Errorf("autocomd %s during the call: %v", c.what, err)
		}
		t.Logf("autocomd %s: 5 s of the same call: %s; %s", c.what, h.Caller, h.Callee)
		if err := call.Hangup(t.Context()); err != nil {
			t.Error(err)
		}
		o.everyoneCalls(phones)
		if err := phones[1].Refresh(t.Context()); err != nil {
			t.Errorf("autocomd %s: %v", c.what, err)
		}
	}
}

// In words: after a restart of Asterisk the phones call each other again.
func TestAsteriskRestarted(t *testing.T) {
	o := open(t, usual)
	o.ready(30 * time.Second)
	phones := o.phones(5)
	o.asterisk().Restart()
	o.everyoneCalls(phones) // their registrations outlived it
	o.asterisk().Kill()
	o.asterisk().Restart()
	for _, p := range phones {
		if err := p.Refresh(t.Context()); err != nil {
			t.Error(err)
		}
	}
	o.everyoneCalls(phones)
}

// In words: after a power cut in the whole office every phone has its number again.
func TestThePowerFailsInTheWholeOffice(t *testing.T) {
	o := open(t, usual)
	o.ready(30 * time.Second)
	phones := o.phones(7)
	numbers := map[*phonesim.Phone]string{}
	for _, p := range phones {
		numbers[p] = p.Number()
		if err := o.wire.Unplug(p); err != nil {
			t.Fatal(err)
		}
	}
	o.daemon.kill()
	o.asterisk().Kill()
	// The box is up first and finds nobody where the phones were.
	o.asterisk().Restart()
	o.daemon = startDaemon(t, o)
	o.ready(30 * time.Second)
	// Long enough for Asterisk to ask after every contact it remembers (the first
	// asking is spread over max_initial_qualify_time, 30 s) and to find nobody. Once it
	// then refused calls to phones that had registered again (480).
	time.Sleep(35 * time.Second)
	for _, p := range phones {
		o.plug(p)
		if p.Number() != numbers[p] {
			t.Errorf("%s had number %s and has %s", p, numbers[p], p.Number())
		}
	}
	o.everyoneCalls(phones)
}

// In words: a restart of autocomd changes no number.
func TestAutocomdRestartedGivesTheSameNumbers(t *testing.T) {
	o := open(t, usual)
	o.ready(30 * time.Second)
	phones := o.phones(6)
	before := o.devices(phones[0])
	o.daemon.end()
	o.daemon = startDaemon(t, o)
	o.ready(15 * time.Second)
	after := o.devices(phones[0])
	for id, d := range before {
		if d.Extension == "" {
			continue // the smartphone itself, which is no phone: seen again when it speaks again
		}
		if after[id].Extension != d.Extension || after[id].Allocation != d.Allocation {
			t.Errorf("device %s had number %q (%s) and has %q (%s)", id, d.Extension, d.Allocation, after[id].Extension, after[id].Allocation)
		}
	}
	// And killed at any moment: with a phone that comes again, and one that is new.
	o.daemon.kill()
	o.daemon = startDaemon(t, o)
	o.ready(15 * time.Second)
	number := phones[0].Number()
	if err := o.wire.Unplug(phones[0]); err != nil {
		t.Fatal(err)
	}
	o.plug(phones[0])
	if phones[0].Number() != number {
		t.Errorf("%s had number %s and has %s", phones[0], number, phones[0].Number())
	}
	fresh := phonesim.NewSnom(net.HardwareAddr{0x00, 0x04, 0x13, 6, 6, 6})
	o.plug(fresh)
	for _, p := range phones {
		if p.Number() == fresh.Number() {
			t.Errorf("%s and %s both have number %s", p, fresh, p.Number())
		}
	}
	o.everyoneCalls([]*phonesim.Phone{phones[0], phones[2], fresh})
}
