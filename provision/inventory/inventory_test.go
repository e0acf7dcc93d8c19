package inventory

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"autocom/provision"
	"autocom/provision/vendors"
)

var (
	t0   = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	phIP = netip.MustParseAddr("192.0.2.50")
)

// makers are the real rules: they are data, and this is where they are tried.
func makers(t testing.TB) []provision.Vendor {
	t.Helper()
	set, err := vendors.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return set.Vendors()
}

func mac(s string) provision.MAC {
	m, err := provision.ParseMAC(s)
	if err != nil {
		panic(err)
	}
	return m
}

// seen makes a sighting from "sensor mac field=value field=value".
func seen(sensor provision.Sensor, address string, proved bool, fields ...string) provision.Sighting {
	s := provision.Sighting{At: t0, Sensor: sensor, Proved: proved, IP: phIP, Interface: "eth0", Fields: map[string]string{}}
	if address != "" {
		s.MAC = mac(address)
	}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, "=")
		s.Fields[name] = value
	}
	return s
}

const (
	dhcp = provision.SensorDHCP
	pnp  = provision.SensorPnP
	http = provision.SensorHTTP

	yealinkUA    = "user-agent=Yealink SIP-T46G 28.72.0.1 00:15:65:aa:bb:01"
	yealinkEvent = `event=ua-profile;profile-type="device";vendor="yealink";model="W52P";version="25.81.0.10"`
)

