package portal

import "strings"

// country is one with its time zones.
type country struct {
	ID    string // ISO 3166-1 alpha-2
	Zones string // IANA names, with spaces
}

// countries reads assets/zones.txt.
func countries() []country {
	text, err := embedded.ReadFile("assets/zones.txt")
	if err != nil {
		return nil // never: it is embedded
	}
	var out []country
	for line := range strings.Lines(string(text)) {
		id, zones, ok := strings.Cut(strings.TrimSpace(line), " ")
		if ok && id != "#" {
			out = append(out, country{id, zones})
		}
	}
	return out
}

// zones are the names of all, by country.
func zones(all []country) []string {
	var out []string
	for _, c := range all {
		out = append(out, strings.Fields(c.Zones)...)
	}
	return out
}
