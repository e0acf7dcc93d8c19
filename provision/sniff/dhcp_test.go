package sniff

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/bpf"

	"autocom/provision"
)

// client describes a DHCP frame as a client sends it. Option texts are those that
// real phones sent (their makers' tables and published captures); MACs are replaced.
type client struct {
	op       byte // 1 unless set
	source   provision.MAC
	chaddr   provision.MAC
	hlen     byte // 6 unless set
	ciaddr   netip.Addr
	giaddr   netip.Addr
	from     netip.Addr // source of the IPv4 packet, 0.0.0.0 unless set
	unicast  bool       // to the server at 192.0.2.1, not to everybody
	file     []byte     // options that did not fit
	vlans    []uint16
	dstPort  uint16 // 67 unless set
	options  []byte // after the magic cookie
	noCookie bool
	cookie   []byte // instead of the magic one
}

func (c client) frame() []byte {
	b := make([]byte, bootpLen)
	b[0], b[1], b[offHardwareLen] = max(c.op, 1), 1, 6
	if c.hlen != 0 {
		b[offHardwareLen] = c.hlen
	}
	put(b[offCiaddr:], c.ciaddr)
	put(b[offGiaddr:], c.giaddr)
	copy(b[offChaddr:], c.chaddr[:])
	copy(b[offFile:], c.file)
	switch {
	case c.cookie != nil:
		b = append(append(b, c.cookie...), c.options...)
	case !c.noCookie:
		b = append(append(b, magicCookie...), c.options...)
	}
	port := c.dstPort
	if port == 0 {
		port = portDHCP
	}
	udp := binary.BigEndian.AppendUint16(nil, 68)
	udp = binary.BigEndian.AppendUint16(udp, port)
	udp = binary.BigEndian.AppendUint16(udp, uint16(8+len(b)))
	udp = append(append(udp, 0, 0), b...)
	ip := []byte{0x45, 0, 0, 0, 0, 1, 0, 0, 64, protocolUDP, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255}
	binary.BigEndian.PutUint16(ip[2:], uint16(20+len(udp)))
	put(ip[12:], c.from)
	to := []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	if c.unicast {
		put(ip[16:], netip.MustParseAddr("192.0.2.1"))
		to = []byte{0, 0, 0x5e, 0, 0x53, 0xfe}
	}
	source := c.source
	if source.IsZero() {
		source = c.chaddr
	}
	frame := append(to, source[:]...)
	for i, id := range c.vlans {
		tag := uint16(typeVLAN)
		if i < len(c.vlans)-1 {
			tag = typeQinQ
		}
		frame = binary.BigEndian.AppendUint16(frame, tag)
		frame = binary.BigEndian.AppendUint16(frame, id|0xa000) // with a priority
	}
	frame = binary.BigEndian.AppendUint16(frame, typeIPv4)
	return append(append(frame, ip...), udp...)
}

func put(b []byte, ip netip.Addr) {
	if ip.IsValid() {
		copy(b, ip.AsSlice())
	}
}

func option(code byte, value string) []byte {
	return append([]byte{code, byte(len(value))}, value...)
}

