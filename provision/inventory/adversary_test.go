package inventory

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"autocom/provision"
)

// What anybody on the LAN can write into a frame, and must gain nothing by.
func TestHostileTexts(t *testing.T) {
	all := makers(t)
	type is struct {
		Verdict       provision.Verdict
		Vendor, Model string
	}
	for name, tc := range map[string]struct {
		fields []string
		want   is
	}{
		"NUL at the end of option 60": {
			[]string{"option60=" + provision.Clean("Cisco Systems, Inc. IP Phone CP-7911G\x00")}, is{provision.VerdictUnsupported, "cisco", "7911G"}},
		"ESC within a model": {
			[]string{"option60=" + provision.Clean("Polycom-VVX410\x1b[31mred")}, is{provision.VerdictPhone, "polycom", "VVX410"}},
		"HTML within a model": {
			[]string{"option60=Polycom-VVX<script>alert(1)</script>"}, is{provision.VerdictPhone, "polycom", "VVX"}},
		"a path within a model": {
			[]string{"option60=Polycom-VVX../../../etc/passwd"}, is{provision.VerdictPhone, "polycom", "VVX../../../etc/passwd"}},
		"255 bytes of nothing": {
			[]string{"option60=" + strings.Repeat("A", 255)}, is{provision.VerdictSeen, "", ""}},
		"255 bytes of model": {
			[]string{"option60=Polycom-VVX" + strings.Repeat("4", 240)}, is{provision.VerdictPhone, "polycom", "VVX" + strings.Repeat("4", 45)}},
		"a template within a model": {
			[]string{"option60=Polycom-VVX{{.Device.Token}}"}, is{provision.VerdictPhone, "polycom", "VVX"}},
		"a brand in the middle of option 60": {
			[]string{"option60=not a yealink"}, is{provision.VerdictSeen, "", ""}},
		"a User-Agent with another's MAC": {
			[]string{"user-agent=Grandstream Model HW GXP1628 SW 1.0.4.138 DevId c074adaabb99"}, is{provision.VerdictSeen, "", ""}},
		"a file with another's MAC": {
			[]string{"path=SEP002699AABB99.cnf.xml"}, is{provision.VerdictSeen, "", ""}},
		"both with another's MAC, in a phone's name": {
			[]string{"hostname=SEP002699AABB99", "user-agent=Aastra6731i MAC:00-08-5D-AA-BB-99 V:3.2.0.70-SIP", "path=00085DAABB99.cfg"}, is{provision.VerdictSeen, "", ""}},
	} {
		s := seen(dhcp, "00005e005301", true, tc.fields...)
		d, _ := outcome(all, []provision.Sighting{s})
		if got := (is{d.Verdict, d.Vendor, d.Model}); got != tc.want {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}

// speaksAgainst is a flood of frames in a victim's name, each with words of its own.
func speaksAgainst(n int, proved bool) provision.Sighting {
	s := seen(dhcp, "001565aabb01", proved,
		fmt.Sprintf("option60=PXEClient:Arch:%05d", n), fmt.Sprintf("hostname=DESKTOP-%d", n), fmt.Sprintf("user-agent=friendly-scanner %d", n))
	s.At = t0.Add(time.Duration(n) * time.Second)
	return s
}

func TestAFloodAgainstAPhone(t *testing.T) {
	all := makers(t)
	own := []provision.Sighting{
		seen(dhcp, "001565aabb01", true, "option60=yealink"),
		seen(http, "001565aabb01", true, "path=001565aabb01.cfg", yealinkUA),
	}
	for name, tc := range map[string]struct {
		allocation provision.Allocation
		proved     bool
	}{
		"claims against a new phone":                    {provision.AllocationNone, false},
		"claims against one with a promise":             {provision.AllocationReserved, false},
		"forged frames against one with a promise":      {provision.AllocationReserved, true},
		"forged frames against one that has registered": {provision.AllocationBound, true},
	} {
		d, _ := outcome(all, own)
		d.Allocation = tc.allocation
		for n := range 500 {
			s := speaksAgainst(n, tc.proved)
			d = Merge(d, s, Weigh(s, all))
			if v, reason := Decide(d, ModeOpen); v != provision.VerdictPhone || d.Vendor != "yealink" || d.Model != "T46G" {
				t.Fatalf("%s: after %d frames it is a %s %s, %s %q", name, n+1, d.Vendor, d.Model, v, reason)
			}
		}
		if len(d.Evidence) > provision.MaxEvidence {
			t.Errorf("%s: %d pieces of evidence", name, len(d.Evidence))
		}
		kept := score(counting(d.Evidence), "yealink")
		if !tc.proved && kept < Enough {
			t.Errorf("%s: what it has shown itself is gone: %d", name, kept)
		}
	}
}

// The flood names all makers, so that the victim's own evidence would have no room.
func TestAFloodOfMakersPushesNothingOut(t *testing.T) {
	all := makers(t)
	d, _ := outcome(all, []provision.Sighting{
		seen(dhcp, "001565aabb01", true, "option60=yealink"),
		seen(http, "001565aabb01", true, "path=001565aabb01.cfg", yealinkUA),
	})
	d.Allocation = provision.AllocationBound
	n := 0
	for _, file := range corpus(t) {
		for _, i := range file {
			for _, s := range i.sightings() {
				n++
				s.MAC, s.At = d.MAC, t0.Add(time.Duration(n)*time.Second)
				s.Fields["hostname"] = fmt.Sprintf("yealink-%d", n)
				d = Merge(d, s, Weigh(s, all))
			}
		}
	}
	var own int
	for _, e := range d.Evidence {
		if e.Vendor == "yealink" && e.Weight > 0 {
			own++
		}
	}
	v, _ := Decide(d, ModeOpen)
	if len(d.Evidence) > provision.MaxEvidence || own < 3 || d.Vendor != "yealink" || v != provision.VerdictPhone {
		t.Errorf("after %d frames a %s of %s: %d pieces of evidence, %d of them its own", n, v, d.Vendor, len(d.Evidence), own)
	}
}

// A rule that begins anywhere costs a look at each byte of each frame, and finds a
// brand in another's words.
func TestRulesAreAnchored(t *testing.T) {
	for _, v := range makers(t) {
		for _, m := range v.Match {
			pattern := strings.TrimPrefix(m.Pattern.String(), "(?i)")
			if !v.Generic && m.Field != provision.FieldOption55 && !strings.HasPrefix(pattern, "^") {
				t.Errorf("%s: %s %s does not begin with ^", v.ID, m.Field, m.Pattern)
			}
		}
	}
}
