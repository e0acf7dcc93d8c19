//go:build lab

package main

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"autocom/phonesim"
)

// elsewhere is what the router's next lease gives to the box.
const elsewhere = "192.168.88.9"

// move changes the box's address as systemd-networkd does with another lease.
func (b *box) move() {
	b.t.Helper()
	b.ip("addr", "del", boxAddress, "dev", "eth0")
	b.ip("addr", "add", elsewhere+"/24", "dev", "eth0")
	b.page = "http://" + elsewhere + "/"
	took := b.wait(30*time.Second, "ready at the new address", func() bool {
		var s struct {
			Ready   bool
			Address string
		}
		return b.get("status", &s) == nil && s.Ready && s.Address == elsewhere
	})
	b.t.Logf("ready at %s after %v", elsewhere, took.Round(time.Millisecond))
}

// plug lets a phone find its number by itself and register.
func (b *box) plug(wire *phonesim.Wire, p *phonesim.Phone) *phonesim.Phone {
	b.t.Helper()
	p.Log = slog.New(slog.NewTextHandler(testWriter{b.t}, nil))
	p.Retry = time.Second
	must(b.t, wire.Plug(b.t.Context(), p))
	b.t.Cleanup(func() { wire.Unplug(p) })
	b.boot(p)
	return p
}

// boot is what somebody does who pulls the plug and puts it back.
func (b *box) boot(p *phonesim.Phone) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), 20*time.Second)
	defer cancel()
	must(b.t, p.Reboot(ctx))
}

func boots(p *phonesim.Phone) (n int) {
	for _, m := range p.Marks() {
		if m.What == phonesim.Rebooted {
			n++
		}
	}
	return n
}

func at(p *phonesim.Phone) string {
	a, _ := p.Account()
	return a.Server
}

// TestBoundPhonesFollowTheBox: the router gives the box another address; phones that
// have a number come along by themselves, each once and not out of a call.
//
// In words: phones that have a number follow the box to another address, not in the middle of a call.
func TestBoundPhonesFollowTheBox(t *testing.T) {
	b, wire := newBox(t)
	b.configure("auto")
	b.ip("addr", "add", boxAddress, "dev", "eth0")
	b.start()
	yealink := b.plug(wire, phonesim.NewYealink(mac(1)))
	snom := b.plug(wire, phonesim.NewSnom(net.HardwareAddr{0x00, 0x04, 0x13, 0xab, 0x00, 0x02}))
	other := b.plug(wire, phonesim.NewYealink(mac(3)))
	all := []*phonesim.Phone{yealink, snom, other}
	talk(t, yealink, snom)
	type identity struct{ number, user, password string }
	who := func(p *phonesim.Phone) identity {
		a, _ := p.Account()
		return identity{p.Number(), a.User, a.Password}
	}
	before := map[*phonesim.Phone]identity{}
	for _, p := range all {
		before[p] = who(p)
		b.boot(p) // by the root, as a bound phone does
		if url := p.Memory.URL; !strings.Contains(url, "/p/") {
			t.Errorf("%s: a boot left it the URL %s, want its own with the token", p, url)
		}
	}

	b.move()
	b.boot(other)
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	call, err := phonesim.Dial(ctx, other, yealink, yealink.Number())
	must(t, err)
	took := b.wait(30*time.Second, "registered at the new address: "+snom.String(), func() bool { return at(snom) == elsewhere && snom.Registered() })
	t.Logf("%s came after %v", snom, took.Round(time.Millisecond))
	time.Sleep(3 * recallBeat)
	if n := boots(yealink); n != 0 {
		t.Errorf("%s was told to boot in a call", yealink)
	}
	heard, err := call.Measure(ctx, 2*time.Second)
	must(t, err)
	must(t, heard.Err())
	must(t, call.Hangup(ctx))
	took = b.wait(30*time.Second, "registered at the new address: "+yealink.String(), func() bool { return at(yealink) == elsewhere && yealink.Registered() })
	t.Logf("%s came %v after its call", yealink, took.Round(time.Millisecond))

	talk(t, yealink, snom)
	talk(t, snom, yealink)
	check := func(when string) {
		t.Helper()
		for _, p := range all {
			if got := who(p); got != before[p] {
				t.Errorf("%s: %s is %s %s now, was %s %s, or has another secret", when, p, got.number, got.user, before[p].number, before[p].user)
			}
			want := 1
			if p == other { // somebody did it by hand
				want = 0
			}
			if n := boots(p); n != want {
				t.Errorf("%s: %s was told to boot %d times, want %d", when, p, n, want)
			}
			if d := b.devices()[p.MAC.String()]; d.State != "registered" || d.Extension != p.Number() {
				t.Errorf("%s: the box says that %s is %s with %q", when, p, d.State, d.Extension)
			}
		}
	}
	check("moved")
	given := b.files()
	must(t, b.call("POST", "devices/"+snom.MAC.String()+"/resync", new(shownDevice)))
	b.wait(10*time.Second, "fetched at the new address after resync", func() bool { return b.files() > given })

	b.kill()
	b.start()
	time.Sleep(recallCalm + 3*recallBeat)
	check("autocomd started again")
}

