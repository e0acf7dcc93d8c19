package vendors

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"autocom/provision"
)

func TestClock(t *testing.T) {
	europe := &summer{Start: change{3, 5, 0, 2, 0}, End: change{10, 5, 0, 3, 0}, Save: 3600}
	for zone, want := range map[string]clock{
		"Africa/Douala":          {3600, "WAT-1", "", nil},
		"UTC":                    {0, "UTC0", "", nil},
		"Asia/Kolkata":           {19800, "IST-5:30", "", nil},
		"Indian/Antananarivo":    {10800, "EAT-3", "", nil},
		"Indian/Reunion":         {14400, "<+04>-4", "", nil},
		"Africa/Casablanca":      {3600, "<+01>-1", "", nil}, // changes with Ramadan: by no rule
		"Europe/Paris":           {3600, "CET-1CEST,M3.5.0,M10.5.0/3", "", europe},
		"Europe/London":          {0, "GMT0BST,M3.5.0/1,M10.5.0", "", &summer{change{3, 5, 0, 1, 0}, change{10, 5, 0, 2, 0}, 3600}},
		"Europe/Dublin":          {0, "GMT0IST,M3.5.0/1,M10.5.0", "", &summer{change{3, 5, 0, 1, 0}, change{10, 5, 0, 2, 0}, 3600}},
		"America/Montreal":       {-18000, "EST5EDT,M3.2.0,M11.1.0", "", &summer{change{3, 2, 0, 2, 0}, change{11, 1, 0, 2, 0}, 3600}},
		"America/St_Johns":       {-12600, "NST3:30NDT,M3.2.0,M11.1.0", "", &summer{change{3, 2, 0, 2, 0}, change{11, 1, 0, 2, 0}, 3600}},
		"Australia/Lord_Howe":    {37800, "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "", &summer{change{10, 1, 0, 2, 0}, change{4, 1, 0, 2, 0}, 1800}},
		"Asia/Jerusalem":         {7200, "IST-2IDT,M3.4.4/26,M10.5.0", "", &summer{change{3, 4, 4, 23, 59}, change{10, 5, 0, 2, 0}, 3600}},
		"Asia/Beirut":            {7200, "EET-2EEST,M3.5.0/0,M10.5.0/0", "", &summer{change{3, 5, 0, 0, 0}, change{10, 5, 0, 0, 0}, 3600}},
		"Africa/Cairo":           {7200, "EET-2EEST,M4.5.5/0,M10.5.4/24", "", &summer{change{4, 5, 5, 0, 0}, change{10, 5, 4, 23, 59}, 3600}},
		"America/Port-au-Prince": {-18000, "EST5EDT,M3.2.0,M11.1.0", "", &summer{change{3, 2, 0, 2, 0}, change{11, 1, 0, 2, 0}, 3600}},
	} {
		for _, year := range []int{2026, 2027, 2031} {
			got := clockOf(provision.Site{TimeZone: zone}, time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC))
			want.Plain = got.Plain // its own test
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s in %d (-want +got):\n%s", zone, year, diff)
			}
		}
	}
}

func TestAnUnknownZoneHasTheSitesOffset(t *testing.T) {
	for offset, want := range map[time.Duration]clock{
		time.Hour:                       {3600, "<+01>-1", "", nil},
		-(3*time.Hour + 30*time.Minute): {-12600, "<-0330>3:30", "", nil},
	} {
		for _, zone := range []string{"", "Local", "Atlantis/Poseidonis"} {
			got := clockOf(provision.Site{TimeZone: zone, Offset: offset}, time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC))
			want.Plain = got.Plain // its own test
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%q (-want +got):\n%s", zone, diff)
			}
		}
	}
}

func TestPlainClock(t *testing.T) {
	for zone, want := range map[string]string{
		"":                    "STD-1",
		"Indian/Reunion":      "STD-4",
		"Europe/Paris":        "STD-1DST-2,M3.5.0,M10.5.0/3",
		"America/St_Johns":    "STD3:30DST2:30,M3.2.0,M11.1.0",
		"Australia/Lord_Howe": "STD-10:30DST-11,M10.1.0,M4.1.0",
	} {
		site := provision.Site{TimeZone: zone, Offset: time.Hour}
		if got := clockOf(site, time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)).Plain; got != want {
			t.Errorf("%q: %s, want %s", zone, got, want)
		}
	}
}
