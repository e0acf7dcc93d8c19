package vendors

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"
)

// tzif packs a POSIX rule as a zone file (RFC 8536) with nothing but that rule, so
// that Go's own reader of such rules judges ours.
func tzif(rule string) []byte {
	var b bytes.Buffer
	for range 2 { // the block of version 1, which is skipped, and that of version 2
		b.WriteString("TZif2")
		b.Write(make([]byte, 15))
		for _, count := range []uint32{0, 0, 0, 0, 1, 4} { // one type, four characters
			_ = binary.Write(&b, binary.BigEndian, count) // a Buffer takes everything
		}
		b.Write([]byte{0, 0, 0, 0, 0, 0}) // UTC, no summer time, name 0
		b.WriteString("LMT\x00")
	}
	b.WriteString("\n" + rule + "\n")
	return b.Bytes()
}

// Each rule, read back by Go, gives the zone's own time at every hour of six years.
func TestRulesReadBackAsTheZone(t *testing.T) {
	for _, zone := range []string{
		"Africa/Cairo", "Africa/Douala", "America/Havana", "America/Montreal", "America/Nuuk", "America/Port-au-Prince",
		"America/Santiago", "America/St_Johns", "Asia/Beirut", "Asia/Jerusalem", "Asia/Kathmandu", "Asia/Tehran",
		"Atlantic/Azores", "Australia/Lord_Howe", "Australia/Sydney", "Europe/Chisinau", "Europe/Dublin", "Europe/London",
		"Europe/Paris", "Indian/Reunion", "Pacific/Auckland", "Pacific/Chatham", "Pacific/Noumea", "UTC",
	} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		c := clockIn(loc, 2026)
		for _, rule := range []string{c.POSIX, c.Plain} {
			back, err := time.LoadLocationFromTZData(zone, tzif(rule))
			if err != nil {
				t.Errorf("%s: %q: %v", zone, rule, err)
				continue
			}
			for at := time.Date(2026, 1, 1, 0, 30, 0, 0, time.UTC); at.Year() < 2032; at = at.Add(time.Hour) {
				if got, want := offsetAt(at, back), offsetAt(at, loc); got != want {
					t.Errorf("%s: %q is %d s from UTC at %s, want %d", zone, rule, got, at, want)
					break
				}
			}
		}
	}
}
