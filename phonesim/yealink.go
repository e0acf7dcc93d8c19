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

// yealink behaves as a T46S with firmware 66.86: RPS is taken as unreachable, then
// SIP PnP, DHCP option 66, and the URL it remembers.
type yealink struct{ group string }

const (
	yealinkModel    = "T46S"
	yealinkFirmware = "66.86.0.15"
	yealinkCommon   = "y000000000066.cfg" // 66 is the T46S's number in common file names
)

// NewYealink makes a Yealink T46S.
func NewYealink(mac net.HardwareAddr) *Phone { return newPhone(yealink{group: pnpGroup}, mac) }

func (yealink) kind() string { return "yealink" }

func (yealink) dhcp() identity {
	return identity{class: "yealink", wants: []byte{1, 3, 6, 12, 15, 28, 42, 43, 66, 67, 120, 132}, hostname: "SIP-" + yealinkModel}
}

func (yealink) agent(mac net.HardwareAddr) string {
	return fmt.Sprintf("Yealink SIP-%s %s %s", yealinkModel, yealinkFirmware, mac)
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
	if url == "" {
		var err error
		if url, err = y.search(ctx, p); err != nil {
			return err
		}
	}
	if url == "" {
		return fmt.Errorf("nobody told where settings are: no PnP answer, no option 66, none remembered")
	}
	dir, err := folder(url)
	if err != nil {
		return err
	}
	files, err := y.download(ctx, p, dir)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("%s has no file for this phone", dir)
	}
	all := map[string]string{}
	for _, f := range files { // the later file wins
		for k, v := range f.settings {
			all[k] = v
		}
	}
	return p.remember(all, "static.auto_provision.server.url", yealinkAccount)
}

// search asks in the maker's order; the first that answers wins.
func (y yealink) search(ctx context.Context, p *Phone) (string, error) {
	url, err := askPnP(ctx, y.group, p.Link().Addr.Addr(), 5059, func(callID string) string { return y.subscribe(p, callID) })
	if err != nil || url != "" {
		return url, err
	}
	if from := p.Link().BootFrom; from != "" {
		return from, nil
	}
	return p.Memory.URL, nil
}

// subscribe is the question of a W52P as captured (janakj/autoprov), with our model.
func (yealink) subscribe(p *Phone, callID string) string {
	mac, ip := hex.EncodeToString(p.MAC), p.Link().Addr.Addr()
	tag, _, _ := strings.Cut(callID, "@")
	return strings.NewReplacer("{mac}", mac, "{ip}", ip.String(), "{call}", callID, "{tag}", tag,
		"{model}", yealinkModel, "{fw}", yealinkFirmware).Replace(`
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
func (y yealink) download(ctx context.Context, p *Phone, dir string) ([]yealinkFile, error) {
	mac := hex.EncodeToString(p.MAC)
	get := func(name string) (*yealinkFile, error) {
		body, err := fetch(ctx, p.Link().browser(), dir+name, y.agent(p.MAC), nil)
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
	names := []string{yealinkCommon, mac + ".cfg"}
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
