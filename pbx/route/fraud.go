package route

import (
	"fmt"
	"regexp"
	"slices"

	"autocom/pbx"
)

// Fraud is the guard against calls that somebody else makes at the site's cost: settings
// "fraud". It blocks and tells: who calls hears it, and an alert says what happened.
// Emergency calls pass it by.
type Fraud struct {
	Calls     int      `json:"calls"`     // outside at once, whole site; 0: no limit but the trunks'
	Minutes   int      `json:"minutes"`   // outside a day, whole site; 0: no limit
	World     int      `json:"world"`     // of them international; 0: no limit
	Longest   int      `json:"longest"`   // minutes that one call may last
	Night     string   `json:"night"`     // without international calls: "20:00-06:00"; "" never
	Countries []string `json:"countries"` // country codes that may be called: "33"; see New
	New       string   `json:"new"`       // a call to another country: "block", "tell" or "allow"
}

// What happens to the first call to a country.
const (
	Block = "block" // until somebody adds it to Countries
	Tell  = "tell"  // it goes, and an alert tells
	Allow = "allow"
)

// Usual is what a site has that has set nothing: with the right to call the world, which
// nobody has until it is given, two hours a day, not at night, and countries one by one.
func Usual() Fraud {
	return Fraud{World: 120, Longest: 120, Night: "20:00-06:00", New: Block}
}

var (
	night   = regexp.MustCompile(`^(?:[01][0-9]|2[0-3]):[0-5][0-9]-(?:[01][0-9]|2[0-3]):[0-5][0-9]$`)
	calling = regexp.MustCompile(`^(?:[1-9][0-9]{0,2}|1[2-9][0-9]{2})$`)
)

// guard reads the settings.
func guard(plan pbx.Plan) (Fraud, error) {
	f := Usual()
	o, ok := plan.Object(pbx.KindSettings, "fraud")
	if !ok {
		return f, nil
	}
	if err := pbx.Decode(o, &f); err != nil {
		return f, err
	}
	fail := func(format string, args ...any) error {
		return fmt.Errorf("settings fraud: "+format, args...)
	}
	switch {
	case f.Calls < 0 || f.Calls > 500:
		return f, fail("calls %d: 0 to 500", f.Calls)
	case f.Minutes < 0 || f.World < 0 || f.Minutes > 1_000_000 || f.World > 1_000_000:
		return f, fail("minutes and world: 0 to 1000000")
	case f.Longest < 1 || f.Longest > 1440:
		return f, fail("longest %d: 1 to 1440 minutes", f.Longest)
	case f.Night != "" && !night.MatchString(f.Night):
		return f, fail("night %q: two times are needed, as in 20:00-06:00", f.Night)
	case f.Night != "" && f.Night[:5] == f.Night[6:]:
		return f, fail("night %q: it ends when it begins: leave it out, or choose two times", f.Night)
	case !slices.Contains([]string{Block, Tell, Allow}, f.New):
		return f, fail("new %q: use %s, %s or %s", f.New, Block, Tell, Allow)
	case len(f.Countries) > 300:
		return f, fail("countries: %d of them", len(f.Countries))
	}
	for _, c := range f.Countries {
		if !calling.MatchString(c) {
			return f, fail("country %q: its code is needed, as in 33; of the Caribbean with the area: 1876", c)
		}
	}
	slices.Sort(f.Countries)
	f.Countries = slices.Compact(f.Countries)
	return f, nil
}
