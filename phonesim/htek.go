package phonesim

import (
	"fmt"
	"net"
	"strings"
)

// NewHtek makes a UC926: PnP, then option 66.
func NewHtek(mac net.HardwareAddr) *Phone {
	return newPhone(desk{
		name: "htek", model: "UC926",
		says:   identity{class: "Htek UC926", wants: []byte{1, 3, 6, 12, 15, 28, 42, 43, 66, 132}, hostname: "UC926"},
		ua:     "Htek UC926 2.0.4.6.41 {m:a:c}",
		scheme: "tftp",
		roads:  []road{byPnP(5060, htekForm), byOption(66), byVendorText},
		files: func(v *visit, url string) error {
			if !strings.HasSuffix(url, "/") {
				url += "/"
			}
			_, err := v.read(url+spell("cfg{mac}.xml", v.phone.MAC), parseHtek)
			return err
		},
		reads: reader{accounts: htekAccounts, url: grandstreamURL}, // same P237 and P212
	}, mac)
}

// htekForm follows the form that PnP has in common; no capture is public.
const htekForm = `
SUBSCRIBE sip:MAC{mac}@224.0.1.75 SIP/2.0
Via: SIP/2.0/UDP {ip}:5060;branch=z9hG4bK{tag}
From: <sip:MAC{mac}@224.0.1.75>;tag={tag}
To: <sip:MAC{mac}@224.0.1.75>
Call-ID: {call}
CSeq: 1 SUBSCRIBE
Contact: <sip:MAC{mac}@{ip}:5060>
Max-Forwards: 70
User-Agent: Htek UC926 2.0.4.6.41
Event: ua-profile;profile-type="device";vendor="Htek";model="UC926";version="2.0.4.6.41"
Expires: 0
Accept: application/url
Content-Length: 0

`

// parseHtek reads P-values with their names beside them:
//
//	<hl_provision version="1"><config version="1"><P271 para="Account1_Active">1</P271></config></hl_provision>
func parseHtek(body []byte) (map[string]string, error) {
	root, err := document(body, "hl_provision")
	if err != nil {
		return nil, err
	}
	if len(root.Children) != 1 || root.Children[0].XMLName.Local != "config" {
		return nil, fmt.Errorf("<hl_provision> must hold one <config>")
	}
	config := root.Children[0]
	if config.attr("version") != "1" {
		return nil, fmt.Errorf("<config version=%q>", clip(config.attr("version")))
	}
	for _, c := range config.Children {
		if c.attr("para") == "" {
			return nil, fmt.Errorf("<%s> without para", clip(c.XMLName.Local))
		}
	}
	out := map[string]string{}
	return out, pairs(config, "1", out)
}

// htekAccounts reads the two first accounts. Since 2.0.4.6 servers stand in profiles, of
// which an account names one; the first has the P-values of account 1.
func htekAccounts(s map[string]string) ([]*Account, error) {
	return drafts(2, func(i int) draft {
		if i == 1 {
			return pAccount(s, "P271", "P47", "P35", "P36", "P34", "P3", "P20000", "P130", "P32")
		}
		server, transport := "P747", "P830"
		if s["P24083"] == "0" || s["P747"] == "" {
			server, transport = "P47", "P130"
		}
		return pAccount(s, "P401", server, "P735", "P736", "P734", "P703", "P20001", transport, "P732")
	})
}
