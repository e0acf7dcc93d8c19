package portal

import (
	"net/netip"
	"strings"
	"testing"

	"autocom/provision"
)

// What a newcomer stumbled over on a real box: a waiting phone's code that was shown
// nowhere near it, a clue that stood there three times, nameless devices, red marks for
// files that no phone has, and a thief who was only a number.
func TestANewcomerFindsTheNextStep(t *testing.T) {
	f, srv, c := open(t)
	enter(t, srv, c)
	waiting, _ := provision.ParseMAC("00:15:65:aa:00:02")
	printer, _ := provision.ParseMAC("00:00:5e:00:53:03")
	thief := netip.MustParseAddr("192.168.1.66")
	clue := func(sensor provision.Sensor, field, value string, weight int) provision.Evidence {
		return provision.Evidence{Sensor: sensor, Field: field, Value: value, Weight: weight, Proved: true}
	}
	f.devices[waiting.String()] = provision.Device{ID: waiting.String(), MAC: waiting, Vendor: "yealink", Model: "T46S", Verdict: provision.VerdictPending,
		Code: "018027", Lines: []provision.Line{{N: 1, Secret: "hidden"}}, Evidence: []provision.Evidence{
			clue(provision.SensorDHCP, provision.FieldOUI, "001565", 1), clue(provision.SensorARP, provision.FieldOUI, "001565", 1),
			clue(provision.SensorPnP, provision.FieldOUI, "001565", 1), clue(provision.SensorPnP, provision.FieldUserAgent, "Yealink T46S", 3)}}
	f.devices[printer.String()] = provision.Device{ID: printer.String(), MAC: printer, IP: thief, Verdict: provision.VerdictSeen,
		Evidence: []provision.Evidence{clue(provision.SensorDHCP, provision.FieldHostname, "NPI00005E", -4)}}
	f.alerts = []Alert{{At: noon, Kind: AlertThief, Device: phoneID, IP: thief,
		Text: "somebody at 192.168.1.66 asked for the URL of 00:15:65:aa:00:01, which is at 192.168.1.50: no secret was told"}}
	f.trail = []Audit{
		{At: noon, File: "001565aa0002.boot", Protocol: "http", Outcome: "refused", Why: "its maker has no such file"},
		{At: noon, File: "001565aa0001.cfg", Protocol: "http", Outcome: "refused", Why: "the file is of 00:15:65:aa:00:01"},
	}
	page := func(path string) string {
		t.Helper()
		code, _, body := get(t, c, "GET", srv.URL+path, "Accept-Language", "fr")
		if code != 200 {
			t.Fatalf("%s: %d", path, code)
		}
		return body
	}
	has := func(path string, wants ...string) {
		t.Helper()
		body := page(path)
		for _, want := range wants {
			if !strings.Contains(body, want) {
				t.Errorf("%s does not have %q:\n%s", path, want, body)
			}
		}
	}
	has("/ui/phones?show=waiting", "Code&nbsp;*01\u00a0018\u00a0027", "</i>En attente</span>")
	has("/ui/phones?show=others", "NPI00005E")
	if body := page("/ui/phones/" + waiting.String()); strings.Count(body, "001565<") != 1 || !strings.Contains(body, "DHCP, ARP, SIP PnP") {
		t.Errorf("the clue that three have heard:\n%s", body)
	}
	has("/ui/security", `(<a href="/ui/phones/00:00:5e:00:53:03" dir="auto">NPI00005E</a>)`, "débranchez-le, ou refusez-le",
		"a demandé l&#39;adresse secrète de", "n&#39;existe pas", "refusé")
	if n := strings.Count(page("/ui/security"), `class="state bad"`); n != 2 {
		t.Errorf("%d red marks, want 2: of the alert and of the other's file", n)
	}
	delete(f.devices, waiting.String())
	has("/ui/phones?show=waiting", `<ul class="rows card" id="rows"></ul>`)
}
