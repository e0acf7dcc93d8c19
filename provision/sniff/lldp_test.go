package sniff

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"golang.org/x/net/bpf"

	"autocom/provision"
)

func tlv(kind int, value string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(kind<<9|len(value))), value...)
}

func med(kind byte, value string) []byte {
	return tlv(tlvOrganisation, medOUI+string(kind)+value)
}

func lldp(source provision.MAC, parts ...[]byte) []byte {
	frame := append([]byte{0x01, 0x80, 0xc2, 0, 0, 0x0e}, source[:]...)
	frame = binary.BigEndian.AppendUint16(frame, typeLLDP)
	return append(frame, options(parts...)...)
}

var (
	chassisAt = tlv(tlvChassis, "\x05\x01\xc0\x00\x02\x32")
	ttl       = tlv(tlvTTL, "\x00\x78")
	endTLV    = []byte{0, 0}
	phoneMED  = options(
		med(medCapabilities, "\x00\x33\x03"),
		med(medPolicy, "\x01\x40\x28\xae"), // voice, tagged, VLAN 20, priority 2, DSCP 46
		med(medPolicy, "\x02\x40\x2a\xae"),
		med(5, "1.0"),
	)
)

func portAt(mac provision.MAC) []byte { return tlv(tlvPort, "\x03"+string(mac[:])) }

// lldpFrames are built as the makers' tables say their phones send them.
var lldpFrames = map[string][]byte{
	"a Yealink": lldp(yealinkMAC, chassisAt, portAt(yealinkMAC), ttl, tlv(4, "WAN PORT"), tlv(tlvSystemName, "SIP-T46G"),
		tlv(tlvSystem, "Yealink SIP-T46G"), tlv(tlvCapabilities, "\x00\x24\x00\x24"), phoneMED,
		med(medFirmware, "28.72.0.1"), med(medSerial, "0123456789"), med(medManufacturer, "Yealink"), med(medModel, "T46G\x00 "), endTLV),
	"a Cisco, its port named": lldp(ciscoMAC, chassisAt, tlv(tlvPort, "\x07002699AABB03:P1"), ttl, tlv(tlvSystemName, "SEP002699AABB03"),
		tlv(tlvCapabilities, "\x00\x24\x00\x20"), phoneMED, med(medFirmware, "boot"), med(medSoftware, "sip88xx.12-1-1SR1-4.loads"),
		med(medManufacturer, "Cisco Systems, Inc."), med(medModel, "CP-8811"), endTLV),
	"a switch": lldp(snomMAC, tlv(tlvChassis, "\x04\x00\x00\x5e\x00\x53\x01"), tlv(tlvPort, "\x05gi7"), ttl,
		tlv(tlvCapabilities, "\x00\x14\x00\x04"), med(medCapabilities, "\x00\x0f\x04"), endTLV),
	"a policy that is asked for, and one untagged": lldp(snomMAC, chassisAt, portAt(snomMAC), ttl,
		med(medPolicy, "\x01\x80\x00\x00"), med(medPolicy, "\x06\x00\x00\x00"), med(medPolicy, "\x09\x40\x02\x00"), endTLV),
	"no End TLV":              lldp(snomMAC, chassisAt, portAt(snomMAC), ttl, phoneMED),
	"a TLV beyond the frame":  lldp(snomMAC, chassisAt, portAt(snomMAC), ttl, phoneMED, []byte{0x0a, 200, 'x'}),
	"a policy that is cut":    lldp(snomMAC, chassisAt, portAt(snomMAC), ttl, med(medPolicy, "\x01\x40"), med(medModel, "D735"), endTLV),
	"the port of another":     lldp(snomMAC, chassisAt, portAt(yealinkMAC), ttl, endTLV),
	"the address of its page": lldp(snomMAC, tlv(tlvChassis, "\x07x"), portAt(snomMAC), ttl, tlv(tlvManagement, "\x05\x01\xc0\x00\x02\x33\x02\x00\x00\x00\x01\x00"), endTLV),
	"tagged with VLAN 20": append(append(append([]byte{}, lldp(snomMAC)[:12]...), 0x81, 0x00, 0, 20),
		lldp(snomMAC, chassisAt, portAt(snomMAC), ttl, endTLV)[12:]...),
	"hostile text": lldp(snomMAC, chassisAt, portAt(snomMAC), ttl, tlv(tlvSystemName, "\x1b[31m<b>\xff"), med(medModel, strings.Repeat("x", 400)), endTLV),
}

