package phonesim

import (
	"context"
	"encoding/hex"
	"fmt"
	"net"
	"strings"
)

// snom behaves as Snom's phones since firmware 8: options 66 and 67 first (inside 43
// before those of the lease), then SIP PnP, then setting_server.
type snom struct {
	group    string
	name     string // kind
	model    string
	firmware string
	form     string // of the SUBSCRIBE
	ua       string
	dect     bool
}

// NewSnom makes a Snom D735.
func NewSnom(mac net.HardwareAddr) *Phone {
	return newPhone(snom{group: pnpGroup, name: "snom", model: "D735", firmware: "10.1.46.16", form: snomDesk,
		ua: "Mozilla/4.0 (compatible; snomD735-SIP 10.1.46.16 2010.12-00004-g9ba52f5 {MAC} SXM:0 UXM:0)"}, mac)
}

// NewSnomBase makes a Snom M700, a DECT base.
func NewSnomBase(mac net.HardwareAddr) *Phone {
	return newPhone(snom{group: pnpGroup, name: "snom-m700", model: "M700", firmware: "05.20.0001", form: snomBase,
		ua: "Mozilla/4.0 (compatible; Snom M700 05.20.0001 {MAC})", dect: true}, mac)
}

func (s snom) kind() string { return s.name }
func (s snom) base() bool   { return s.dect }

func (s snom) dhcp() identity {
	// option 55 as Fingerbank 325 has it; option 60 has no dash
	return identity{class: "snom" + s.model, wants: []byte{1, 3, 6, 12, 15, 42, 66, 67, 120}, hostname: "snom" + s.model}
}

func (s snom) agent(mac net.HardwareAddr) string { return spell(s.ua, mac) }

// snomMAC is the spelling of Snom: upper case without colons.
func snomMAC(mac net.HardwareAddr) string { return strings.ToUpper(hex.EncodeToString(mac)) }

func (snom) obeys(_ map[string]string, rebooting bool) order {
	if rebooting {
		return reboot
	}
	return refetch
}

func (s snom) provision(ctx context.Context, p *Phone, url string) error {
	form := strings.NewReplacer("{model}", s.model, "{fw}", s.firmware).Replace(s.form)
	url, err := find(ctx, p, url, []road{snomOptions(Link.inside), snomOptions(Link.text), byPnPGroup(s.group, 5060, form)})
	if err != nil {
		return err
	}
	if url, err = absolute(url, "http"); err != nil {
		return err
	}
	v := newVisit(ctx, p)
	cas, err := s.download(v, url)
	if err != nil {
		return err
	}
	if v.found == 0 {
		return fmt.Errorf("%s has no file for this phone", url)
	}
	return v.keep(reader{accounts: snomAccounts, url: setting("setting_server"),
		trusts: func(map[string]string) string { return strings.Join(cas, "\n") }})
}

// snomOptions puts the server of option 66 and the path of option 67 together.
func snomOptions(option func(Link, uint8) string) road {
	return func(_ context.Context, p *Phone) (string, error) {
		host, path := option(p.Link(), 66), option(p.Link(), 67)
		if host == "" || path == "" {
			return host, nil
		}
		return strings.TrimSuffix(host, "/") + "/" + strings.TrimPrefix(path, "/"), nil
	}
}

// snomDesk is the question of a desk phone as captured: MAC%3a, the phone's own domain as
// host, no branch in Via (matching as in RFC 2543).
const snomDesk = `
SUBSCRIBE sip:MAC%3A{MAC}@intern.snom.de SIP/2.0
Via: SIP/2.0/UDP {ip}:5060;rport
From: <sip:MAC%3A{MAC}@intern.snom.de>;tag={tag}
To: <sip:MAC%3A{MAC}@intern.snom.de>
Call-ID: {call}
CSeq: 1 SUBSCRIBE
Event: ua-profile;profile-type="device";vendor="snom";model="snom{model}";version="{fw}"
Expires: 0
Accept: application/url
Contact: <sip:{ip}:5060>
User-Agent: snom{model}/{fw}
Content-Length: 0

`

// snomBase is the question of an M300 or M700 (its provisioning guide, page 6).
const snomBase = `
SUBSCRIBE sip:MAC%3a{MAC}@224.0.1.75 SIP/2.0
Via: SIP/2.0/UDP {ip}:5060;branch=z9hG4bK{tag}
Max-Forwards: 70
From: <sip:512@{ip}>;tag={tag}
To: <sip:MAC%3a{MAC}@224.0.1.75>
Call-ID: {call}
CSeq: 20264 SUBSCRIBE
Contact: <sip:512@{ip}>
Accept: application/url
Event: ua-profile;profile-type="device";vendor="snom";model="snom{model}";version="{fw}"
Expires: 0
User-Agent: snom{model}/{fw} (MAC={MAC}; SER= 00000; HW=255)
Content-Length: 0

`

// maxSnomFiles bounds how far a list of lists is followed.
const maxSnomFiles = 8

// download follows url, a file alone or a folder by the names the phone knows, and gives
// where CA certificates lie.
func (s snom) download(v *visit, url string) (cas []string, err error) {
	url = strings.NewReplacer("{mac}", snomMAC(v.phone.MAC), "{model}", "snom"+s.model).Replace(url)
	todo := []string{url}
	if dir, file := split(url); !strings.Contains(file, ".") {
		if file != "" {
			dir = url + "/"
		}
		todo = []string{dir + "snom" + s.model + ".htm", dir + "snom" + s.model + "-" + snomMAC(v.phone.MAC) + ".htm"}
	}
	for i := 0; i < len(todo); i++ {
		if i == maxSnomFiles {
			return nil, fmt.Errorf("%s leads to more than %d files", url, maxSnomFiles)
		}
		if _, err := v.read(todo[i], func(body []byte) (map[string]string, error) {
			f, err := parseSnom(body)
			todo, cas = append(todo, f.files...), append(cas, f.cas...)
			return f.settings, err
		}); err != nil {
			return nil, err
		}
	}
	return cas, nil
}
