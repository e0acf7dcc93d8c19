package phonesim

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"
)

// snom behaves as a D735: option 66 and 67 first, then SIP PnP, then setting_server.
type snom struct{ group string }

const (
	snomModel    = "D735"
	snomFirmware = "10.1.46.16"
)

// NewSnom makes a Snom D735.
func NewSnom(mac net.HardwareAddr) *Phone { return newPhone(snom{group: pnpGroup}, mac) }

func (snom) kind() string { return "snom" }

func (snom) dhcp() identity {
	// option 55 as Fingerbank 325 has it; option 60 has no dash
	return identity{class: "snom" + snomModel, wants: []byte{1, 3, 6, 12, 15, 42, 66, 67, 120}, hostname: "snom" + snomModel}
}

func (snom) agent(mac net.HardwareAddr) string {
	return fmt.Sprintf("Mozilla/4.0 (compatible; snom%s-SIP %s 2010.12-00004-g9ba52f5 %s SXM:0 UXM:0)", snomModel, snomFirmware, snomMAC(mac))
}

// snomMAC is the spelling of Snom: upper case without colons.
func snomMAC(mac net.HardwareAddr) string { return strings.ToUpper(hex.EncodeToString(mac)) }

func (snom) obeys(_ map[string]string, rebooting bool) order {
	if rebooting {
		return reboot
	}
	return refetch
}

func (s snom) provision(ctx context.Context, p *Phone, url string) error {
	if url == "" {
		url = p.Link().BootFrom
	}
	if url == "" {
		var err error
		url, err = askPnP(ctx, s.group, p.Link().Addr.Addr(), 5060, func(callID string) string { return s.subscribe(p, callID) })
		if err != nil {
			return err
		}
	}
	if url == "" {
		url = p.Memory.URL
	}
	if url == "" {
		return fmt.Errorf("nobody told where settings are: no option 66, no PnP answer, none remembered")
	}
	all, n, err := s.download(ctx, p, url)
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("%s has no file for this phone", url)
	}
	return p.remember(all, "setting_server", snomAccount)
}

// subscribe is the question of a Snom as captured: MAC%3a, the phone's own domain as
// host, no branch in Via (matching as in RFC 2543).
func (snom) subscribe(p *Phone, callID string) string {
	tag, _, _ := strings.Cut(callID, "@")
	return strings.NewReplacer("{mac}", snomMAC(p.MAC), "{ip}", p.Link().Addr.Addr().String(), "{call}", callID, "{tag}", tag,
		"{model}", snomModel, "{fw}", snomFirmware).Replace(`
SUBSCRIBE sip:MAC%3A{mac}@intern.snom.de SIP/2.0
Via: SIP/2.0/UDP {ip}:5060;rport
From: <sip:MAC%3A{mac}@intern.snom.de>;tag={tag}
To: <sip:MAC%3A{mac}@intern.snom.de>
Call-ID: {call}
CSeq: 1 SUBSCRIBE
Event: ua-profile;profile-type="device";vendor="snom";model="snom{model}";version="{fw}"
Expires: 0
Accept: application/url
Contact: <sip:{ip}:5060>
User-Agent: snom{model}/{fw}
Content-Length: 0

`)
}

// maxSnomFiles bounds how far a list of lists is followed.
const maxSnomFiles = 8

// download follows url: a file is fetched alone, a folder by the names the phone knows.
func (s snom) download(ctx context.Context, p *Phone, url string) (map[string]string, int, error) {
	url = strings.NewReplacer("{mac}", snomMAC(p.MAC), "{model}", "snom"+snomModel).Replace(url)
	todo := []string{url}
	if dir, err := folder(url); err != nil {
		return nil, 0, err
	} else if dir == url || dir == url+"/" {
		todo = []string{dir + "snom" + snomModel + ".htm", dir + "snom" + snomModel + "-" + snomMAC(p.MAC) + ".htm"}
	}
	all := map[string]string{}
	found := 0
	for i := 0; i < len(todo); i++ {
		if i == maxSnomFiles {
			return nil, 0, fmt.Errorf("%s leads to more than %d files", url, maxSnomFiles)
		}
		body, err := fetch(ctx, p.Link().browser(), todo[i], s.agent(p.MAC), nil)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		f, err := parseSnom(body)
		if err != nil {
			return nil, 0, fmt.Errorf("%s: %w", todo[i], err)
		}
		found++
		todo = append(todo, f.files...)
		for k, v := range f.settings {
			all[k] = v
		}
	}
	return all, found, nil
}
