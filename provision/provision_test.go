package provision

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

var phone = MAC{0x00, 0x15, 0x65, 0xaa, 0xbb, 0x01}

func TestParseMACInAnySpelling(t *testing.T) {
	for _, s := range []string{"00:15:65:aa:bb:01", "00-15-65-AA-BB-01", "0015.65aa.bb01", "001565AABB01", " 001565aabb01\n"} {
		if m, err := ParseMAC(s); err != nil || m != phone {
			t.Errorf("%q: %v %v", s, m, err)
		}
	}
	for _, s := range []string{"", "001565aabb", "001565aabb0102", "001565aabbxy", "00:15:65:aa:bb", strings.Repeat("0", 1000)} {
		if m, err := ParseMAC(s); err == nil || len(err.Error()) > 150 {
			t.Errorf("%q: %v %v", s, m, err)
		}
	}
}

func TestMACSpeaks(t *testing.T) {
	got := []any{phone.String(), phone.Hex(), phone.OUI(), phone.IsZero(), phone.Local(), phone.Multicast(),
		MAC{2}.Local(), MAC{1}.Multicast(), MAC{}.IsZero()}
	want := []any{"00:15:65:aa:bb:01", "001565aabb01", "001565", false, false, false, true, true, true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSIPUserIsTheLine(t *testing.T) {
	type parsed struct {
		ID   string
		Line int
		OK   bool
	}
	want := map[string]parsed{
		"001565aabb01-1":    {"00:15:65:aa:bb:01", 1, true},
		"soft-1f2e3d4c-2":   {"soft-1f2e3d4c", 2, true},
		"soft-1f2e-3d4c-12": {"soft-1f2e-3d4c", 12, true},
		"201":               {}, "001565aabb01": {}, "001565aabb01-0": {}, "001565aabb01-x": {}, "soft--1": {}, "-1": {}, "": {},
		"001565aabb-1": {},
	}
	got := map[string]parsed{}
	for user := range want {
		id, line, ok := ParseSIPUser(user)
		got[user] = parsed{id, line, ok}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, d := range []Device{{ID: phone.String(), MAC: phone}, {ID: "soft-1f2e"}} {
		if id, line, ok := ParseSIPUser(d.SIPUser(3)); !ok || id != d.ID || line != 3 {
			t.Errorf("%s comes back as %s line %d", d.ID, id, line)
		}
	}
}

func TestState(t *testing.T) {
	for want, d := range map[string]Device{
		"seen":        {Verdict: VerdictSeen, Allocation: AllocationNone, Reach: ReachNever},
		"pending":     {Verdict: VerdictPending, Allocation: AllocationNone, Reach: ReachNever},
		"unsupported": {Verdict: VerdictUnsupported, Allocation: AllocationNone, Reach: ReachNever},
		"rejected":    {Verdict: VerdictRejected, Allocation: AllocationNone, Reach: ReachFetched},
		"allocated":   {Verdict: VerdictPhone, Allocation: AllocationReserved, Reach: ReachNever},
		"fetched":     {Verdict: VerdictPhone, Allocation: AllocationReserved, Reach: ReachFetched},
		"registered":  {Verdict: VerdictPhone, Allocation: AllocationBound, Reach: ReachRegistered},
		"lost":        {Verdict: VerdictSeen, Allocation: AllocationBound, Reach: ReachLost},
		"released":    {Verdict: VerdictPhone, Allocation: AllocationReleased, Reach: ReachRegistered},
	} {
		if got := d.State(); got != want {
			t.Errorf("%+v is %s, want %s", d, got, want)
		}
	}
}

// Secrets and tokens never leave by the API, and an address that is not known is absent.
func TestDeviceAsJSON(t *testing.T) {
	d := Device{ID: "soft-1f2e", Verdict: VerdictPhone, Lines: []Line{{N: 1, Number: "201", Secret: "s3cr3t"}}, Token: "t0ken"}
	b, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, absent := range []string{"s3cr3t", "t0ken", `"mac"`, `"ip"`, `"window_until"`} {
		if strings.Contains(string(b), absent) {
			t.Errorf("%s is in %s", absent, b)
		}
	}
	d = Device{ID: phone.String(), MAC: phone, IP: netip.MustParseAddr("192.0.2.50")}
	if b, err = json.Marshal(d); err != nil || !strings.Contains(string(b), `"mac":"00:15:65:aa:bb:01","ip":"192.0.2.50"`) {
		t.Errorf("%s %v", b, err)
	}
	var back Device
	if err := json.Unmarshal(b, &back); err != nil || back.MAC != phone {
		t.Errorf("%v comes back as %v: %v", d, back, err)
	}
}

func TestHost(t *testing.T) {
	for want, port := range map[string]uint16{"192.0.2.10": 80, "192.0.2.10:8080": 8080} {
		if got := (Site{Address: netip.MustParseAddr("192.0.2.10"), HTTPPort: port}).Host(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if got := (Site{Address: netip.MustParseAddr("192.0.2.10")}).Host(); got != "192.0.2.10" {
		t.Errorf("no port: %s", got)
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"yealink", "Cisco\x00", "\x1b[31mred", "a\u202eb", "é\xff", strings.Repeat("é", 200), strings.Repeat(" x", 200)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c := Clean(s)
		if len(c) > MaxField || !utf8.ValidString(c) || Clean(c) != c || strings.ContainsAny(c, "\x00\r\n\x1b\u202e") {
			t.Errorf("%q becomes %q", s, c)
		}
	})
}
