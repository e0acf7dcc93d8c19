package office

import (
	"cmp"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"path"
	"strings"
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
//   - by TFTP, which anybody on the way can read, only before binding and within
//     the window;
//   - a phone behind a router has no address that proves anything: the one that
//     used its token first;
//   - an installation of a softphone has no address of its own: its token
//     alone, until it has registered and the window after that has closed.
//
// Who forges the neighbour table (ARP spoofing) is not defended against.
func (o *Office) Find(ctx context.Context, r provision.Request) (provision.File, error) {
	r.Remote = netip.AddrPortFrom(r.Remote.Addr().Unmap(), r.Remote.Port())
	d, why := o.asker(ctx, r)
	if why != "" {
		return o.refuse(r, d, why)
	}
	site := o.Site()
	if o.isAuthority(r.Name, site) {
		return o.authority(ctx, r, d)
	}
	p := o.phone(site, d, o.trusts(d, r))
	file, err := o.cfg.Files.Render(p, r.Name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return o.refuse(r, d, "its maker has no such file")
	case err != nil:
		o.audit.refused.Add(1)
		return provision.File{}, err
	case file.Members && !served(d):
		return o.refuse(r, d, "it is for phones of the office, and it has no account")
	}
	if d.Routed && r.MAC != d.MAC {
		if _, err := o.Apply(ctx, owned{d.ID, r.Token, r.Remote.Addr()}); err != nil {
			return o.refuse(r, d, "another address used the token first")
		}
	}
	if !file.Secret {
		o.audit.plain.Add(1)
		o.follows(ctx, d, r.Name, site.Address)
		o.trail.given(o.record(r, d, OutcomeGiven, ""))
		return file, nil
	}
	o.live(ctx)
	if _, err := o.Apply(ctx, Fetched{ID: d.ID, Secret: true, TLS: p.TLS, Server: site.Address}); err != nil {
		return provision.File{}, err
	}
	o.latest.note(d.ID, r.Name, file.Body, o.now())
	o.latest.sent(d.ID, r.Protocol != "https" && strings.HasPrefix(p.URL, "https:"))
	o.audit.secret.Add(1)
	a := o.record(r, d, OutcomeGiven, "")
	a.Secret = true
	o.trail.given(a)
	o.cfg.Log.Info("file with its account given", "device", d.ID, "file", r.Name, "to", r.Remote.Addr(), "extension", d.Number())
	return file, nil
}

// refuse is the one answer to everybody who is not given a file. Only the owner reads
// why, or whether there is such a file at all.
func (o *Office) refuse(r provision.Request, d provision.Device, why string) (provision.File, error) {
	o.audit.refused.Add(1)
	o.trail.refused(o.record(r, d, OutcomeRefused, why), served(d))
	return provision.File{}, fmt.Errorf("file %q: %w", r.Name, fs.ErrNotExist)
}

func (o *Office) record(r provision.Request, d provision.Device, outcome, why string) Audit {
	return Audit{
		At: o.now(), Device: d.ID, IP: r.Remote.Addr(), MAC: r.MAC, File: provision.Clean(r.Name),
		Protocol: r.Protocol, Token: r.Token != "", Outcome: outcome, Why: why,
	}
}

// isAuthority reports the names of the file with our authority's certificate: Site.CA
// in PEM, and with the ending .der for phones that read no PEM.
func (o *Office) isAuthority(name string, site provision.Site) bool {
	return site.CA != "" && (name == site.CA || name == derName(site)) && len(o.cfg.CA) > 0
}

func derName(site provision.Site) string {
	return strings.TrimSuffix(site.CA, path.Ext(site.CA)) + ".der"
}

// authority gives the certificate, and notes that the phone has it.
func (o *Office) authority(ctx context.Context, r provision.Request, d provision.Device) (provision.File, error) {
	body := o.cfg.CA
	if site := o.Site(); r.Name == derName(site) && r.Name != site.CA {
		block, _ := pem.Decode(o.cfg.CA)
		if block == nil {
			return provision.File{}, fmt.Errorf("give %s: the certificate of our authority is not in PEM", r.Name)
		}
		body = block.Bytes
	}
	if _, err := o.Apply(ctx, Trusted{ID: d.ID}); err != nil {
		return provision.File{}, err
	}
	o.audit.plain.Add(1)
	o.trail.given(o.record(r, d, OutcomeGiven, ""))
	return provision.File{Name: r.Name, ContentType: "application/x-x509-ca-cert", Body: body}, nil
}

// follows notes that a phone has read the box's present address in its own file. A
// file that all phones share says nothing of where to register.
func (o *Office) follows(ctx context.Context, d provision.Device, name string, server netip.Addr) {
	_, named, _ := o.cfg.Files.Owner(name)
	if !served(d) || named.IsZero() || d.Server == server {
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

// asker tells which device may ask for a file of this name from there, or why nobody
// may; the device is then who asked, as far as that is known.
func (o *Office) asker(ctx context.Context, r provision.Request) (d provision.Device, why string) {
	known := false
	if !r.MAC.IsZero() {
		d, known = o.Device(r.MAC.String())
	}
	_, named, owned := o.cfg.Files.Owner(r.Name)
	switch {
	case o.blocked(r) && !o.typed(r):
		return d, "its address asked for the files of too many others"
	case r.Token != "":
		return o.bearer(r, d, named)
	case o.isAuthority(r.Name, o.Site()):
		if routed, ok := o.owner(r.Remote.Addr()); !known && ok {
			d, known = routed, true
		}
		return d, refusal(d, known)
	case r.MAC.IsZero():
		o.sightRouted(ctx, r, named)
		return d, "nothing proves whose address it is"
	case owned && !named.IsZero() && named != r.MAC:
		o.caught(r, d, named, "asked for the file of")
		return d, "the file is of " + named.String()
	}
	o.sight(ctx, r, r.MAC, true, owned)
	if !owned {
		return d, "nobody's phones ask for this name"
	}
	d, known = o.Device(r.MAC.String())
	return d, refusal(d, known)
}

// typed reports a request under the URL of a phone behind a router. Others there may
// share its address; who knows the URL is no thief of names.
func (o *Office) typed(r provision.Request) bool {
	d, ok := o.byToken(r.Token)
	return ok && r.MAC.IsZero() && d.Routed && (!d.Owner.IsValid() || d.Owner == r.Remote.Addr())
}

func refusal(d provision.Device, known bool) string {
	switch {
	case !known:
		return "it is not known as a phone"
	case d.Verdict == provision.VerdictRejected:
		return "somebody refused the phone"
	}
	return ""
}

// bearer tells whose token it is, and whether the asker may use it. from is who asks.
func (o *Office) bearer(r provision.Request, from provision.Device, named provision.MAC) (provision.Device, string) {
	d, ok := o.byToken(r.Token)
	switch {
	case !ok:
		return from, "the token is nobody's"
	case d.Soft():
		if !o.trusts(d, r) {
			return d, "its page is not open any more"
		}
		return d, ""
	case d.Verdict == provision.VerdictRejected:
		return from, refusal(d, true)
	case r.MAC != d.MAC && (!d.Routed || d.Owner.IsValid() && d.Owner != r.Remote.Addr()):
		if !r.MAC.IsZero() || d.Routed { // an address that is merely not confirmed just now is no thief
			o.alert(Alert{At: o.now(), Kind: AlertToken, Device: d.ID, IP: r.Remote.Addr(), MAC: r.MAC,
				Text: fmt.Sprintf("%s used the URL of the phone %s", whoIs(r), d.ID)})
		}
		return from, "the token is of " + d.ID
	case !named.IsZero() && named != d.MAC:
		o.caught(r, d, named, "asked for the file of")
		return d, "the file is of " + named.String()
	}
	return d, ""
}

// owner finds the device behind a router whose token an address has used: of several
// there nobody can tell which one asks.
func (o *Office) owner(addr netip.Addr) (found provision.Device, ok bool) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	for _, d := range o.devices {
		if d.Routed && d.Owner == addr {
			if ok {
				return provision.Device{}, false
			}
			found, ok = copied(d), true
		}
	}
	return found, ok
}

// whoIs names who asks.
func whoIs(r provision.Request) string {
	if r.MAC.IsZero() {
		return "somebody at " + r.Remote.Addr().String()
	}
	return r.MAC.String() + " at " + r.Remote.Addr().String()
}

// sight reports the request as a sighting of mac, when it says anything: the name is a
// maker's, or the User-Agent is.
func (o *Office) sight(ctx context.Context, r provision.Request, mac provision.MAC, proved, owned bool) {
	s := o.sighting(r)
	s.MAC, s.Proved = mac, proved
	if !owned && inventory.Weigh(s, o.vendors).Vendor == "" {
		return
	}
	if _, err := o.Apply(ctx, Sighted{s}); err != nil {
		o.cfg.Log.Error("a phone asked for its file and was not noted", "device", mac, "error", err)
	}
}

func (o *Office) sighting(r provision.Request) provision.Sighting {
	s := provision.Sighting{
		At: o.now(), Sensor: provision.SensorHTTP, IP: r.Remote.Addr(),
		Fields: map[string]string{provision.FieldPath: provision.Clean(r.Name)},
	}
	if r.Protocol == "tftp" {
		s.Sensor = provision.SensorTFTP
	}
	if r.UserAgent != "" {
		s.Fields[provision.FieldUserAgent] = provision.Clean(r.UserAgent)
	}
	return s
}

// sightRouted notes a phone behind a router, which names itself in what it asks for.
// The frames of a phone that is here too say more than a stranger.
func (o *Office) sightRouted(ctx context.Context, r provision.Request, named provision.MAC) {
	mac := cmp.Or(named, inventory.Weigh(o.sighting(r), o.vendors).MAC)
	if mac.IsZero() || mac.Local() || mac.Multicast() {
		return
	}
	d, known := o.Device(mac.String())
	if known && proved(d) && d.IP == r.Remote.Addr() {
		return // its own address, which is not confirmed just now
	}
	if known && (proved(d) || d.Verdict == provision.VerdictRejected) {
		o.caught(r, provision.Device{}, mac, "from behind a router asked for the file of")
		return
	}
	if served(d) && d.Owner == r.Remote.Addr() {
		return
	}
	if o.many(r, mac) {
		return
	}
	o.sight(ctx, r, mac, false, !named.IsZero())
}

func (o *Office) byToken(token string) (provision.Device, bool) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	id, ok := o.tokens[token]
	return copied(o.devices[id]), ok
}

// trusts reports whether the asker may have the device's account keys; that it is
// the device's address is known already, but for softphones.
func (o *Office) trusts(d provision.Device, r provision.Request) bool {
	token := r.Token != ""
	window := o.now().Before(d.WindowUntil)
	switch {
	case fresh(d):
		return true
	case !served(d):
		return false
	case d.Soft():
		return token && window
	case r.Protocol == "tftp":
		return window
	}
	return token || window || o.forgets(d.Vendor) && d.Reach != provision.ReachRegistered
}

// forgets reports whether phones of this maker lose their account with a file that does not name it.
func (o *Office) forgets(vendor string) bool {
	maker, known := o.makers[vendor]
	return known && !maker.KeepsAccount
}

// phone is what a file of a device is rendered from.
func (o *Office) phone(site provision.Site, d provision.Device, secrets bool) provision.Phone {
	maker := o.makers[d.Vendor]
	personal(&site, &d, o.people())
	p := provision.Phone{Site: site, Device: d, Secrets: secrets, Directory: o.directory()}
	// The exchange follows the files with an account: what another one said of TLS would
	// leave the phone and the exchange with different ideas of the same line.
	p.TLS = d.Secured
	switch {
	case secrets:
		p.TLS = site.Encrypted && d.Trusts && !d.Plain && maker.TLS != nil && maker.TLS.MatchString(d.Model)
		base := site.URL()
		if secure := site.SecureURL(); d.Trusts && !d.Plain && maker.HTTPS && secure != "" {
			base = secure
		}
		p.URL = ownURL(base, d)
	case strayed(d, site.Address): // not always: a bound phone boots by the root and must keep its token
		p.URL = site.URL()
	}
	return p
}

// URL is the address of a device's own files, with its token, ending in "/".
func (o *Office) URL(d provision.Device) string { return ownURL(o.Site().URL(), d) }

func ownURL(base string, d provision.Device) string { return base + "p/" + d.Token + "/" }

// livePatience is how long a phone waits for its file: less than phones do, and as long
// as Asterisk takes to boot with the box.
const livePatience = 8 * time.Second

// live lets the exchange learn the account before the phone does: a phone whose first
// REGISTER is refused waits for a minute or for ever.
func (o *Office) live(ctx context.Context) {
	if o.cfg.Live == nil {
		return
	}
	o.mu.RLock()
	revision := o.revision
	o.mu.RUnlock()
	ctx, cancel := context.WithTimeout(ctx, livePatience)
	defer cancel()
	if err := o.cfg.Live(ctx, revision); err != nil && !errors.Is(err, context.Canceled) {
		o.cfg.Log.Warn("the exchange does not know the account yet; the phone gets its file all the same", "error", err)
	}
}
