package pbx

import (
	"strings"
	"testing"
)

// classOf is what Asterisk chooses.
func classOf(ways []Way, digits string) Right {
	best, class := "", Right("")
	for _, w := range ways {
		if weight, ok := MatchPattern(w.Pattern, digits); ok && (best == "" || weight < best) {
			best, class = weight, w.Class
		}
	}
	return class
}

func TestNumbersHaveTheClassOfTheirCountry(t *testing.T) {
	for _, c := range []struct {
		country, prefix, number string
		want                    Right
	}{
		{"CM", "", "222334455", RightNational},
		{"CM", "", "699334455", RightMobile},
		{"CM", "", "+237699334455", RightMobile},
		{"CM", "", "00237222334455", RightNational},
		{"CM", "0", "0699334455", RightMobile},
		{"CM", "0", "699334455", ""},
		{"CM", "0", "00033612345678", RightInternational},
		{"CM", "", "0033612345678", RightInternational},
		{"CM", "", "00881612345678", Premium},
		{"CM", "", "+881612345678", Premium},
		{"CM", "", "201", ""},
		{"FR", "", "0145678901", RightNational},
		{"FR", "", "0612345678", RightMobile},
		{"FR", "", "0899123456", Premium},
		{"FR", "", "+33899123456", Premium},
		{"FR", "", "3237", Premium},
		{"FR", "", "3000", RightNational},
		{"FR", "", "+33612345678", RightMobile},
		{"FR", "", "0044207946000", RightInternational},
		{"CA", "", "5145551234", RightNational},
		{"CA", "", "15145551234", RightNational},
		{"CA", "", "18765551234", RightInternational},
		{"CA", "", "19005551234", Premium},
		{"CA", "", "01133612345678", RightInternational},
		{"CI", "", "0708091011", RightMobile},
		{"SN", "", "338591234", RightNational},
		{"MA", "", "0661123456", RightMobile},
		{"DZ", "", "021123456", RightNational},
		{"TN", "", "71123456", RightNational},
		{"BE", "", "0471123456", RightMobile},
		{"BE", "", "090012345", Premium},
		{"CH", "", "0791234567", RightMobile},
		{"CH", "", "0900123456", Premium},
		{"ZZ", "", "699334455", ""},
		{"ZZ", "", "+237699334455", RightInternational},
	} {
		country, _ := CountryOf(c.country)
		if got := classOf(country.Ways(c.prefix), c.number); got != c.want {
			t.Errorf("%s, prefix %q: %s is %q, want %q", c.country, c.prefix, c.number, got, c.want)
		}
	}
}

func TestCountriesAreWellFormed(t *testing.T) {
	n := 0
	for line := range strings.Lines(countriesData) {
		f := strings.Fields(line)
		if len(f) == 0 || f[0] == "#" || f[0] == "world" {
			continue
		}
		if f[0] == "country" {
			n++
			c, ok := CountryOf(f[1])
			if !ok || len(c.ranges) < 2 || c.International == "" {
				t.Errorf("%s: %+v", strings.TrimSpace(line), c)
			}
			for _, w := range c.Ways("") {
				if !ExactPattern(w.Pattern[1:]) {
					t.Errorf("%s: pattern %s has no exact length", c.ID, w.Pattern)
				}
			}
			continue
		}
		if r := Right(f[1]); r != Premium && (!r.Known() || !r.Includes(RightNational)) {
			t.Errorf("%s: class %q", strings.TrimSpace(line), f[1])
		}
	}
	if n < 10 {
		t.Errorf("%d countries", n)
	}
}

func TestOneNumberHasManyForms(t *testing.T) {
	fr, _ := CountryOf("FR")
	for _, n := range []string{"+33145678901", "0033145678901", "0145678901"} {
		if got := fr.Whole(n); got != "33145678901" {
			t.Errorf("%s is %s", n, got)
		}
	}
	if got := strings.Join(fr.Forms("33145678901"), " "); got != "+33145678901 33145678901 0033145678901 0145678901 145678901" {
		t.Error(got)
	}
	ca, _ := CountryOf("CA")
	for _, n := range []string{"5145551234", "15145551234", "+15145551234"} {
		if got := ca.Whole(n); got != "15145551234" {
			t.Errorf("%s is %s", n, got)
		}
	}
}