func TestDecodeLLDP(t *testing.T) {
	said := func(mac provision.MAC, fields map[string]string) provision.Sighting {
		return provision.Sighting{Sensor: provision.SensorLLDP, MAC: mac, Proved: true, IP: netip.MustParseAddr("192.0.2.50"), Fields: fields}
	}
	medOnly := map[string]string{"class": "3", "policy": "voice:20,signalling:21"}
	sw := said(snomMAC, map[string]string{"class": "4", "capability": "bridge"})
	sw.IP = netip.Addr{}
	other := said(yealinkMAC, map[string]string{})
	other.Proved = false
	page := said(snomMAC, map[string]string{})
	page.IP = netip.MustParseAddr("192.0.2.51")
	tagged := said(snomMAC, map[string]string{})
	tagged.VLAN = 20
	want := map[string]provision.Sighting{
		"a Yealink": said(yealinkMAC, map[string]string{
			"class": "3", "policy": "voice:20,signalling:21", "system-name": "SIP-T46G", "system": "Yealink SIP-T46G",
			"capability": "bridge,telephone", "firmware": "28.72.0.1", "serial": "0123456789", "vendor": "Yealink", "model": "T46G"}),
		"a Cisco, its port named": said(ciscoMAC, map[string]string{
			"class": "3", "policy": "voice:20,signalling:21", "system-name": "SEP002699AABB03", "capability": "telephone",
			"firmware": "sip88xx.12-1-1SR1-4.loads", "vendor": "Cisco Systems, Inc.", "model": "CP-8811"}),
		"a switch": sw,
		"a policy that is asked for, and one untagged": said(snomMAC, map[string]string{"policy": "voice:unknown,video:untagged,9:1"}),
		"no End TLV":              said(snomMAC, medOnly),
		"a TLV beyond the frame":  said(snomMAC, medOnly),
		"a policy that is cut":    said(snomMAC, map[string]string{"model": "D735"}),
		"the port of another":     other,
		"the address of its page": page,
		"tagged with VLAN 20":     tagged,
		"hostile text":            said(snomMAC, map[string]string{"system-name": "[31m<b>", "model": strings.Repeat("x", 255)}),
	}
	wrong := map[string]string{"a TLV beyond the frame": FaultCut, "a policy that is cut": FaultLength}
	got := map[string]provision.Sighting{}
	for name, frame := range lldpFrames {
		s, mended, err := decodeLLDP(frame)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if mended != wrong[name] {
			t.Errorf("%s: fault %q, want %q", name, mended, wrong[name])
		}
		got[name] = s
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Errorf("sightings (-want +got):\n%s", diff)
	}
}

func TestWhatIsNoNeighbour(t *testing.T) {
	for name, tc := range map[string]struct {
		frame []byte
		other bool
	}{
		"a good-bye":        {lldp(snomMAC, chassisAt, portAt(snomMAC), tlv(tlvTTL, "\x00\x00"), endTLV), true},
		"DHCP":              {frames["a Yealink discovers"].frame(), true},
		"no TLV":            {lldp(snomMAC), false},
		"a group's address": {lldp(provision.MAC{1, 2, 3, 4, 5, 6}, chassisAt, ttl), false},
		"half a header":     {lldp(snomMAC)[:13], false},
	} {
		s, err := DecodeLLDP(tc.frame)
		if err == nil || errors.Is(err, ErrOther) != tc.other {
			t.Errorf("%s: %v %v", name, s, err)
		}
	}
}

