package link

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"autocom/provision"
)

var (
	home   = []netip.Prefix{netip.MustParsePrefix("192.0.2.10/24")}
	lo     = Interface{Name: "lo", Index: 1, Up: true, Addresses: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/8")}}
	eth0   = Interface{Name: "eth0", Index: 2, Up: true, Wired: true, Addresses: home}
	eth1   = Interface{Name: "eth1", Index: 3, Up: true, Wired: true}
	wlan0  = Interface{Name: "wlan0", Index: 4, Up: true}
	pulled = Interface{Name: "eth0", Index: 2, Wired: true}
	kept   = Interface{Name: "eth0", Index: 2, Wired: true, Addresses: home}
)

func TestPick(t *testing.T) {
	for name, tc := range map[string]struct {
		list          []Interface
		want, current string
		picked        string
	}{
		"the first wired one that is up":        {[]Interface{lo, wlan0, eth1, eth0}, Auto, "", "eth0"},
		"not the one without a cable":           {[]Interface{lo, pulled, eth1}, Auto, "", "eth1"},
		"without any cable the first":           {[]Interface{lo, wlan0, pulled}, Auto, "", "eth0"},
		"no other while it is up":               {[]Interface{lo, eth0, eth1}, Auto, "eth1", "eth1"},
		"no other while it holds an address":    {[]Interface{lo, kept, eth1}, Auto, "eth0", "eth0"},
		"another when it lost all":              {[]Interface{lo, pulled, eth1}, Auto, "eth0", "eth1"},
		"another when it is gone":               {[]Interface{lo, eth0}, Auto, "eth7", "eth0"},
		"Wi-Fi only when it is named":           {[]Interface{lo, wlan0}, Auto, "", ""},
		"the named one":                         {[]Interface{lo, eth0, wlan0}, "wlan0", "", "wlan0"},
		"the named one, though another is up":   {[]Interface{lo, pulled, eth1}, "eth0", "", "eth0"},
		"no substitute for the named one":       {[]Interface{lo, eth0}, "eth9", "eth0", ""},
		"nothing is nothing":                    {nil, Auto, "", ""},
		"no name is auto":                       {[]Interface{lo, eth0}, "", "", "eth0"},
		"no wired one became current by a name": {[]Interface{lo, eth0, wlan0}, Auto, "wlan0", "eth0"},
	} {
		got, ok := Pick(tc.list, tc.want, tc.current)
		if got.Name != tc.picked || ok != (tc.picked != "") {
			t.Errorf("%s: %q %v, want %q", name, got.Name, ok, tc.picked)
		}
	}
}

func TestOthers(t *testing.T) {
	nic := func(index int, name string, change ...func(*Interface)) Interface {
		i := Interface{Name: name, Index: index, Up: true, Wired: true}
		for _, c := range change {
			c(&i)
		}
		return i
	}
	vlan := func(parent int, id uint16) func(*Interface) {
		return func(i *Interface) { i.Wired, i.Parent, i.VLAN = false, parent, id }
	}
	port := func(bridge int) func(*Interface) { return func(i *Interface) { i.Bridge = bridge } }
	virtual := func(i *Interface) { i.Wired = false }
	down := func(i *Interface) { i.Up = false }
	out := func(i *Interface) { i.Gateway = true }
	for name, tc := range map[string]struct {
		list        []Interface
		lan, uplink string
		want        string
	}{
		"one card":                                 {[]Interface{lo, nic(2, "eth0"), wlan0}, "eth0", Auto, ""},
		"a second card":                            {[]Interface{lo, nic(2, "eth0"), nic(3, "eth1")}, "eth0", Auto, "eth1"},
		"a second card without a cable":            {[]Interface{nic(2, "eth0"), nic(3, "eth1", down)}, "eth0", Auto, ""},
		"the uplink by its name":                   {[]Interface{nic(2, "eth0"), nic(3, "eth1"), nic(5, "eth2")}, "eth0", "eth1", "eth2"},
		"the uplink by its route":                  {[]Interface{nic(2, "eth0"), nic(3, "eth1", out)}, "eth0", Auto, ""},
		"the LAN has the route too":                {[]Interface{nic(2, "eth0", out), nic(3, "eth1")}, "eth0", Auto, "eth1"},
		"VLANs of the LAN":                         {[]Interface{nic(2, "eth0"), nic(7, "eth0.20", vlan(2, 20)), nic(6, "voice", vlan(2, 30))}, "eth0", Auto, "voice eth0.20"},
		"a VLAN of the LAN is the uplink":          {[]Interface{nic(2, "eth0"), nic(7, "eth0.20", vlan(2, 20), out)}, "eth0", Auto, ""},
		"a VLAN that is down":                      {[]Interface{nic(2, "eth0"), nic(7, "eth0.20", vlan(2, 20), down)}, "eth0", Auto, ""},
		"a VLAN of the uplink":                     {[]Interface{nic(2, "eth0"), nic(3, "eth1", out), nic(7, "eth1.20", vlan(3, 20))}, "eth0", Auto, ""},
		"the bridge of the LAN, and its VLAN":      {[]Interface{nic(2, "eth0", port(8)), nic(8, "br0", virtual), nic(9, "br0.5", vlan(8, 5))}, "eth0", Auto, "br0"},
		"the route leaves by the LAN's own bridge": {[]Interface{nic(2, "eth0", port(8)), nic(8, "br0", virtual, out)}, "eth0", Auto, "br0"},
		"a LAN that is a bridge":                   {[]Interface{nic(2, "eth0", port(8)), nic(3, "veth1", virtual, port(8)), nic(8, "br0", virtual)}, "br0", Auto, "eth0 veth1"},
		"a stranger's bridge":                      {[]Interface{nic(2, "eth0"), nic(8, "docker0", virtual)}, "eth0", Auto, ""},
		"a ring, as no kernel has":                 {[]Interface{nic(2, "eth0"), nic(3, "a", vlan(4, 1)), nic(4, "b", vlan(3, 1))}, "eth0", Auto, ""},
		"no LAN":                                   {[]Interface{nic(2, "eth0")}, "", Auto, ""},
	} {
		lan, _ := named(tc.list, tc.lan)
		var got []string
		for _, i := range Others(tc.list, lan, tc.uplink) {
			got = append(got, i.Name)
		}
		if strings.Join(got, " ") != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

// fakeKernel tells what the test puts into it.
type fakeKernel struct {
	lists   chan []Interface
	changes chan struct{}
	listed  []Interface
	fail    chan error
}

func (k *fakeKernel) Interfaces() ([]Interface, error) {
	select {
	case k.listed = <-k.lists:
	case err := <-k.fail:
		return nil, err
	default:
	}
	return k.listed, nil
}

func (k *fakeKernel) Changes(context.Context) (<-chan struct{}, error) { return k.changes, nil }

func TestWatchTellsChangesOnce(t *testing.T) {
	k := &fakeKernel{lists: make(chan []Interface, 4), changes: make(chan struct{}, 8), fail: make(chan error, 1)}
	told := make(chan Interface, 8)
	w := &Watch{Name: Auto, OnChange: func(i Interface) { told <- i }, kernel: k}
	k.lists <- []Interface{lo, pulled}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- w.Run(ctx) }()
	<-w.Ready()
	expect(t, told, pulled)

	// A link that comes up makes several messages.
	k.lists <- []Interface{lo, eth0}
	start := time.Now()
	for range 5 {
		k.changes <- struct{}{}
	}
	expect(t, told, eth0)
	if d := time.Since(start); d < debounce || d > 4*debounce {
		t.Errorf("told after %v, the debounce is %v", d, debounce)
	}
	if lan, ok := w.LAN(); !ok || w.Address() != netip.MustParseAddr("192.0.2.10") || !lan.Equal(eth0) {
		t.Errorf("LAN is %v %v", lan, ok)
	}

	// Nothing new, then a kernel that fails once: the next state is told all the same.
	k.changes <- struct{}{}
	time.Sleep(2 * debounce)
	k.fail <- errors.New("no buffer space")
	k.changes <- struct{}{}
	time.Sleep(2 * debounce)
	k.lists <- []Interface{lo}
	expect(t, told, Interface{})
	if _, ok := w.LAN(); ok {
		t.Error("there is a LAN without an interface")
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if len(told) != 0 {
		t.Errorf("told once more: %v", <-told)
	}
}

// A VLAN and a second card come while we run; the LAN interface stays.
func TestWatchTellsOthersOnce(t *testing.T) {
	k := &fakeKernel{lists: make(chan []Interface, 4), changes: make(chan struct{}, 8)}
	lans, told := make(chan Interface, 8), make(chan []Interface, 8)
	w := &Watch{Name: Auto, Uplink: Auto, OnChange: func(i Interface) { lans <- i }, OnOthers: func(o []Interface) { told <- o }, kernel: k}
	voice := Interface{Name: "eth0.20", Index: 9, Up: true, Parent: 2, VLAN: 20}
	uplink := eth1
	uplink.Gateway = true
	k.lists <- []Interface{lo, eth0}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- w.Run(ctx) }()
	<-w.Ready()
	for _, step := range []struct{ list, want []Interface }{
		{[]Interface{lo, eth0, voice}, []Interface{voice}},
		{[]Interface{lo, eth0, voice, eth1}, []Interface{eth1, voice}},
		{[]Interface{lo, eth0, voice, uplink}, []Interface{voice}},
		{[]Interface{lo, eth0}, nil},
	} {
		for range 2 { // twice is once
			k.lists <- step.list
			k.changes <- struct{}{}
			time.Sleep(2 * debounce)
		}
		select {
		case got := <-told:
			if diff := cmp.Diff(step.want, got); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("not told for 5 s, want %v", step.want)
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if len(told) != 0 || len(lans) != 1 {
		t.Errorf("told %d others and %d LANs too many", len(told), len(lans)-1)
	}
}

func expect(t *testing.T, told chan Interface, want Interface) {
	t.Helper()
	select {
	case got := <-told:
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("told (-want +got):\n%s", diff)
		}
	case <-time.After(5 * time.Second):
		t.Fatalf("not told for 5 s, want %v", want)
	}
}

func TestOnlyConfirmedNeighbours(t *testing.T) {
	ip := netip.MustParseAddr("192.0.2.50")
	phone := provision.MAC{0, 0, 0x5e, 0, 0x53, 1}
	for state, want := range map[int]bool{
		unix.NUD_REACHABLE: true, unix.NUD_STALE: true, unix.NUD_DELAY: true, unix.NUD_PROBE: true, unix.NUD_PERMANENT: true,
		unix.NUD_INCOMPLETE: false, unix.NUD_FAILED: false, unix.NUD_NOARP: false, unix.NUD_NONE: false,
	} {
		if ok := (neighbour{ip, phone, state}).proves(ip); ok != want {
			t.Errorf("state %#x: %v", state, ok)
		}
	}
	for name, n := range map[string]neighbour{
		"no MAC":          {ip, provision.MAC{}, unix.NUD_REACHABLE},
		"a group's MAC":   {ip, provision.MAC{1}, unix.NUD_REACHABLE},
		"another address": {ip.Next(), phone, unix.NUD_REACHABLE},
	} {
		if n.proves(ip) {
			t.Errorf("%s: it is taken for %v", name, n.mac)
		}
	}
}

func TestNoNeighbourIsSoughtForStrangeAddresses(t *testing.T) {
	for _, text := range []string{"127.0.0.1", "224.0.1.75", "0.0.0.0", "2001:db8::1", "::ffff:127.0.0.1"} {
		start := time.Now()
		if mac, ok := Neighbour(0, netip.MustParseAddr(text)); ok || time.Since(start) > arpWait/2 {
			t.Errorf("%s: %v %v after %v", text, mac, ok, time.Since(start))
		}
	}
}
