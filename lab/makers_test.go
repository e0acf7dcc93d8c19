//go:build lab

package lab

import (
	"context"
	"hash/fnv"
	"net"
	"strings"
	"testing"
	"time"

	"autocom/phonesim"
)

// ouis are one real first half of each kind's hardware addresses.
var ouis = map[string][3]byte{
	"yealink": {0x80, 0x5e, 0xc0}, "yealink-w70b": {0x80, 0x5e, 0x0c}, "snom": {0x00, 0x04, 0x13}, "snom-m700": {0x00, 0x08, 0x7b},
	"grandstream-gxp": {0x00, 0x0b, 0x82}, "grandstream-grp": {0xec, 0x74, 0xd7}, "grandstream-ht802": {0xc0, 0x74, 0xad},
	"fanvil": {0x0c, 0x38, 0x3e}, "fanvil-x3": {0x00, 0xa8, 0x59}, "polycom": {0x64, 0x16, 0x7f}, "cisco-spa": {0x00, 0x26, 0x99},
	"cisco-mpp": {0xd0, 0xec, 0x35}, "gigaset-n510": {0x7c, 0x2f, 0x80}, "gigaset-n870": {0x58, 0x9e, 0xc6}, "mitel": {0x00, 0x08, 0x5d},
	"panasonic": {0x08, 0x00, 0x23}, "htek": {0x00, 0x1f, 0xc1}, "digium": {0x00, 0x0f, 0xd3},
}

