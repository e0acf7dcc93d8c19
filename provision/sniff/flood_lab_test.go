//go:build lab

package sniff

import (
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/mdlayher/packet"
	"golang.org/x/sys/unix"

	"autocom/provision"
	"autocom/provision/link/linktest"
)

// 10 000 frames in a second for 3 s, of which every fourth is for us: what it costs, and
// that a phone is seen in it or right after.
//
// In words: a phone is seen even while the network is flooded.
func TestAFloodOnACable(t *testing.T) {
	if !linktest.InNamespace(t) {
		return
	}
	cable(t)
	ifi, err := net.InterfaceByName("phone0")
	if err != nil {
		t.Fatal(err)
	}
	c, err := packet.Listen(ifi, packet.Raw, unix.ETH_P_ALL, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	dhcp, dns := frames["a Yealink discovers"].frame(), client{chaddr: yealinkMAC, dstPort: 53}.frame()
	tagged := frames["tagged with VLAN 20"].frame()
	const seconds, perSecond = 3, 10_000
	to := &packet.Addr{HardwareAddr: net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}
	flood := func() time.Duration {
		t.Helper()
		before, start := used(t), time.Now()
		for i := range seconds * perSecond {
			frame := dns
			switch i % 8 {
			case 0:
				frame = dhcp
			case 4:
				frame = tagged
			}
			at := etherLen + 20 + 8 + offChaddr + 3 // another client each time
			if i%8 == 4 {
				at += vlanLen
			}
			if i%4 == 0 {
				frame[at], frame[at+1] = byte(i>>16), byte(i>>8)
				frame[at+2] = byte(i)
			}
			if _, err := c.WriteTo(frame, to); err != nil {
				t.Fatal(err)
			}
			if i%100 == 99 { // in time
				time.Sleep(time.Until(start.Add(time.Duration(i) * time.Second / perSecond)))
			}
		}
		return used(t) - before
	}
	alone := flood()

	phones := make(chan provision.Sighting, 16)
	d := &DHCP{Interface: "lan0", Sink: func(s provision.Sighting) {
		if s.MAC == snomMAC {
			phones <- s
		}
	}}
	background(t, d.Run)
	<-d.Ready()
	heard := flood()
	send(t, "phone0", frames["a Snom requests after a reboot"].frame())
	deadline := time.Now().Add(5 * time.Second)
	for len(phones) == 0 && time.Now().Before(deadline) {
		time.Sleep(time.Second) // as a phone does that has no answer
		send(t, "phone0", frames["a Snom requests after a reboot"].frame())
	}
	if len(phones) == 0 {
		t.Fatalf("the phone was not seen after the flood; %+v", d.Counters())
	}
	counts := d.Counters()
	t.Logf("%d frames in %d s: %v of processor time to send them, %v with the sense beside; %+v",
		seconds*perSecond, seconds, alone, heard, counts)
	if counts.Frames+counts.Lost < seconds*perSecond/4 || counts.Frames > seconds*perSecond/4+10 {
		t.Errorf("of the flood %d frames reached us, want the %d of DHCP", counts.Frames, seconds*perSecond/4)
	}
	if counts.Sightings > (seconds+3)*maxFrames || counts.Shed == 0 {
		t.Errorf("the flood was not shed: %+v", counts)
	}
	if cost := heard - alone; cost > seconds*time.Second/4 {
		t.Errorf("the sense took %v of %d s", cost, seconds)
	}
}

// used is the processor time of this process so far.
func used(t *testing.T) time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		t.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
