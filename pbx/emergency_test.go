package pbx

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEmergencyNumbers(t *testing.T) {
	cases := []struct {
		country string
		want    []string
		known   bool
	}{
		{"BF", []string{"112", "16", "17", "18"}, true},
		{"lu", []string{"112", "113"}, true},
		{"", []string{"112", "911"}, false},
		{"ZZ", []string{"112", "911"}, false},
		{"#", []string{"112", "911"}, false},
	}
	for _, c := range cases {
		got, known := EmergencyNumbers(c.country)
		if diff := cmp.Diff(c.want, got); diff != "" || known != c.known {
			t.Errorf("%q: known %t (-want +got)\n%s", c.country, known, diff)
		}
	}
}

func TestEmergencyData(t *testing.T) {
	form := regexp.MustCompile(`^[A-Z]{2}( [0-9]{2,6})+$`)
	seen := map[string]bool{}
	for line := range strings.Lines(emergencyData) {
		line = strings.TrimRight(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if !form.MatchString(line) {
			t.Errorf("line %q", line)
			continue
		}
		country := line[:2]
		if seen[country] {
			t.Errorf("%s is there twice", country)
		}
		seen[country] = true
		list, _ := EmergencyNumbers(country)
		if n := len(strings.Fields(line)) - 1; len(list) != n {
			t.Errorf("%s: %d numbers, some twice", country, n)
		}
	}
	for _, c := range strings.Fields("CM FR SN CI BF ML BJ TG GA CG CD MG MA DZ TN BE CH CA LU") {
		if !seen[c] {
			t.Errorf("%s is missing", c)
		}
	}
}

// The range that a new box gives numbers from must be free everywhere.
func TestTheDefaultRangeCollidesNowhere(t *testing.T) {
	for line := range strings.Lines(emergencyData) {
		if strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "" {
			continue
		}
		list, _ := EmergencyNumbers(line[:2])
		for n := 201; n <= 299; n++ {
			if e := EmergencyCollision(strconv.Itoa(n), list); e != "" {
				t.Errorf("%s: %d collides with %s", line[:2], n, e)
			}
		}
	}
}

func TestEmergencyCollision(t *testing.T) {
	list := []string{"112", "15", "1515"}
	cases := []struct{ why, number, want string }{
		{"equal", "112", "112"},
		{"a prefix of one", "11", "112"},
		{"one is its prefix", "1120", "112"},
		{"with the office prefix", "0112", "112"},
		{"a prefix of that", "01", "112"},
		{"begins with a short one", "150", "15"},
		{"free", "201", ""},
		{"free, same digits elsewhere", "2112", ""},
	}
	for _, c := range cases {
		if got := EmergencyCollision(c.number, list); got != c.want {
			t.Errorf("%s: %s collides with %q, want %q", c.why, c.number, got, c.want)
		}
	}
}
