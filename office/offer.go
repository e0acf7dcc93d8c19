package office

import (
	"context"
	"fmt"

	"autocom/provision"
)

// PnPURL is what a SUBSCRIBE for a profile is answered; ok is false when there is
// nothing to say. The token goes only to a phone that has never registered and whose
// frame proves it: anybody on the LAN may send a SUBSCRIBE.
func (o *Office) PnPURL(ctx context.Context, s provision.Sighting) (url string, ok bool) {
	p, ok := o.told(ctx, s)
	if !ok {
		return "", false
	}
	url, err := o.cfg.Files.PnPURL(p)
	if err != nil {
		o.cfg.Log.Debug("no PnP answer", "device", p.Device.ID, "error", err)
		return "", false
	}
	return url, true
}

// Inform gives the phone whose DHCPINFORM may be answered: one that has an account. Its
// URL holds the token only as in PnPURL; otherwise it is the box's root, and the
// phone's secrets are not in it.
func (o *Office) Inform(ctx context.Context, s provision.Sighting) (provision.Phone, bool) {
	p, ok := o.told(ctx, s)
	if ok && p.URL == "" {
		p.URL = p.Site.URL()
	}
	return p, ok
}

// told notes a phone that asks where its files are, and gives what it may hear.
func (o *Office) told(ctx context.Context, s provision.Sighting) (provision.Phone, bool) {
	if _, err := o.Apply(ctx, Sighted{s}); err != nil {
		o.cfg.Log.Error("a phone asked for its files and was not noted", "sensor", s.Sensor, "device", s.MAC, "error", err)
		return provision.Phone{}, false
	}
	d, known := o.Device(s.MAC.String())
	if !known || !served(d) {
		return provision.Phone{}, false
	}
	if !s.Proved && proved(d) && s.IP.IsValid() && d.IP.IsValid() && s.IP != d.IP {
		o.alert(Alert{At: o.now(), Kind: AlertThief, Device: d.ID, IP: s.IP,
			Text: fmt.Sprintf("somebody at %s asked for the URL of %s, which is at %s: no secret was told", s.IP, d.ID, d.IP)})
	}
	p := provision.Phone{Site: o.Site(), Device: d}
	if s.Proved && fresh(d) {
		p.Secrets, p.URL = true, o.URL(d)
		return p, true
	}
	p.Device.Token, p.Device.Admin, p.Device.Code, p.Device.URL = "", "", "", ""
	for i := range p.Device.Lines {
		p.Device.Lines[i].Secret = ""
	}
	return p, true
}