func TestVerdicts(t *testing.T) {
	all := makers(t)
	type verdict struct {
		Verdict         provision.Verdict
		Vendor, Model   string
		Firmware        string
		ReasonIsThere   bool
		EvidenceMatters bool
	}
	phone := func(vendor, model, firmware string) verdict {
		return verdict{provision.VerdictPhone, vendor, model, firmware, false, true}
	}
	seenAs := func(vendor string) verdict {
		return verdict{Verdict: provision.VerdictSeen, Vendor: vendor, EvidenceMatters: true}
	}
	nothing := verdict{Verdict: provision.VerdictSeen}
	cases := map[string]struct {
		sightings []provision.Sighting
		want      verdict
	}{
		"an OUI alone is no phone": {
			[]provision.Sighting{seen(dhcp, "001565aabb01", true)}, seenAs("yealink")},
		"an OUI by three sensors is still one OUI": {
			[]provision.Sighting{seen(dhcp, "001565aabb01", true), seen(pnp, "001565aabb01", true), seen(http, "001565aabb01", true)}, seenAs("yealink")},
		"option 66 alone is no phone": {
			[]provision.Sighting{seen(dhcp, "00005e005301", true, "option55=1,3,6,66")}, verdict{Verdict: provision.VerdictSeen, EvidenceMatters: true}},
		"an OUI and option 66 are no phone": {
			[]provision.Sighting{seen(dhcp, "001565aabb01", true, "option55=1,3,6,66")}, seenAs("yealink")},
		"an HP printer is no phone": {
			[]provision.Sighting{seen(dhcp, "00005e005301", true, "option55=6,3,1,15,66,67,13,44,12")}, verdict{Verdict: provision.VerdictSeen, EvidenceMatters: true}},
		"a PC that boots by network with a Yealink OUI": {
			[]provision.Sighting{seen(dhcp, "001565aabb01", true, "option60=PXEClient:Arch:00000:UNDI:002001", "option55=1,3,66,160")}, seenAs("yealink")},
		"a Grandstream access point": {
			[]provision.Sighting{seen(dhcp, "c074adaabb01", true, "hostname=GWN7610")}, seenAs("grandstream")},
		"a laptop": {
			[]provision.Sighting{seen(dhcp, "00005e005301", true, "option60=MSFT 5.0", "hostname=DESKTOP-1")}, verdict{Verdict: provision.VerdictSeen, EvidenceMatters: true}},
		"a Yealink by option 60": {
			[]provision.Sighting{seen(dhcp, "001565aabb01", true, "option60=yealink")}, phone("yealink", "", "")},
		"a Yealink by PnP": {
			[]provision.Sighting{seen(pnp, "001565aabb01", true, yealinkEvent)}, phone("yealink", "W52P", "25.81.0.10")},
		"a Yealink with an OUI that is not in the list": {
			[]provision.Sighting{seen(pnp, "00005e005301", true, yealinkEvent)}, phone("yealink", "W52P", "25.81.0.10")},
		"a Yealink fetches": {
			[]provision.Sighting{seen(http, "001565aabb01", true, "path=y000000000028.cfg", yealinkUA)}, phone("yealink", "T46G", "28.72.0.1")},
		"an unknown model of Yealink fetches": {
			[]provision.Sighting{seen(http, "001565aabb01", true, "user-agent=Yealink NEW-1", "path=y000000000999.cfg")}, phone("yealink", "", "")},
		"its own file by name, without any User-Agent": {
			[]provision.Sighting{seen(http, "001565aabb01", true, "path=001565aabb01.cfg")}, phone("yealink", "", "")},
		"another's file by name": {
			[]provision.Sighting{seen(http, "001565aabb01", true, "path=001565aabb02.cfg")}, seenAs("yealink")},
		"another's MAC in the User-Agent": {
			[]provision.Sighting{seen(http, "00005e005301", true, yealinkUA)}, nothing},
		"a Snom by option 60 and its file": {
			[]provision.Sighting{seen(dhcp, "000413aabb02", true, "option60=snomD735"), seen(http, "000413aabb02", true, "path=snomD735-000413AABB02.htm")}, phone("snom", "D735", "")},
		"a Snom by its list of options": {
			[]provision.Sighting{seen(dhcp, "000413aabb02", true, "option55=1,3,6,12,15,42,66,67,120")}, phone("snom", "", "")},
		"an old Snom that calls itself OEM": {
			[]provision.Sighting{seen(pnp, "000413aabb02", true, `event=ua-profile;profile-type="device";vendor="OEM";model="OEM";version="7.1.19"`)}, phone("snom", "", "")},
		"an AudioCodes is recognised and not served": {
			[]provision.Sighting{seen(pnp, "00908faabb01", true, `event=ua-profile;profile-type="application";model="420HD";version="1.2.1_build_6"`)},
			verdict{provision.VerdictUnsupported, "audiocodes", "", "", true, true}},
		"a phone of nobody we know": {
			[]provision.Sighting{seen(pnp, "00005e005301", true, `event=ua-profile;profile-type="application";model="XYZ1";version="1.2.1"`)},
			verdict{provision.VerdictUnsupported, "", "", "", true, true}},
		"a made-up MAC is never a phone by being seen": {
			[]provision.Sighting{seen(pnp, "021565aabb01", true, yealinkEvent)},
			verdict{provision.VerdictSeen, "yealink", "W52P", "25.81.0.10", true, true}},
		"behind a router it waits for a click": {
			[]provision.Sighting{seen(dhcp, "001565aabb01", false, "option60=yealink")},
			verdict{provision.VerdictPending, "yealink", "", "", true, true}},
		"a claim first, the proof later": {
			[]provision.Sighting{seen(dhcp, "001565aabb01", false, "option60=yealink"), seen(dhcp, "001565aabb01", true, "option60=yealink")}, phone("yealink", "", "")},
		"curl that knows a User-Agent": {
			[]provision.Sighting{seen(http, "00005e005301", true, "user-agent=curl/8.5.0", "path=001565aabb01.cfg")}, verdict{Verdict: provision.VerdictSeen, EvidenceMatters: true}},
	}
	for name, tc := range cases {
		d := learn(provision.Device{}, all, tc.sightings...)
		v, reason := Decide(d, ModeOpen)
		got := verdict{v, d.Vendor, d.Model, d.Firmware, reason != "", len(d.Evidence) > 0}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s reason %q\n evidence %v", name, diff, reason, d.Evidence)
		}
	}
}

