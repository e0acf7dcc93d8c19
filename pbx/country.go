package pbx

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"
)

// countriesData has numbering plans; see the file for its form and sources.
//
//go:embed countries.txt
var countriesData string

// Premium is the class of numbers that nobody may call.
const Premium Right = "premium"

// Country is a numbering plan.
type Country struct {
	ID            string // ISO 3166-1 alpha-2
	Calling       string // country code: "237"
	Trunk         string // dialled before a national number: "", "0", "1"
	Optional      bool   // which may be left out
	International string // dialled before a country code: "00"
	ranges        []numberRange
}

// numberRange is one pattern of national numbers.
type numberRange struct {
	class   Right
	pattern string
	short   bool // dialled as it is, and of no meaning elsewhere
}

// Way is one pattern of numbers as phones dial them.
type Way struct {
	Pattern  string // "_06XXXXXXXX"
	Class    Right
	World    string // expression of the dialplan: all digits with the country code; "" a short number
	National string // expression: as dialled in the country
}

// Country finds a numbering plan; of an unknown country only the international form with
// a + and nothing else is known.
func CountryOf(id string) (c Country, known bool) {
	id = strings.ToUpper(id)
	for line := range strings.Lines(countriesData) {
		f := strings.Fields(line)
		switch {
		case len(f) == 5 && f[0] == "country" && f[1] == id:
			c = Country{ID: id, Calling: f[2], Trunk: strings.TrimSuffix(strings.TrimSuffix(f[3], "?"), "-"), Optional: strings.HasSuffix(f[3], "?"), International: f[4]}
		case len(f) > 2 && f[0] == id && c.ID == id:
			for _, p := range f[2:] {
				short := p[0] == '='
				c.ranges = append(c.ranges, numberRange{Right(f[1]), strings.TrimPrefix(p, "="), short})
			}
		}
	}
	return c, c.ID != ""
}

// premiumCodes are the codes of the international plan that nobody may call.
func premiumCodes() []string {
	for line := range strings.Lines(countriesData) {
		if f := strings.Fields(line); len(f) > 2 && f[0] == "world" {
			return f[2:]
		}
	}
	return nil
}

// Lengths of international numbers in digits with their country code (ITU-T E.164 6).
const (
	shortestWorld = 7
	longestWorld  = 15
)

// Ways are all patterns of numbers outside that phones of a site dial, with the site's own
// prefix for an outside line ("" none) before those without a +. Each has an exact length:
// nothing else can follow the digits.
func (c Country) Ways(prefix string) []Way {
	var out []Way
	seen := map[string]bool{}
	add := func(dialled string, class Right, world, national string) {
		if p := "_" + dialled; !seen[p] {
			seen[p] = true
			out = append(out, Way{p, class, world, national})
		}
	}
	from := func(n int) string { // the digits dialled, without the first n
		if n == 0 {
			return "${EXTEN}"
		}
		return fmt.Sprintf("${EXTEN:%d}", n)
	}
	for _, r := range c.ranges {
		if r.short {
			add(prefix+r.pattern, r.class, "", from(len(prefix)))
			continue
		}
		for _, start := range c.starts(prefix) {
			rest := from(len(start))
			add(start+r.pattern, r.class, c.Calling+rest, c.Trunk+rest)
		}
	}
	if c.International == "" {
		c.International = "00"
	}
	for _, start := range []string{"+", prefix + c.International} {
		rest := from(len(start))
		for _, code := range premiumCodes() {
			for n := shortestWorld; n <= longestWorld; n++ {
				add(start+code+strings.Repeat("X", n-len(code)), Premium, rest, c.International+rest)
			}
		}
		for n := shortestWorld; n <= longestWorld; n++ {
			add(start+"[1-9]"+strings.Repeat("X", n-1), RightInternational, rest, c.International+rest)
		}
	}
	return out
}

// starts are the ways to begin a national number.
func (c Country) starts(prefix string) []string {
	out := []string{prefix + c.Trunk, "+" + c.Calling, prefix + c.International + c.Calling}
	if c.Optional {
		out = append(out, prefix)
	}
	return out
}

// Forms are the ways in which a provider may write one national or international number,
// of which digits are all digits with the country code.
func (c Country) Forms(digits string) []string {
	out := []string{"+" + digits, digits, c.International + digits}
	if rest, ok := strings.CutPrefix(digits, c.Calling); ok && c.Calling != "" {
		out = append(out, c.Trunk+rest)
		if c.Trunk != "" {
			out = append(out, rest)
		}
	}
	if c.International == "" {
		out = append(out, "00"+digits)
	}
	return out
}

// Whole makes all digits with the country code of a number as people write it: "+237 222…"
// and "00237…" say the country, anything else is of this one.
func (c Country) Whole(number string) string {
	switch {
	case strings.HasPrefix(number, "+"):
		return number[1:]
	case c.International != "" && strings.HasPrefix(number, c.International):
		return number[len(c.International):]
	case c.Trunk != "" && strings.HasPrefix(number, c.Trunk) && !c.Optional:
		return c.Calling + number[len(c.Trunk):]
	case c.Optional && len(number) == 11 && strings.HasPrefix(number, c.Trunk):
		return number
	}
	return c.Calling + number
}

// exactPattern is a pattern of Asterisk that matches numbers of one length only.
var exactPattern = regexp.MustCompile(`^\+?(?:[0-9XNZ]|\[[0-9](?:-[0-9])?(?:[0-9](?:-[0-9])?)*\]){2,20}$`)

// ExactPattern reports whether a pattern of numbers, without its "_", has one length.
func ExactPattern(p string) bool { return exactPattern.MatchString(p) }

// KindTrunk and its like are kinds that more than one feature must find in a plan.
const (
	KindTrunk   = "trunk"
	KindInbound = "inbound"
)

// Outside is how a site reaches the world: settings "outside".
type Outside struct {
	Prefix string `json:"prefix"` // dialled before numbers outside: "0"; "" none
}

// Outside reads the settings "outside".
func (p Plan) Outside() (Outside, error) {
	var s Outside
	o, ok := p.Object(KindSettings, "outside")
	if !ok {
		return s, nil
	}
	if err := Decode(o, &s); err != nil {
		return s, err
	}
	if s.Prefix != "" && (len(s.Prefix) != 1 || s.Prefix[0] < '0' || s.Prefix[0] > '9') {
		return s, fmt.Errorf("settings outside: prefix %q: one digit or none", s.Prefix)
	}
	return s, nil
}