// one makes a phone of a kind with a hardware address that the kind may have.
func one(t *testing.T, kind string) *phonesim.Phone {
	t.Helper()
	h := fnv.New32a()
	h.Write([]byte(kind))
	sum := h.Sum32()
	oui, known := ouis[kind]
	if !known {
		oui = [3]byte{0x00, 0x00, 0x5e}
	}
	p, err := phonesim.New(kind, net.HardwareAddr{oui[0], oui[1], oui[2], byte(sum >> 16), byte(sum >> 8), byte(sum)})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Every maker's phone, on a network whose DHCP server is the box: each learns by its own
// option where its settings are, reads them, registers and calls.
//
// In words: every maker's phone gets a number when the box gives the addresses.
func TestEveryMakersPhoneGetsANumberFromTheBoxsDHCP(t *testing.T) {
	o := open(t, serving)
	o.ready(60 * time.Second)
	o.everyMaker(t, true)
}

// The same beside a router that knows nothing of telephones: those that ask by SIP PnP
// find the box by themselves, to the others somebody types its address.
//
// In words: every maker's phone gets a number when a router gives the addresses.
func TestEveryMakersPhoneGetsANumberBesideARouter(t *testing.T) {
	o := open(t, usual)
	o.ready(30 * time.Second)
	held := one(t, "grandstream-gxp")
	held.MAC[5] ^= 1
	held.Hold("http://192.168.60.77/") // which is nobody
	t.Cleanup(func() { o.wire.Unplug(held) })
	if err := o.wire.Plug(t.Context(), held); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	first := o.everyMaker(t, false)
	// A second-hand phone asks another server: the box has seen it and says what to do.
	o.until(3*time.Minute-time.Since(start), "the box says that a phone asks somebody else", func() bool {
		d := o.device(first, held)
		return d.State == "allocated" && strings.Contains(d.Reason, "another server")
	})
	t.Logf("of a phone that holds another server's address the box says: %s", o.device(first, held).Reason)
}

func (o *office) everyMaker(t *testing.T, talk bool) (first *phonesim.Phone) {
	first = one(t, "yealink")
	o.plug(first)
	numbers := map[string]string{first.Number(): "yealink"}
	for _, kind := range phonesim.Kinds() {
		if kind == "yealink" || kind == "softphone" {
			continue
		}
		t.Run(kind, func(t *testing.T) {
			p := one(t, kind)
			t.Cleanup(func() { o.wire.Unplug(p) })
			ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
			defer cancel()
			start := time.Now()
			if err := o.wire.Plug(ctx, p); err != nil {
				t.Fatalf("%v\n%s", err, o.daemon.log())
			}
			if err := p.Provision(ctx); err != nil {
				p.Type("http://" + o.at.String() + "/") // somebody types where the settings are
				if again := p.Provision(ctx); again != nil {
					t.Fatalf("%v; and with the address typed in: %v\n%s", err, again, o.daemon.log())
				}
				t.Logf("%s needs the address typed in: %v", p, err)
			}
			if err := p.Register(ctx); err != nil {
				t.Fatalf("%v\n%s\n%s", err, o.daemon.log(), o.asterisk().Log())
			}
			t.Logf("%s has %s, registered %.2f s after it was plugged in", p, p.Number(), time.Since(start).Seconds())
			if whose := numbers[p.Number()]; whose != "" {
				t.Errorf("%s has number %q, as %s has", p, p.Number(), whose)
			}
			numbers[p.Number()] = kind
			o.until(10*time.Second, "the box sees "+kind+" registered with its number", func() bool {
				d := o.device(first, p)
				return d.Extension == p.Number() && d.State == "registered"
			})
			for _, h := range []*phonesim.Phone{p, first} {
				other := first
				if h == first {
					other = p
				}
				if !talk {
					break
				}
				heard, err := phonesim.Talk(ctx, h, other, other.Number())
				if err != nil {
					t.Fatalf("%v\n%s", err, o.asterisk().Log())
				}
				if err := heard.Err(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	return first
}

// A port of an adapter and a handset of a base are lines: each has a number, and a
// handset that comes later finds one.
//
// In words: the sockets of an adapter and the handsets of a cordless base have numbers of their own.
func TestPortsAndHandsetsHaveNumbersOfTheirOwn(t *testing.T) {
	o := open(t, usual)
	o.ready(30 * time.Second)
	adapter, base := one(t, "grandstream-ht802"), one(t, "yealink-w70b")
	for _, p := range []*phonesim.Phone{adapter, base} {
		o.plug(p)
	}
	if n := len(adapter.Lines()); n != 2 {
		t.Errorf("the adapter has %d lines, want 2", n)
	}
	if n := len(base.Lines()); n != 1 {
		t.Errorf("the base has %d lines with one handset", n)
	}
	if err := base.Pair(2); err != nil {
		t.Fatal(err)
	}
	o.until(30*time.Second, "the second handset has a number", func() bool { return len(base.Lines()) == 2 && base.Lines()[1].Registered() })
	lines := append(adapter.Lines(), base.Lines()...)
	numbers := map[string]bool{}
	for _, l := range lines {
		numbers[l.Number()] = true
	}
	if len(numbers) != 4 || numbers[""] {
		t.Errorf("four lines have the numbers %v", numbers)
	}
	for i, from := range lines {
		to := lines[(i+1)%len(lines)]
		h, err := phonesim.Talk(t.Context(), from, to, to.Number())
		if err == nil {
			err = h.Err()
		}
		if err != nil {
			t.Errorf("%s calls %s: %v", from, to, err)
		}
	}
}

// What is no telephone gets no number, whatever it asks for.
//
// In words: what is no telephone gets no number.
func TestWhatIsNoTelephoneGetsNoNumber(t *testing.T) {
	o := open(t, usual)
	o.ready(30 * time.Second)
	first := one(t, "yealink")
	o.plug(first)
	for _, kind := range phonesim.Others() {
		t.Run(kind, func(t *testing.T) {
			p := one(t, kind)
			t.Cleanup(func() { o.wire.Unplug(p) })
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			if err := o.wire.Plug(ctx, p); err != nil {
				t.Fatal(err)
			}
			// It finds nothing, which it says as an error; what the box says counts.
			if err := p.Provision(ctx); err == nil {
				t.Error("it found settings")
			}
			time.Sleep(500 * time.Millisecond)
			d := o.device(first, p)
			if d.Extension != "" || d.Allocation != "none" {
				t.Errorf("it has number %q, %s: %v", d.Extension, d.Allocation, d.Evidence)
			}
			t.Logf("%s is %s (%s): %s", kind, d.State, d.Vendor, d.Reason)
		})
	}
}