// gopacket reads the same, where it can: it keeps one policy and the last one wins,
// wants an End TLV, and trims nothing.
func TestAnotherDecoderReadsTheSame(t *testing.T) {
	for _, name := range []string{"a Yealink", "a Cisco, its port named", "a switch", "tagged with VLAN 20"} {
		p := gopacket.NewPacket(lldpFrames[name], layers.LayerTypeEthernet, gopacket.Default)
		if e := p.ErrorLayer(); e != nil {
			t.Fatalf("%s: %v", name, e.Error())
		}
		base, ok := p.Layer(layers.LayerTypeLinkLayerDiscovery).(*layers.LinkLayerDiscovery)
		info, ok2 := p.Layer(layers.LayerTypeLinkLayerDiscoveryInfo).(*layers.LinkLayerDiscoveryInfo)
		if !ok || !ok2 {
			t.Fatalf("%s: %v", name, p)
		}
		m, err := info.DecodeMedia()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		theirs := fields{}
		theirs.set(provision.FieldSystemName, info.SysName)
		theirs.set(provision.FieldSystem, info.SysDescription)
		theirs.set(provision.FieldVendor, m.Manufacturer)
		theirs.set(provision.FieldModel, m.Model)
		theirs.set(provision.FieldSerial, m.SerialNumber)
		theirs.set(provision.FieldFirmware, m.SoftwareRevision)
		if m.SoftwareRevision == "" {
			theirs.set(provision.FieldFirmware, m.FirmwareRevision)
		}
		if m.MediaCapabilities.Class != 0 {
			theirs.set(provision.FieldClass, string('0'+byte(m.MediaCapabilities.Class)))
		}
		s, err := DecodeLLDP(lldpFrames[name])
		if err != nil {
			t.Fatal(err)
		}
		ours := fields{}
		for field := range s.Fields {
			if field != provision.FieldCapability && field != provision.FieldPolicy {
				ours[field] = s.Fields[field]
			}
		}
		if diff := cmp.Diff(theirs, ours); diff != "" {
			t.Errorf("%s (-theirs +ours):\n%s", name, diff)
		}
		if caps := info.SysCapabilities.EnabledCap; caps.Phone != strings.Contains(s.Fields[provision.FieldCapability], "telephone") ||
			caps.Bridge != strings.Contains(s.Fields[provision.FieldCapability], "bridge") {
			t.Errorf("%s: capabilities %+v, ours %q", name, caps, s.Fields[provision.FieldCapability])
		}
		if base.PortID.Subtype == layers.LLDPPortIDSubtypeMACAddr && string(base.PortID.ID) != string(s.MAC[:]) {
			t.Errorf("%s: port %x, ours %s", name, base.PortID.ID, s.MAC)
		}
	}
}

func TestFilterLLDP(t *testing.T) {
	vm, err := bpf.NewVM(lldpFilter[2:])
	if err != nil {
		t.Fatal(err)
	}
	for name, frame := range lldpFrames {
		if n, err := vm.Run(frame); err != nil || n == 0 {
			t.Errorf("%s: it does not pass: %v", name, err)
		}
	}
	for name, frame := range map[string][]byte{"DHCP": frames["a Yealink discovers"].frame(), "tagged DHCP": frames["tagged with VLAN 20"].frame(), "short": {1, 2}} {
		if n, _ := vm.Run(frame); n > 0 {
			t.Errorf("%s: %d bytes pass", name, n)
		}
	}
}

// A flood of one device leaves the others their place; one of many is bounded.
func TestAFloodIsShed(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	seen := map[provision.MAC]int{}
	p := protocol{decode: decodeDHCP, sink: func(s provision.Sighting) { seen[s.MAC]++ }}
	var e ear
	flood, phone := frames["a Yealink discovers"].frame(), frames["a Snom requests after a reboot"].frame()
	for range 1000 {
		e.frame(p, flood, 0, provision.MAC{}, now)
	}
	e.frame(p, phone, 0, provision.MAC{}, now)
	if diff := cmp.Diff(map[provision.MAC]int{yealinkMAC: maxPerDevice, snomMAC: 1}, seen); diff != "" {
		t.Errorf("in a flood (-want +got):\n%s", diff)
	}
	for i := range 10_000 {
		flood[etherLen+20+8+offChaddr+4], flood[etherLen+20+8+offChaddr+5] = byte(i>>8), byte(i)
		e.frame(p, flood, 0, provision.MAC{}, now.Add(time.Second))
	}
	c := e.Counters()
	if all := c.Sightings - maxPerDevice - 1; all != maxFrames {
		t.Errorf("%d of 10000 devices in one second, want %d", all, maxFrames)
	}
	if c.Frames != 11_001 || c.Shed+c.Sightings != c.Frames {
		t.Errorf("counters %+v", c)
	}
	e.frame(p, phone, 0, provision.MAC{}, now.Add(2*time.Second))
	if seen[snomMAC] != 2 {
		t.Error("the phone is not seen after the flood")
	}
}

func FuzzDecodeLLDP(f *testing.F) {
	for _, frame := range lldpFrames {
		f.Add(frame)
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		s, err := DecodeLLDP(frame)
		if err != nil {
			return
		}
		if s.MAC.IsZero() || s.MAC.Multicast() {
			t.Errorf("sighting of %s", s.MAC)
		}
		if s.IP.IsValid() && s.IP.IsMulticast() {
			t.Errorf("address %s", s.IP)
		}
		for field, value := range s.Fields {
			if value == "" || value != provision.Clean(value) {
				t.Errorf("%s is not clean: %q", field, value)
			}
		}
	})
}

func BenchmarkDecodeLLDP(b *testing.B) {
	frame := lldpFrames["a Yealink"]
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeLLDP(frame); err != nil {
			b.Fatal(err)
		}
	}
}
