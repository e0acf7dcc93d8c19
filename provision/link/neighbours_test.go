package link

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"autocom/provision"
)

func TestEachPairIsToldOnce(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	ip := netip.MustParseAddr("192.0.2.50")
	a, b := provision.MAC{0, 0, 0x5e, 0, 0x53, 1}, provision.MAC{0, 0, 0x5e, 0, 0x53, 2}
	var got []provision.Sighting
	n := Neighbours{Interface: "lan0", Sink: func(s provision.Sighting) { got = append(got, s) }}
	for _, x := range []neighbour{
		{ip, provision.MAC{}, unix.NUD_INCOMPLETE}, {ip, a, unix.NUD_REACHABLE}, {ip, a, unix.NUD_STALE},
		{ip, a, unix.NUD_FAILED}, {ip, a, unix.NUD_REACHABLE}, {ip, b, unix.NUD_STALE}, {ip, b, unix.NUD_REACHABLE},
		{netip.MustParseAddr("fe80::1"), a, unix.NUD_REACHABLE}, {netip.Addr{}, a, unix.NUD_REACHABLE}, {ip, a, unix.NUD_NOARP},
	} {
		n.take(x, now)
	}
	said := func(mac provision.MAC) provision.Sighting {
		return provision.Sighting{At: now, Sensor: provision.SensorARP, MAC: mac, Proved: true, IP: ip, Interface: "lan0", Fields: map[string]string{}}
	}
	if diff := cmp.Diff([]provision.Sighting{said(a), said(b)}, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	if c := n.Counters(); c != (NeighbourCounters{Messages: 5, Sightings: 2}) {
		t.Errorf("counters %+v", c)
	}
}

func TestAFloodOfNeighboursIsShed(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	told := 0
	n := Neighbours{Sink: func(provision.Sighting) { told++ }}
	all := func(now time.Time) {
		for i := range 2 * maxPairsASec {
			n.take(neighbour{netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}), provision.MAC{0, 0, 0x5e, 0, byte(i >> 8), byte(i)}, unix.NUD_STALE}, now)
		}
	}
	all(now)
	if told != maxPairsASec {
		t.Errorf("%d told in one second, want %d", told, maxPairsASec)
	}
	all(now.Add(pairsForgiven))
	all(now.Add(2 * pairsForgiven))
	if told != 2*maxPairsASec || n.Counters().Shed != maxPairsASec {
		t.Errorf("%d told, want each once; %+v", told, n.Counters())
	}
	for i := range 3 * maxPairs { // what is kept is bounded
		n.pairs.told = 0
		n.take(neighbour{netip.AddrFrom4([4]byte{10, byte(2 + i>>16), byte(i >> 8), byte(i)}), provision.MAC{0, 0, 0x5e, 0, 0x53, 1}, unix.NUD_STALE}, now)
	}
	if len(n.pairs.mac) > maxPairs {
		t.Errorf("%d pairs are kept", len(n.pairs.mac))
	}
}

// Not every kernel that the tests run on can make VLANs.
func TestWhatTheKernelTellsOfAVLAN(t *testing.T) {
	got := described(&netlink.Vlan{VlanId: 20, LinkAttrs: netlink.LinkAttrs{
		Name: "lan0.20", Index: 7, ParentIndex: 2, EncapType: "ether", Flags: net.FlagUp, OperState: netlink.OperUp,
		HardwareAddr: net.HardwareAddr{0, 0, 0x5e, 0, 0x53, 1},
	}})
	want := Interface{Name: "lan0.20", Index: 7, MAC: provision.MAC{0, 0, 0x5e, 0, 0x53, 1}, Up: true, Parent: 2, VLAN: 20}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
