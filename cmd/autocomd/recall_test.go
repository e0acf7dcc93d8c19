package main

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"autocom/provision"
)

func TestBehind(t *testing.T) {
	old, now := netip.MustParseAddr("192.168.77.1"), netip.MustParseAddr("192.168.1.9")
	phone := func(id string, change func(*provision.Device)) provision.Device {
		d := provision.Device{
			ID: id, Allocation: provision.AllocationBound, Server: old,
			Lines: []provision.Line{{N: 1, Number: "201"}, {N: 2, Number: "202", Registered: true}},
		}
		change(&d)
		return d
	}
	var got []string
	for _, d := range behind([]provision.Device{
		phone("knows the old address", func(*provision.Device) {}),
		phone("came along", func(d *provision.Device) { d.Server = now }),
		phone("never read a file", func(d *provision.Device) { d.Server = netip.Addr{} }),
		phone("is away", func(d *provision.Device) { d.Lines[1].Registered = false }),
		phone("is not bound", func(d *provision.Device) { d.Allocation = provision.AllocationReserved }),
		phone("soft-1f2e3d4c", func(*provision.Device) {}),
	}, now) {
		got = append(got, d.ID)
	}
	if diff := cmp.Diff([]string{"knows the old address"}, got); diff != "" {
		t.Errorf("phones to call back (-want +got):\n%s", diff)
	}
}