func learn(d provision.Device, all []provision.Vendor, sightings ...provision.Sighting) provision.Device {
	for _, s := range sightings {
		d = Merge(d, s, Weigh(s, all))
		v, reason := Decide(d, ModeOpen)
		if v != provision.VerdictPhone { // as office keeps it between two sightings
			d.Verdict, d.Reason = v, reason
		}
	}
	return d
}

func TestModes(t *testing.T) {
	all := makers(t)
	desk := Merge(provision.Device{}, seen(pnp, "001565aabb01", true, yealinkEvent), Finding{})
	s := seen(pnp, "001565aabb01", true, yealinkEvent)
	desk = Merge(desk, s, Weigh(s, all))
	soft := provision.Device{ID: "soft-1f2e3d4c"}
	with := func(d provision.Device, v provision.Verdict, a provision.Allocation) provision.Device {
		d.Verdict, d.Allocation = v, a
		return d
	}
	for name, tc := range map[string]struct {
		device provision.Device
		mode   string
		want   provision.Verdict
	}{
		"open":                             {desk, ModeOpen, provision.VerdictPhone},
		"ask":                              {desk, ModeAsk, provision.VerdictPending},
		"closed":                           {desk, ModeClosed, provision.VerdictSeen},
		"a softphone, open":                {soft, ModeOpen, provision.VerdictPhone},
		"a softphone, ask":                 {soft, ModeAsk, provision.VerdictPending},
		"a softphone, closed":              {soft, ModeClosed, provision.VerdictSeen},
		"a reserved one keeps its number":  {with(desk, provision.VerdictPhone, provision.AllocationReserved), ModeClosed, provision.VerdictPhone},
		"a bound one keeps its number":     {with(desk, provision.VerdictPhone, provision.AllocationBound), ModeAsk, provision.VerdictPhone},
		"a rejected one stays rejected":    {with(desk, provision.VerdictRejected, provision.AllocationNone), ModeOpen, provision.VerdictRejected},
		"a released one is new":            {with(desk, provision.VerdictPhone, provision.AllocationReleased), ModeOpen, provision.VerdictPhone},
		"an unknown mode gives no numbers": {desk, "opne", provision.VerdictSeen},
	} {
		got, reason := Decide(tc.device, tc.mode)
		if got != tc.want || (reason == "") != (got == provision.VerdictPhone || got == provision.VerdictRejected) {
			t.Errorf("%s: %s, %q, want %s", name, got, reason, tc.want)
		}
	}
}

