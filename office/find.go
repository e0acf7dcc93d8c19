package office

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"time"

	"autocom/provision"
	"autocom/provision/inventory"
)

// Find gives a phone its file, or fs.ErrNotExist: to strangers and for unknown
// names alike. A file with account keys is a credential; who gets it:
//
//   - before binding, the address that is proved to be the phone's;
//   - after binding, who knows the token and is the phone's address, or the
//     address alone while the window after a reset is open, or when the maker's
//     phones forget their account and this one is not registered;
//   - an installation of a softphone has no address of its own: its token
//     alone, until it has registered and the window after that has closed.
//
// Who forges the neighbour table (ARP spoofing) is not defended against.
func (o *Office) Find(ctx context.Context, r provision.Request) (provision.File, error) {
	d, ok := o.asker(ctx, r)
	if !ok {
		o.audit.refused.Add(1)
		return provision.File{}, fmt.Errorf("file %q: %w", r.Name, fs.ErrNotExist)
	}
	site := o.Site()
	file, err := o.render(site, d, r.Name, o.trusts(d, r.Token != ""))
	if err != nil {
		o.audit.refused.Add(1)
		return provision.File{}, err
	}
	if !file.Secret {
		o.audit.plain.Add(1)
		o.follows(ctx, d, r.Name, site.Address)
		return file, nil
	}
	o.live(ctx)
	if _, err := o.Apply(ctx, Fetched{ID: d.ID, Secret: true, Server: site.Address}); err != nil {
		return provision.File{}, err
	}
	o.audit.secret.Add(1)
	o.cfg.Log.Info("file with its account given", "device", d.ID, "file", r.Name, "to", r.Remote.Addr(), "extension", d.Number())
	return file, nil
}

// follows notes that a phone has read the box's present address in its own file. A
// file that all phones share says nothing of where to register.
func (o *Office) follows(ctx context.Context, d provision.Device, name string, server netip.Addr) {
	_, named, _ := o.cfg.Files.Owner(name)
	if !holds(d) || named.IsZero() || d.Server == server {
		return
	}
	if _, err := o.Apply(ctx, Fetched{ID: d.ID, Server: server}); err != nil {
		o.cfg.Log.Error("a phone read the new address and that was not noted", "device", d.ID, "error", err)
		return
	}
	o.cfg.Log.Info("the phone has read the box's address in its file", "device", d.ID, "address", server)
}

// strayed reports whether the URL that a phone keeps is dead: it was told one by a
// box with another address, and has had no account since.
func strayed(d provision.Device, now netip.Addr) bool {
	return d.AtRoot || d.Server.IsValid() && d.Server != now
}

// asker tells which device may ask for a file of this name from there.
func (o *Office) asker(ctx context.Context, r provision.Request) (provision.Device, bool) {
	proved := !r.MAC.IsZero()
	if r.Token != "" {
		d, ok := o.byToken(r.Token)
		if ok && d.Soft() {
			return d, o.trusts(d, true)
		}
		return d, ok && proved && d.MAC == r.MAC && d.Verdict != provision.VerdictRejected
	}
	_, named, ok := o.cfg.Files.Owner(r.Name)
	if !proved || ok && !named.IsZero() && named != r.MAC {
		return provision.Device{}, false
	}
	o.sight(ctx, r, ok)
	d, known := o.Device(r.MAC.String())
	return d, ok && known && d.Verdict != provision.VerdictRejected
}

// sight reports the request as a sighting, when it says anything: the name is a
// maker's, or the User-Agent is.
func (o *Office) sight(ctx context.Context, r provision.Request, owned bool) {
	s := provision.Sighting{
		At: o.now(), Sensor: provision.SensorHTTP, MAC: r.MAC, Proved: true, IP: r.Remote.Addr().Unmap(),
		Fields: map[string]string{provision.FieldPath: provision.Clean(r.Name)},
	}
	if r.Protocol == "tftp" {
		s.Sensor = provision.SensorTFTP
	}
	if r.UserAgent != "" {
		s.Fields[provision.FieldUserAgent] = provision.Clean(r.UserAgent)
	}
	if !owned && inventory.Weigh(s, o.vendors).Vendor == "" {
		return
	}
	if _, err := o.Apply(ctx, Sighted{s}); err != nil {
		o.cfg.Log.Error("a phone asked for its file and was not noted", "device", r.MAC, "error", err)
	}
}

func (o *Office) byToken(token string) (provision.Device, bool) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	id, ok := o.tokens[token]
	return copied(o.devices[id]), ok
}

// trusts reports whether the asker may have the device's account keys; that it is
// the device's address is known already, but for softphones.
func (o *Office) trusts(d provision.Device, token bool) bool {
	window := o.now().Before(d.WindowUntil)
	switch {
	case d.Allocation == provision.AllocationReserved:
		return true
	case d.Allocation != provision.AllocationBound:
		return false
	case d.Soft():
		return token && window
	}
	return token || window || o.forgets(d.Vendor) && d.Reach != provision.ReachRegistered
}

// forgets reports whether phones of this maker lose their account with a file that does not name it.
func (o *Office) forgets(vendor string) bool {
	for _, v := range o.vendors {
		if v.ID == vendor {
			return !v.KeepsAccount
		}
	}
	return false
}

func (o *Office) render(site provision.Site, d provision.Device, name string, secrets bool) (provision.File, error) {
	p := provision.Phone{Site: site, Device: d, Secrets: secrets}
	switch {
	case secrets:
		p.URL = ownURL(site, d)
	case strayed(d, site.Address): // not always: a bound phone boots by the root and must keep its token
		p.URL = site.URL()
	}
	return o.cfg.Files.Render(p, name)
}

// URL is the address of a device's own files, with its token, ending in "/".
func (o *Office) URL(d provision.Device) string { return ownURL(o.Site(), d) }

func ownURL(s provision.Site, d provision.Device) string { return s.URL() + "p/" + d.Token + "/" }

// live lets the exchange learn the account before the phone does, for two seconds
// at most: a phone whose first REGISTER is refused waits for a minute or for ever.
func (o *Office) live(ctx context.Context) {
	if o.cfg.Live == nil {
		return
	}
	o.mu.RLock()
	revision := o.revision
	o.mu.RUnlock()
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := o.cfg.Live(ctx, revision); err != nil && !errors.Is(err, context.Canceled) {
		o.cfg.Log.Warn("the exchange does not know the account yet; the phone gets its file all the same", "error", err)
	}
}

// PnPURL is what a SUBSCRIBE for a profile is answered; ok is false when there is
// nothing to say. The token goes only to a phone that is not bound yet and whose
// frame proves it: anybody on the LAN may send a SUBSCRIBE.
func (o *Office) PnPURL(ctx context.Context, s provision.Sighting) (url string, ok bool) {
	if _, err := o.Apply(ctx, Sighted{s}); err != nil {
		o.cfg.Log.Error("a phone asked by PnP and was not noted", "device", s.MAC, "error", err)
		return "", false
	}
	d, known := o.Device(s.MAC.String())
	if !known || !holds(d) {
		return "", false
	}
	p := provision.Phone{Site: o.Site(), Device: d}
	if s.Proved && d.Allocation == provision.AllocationReserved {
		p.Secrets, p.URL = true, o.URL(d)
	}
	url, err := o.cfg.Files.PnPURL(p)
	if err != nil {
		o.cfg.Log.Debug("no PnP answer", "device", d.ID, "error", err)
		return "", false
	}
	return url, true
}
