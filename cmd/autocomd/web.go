package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"autocom/office"
	"autocom/portal"
	"autocom/provision"
	"autocom/provision/offer"
)

// desk lets the portal act on the office, and on phones through the exchange.
type desk struct {
	*office.Office
	exchange *exchange
}

// Do takes the verbs of the API.
func (d desk) Do(ctx context.Context, verb, id string) error {
	if verb == "resync" {
		return d.exchange.Resync(ctx, id)
	}
	commands := map[string]office.Command{
		"approve": office.Approve{ID: id}, "reject": office.Reject{ID: id},
		"release": office.Release{ID: id}, "reset": office.Reset{ID: id},
	}
	c, ok := commands[verb]
	if !ok {
		return fmt.Errorf("%q is no command for a device", verb)
	}
	return d.apply(ctx, c)
}

func (d desk) apply(ctx context.Context, c office.Command) error {
	_, err := d.Apply(ctx, c)
	return conflict(err)
}

// conflict marks what the office refuses as things are.
func conflict(err error) error {
	if errors.Is(err, office.ErrFull) || errors.Is(err, office.ErrBusy) || errors.Is(err, office.ErrRefused) {
		return fmt.Errorf("%w: %w", portal.ErrConflict, err)
	}
	return err
}

// Replace gives a device the number of another.
func (d desk) Replace(ctx context.Context, id, number string) error {
	return d.apply(ctx, office.Replace{ID: id, Number: number})
}

// Rename sets what people call a device.
func (d desk) Rename(ctx context.Context, id, name string) error {
	return d.apply(ctx, office.Rename{ID: id, Name: name})
}

// SetKeys sets the keys with lamps of a phone.
func (d desk) SetKeys(ctx context.Context, id string, keys []provision.Key) error {
	return d.apply(ctx, office.SetKeys{ID: id, Keys: keys})
}

// AddLine gives a base one more handset.
func (d desk) AddLine(ctx context.Context, id string) error {
	return d.apply(ctx, office.AddLine{ID: id})
}

// Password shows the account of a phone's own page.
func (d desk) Password(_ context.Context, id string) (user, password string, err error) {
	user, password, err = d.Office.Password(id)
	return user, password, conflict(err)
}

// trail is the office's, in the portal's words.
func (d desk) trail(n int) []portal.Audit {
	all := d.Trail(n)
	out := make([]portal.Audit, 0, len(all))
	for _, a := range all {
		out = append(out, portal.Audit(a))
	}
	return out
}

func (d desk) alerts() []portal.Alert {
	all := d.Alerts()
	out := make([]portal.Alert, 0, len(all))
	for _, a := range all {
		out = append(out, portal.Alert(a))
	}
	return out
}

// brands are the makers as a person is told of them: what to type into a router of
// somebody else's and into the phone, for the box's present address. typeURL is
// vendors.Set's.
func brands(site provision.Site, vendors []provision.Vendor, typeURL func(provision.Phone) (string, error)) []portal.Maker {
	typed := map[string][]portal.DHCPOption{}
	for _, a := range offer.Router(site, vendors) {
		for _, o := range a.Options {
			typed[a.Maker] = append(typed[a.Maker], portal.DHCPOption(o))
		}
	}
	var out []portal.Maker
	for _, v := range vendors {
		if v.Generic {
			continue
		}
		m := portal.Maker{
			ID: v.ID, Name: v.Name, Kind: v.Kind, Checked: v.Checked, Unsupported: v.Unsupported, Reset: v.Reset,
			PnP: v.PnPURL != "", Options: typed[v.ID],
		}
		for _, r := range v.Refused {
			m.Refused = append(m.Refused, portal.Refused{Models: r.Examples, Kind: r.Kind, Reason: r.Reason})
		}
		if v.Unsupported == "" && site.Address.IsValid() {
			// Loading the maker has tried the text: there is no error that could be said.
			m.TypeURL, _ = typeURL(provision.Phone{Site: site, Device: provision.Device{Vendor: v.ID}})
		}
		out = append(out, m)
	}
	return out
}

// GetNumber takes the button of the page.
func (d desk) GetNumber(ctx context.Context, token, name string, from netip.Addr) (provision.Device, error) {
	if err := d.apply(ctx, office.GetNumber{Token: token, Name: name, Kind: "linphone", IP: from}); err != nil {
		return provision.Device{}, err
	}
	got, _ := d.Device(office.SoftID(token))
	return got, nil
}

// Show opens the provisioning URL of an installation again.
func (d desk) Show(ctx context.Context, token string) (provision.Device, error) {
	if err := d.apply(ctx, office.Show{Token: token}); err != nil {
		return provision.Device{}, err
	}
	got, _ := d.Device(office.SoftID(token))
	return got, nil
}

// onLAN lets through what came to the phones' address or from the box itself:
// pages and files are nothing for the network of the uplink.
func onLAN(address func() netip.Addr, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
		at, err := netip.ParseAddrPort(fmt.Sprint(local))
		if ip := at.Addr().Unmap(); err != nil || ip != address() && !ip.IsLoopback() {
			http.Error(w, "not on this network", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// comesBack is what a browser shows while the box begins: it asks again by itself.
const comesBack = `<!DOCTYPE html><html lang="fr"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta http-equiv="refresh" content="2"><title>…</title>
<p>La boîte n'a pas encore d'adresse : cette page revient d'elle-même dans un instant.</p>
<p lang="en">The box has no address yet: this page comes back by itself in a moment.</p></html>`

// addressed answers 503 while the box has no address: a file or a page would send
// phones nowhere. The API, which says so, is open.
func addressed(address func() netip.Addr, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !address().IsValid() && !strings.HasPrefix(r.URL.Path, "/api/") {
			w.Header().Set("Retry-After", "5")
			if r.Method == http.MethodGet && (r.URL.Path == "/" || strings.HasPrefix(r.URL.Path, "/ui/")) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				w.WriteHeader(http.StatusServiceUnavailable)
				io.WriteString(w, comesBack)
				return
			}
			http.Error(w, "La boîte n'a pas encore d'adresse : revenez à la page précédente et réessayez dans un instant.\nThe box has no address yet: go back and try again in a moment.", http.StatusServiceUnavailable)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// web is the task of an HTTP server, or of the same by HTTPS.
type web struct {
	protocol string
	listener net.Listener
	handler  http.Handler
	said     io.Writer // takes the server's log
}

func (w web) String() string { return w.protocol + " on " + w.listener.Addr().String() }

// Run serves until ctx ends; requests under way get a moment.
func (w web) Run(ctx context.Context) error {
	srv := &http.Server{
		Handler: w.handler, BaseContext: func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: log.New(w.said, "", 0),
	}
	closed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(closed)
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if srv.Shutdown(late) != nil {
			srv.Close()
		}
	})
	defer stop()
	if err := srv.Serve(w.listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	<-closed // the store is closed after us
	return nil
}