func TestMergeTellsWhatIsKnown(t *testing.T) {
	all := makers(t)
	first := seen(dhcp, "001565aabb01", true, "option60=yealink")
	second := seen(pnp, "001565aabb01", true, yealinkEvent, "user-agent=Yealink W52P 25.81.0.10")
	second.At, second.IP, second.VLAN = t0.Add(time.Second), netip.MustParseAddr("192.0.2.51"), 20
	d := Merge(provision.Device{}, first, Weigh(first, all))
	d = Merge(d, second, Weigh(second, all))
	again := Merge(d, second, Weigh(second, all))
	want := provision.Device{
		ID: "00:15:65:aa:bb:01", MAC: mac("001565aabb01"), IP: second.IP,
		Vendor: "yealink", Model: "W52P", Firmware: "25.81.0.10", Kind: provision.KindBase,
		Interface: "eth0", VLAN: 20, FirstSeen: t0, LastSeen: second.At,
		Evidence: []provision.Evidence{
			{Sensor: dhcp, Field: "option60", Value: "yealink", Weight: 3, Vendor: "yealink", Proved: true, At: t0},
			{Sensor: dhcp, Field: "oui", Value: "001565", Weight: 1, Vendor: "yealink", Proved: true, At: t0},
			{Sensor: pnp, Field: "event", Value: second.Fields["event"], Weight: 3, Proved: true, At: second.At},
			{Sensor: pnp, Field: "event", Value: second.Fields["event"], Weight: 3, Vendor: "yealink", Proved: true, At: second.At},
			{Sensor: pnp, Field: "oui", Value: "001565", Weight: 1, Vendor: "yealink", Proved: true, At: second.At},
			{Sensor: pnp, Field: "user-agent", Value: "Yealink W52P 25.81.0.10", Weight: 3, Vendor: "yealink", Proved: true, At: second.At},
		},
	}
	opts := cmp.Options{
		cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
		cmpopts.SortSlices(func(a, b provision.Evidence) bool { return key(a) < key(b) }),
	}
	if diff := cmp.Diff(want, d, opts); diff != "" {
		t.Errorf("device (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(d, again, opts); diff != "" {
		t.Errorf("the same again changes it (-once +twice):\n%s", diff)
	}
}

func key(e provision.Evidence) string {
	return fmt.Sprint(e.Sensor, e.Field, e.Vendor, e.Value)
}

func TestAClaimMovesNoPhone(t *testing.T) {
	all := makers(t)
	own := seen(pnp, "001565aabb01", true, yealinkEvent)
	d := Merge(provision.Device{}, own, Weigh(own, all))
	claim := seen(dhcp, "001565aabb01", false, "option60=yealink")
	claim.IP, claim.Interface = netip.MustParseAddr("192.0.2.66"), "eth1"
	moved := Merge(d, claim, Weigh(claim, all))
	if moved.IP != phIP || moved.Interface != "eth0" {
		t.Errorf("a claim moved it to %v on %s", moved.IP, moved.Interface)
	}
}

// One frame must not take a phone out of service by claiming another maker for it.
func TestTheMakerWithMostEvidenceStays(t *testing.T) {
	all := makers(t)
	d := learn(provision.Device{}, all,
		seen(dhcp, "001565aabb01", true, "option60=yealink"),
		seen(http, "001565aabb01", true, "path=001565aabb01.cfg", yealinkUA),
		seen(pnp, "001565aabb01", true, `event=ua-profile;profile-type="device";vendor="Grandstream";model="GRP2612W";version="1"`),
	)
	v, _ := Decide(d, ModeOpen)
	if d.Vendor != "yealink" || d.Model != "T46G" || v != provision.VerdictPhone {
		t.Errorf("it is %s %s now, %s", d.Vendor, d.Model, v)
	}
}

func TestARoutedRequestNamesItsMAC(t *testing.T) {
	s := seen(http, "", false, "path=001565aabb01.cfg", yealinkUA)
	f := Weigh(s, makers(t))
	if f.MAC != mac("001565aabb01") || f.Vendor != "yealink" {
		t.Errorf("found %v of %q", f.MAC, f.Vendor)
	}
	if v, _ := Decide(Merge(provision.Device{}, s, f), ModeOpen); v != provision.VerdictPending {
		t.Errorf("verdict %s, want pending", v)
	}
}

// A gateway says its maker first and its model later.
func TestAGatewayIsNoPhone(t *testing.T) {
	all := makers(t)
	list := seen(dhcp, "000e08aabb01", true, "option55=1,3,42,6,7,15,58,59,44,66")
	again := seen(http, "000e08aabb01", true, "path=spa.cfg")
	type is struct {
		Verdict provision.Verdict
		Kind    provision.Kind
	}
	for model, want := range map[string]is{
		"SPA400":  {provision.VerdictUnsupported, provision.KindGateway},
		"SPA3102": {provision.VerdictPhone, provision.KindAdapter},
		"SPA122":  {provision.VerdictPhone, provision.KindAdapter},
		"SPA504G": {provision.VerdictPhone, ""},
	} {
		named := seen(dhcp, "000e08aabb01", true, "option60=LINKSYS "+model)
		for _, before := range []provision.Allocation{provision.AllocationNone, provision.AllocationReserved} {
			d := learn(provision.Device{Allocation: before}, all, list, named, again)
			v, reason := Decide(d, ModeOpen)
			if got := (is{v, d.Kind}); got != want || (reason != "") != (v != provision.VerdictPhone) {
				t.Errorf("%s, %s before: %v %q, want %v", model, before, got, reason, want)
			}
		}
	}
	bound := learn(provision.Device{Allocation: provision.AllocationBound}, all, list, seen(dhcp, "000e08aabb01", true, "option60=LINKSYS SPA400"))
	if v, _ := Decide(bound, ModeOpen); v != provision.VerdictPhone {
		t.Errorf("what has registered is %s, want a phone", v)
	}
}

// Anybody on the LAN can write another's address into a frame.
func TestClaimsDecideNothingAboutAProvedPhone(t *testing.T) {
	all := makers(t)
	own := []provision.Sighting{seen(dhcp, "001565aabb01", true, "option60=yealink"), seen(http, "001565aabb01", true, yealinkUA)}
	noPhone := seen(dhcp, "001565aabb01", false, "option60=PXEClient:Arch:00000:UNDI:002001")
	fanvil := []provision.Sighting{
		seen(dhcp, "001565aabb01", false, "option60=Fanvil X6U"),
		seen(http, "001565aabb01", false, "user-agent=Fanvil X6U Pro 0.0.10 001565aabb01"),
		seen(pnp, "001565aabb01", false, `event=ua-profile;profile-type="device";vendor="Fanvil";model="X6U";version="1"`),
	}
	for name, tc := range map[string]struct{ sightings []provision.Sighting }{
		"it boots by network, they say, before it speaks": {append([]provision.Sighting{noPhone}, own...)},
		"it boots by network, they say, afterwards":       {append(slices.Clone(own), noPhone)},
		"it is another maker's, they say, before":         {append(slices.Clone(fanvil), own...)},
		"it is another maker's, they say, afterwards":     {append(slices.Clone(own), fanvil...)},
		"it is another maker's, between its words":        {append(append(own[:1:1], fanvil...), own[1])},
	} {
		d := learn(provision.Device{}, all, tc.sightings...)
		if v, reason := Decide(d, ModeOpen); v != provision.VerdictPhone || d.Vendor != "yealink" || d.Model != "T46G" {
			t.Errorf("%s: it is a %s %s, %s %q", name, d.Vendor, d.Model, v, reason)
		}
	}
}

func TestABoundPhoneKeepsItsMaker(t *testing.T) {
	all := makers(t)
	fanvil := func(proved bool) []provision.Sighting {
		return []provision.Sighting{
			seen(dhcp, "001565aabb01", proved, "option60=Fanvil X6U"),
			seen(http, "001565aabb01", proved, "user-agent=Fanvil X6U Pro 0.0.10 001565aabb01"),
			seen(pnp, "001565aabb01", proved, `event=ua-profile;profile-type="device";vendor="Fanvil";model="X6U";version="1"`),
		}
	}
	for _, proved := range []bool{false, true} { // a routed phone was approved by a click: nothing of it is proved
		d := learn(provision.Device{}, all, seen(dhcp, "001565aabb01", false, "option60=yealink"))
		d.Verdict, d.Allocation = provision.VerdictPhone, provision.AllocationBound
		for _, s := range fanvil(proved) {
			d = Merge(d, s, Weigh(s, all))
		}
		if v, _ := Decide(d, ModeOpen); d.Vendor != "yealink" || v != provision.VerdictPhone {
			t.Errorf("proved %v: it is of %s now, %s", proved, d.Vendor, v)
		}
	}
}

func TestAFloodOfClaimsPushesNothingOut(t *testing.T) {
	all := makers(t)
	own := seen(pnp, "001565aabb01", true, yealinkEvent)
	d := Merge(provision.Device{}, own, Weigh(own, all))
	for i := range 1000 {
		s := seen(http, "001565aabb01", false, fmt.Sprintf("user-agent=Yealink SIP-T46G 28.72.%d.1 00:15:65:aa:bb:01", i))
		s.At = t0.Add(time.Duration(i) * time.Second)
		d = Merge(d, s, Weigh(s, all))
	}
	proved := 0
	for _, e := range d.Evidence {
		if e.Proved {
			proved++
		}
	}
	if len(d.Evidence) > provision.MaxEvidence || proved != 3 {
		t.Errorf("%d pieces of evidence, %d proved", len(d.Evidence), proved)
	}
	if v, _ := Decide(d, ModeOpen); v != provision.VerdictPhone {
		t.Errorf("verdict %s", v)
	}
}

func FuzzWeigh(f *testing.F) {
	all := makers(f)
	fields := []string{
		"option60", "option55", "event", "user-agent", "path", "hostname", "vendor", "model", "class",
		"capability", "system", "system-name", "policy", "account", "option77",
	}
	sensors := []provision.Sensor{dhcp, pnp, http, provision.SensorTFTP, provision.SensorLLDP, provision.SensorSIP, provision.SensorLease}
	f.Add(uint8(0), "yealink", "1,3,6,66,150", `ua-profile;vendor="snom"`, "Yealink T46G 28.72.0.1", "001565aabb01.cfg")
	f.Add(uint8(4), "3", "bridge,telephone", "SEP001565AABB01", "Avaya IP Deskphone", "CP-8811")
	f.Add(uint8(5), "201", "friendly-scanner", "", "\x00\x1b[31m", "<script>")
	for _, file := range corpus(f) {
		for n, i := range file {
			s := i.sightings()[0]
			f.Add(uint8(n), s.Fields["option60"], s.Fields["option55"], s.Fields["event"], s.Fields["user-agent"], s.Fields["path"])
		}
	}
	f.Fuzz(func(t *testing.T, pick uint8, a, b, c, d, e string) {
		s := seen(sensors[int(pick)%len(sensors)], "001565aabb01", pick&8 == 0)
		for n, v := range []string{a, b, c, d, e} {
			s.Fields[fields[(int(pick>>4)*3+n)%len(fields)]] = v
		}
		var found provision.Device
		for range 3 {
			finding := Weigh(s, all)
			for _, e := range finding.Evidence {
				if e.Weight > 0 && s.Sensor == provision.SensorSIP && e.Weight > registerWeight {
					t.Errorf("a REGISTER weighs %d", e.Weight)
				}
			}
			if len(finding.Model) > maxWord || strings.ContainsAny(finding.Model, "<>&\"'\x00\x1b\n") {
				t.Errorf("model %q", finding.Model)
			}
			found = Merge(found, s, finding)
			if found.MAC != s.MAC || len(found.Evidence) > provision.MaxEvidence {
				t.Errorf("device %v with %d pieces of evidence", found.MAC, len(found.Evidence))
			}
			if v, _ := Decide(found, ModeOpen); v == provision.VerdictPhone && !s.Proved {
				t.Errorf("a number for what nothing proved: %v", s.Fields)
			}
		}
	})
}

// 500 phones that come back after a power cut, each by DHCP and PnP.
func BenchmarkOfficeOf500(b *testing.B) {
	all := makers(b)
	sightings := make([]provision.Sighting, 0, 1000)
	for i := range 500 {
		m := fmt.Sprintf("001565aa%04x", i)
		sightings = append(sightings, seen(dhcp, m, true, "option60=yealink", "option55=1,3,6,66,43"), seen(pnp, m, true, yealinkEvent))
	}
	for b.Loop() {
		devices := map[provision.MAC]provision.Device{}
		for _, s := range sightings {
			d := Merge(devices[s.MAC], s, Weigh(s, all))
			Decide(d, ModeOpen)
			devices[s.MAC] = d
		}
	}
}
