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

// yealink behaves as Yealink's phones since V80: RPS is taken as unreachable, then
// SIP PnP, DHCP option 66 and 43, DHCPINFORM, and the URL it remembers.
type yealink struct {
	group    string
	name     string // kind
	model    string
	firmware string
	common   string // its common file: the number is the model's
	dect     bool
}

// NewYealink makes a Yealink T46S.
func NewYealink(mac net.HardwareAddr) *Phone {
	return newPhone(yealink{group: pnpGroup, name: "yealink", model: "T46S", firmware: "66.86.0.15", common: "y000000000066.cfg"}, mac)
}

// NewYealinkBase makes a Yealink W70B, a DECT base.
func NewYealinkBase(mac net.HardwareAddr) *Phone {
	return newPhone(yealink{group: pnpGroup, name: "yealink-w70b", model: "W70B", firmware: "146.85.0.40", common: "y000000000146.cfg", dect: true}, mac)
}

func (y yealink) kind() string { return y.name }
func (y yealink) base() bool   { return y.dect }

func (y yealink) dhcp() identity {
	hostname := "SIP-" + y.model
	if y.dect {
		hostname = y.model
	}
	return identity{class: "yealink", wants: []byte{1, 3, 6, 12, 15, 28, 42, 43, 66, 67, 120, 132}, hostname: hostname}
}

func (y yealink) agent(mac net.HardwareAddr) string {
	return fmt.Sprintf("Yealink %s %s %s", y.dhcp().hostname, y.firmware, mac)
}

// obeys follows sip.notify_reboot_enable: 0 does as it is told, 1 boots whatever it
// is told (as it comes from the factory), 2 does nothing.
func (yealink) obeys(settings map[string]string, rebooting bool) order {
	switch settings["sip.notify_reboot_enable"] {
	case "0":
		if !rebooting {
			return refetch
		}
	case "2":
		return ignore
	}
	return reboot
}

func (y yealink) provision(ctx context.Context, p *Phone, url string) error {
	url, err := find(ctx, p, url, []road{
		byPnPGroup(y.group, 5059, y.subscribe()), byOption(66), byVendorText, byInform(66),
	})
	if err != nil {
		return err
	}
	if url, err = absolute(url, "tftp"); err != nil {
		return err
	}
	if dir, file := split(url); strings.Contains(file, ".") {
		url = dir
	} else if file != "" {
		url += "/"
	}
	files, err := y.download(newVisit(ctx, p), url)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("%s has no file for this phone", url)
	}
	v := newVisit(ctx, p)
	for _, f := range files { // the later file wins
		for k, s := range f.settings {
			v.settings[k] = s
		}
	}
	return v.keep(reader{accounts: yealinkAccounts, url: setting("static.auto_provision.server.url"), trusts: yealinkCA})
}

// yealinkCA is where a CA certificate lies that the phone is told to trust.
func yealinkCA(s map[string]string) string {
	if u := s["static.trusted_certificates.url"]; u != "" {
		return u
	}
	return s["trusted_certificates.url"] // older spelling
}

// subscribe is the question of a W52P as captured (janakj/autoprov), with our model.
func (y yealink) subscribe() string {
	return strings.NewReplacer("{model}", y.model, "{fw}", y.firmware).Replace(`
SUBSCRIBE sip:MAC{mac}@224.0.1.75 SIP/2.0
Via: SIP/2.0/UDP {ip}:5059;branch=z9hG4bK{tag}
From: <sip:MAC{mac}@224.0.1.75>;tag={tag}
To: <sip:MAC{mac}@224.0.1.75>
Call-ID: {call}
CSeq: 1 SUBSCRIBE
Contact: <sip:MAC{mac}@{ip}:5059>
Max-Forwards: 70
User-Agent: Yealink {model} {fw}
Expires: 0
Event: ua-profile;profile-type="device";vendor="yealink";model="{model}";version="{fw}"
Accept: application/url
Content-Length: 0

`)
}

// download gets the boot file and what it includes, or else the common file and the phone's own.
func (y yealink) download(v *visit, dir string) ([]yealinkFile, error) {
	mac := hex.EncodeToString(v.phone.MAC)
	get := func(name string) (*yealinkFile, error) {
		if !strings.Contains(name, "://") { // a .boot file may name whole URLs
			name = dir + name
		}
		body, err := v.phone.fetch(v.ctx, name, v.agent, 1428)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		f, err := parseYealink(body)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		return &f, nil
	}
	var files []yealinkFile
	names := []string{y.common, mac + ".cfg"}
	for _, boot := range []string{mac + ".boot", "y000000000000.boot"} {
		f, err := get(boot)
		if err != nil {
			return nil, err
		}
		if f != nil { // then files that it does not name are not asked for
			files, names = append(files, *f), f.includes
			break
		}
	}
	for _, name := range names {
		f, err := get(name)
		if err != nil {
			return nil, err
		}
		if f != nil {
			files = append(files, *f)
		}
	}
	return files, nil
}
