package vendors

import (
	"net/netip"

	"autocom/provision"
)

// sample is a phone with everything set, to prove templates with.
func sample() provision.Phone {
	mac := provision.MAC{0x00, 0x00, 0x5e, 0x00, 0x53, 0x01} // RFC 7042: for documentation
	return provision.Phone{
		Site: provision.Site{
			Name: "Bureau", Language: "fr", Country: "CM", TimeZone: "Africa/Douala",
			Address: netip.MustParseAddr("192.0.2.10"), Voicemail: "*98",
		},
		Device: provision.Device{
			ID: mac.String(), MAC: mac,
			Lines: []provision.Line{{N: 1, Number: "201", Name: "Accueil", Secret: "secret"}},
			Token: "token",
		},
		URL: "http://192.0.2.10/p/token/",
	}
}