// TestARouterComes: an office without one has telephones; then somebody plugs in a
// router. The box hears the phones of the old network until they have come along.
//
// In words: an office without a router has telephones, and keeps them when somebody plugs one in.
func TestARouterComes(t *testing.T) {
	b, wire := newBox(t)
	b.configure("auto")
	b.ip("addr", "add", fallback.String(), "dev", "eth0") // nobody answered for a minute
	b.page = "http://" + fallback.Addr().String() + "/"
	// What asks the box's API lives on the bridge.
	bridge, err := netlink.LinkByName("br0")
	must(t, err)
	desk, err := netlink.ParseAddr("192.168.77.250/24")
	must(t, err)
	must(t, netlink.AddrAdd(bridge, desk))
	b.start()
	phones := []*phonesim.Phone{phonesim.NewYealink(mac(1)), phonesim.NewSnom(net.HardwareAddr{0x00, 0x04, 0x13, 0xab, 0x00, 0x02})}
	accounts := map[*phonesim.Phone]phonesim.Account{}
	for i, p := range phones {
		p.Log = slog.New(slog.NewTextHandler(testWriter{t}, nil))
		p.Retry = time.Second
		must(t, wire.PlugStatic(p, netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 168, 77, byte(50 + i)}), 24)))
		t.Cleanup(func() { wire.Unplug(p) })
		b.boot(p)
		accounts[p], _ = p.Account()
	}
	b.ip("addr", "add", elsewhere+"/24", "dev", "eth0")
	b.page = "http://" + elsewhere + "/"
	for _, p := range phones {
		took := b.wait(40*time.Second, "told to boot: "+p.String(), func() bool { return boots(p) == 1 })
		t.Logf("%s was told to boot after %v", p, took.Round(time.Millisecond))
	}
	for _, p := range phones { // whose boot asks the router for an address
		must(t, wire.Unplug(p))
		must(t, wire.Plug(t.Context(), p))
		b.boot(p)
		want := accounts[p]
		want.Server = elsewhere
		if got, _ := p.Account(); got != want {
			t.Errorf("%s: user %s, number %s at %s, want %s, %s at %s and the same secret", p, got.User, got.Label, got.Server, want.User, want.Label, want.Server)
		}
	}
	talk(t, phones[0], phones[1])
	talk(t, phones[1], phones[0])
}

// TestTheAddressGoesInACall: nobody can end a call through an address that is gone,
// so Asterisk does not wait for its end.
//
// In words: the box gets another address during a call, and phones call each other at the new one.
func TestTheAddressGoesInACall(t *testing.T) {
	b, wire := newBox(t)
	b.configure("auto")
	b.ip("addr", "add", boxAddress, "dev", "eth0")
	b.start()
	yealink := b.plug(wire, phonesim.NewYealink(mac(1)))
	snom := b.plug(wire, phonesim.NewSnom(net.HardwareAddr{0x00, 0x04, 0x13, 0xab, 0x00, 0x02}))
	_, err := phonesim.Dial(t.Context(), yealink, snom, snom.Number())
	must(t, err)
	b.move()
	for _, p := range []*phonesim.Phone{yealink, snom} {
		b.wait(40*time.Second, "registered at the new address: "+p.String(), func() bool { return at(p) == elsewhere && p.Registered() })
	}
	talk(t, snom, yealink)
}
