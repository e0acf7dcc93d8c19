package vendors

import (
	"net/netip"
	"time"

	"autocom/provision"
)

// sample is a phone with everything set, to prove templates with.
func sample() provision.Phone {
	mac := provision.MAC{0x00, 0x00, 0x5e, 0x00, 0x53, 0x01} // RFC 7042: for documentation
	return provision.Phone{
		Site: provision.Site{
			Name: "Bureau", Language: "fr", Country: "CM", TimeZone: "Africa/Douala",
			Address: netip.MustParseAddr("192.0.2.10"), Voicemail: "*98",
			HTTPSPort: 443, CA: "autocom-ca.pem", Pickup: "*8", VoiceVLAN: 20, Encrypted: true,
		},
		Device: provision.Device{
			ID: mac.String(), MAC: mac, Model: "model1",
			Lines: []provision.Line{{N: 1, Number: "201", Name: "Accueil", Secret: "secret"}},
			Token: "token", Admin: "adminsecret",
			Keys: []provision.Key{{Number: "202", Label: "Atelier"}, {Number: "203"}},
		},
		Directory: []provision.Entry{{Number: "202", Name: "Atelier"}, {Number: "203", Name: "Caisse"}},
		TLS:       true,
		URL:       "http://192.0.2.10/p/token/",
	}
}

// provedAt is when the samples live; the year decides which rule of summer time holds.
var provedAt = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// samples are the phones that each template is rendered for when it is loaded: a
// branch which only some of them take may be wrong too.
func samples() []provision.Phone {
	known := sample()
	known.Secrets = true

	stranger := sample()

	guest := known
	guest.Device.Verdict = provision.VerdictPending
	guest.Device.Lines = []provision.Line{{N: 1, Secret: "secret"}}

	base := known
	base.Site.TimeZone = "Europe/Paris"
	base.Device.Kind = provision.KindBase
	base.Device.Lines = append(base.Device.Lines, provision.Line{N: 2, Number: "202", Secret: "another"})

	bare := provision.Phone{Site: provision.Site{Address: known.Site.Address}, Device: known.Device, Secrets: true}
	bare.Device.Model, bare.Device.Keys = "", nil
	return []provision.Phone{known, stranger, guest, base, bare}
}