func options(parts ...[]byte) []byte {
	var out []byte
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

var (
	yealinkMAC = provision.MAC{0x00, 0x15, 0x65, 0xaa, 0xbb, 0x01}
	snomMAC    = provision.MAC{0x00, 0x04, 0x13, 0xaa, 0xbb, 0x02}
	ciscoMAC   = provision.MAC{0x00, 0x26, 0x99, 0xaa, 0xbb, 0x03}
	polycomMAC = provision.MAC{0x00, 0x04, 0xf2, 0xaa, 0xbb, 0x04}

	discover = option(optMessageType, "\x01")
	request  = option(optMessageType, "\x03")
	decline  = option(optMessageType, "\x04")
	release  = option(optMessageType, "\x07")
	inform   = option(optMessageType, "\x08")
	end      = []byte{optEnd}
)

// frames are the layouts that the decoder has to know; also the seeds of the fuzz target.
var frames = map[string]client{
	"a Yealink discovers": {
		chaddr:  yealinkMAC,
		options: options(discover, option(60, "yealink"), option(12, "SIP-T46G"), option(55, "\x01\x03\x06\x42\x2b"), end, make([]byte, 40)),
	},
	"a Snom requests after a reboot": {
		chaddr: snomMAC,
		options: options(request, option(optRequestedIP, "\xc0\x00\x02\x43"), option(60, "snomD735"),
			option(55, "\x01\x03\x06\x0c\x0f\x2a\x42\x43\x78"), end),
	},
	"a Cisco pads option 60 with NUL": {
		chaddr:  ciscoMAC,
		options: options(discover, option(60, "Cisco Systems, Inc. IP Phone CP-7911G\x00"), option(55, "\x01\x42\x06\x03\x0f\x96\x23"), end),
	},
	"a Polycom sends a binary option 60": {
		chaddr: polycomMAC,
		options: options(discover, option(60, "\x00\x00\x36\x3d\x20\x01\x07Polycom\x02\x15SoundPointIP-SPIP_601"),
			option(55, "\x01\x1c\x42\x03\x03"), end),
	},
	"no END": {
		chaddr: yealinkMAC, options: options(discover, option(60, "yealink")),
	},
	"the last option is cut": {
		chaddr: yealinkMAC, options: options(discover, option(60, "yealink"), []byte{optParameters, 30, 1, 3, 6}),
	},
	"option 60 in two parts": {
		chaddr: yealinkMAC, options: options(discover, option(60, "yea"), option(60, "link")),
	},
	"tagged with VLAN 20": {
		chaddr: yealinkMAC, vlans: []uint16{20}, options: options(discover, end),
	},
	"two tags, the inner one counts": {
		chaddr: yealinkMAC, vlans: []uint16{100, 20}, options: options(discover, end),
	},
	"a priority tag is no VLAN": {
		chaddr: yealinkMAC, vlans: []uint16{0}, options: options(discover, end),
	},
	"an INFORM says its address": {
		chaddr: yealinkMAC, ciaddr: netip.MustParseAddr("192.0.2.50"), options: options(inform, end),
	},
	"what a DISCOVER wishes is no address": {
		chaddr: yealinkMAC, options: options(discover, option(optRequestedIP, "\xc0\x00\x02\x32"), end),
	},
	"sent by another": {
		chaddr: yealinkMAC, source: snomMAC, options: options(discover, end),
	},
	"sent by a relay": {
		chaddr: yealinkMAC, source: snomMAC, giaddr: netip.MustParseAddr("198.51.100.1"), options: options(discover, end),
	},
	"hostile text": {
		chaddr: yealinkMAC, options: options(discover, option(60, "yea\x1b[31m\nlink\xff\x00"), option(12, "../../<b>"), end),
	},
	"BOOTP without options": {chaddr: yealinkMAC, noCookie: true},
	"a renewal, to the server alone": {
		chaddr: yealinkMAC, ciaddr: netip.MustParseAddr("192.0.2.50"), from: netip.MustParseAddr("192.0.2.50"), unicast: true,
		options: options(request, option(60, "yealink"), end),
	},
	"a rebinding": {
		chaddr: yealinkMAC, ciaddr: netip.MustParseAddr("192.0.2.50"), from: netip.MustParseAddr("192.0.2.50"),
		options: options(request, end),
	},
	"an INFORM that forgets to say its address": {
		chaddr: polycomMAC, from: netip.MustParseAddr("192.0.2.51"), options: options(inform, option(60, "Polycom-VVX410"), end),
	},
	"a DECLINE names the address of another": {
		chaddr: yealinkMAC, options: options(decline, option(optRequestedIP, "\xc0\x00\x02\x32"), end),
	},
	"a RELEASE gives its address up": {
		chaddr: yealinkMAC, ciaddr: netip.MustParseAddr("192.0.2.50"), unicast: true, options: options(release, end),
	},
	"a relayed REQUEST, with what the relay adds": {
		chaddr: yealinkMAC, source: snomMAC, giaddr: netip.MustParseAddr("198.51.100.1"), from: netip.MustParseAddr("198.51.100.1"),
		options: options(request, option(optRequestedIP, "\xc6\x33\x64\x09"), option(optRelay, "\x01\x04port"), end),
	},
	"an address that no host may have": {
		chaddr: yealinkMAC, options: options(request, option(optRequestedIP, "\xff\xff\xff\xff"), end),
	},
	"everything that tells devices apart": {
		chaddr: snomMAC, options: options(discover, option(optClientID, "\x01\x00\x04\x13\xaa\xbb\x02"),
			option(optUserClass, "\x05first\x06second"), option(55, "\x01\x03\x03\x42"), end),
	},
	"a Thomson writes its user class without lengths": {
		chaddr: yealinkMAC, options: options(discover, option(optUserClass, "Thomson ST2030S"), end),
	},
	"a Thomson sends a binary option 60": {
		chaddr: yealinkMAC, options: options(discover, option(60, "\x00\x0eThomson&ST2030"), end),
	},
	"options in the field of the boot file": {
		chaddr: yealinkMAC, file: options(option(60, "yealink"), end), options: options(discover, option(optOverload, "\x01"), end),
	},
	"300 bytes of option 55 in two parts": {
		chaddr:  yealinkMAC,
		options: options(discover, option(55, strings.Repeat("\x01", 255)), option(55, strings.Repeat("\x02", 45)), end),
	},
	"a hardware address of 16 bytes, of which 6 are used": {
		chaddr: yealinkMAC, hlen: 16, options: options(discover, option(60, "yealink"), end),
	},
	"a cookie that is none": {
		chaddr: yealinkMAC, cookie: []byte{99, 130, 83, 0}, options: options(discover, option(60, "yealink"), end),
	},
	"options without a cookie": {
		chaddr: yealinkMAC, cookie: []byte{}, options: options(discover, option(60, "yealink"), end),
	},
}

// mendedBy are the faults that are read over and counted; the other frames have none.
var mendedBy = map[string]string{
	"no END":                 FaultNoEnd,
	"the last option is cut": FaultCut,
	"option 60 in two parts": FaultNoEnd,
	"BOOTP without options":  FaultCookie,
	"a hardware address of 16 bytes, of which 6 are used": FaultLength,
	"a cookie that is none":                               FaultCookie,
	"options without a cookie":                            FaultCookie,
}

func TestDecodeDHCP(t *testing.T) {
	ip := netip.MustParseAddr
	sighting := func(mac provision.MAC, proved bool, vlan uint16, fields map[string]string) provision.Sighting {
		switch kind, ok := fields["message"]; {
		case !ok:
			fields["message"] = "discover"
		case kind == "":
			delete(fields, "message")
		}
		return provision.Sighting{Sensor: provision.SensorDHCP, MAC: mac, Proved: proved, VLAN: vlan, Fields: fields}
	}
	at := func(s provision.Sighting, addr netip.Addr) provision.Sighting { s.IP = addr; return s }
	want := map[string]provision.Sighting{
		"a Yealink discovers": sighting(yealinkMAC, true, 0, map[string]string{
			"option60": "yealink", "option55": "1,3,6,66,43", "hostname": "SIP-T46G"}),
		"a Snom requests after a reboot": at(sighting(snomMAC, true, 0, map[string]string{
			"message": "request", "option60": "snomD735", "option55": "1,3,6,12,15,42,66,67,120"}), ip("192.0.2.67")),
		"a Cisco pads option 60 with NUL": sighting(ciscoMAC, true, 0, map[string]string{
			"option60": "Cisco Systems, Inc. IP Phone CP-7911G", "option55": "1,66,6,3,15,150,35"}),
		"a Polycom sends a binary option 60": sighting(polycomMAC, true, 0, map[string]string{
			"option60": "Polycom SoundPointIP-SPIP_601", "vendor": "Polycom", "model": "SoundPointIP-SPIP_601", "option55": "1,28,66,3,3"}),
		"no END":                               sighting(yealinkMAC, true, 0, map[string]string{"option60": "yealink"}),
		"the last option is cut":               sighting(yealinkMAC, true, 0, map[string]string{"option60": "yealink", "option55": "1,3,6"}),
		"option 60 in two parts":               sighting(yealinkMAC, true, 0, map[string]string{"option60": "yealink"}),
		"tagged with VLAN 20":                  sighting(yealinkMAC, true, 20, map[string]string{}),
		"two tags, the inner one counts":       sighting(yealinkMAC, true, 20, map[string]string{}),
		"a priority tag is no VLAN":            sighting(yealinkMAC, true, 0, map[string]string{}),
		"an INFORM says its address":           at(sighting(yealinkMAC, true, 0, map[string]string{"message": "inform"}), ip("192.0.2.50")),
		"what a DISCOVER wishes is no address": sighting(yealinkMAC, true, 0, map[string]string{}),
		"sent by another":                      sighting(yealinkMAC, false, 0, map[string]string{}),
		"sent by a relay":                      sighting(yealinkMAC, false, 0, map[string]string{}),
		"hostile text": sighting(yealinkMAC, true, 0, map[string]string{
			"option60": "yea [31m link", "hostname": "../../<b>"}),
		"BOOTP without options": sighting(yealinkMAC, true, 0, map[string]string{"message": ""}),
		"a renewal, to the server alone": at(sighting(yealinkMAC, true, 0, map[string]string{
			"message": "request", "option60": "yealink"}), ip("192.0.2.50")),
		"a rebinding": at(sighting(yealinkMAC, true, 0, map[string]string{"message": "request"}), ip("192.0.2.50")),
		"an INFORM that forgets to say its address": at(sighting(polycomMAC, true, 0, map[string]string{
			"message": "inform", "option60": "Polycom-VVX410"}), ip("192.0.2.51")),
		"a DECLINE names the address of another": sighting(yealinkMAC, true, 0, map[string]string{"message": "decline"}),
		"a RELEASE gives its address up":         sighting(yealinkMAC, true, 0, map[string]string{"message": "release"}),
		"a relayed REQUEST, with what the relay adds": at(sighting(yealinkMAC, false, 0, map[string]string{
			"message": "request", "option82": "0104706f7274"}), ip("198.51.100.9")),
		"an address that no host may have": sighting(yealinkMAC, true, 0, map[string]string{"message": "request"}),
		"everything that tells devices apart": sighting(snomMAC, true, 0, map[string]string{
			"option61": "01000413aabb02", "option77": "first,second", "option55": "1,3,3,66"}),
		"a Thomson writes its user class without lengths": sighting(yealinkMAC, true, 0, map[string]string{"option77": "Thomson ST2030S"}),
		"a Thomson sends a binary option 60":              sighting(yealinkMAC, true, 0, map[string]string{"option60": "Thomson&ST2030"}),
		"options in the field of the boot file":           sighting(yealinkMAC, true, 0, map[string]string{"option60": "yealink"}),
		"300 bytes of option 55 in two parts": sighting(yealinkMAC, true, 0, map[string]string{
			"option55": strings.TrimSuffix(strings.Repeat("1,", 128), ",")}),
		"a hardware address of 16 bytes, of which 6 are used": sighting(yealinkMAC, true, 0, map[string]string{"option60": "yealink"}),
		"a cookie that is none":                               sighting(yealinkMAC, true, 0, map[string]string{"option60": "yealink"}),
		"options without a cookie":                            sighting(yealinkMAC, true, 0, map[string]string{"option60": "yealink"}),
	}
	got := map[string]provision.Sighting{}
	for name, c := range frames {
		s, mended, err := decodeDHCP(c.frame())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if mended != mendedBy[name] {
			t.Errorf("%s: mended %q, want %q", name, mended, mendedBy[name])
		}
		got[name] = s
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Errorf("sightings (-want +got):\n%s", diff)
	}
}

func TestWhatIsNoSighting(t *testing.T) {
	whole := frames["a Yealink discovers"].frame()
	fragment := append([]byte{}, whole...)
	fragment[etherLen+7] = 10 // fragment offset
	long := client{chaddr: yealinkMAC, source: snomMAC, hlen: 16, options: options(discover)}.frame()
	long[etherLen+20+8+offChaddr+10] = 1
	for name, tc := range map[string]struct {
		frame []byte
		other bool
	}{
		"a server's answer":   {client{op: 2, chaddr: yealinkMAC, options: options(discover, end)}.frame(), true},
		"an OFFER by type":    {client{chaddr: yealinkMAC, options: options(option(optMessageType, "\x02"), end)}.frame(), true},
		"another port":        {client{chaddr: yealinkMAC, dstPort: 53}.frame(), true},
		"a later fragment":    {fragment, true},
		"ARP":                 {append(make([]byte, 12), 0x08, 0x06, 0, 0), true},
		"nothing":             {nil, false},
		"half an IP header":   {whole[:etherLen+10], false},
		"half a BOOTP header": {whole[:etherLen+20+8+100], false},
		"no MAC":              {client{options: options(discover, end)}.frame(), false},
		"a group's MAC":       {client{chaddr: provision.MAC{1, 2, 3, 4, 5, 6}, options: options(discover, end)}.frame(), false},
		"a 16-byte MAC":       {long, false},
		"a truncated tag":     {append(make([]byte, 12), 0x81, 0x00, 0), false},
	} {
		s, err := DecodeDHCP(tc.frame)
		var f fault
		if err == nil || errors.Is(err, ErrOther) != tc.other || errors.As(err, &f) == tc.other {
			t.Errorf("%s: %v %v", name, s, err)
		}
	}
}

func TestALongParameterListEndsAtANumber(t *testing.T) {
	list := make([]byte, 200)
	for i := range list {
		list[i] = 151
	}
	got := numbers(list)
	if len(got) > provision.MaxField || got[len(got)-4:] != ",151" {
		t.Errorf("%d bytes, ends in %q", len(got), got[len(got)-4:])
	}
}

// The filter is what stands between us and all traffic of a busy port. The first
// two instructions ask the kernel who sent the frame; the machine here cannot.
func TestFilter(t *testing.T) {
	vm, err := bpf.NewVM(dhcpFilter[2:])
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range frames {
		n, err := vm.Run(c.frame())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			t.Errorf("%s: it does not pass", name)
		}
	}
	for name, frame := range map[string][]byte{
		"DNS":         client{chaddr: yealinkMAC, dstPort: 53}.frame(),
		"tagged DNS":  client{chaddr: yealinkMAC, dstPort: 53, vlans: []uint16{5}}.frame(),
		"to a client": client{op: 2, chaddr: yealinkMAC, dstPort: 68}.frame(),
		"three tags":  client{chaddr: yealinkMAC, vlans: []uint16{5, 6, 7}}.frame(),
		"LLDP":        lldpFrames["a Yealink"],
		"short":       {1, 2, 3},
		"ARP":         append(make([]byte, 12), 0x08, 0x06, 0, 0, 0, 0, 0, 0, 0, 0),
	} {
		if n, _ := vm.Run(frame); n > 0 {
			t.Errorf("%s: %d bytes pass", name, n)
		}
	}
}

