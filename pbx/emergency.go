package pbx

import (
	_ "embed"
	"slices"
	"strings"
)

// emergencyData has one country per line; see the file for its form and sources.
//
//go:embed emergency.txt
var emergencyData string

// EmergencyNumbers are the numbers that any phone in country (ISO 3166-1 alpha-2)
// may call, sorted. A country that we have no data for gets those that every GSM
// network knows, 112 and 911, and known is false.
func EmergencyNumbers(country string) (numbers []string, known bool) {
	for line := range strings.Lines(emergencyData) {
		fields := strings.Fields(line)
		if len(fields) > 1 && fields[0] != "#" && fields[0] == strings.ToUpper(country) {
			numbers = slices.Sorted(slices.Values(fields[1:]))
			return slices.Compact(numbers), true
		}
	}
	return []string{"112", "911"}, false
}

// EmergencyCollision is the emergency number that somebody who dials number may
// reach or be kept from, or "": phones send a call as soon as the digits match, so
// neither may begin with the other. The office prefix 0 counts as dialled.
func EmergencyCollision(number string, emergency []string) string {
	for _, e := range emergency {
		for _, dialled := range []string{e, "0" + e} {
			if strings.HasPrefix(number, dialled) || strings.HasPrefix(dialled, number) {
				return e
			}
		}
	}
	return ""
}
