package main

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"autocom/provision"
)

func TestBehind(t *testing.T) {
	old, now := netip.MustParseAddr("192.168.77.1"), netip.MustParseAddr("192.168.1.9")
	phone := func(id string, change func(*provision.Device)) provision.Device {
		d := provision.Device{
			ID: id, Allocation: provision.AllocationBound, Server: old,
			Lines: []provision.Line{{N: 1, Number: "201"}},
		}
		change(&d)
		return d
	}
	var got []string
	for _, d := range behind([]provision.Device{
		phone("knows the old address", func(*provision.Device) {}),
		phone("came along", func(d *provision.Device) { d.Server = now }),
		phone("never read a file", func(d *provision.Device) { d.Server = netip.Addr{} }),
		phone("was asked", func(*provision.Device) {}),
		phone("is not bound", func(d *provision.Device) { d.Allocation = provision.AllocationReserved }),
		phone("soft-1f2e3d4c", func(*provision.Device) {}),
	}, now, func(id string) bool { return id != "was asked" }) {
		got = append(got, d.ID)
	}
	if diff := cmp.Diff([]string{"knows the old address"}, got); diff != "" {
		t.Errorf("phones to call back (-want +got):\n%s", diff)
	}
}

func TestOurAddressLingers(t *testing.T) {
	elsewhere, same := netip.MustParseAddr("192.168.1.9"), netip.MustParseAddr("192.168.77.20")
	l := &lan{linger: time.Minute}
	if l.lingered(addressing{use: elsewhere, drop: fallback}) {
		t.Error("it goes before the phones of its network were called back")
	}
	if !l.lingered(addressing{use: same, drop: fallback}) {
		t.Error("it stays in a network that is somebody else's now")
	}
	l.leaving = time.Now().Add(-time.Minute)
	if !l.lingered(addressing{use: elsewhere, drop: fallback}) {
		t.Error("it stays for ever")
	}
}