func FuzzDecodeDHCP(f *testing.F) {
	for _, c := range frames {
		f.Add(c.frame())
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		s, err := DecodeDHCP(frame)
		if err != nil {
			return
		}
		if s.MAC.IsZero() || s.MAC.Multicast() {
			t.Errorf("sighting of %s", s.MAC)
		}
		for field, value := range s.Fields {
			if value == "" || value != provision.Clean(value) {
				t.Errorf("%s is not clean: %q", field, value)
			}
		}
	})
}

// The library and the lenient decoder must see the same in what both accept.
func FuzzLenientAgrees(f *testing.F) {
	for _, c := range frames {
		e, err := ether(c.frame())
		if err != nil {
			f.Fatal(err)
		}
		payload, _, err := toDHCP(e.payload)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(payload)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		theirs, ok := strict(payload)
		if !ok || len(payload) < bootpLen+len(magicCookie) {
			return
		}
		ours, err := lenient(payload)
		if err != nil {
			t.Fatalf("the library reads what the lenient decoder refuses: %v", err)
		}
		for _, code := range []byte{optHostname, optRequestedIP, optMessageType, optParameters, optVendorClass, optClientID, optUserClass, optRelay} {
			if string(theirs.options[code]) != string(ours.options[code]) {
				t.Errorf("option %d: the library has %q, lenient %q", code, theirs.options[code], ours.options[code])
			}
		}
	})
}

// What a maker packs into option 60 is walked, never trusted.
func FuzzEnterprise(f *testing.F) {
	f.Add([]byte("\x00\x00\x36\x3d\x20\x01\x07Polycom\x02\x15SoundPointIP-SPIP_601"))
	f.Add([]byte("\x00\x00\x36\x3d\xff\x01\xff"))
	f.Add([]byte("\x00"))
	f.Fuzz(func(t *testing.T, class []byte) {
		vendor, model, ok := enterprise(class)
		if ok != (vendor != "") || vendor != provision.Clean(vendor) || model != provision.Clean(model) {
			t.Errorf("%q: %q %q %v", class, vendor, model, ok)
		}
		if got := userClass(class); len(got) > len(class) {
			t.Errorf("user class %q from %q", got, class)
		}
	})
}

func BenchmarkDecodeDHCP(b *testing.B) {
	frame := frames["a Snom requests after a reboot"].frame()
	for b.Loop() {
		if _, err := DecodeDHCP(frame); err != nil {
			b.Fatal(err)
		}
	}
}
