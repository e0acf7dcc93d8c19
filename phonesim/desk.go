package phonesim

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"
)

// desk is a maker whose phones find their settings along roads, and read them from files.
type desk struct {
	name   string // kind
	model  string
	says   identity
	ua     string // User-Agent; see spell
	scheme string // for an address without one
	roads  []road // in the maker's order
	files  func(v *visit, url string) error
	reads  reader
	told   func(settings map[string]string, rebooting bool) order
	dect   bool
}

// road is one way to learn where settings are; "" means that it leads nowhere.
type road func(ctx context.Context, p *Phone) (string, error)

func (d desk) kind() string   { return d.name }
func (d desk) dhcp() identity { return d.says }
func (d desk) base() bool     { return d.dect }
func (d desk) agent(mac net.HardwareAddr) string {
	return spell(d.ua, mac)
}

func (d desk) obeys(settings map[string]string, rebooting bool) order {
	if d.told != nil {
		return d.told(settings, rebooting)
	}
	if rebooting {
		return reboot
	}
	return refetch
}

func (d desk) provision(ctx context.Context, p *Phone, url string) error {
	url, err := find(ctx, p, url, d.roads)
	if err != nil {
		return err
	}
	if url, err = absolute(url, d.scheme); err != nil {
		return err
	}
	v := newVisit(ctx, p)
	if err := d.files(v, url); err != nil {
		return err
	}
	if v.found == 0 {
		return fmt.Errorf("%s has no file for this phone", url)
	}
	return v.keep(d.reads)
}

// keep remembers what the visit read, and fetches the certificates that it names.
func (v *visit) keep(r reader) error {
	if r.trusts != nil {
		if err := v.trust(r.trusts(v.settings)); err != nil {
			return err
		}
	}
	return v.phone.remember(v.settings, r)
}

// find goes the roads until one leads somewhere. What the phone was told last is its last hope.
func find(ctx context.Context, p *Phone, url string, roads []road) (string, error) {
	p.mu.Lock()
	last, held := p.Memory.URL, p.Memory.Held
	p.mu.Unlock()
	if held {
		url = last
	}
	for _, r := range roads {
		if url != "" {
			return url, nil
		}
		var err error
		if url, err = r(ctx, p); err != nil {
			return "", err
		}
	}
	if url == "" {
		url = last
	}
	if url == "" {
		return "", fmt.Errorf("nobody told where settings are, by DHCP or otherwise, and none is remembered")
	}
	return url, nil
}

// byOption reads a text option of the lease.
func byOption(code uint8) road {
	return func(_ context.Context, p *Phone) (string, error) { return p.Link().text(code), nil }
}

// byServers takes the first address of option 150.
func byServers(_ context.Context, p *Phone) (string, error) {
	if s := p.Link().servers(); len(s) > 0 {
		return s[0].String(), nil
	}
	return "", nil
}

// byVendorText takes option 43 as a bare URL.
func byVendorText(_ context.Context, p *Phone) (string, error) {
	if s := p.Link().text(43); strings.Contains(s, "://") {
		return s, nil
	}
	return "", nil
}

// byVendor takes a sub-option of option 43.
func byVendor(code uint8) road {
	return func(_ context.Context, p *Phone) (string, error) { return p.Link().inside(code), nil }
}

// byInform asks by DHCPINFORM when the lease brought no address of settings.
func byInform(codes ...uint8) road {
	return func(ctx context.Context, p *Phone) (string, error) {
		if p.Link().Interface == "" { // no cable: a phone that Attach gave its place
			return "", nil
		}
		if err := p.Inform(ctx, 2*time.Second); err != nil {
			return "", err
		}
		for _, c := range codes {
			if s := p.Link().text(c); s != "" {
				return s, nil
			}
		}
		return "", nil
	}
}

// byPnP subscribes to the group from port with the maker's form of the question.
func byPnP(port int, form string) road { return byPnPGroup(pnpGroup, port, form) }

func byPnPGroup(group string, port int, form string) road {
	return func(ctx context.Context, p *Phone) (string, error) {
		start := time.Now()
		url, err := askPnP(ctx, group, p.Link().Addr.Addr(), port, func(callID string) string { return subscribe(form, p, callID) })
		if url != "" {
			p.mark(Told, start)
		}
		return url, err
	}
}

// subscribe fills in a maker's SUBSCRIBE.
func subscribe(form string, p *Phone, callID string) string {
	tag, _, _ := strings.Cut(callID, "@")
	return spell(strings.NewReplacer("{ip}", p.Link().Addr.Addr().String(), "{call}", callID, "{tag}", tag).Replace(form), p.MAC)
}
