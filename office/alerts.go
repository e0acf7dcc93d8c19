package office

import (
	"net/netip"
	"slices"
	"sync"
	"time"

	"autocom/provision"
)

// Alert is something that the owner should look at.
type Alert struct {
	At     time.Time     `json:"at"`
	Kind   string        `json:"kind"`
	Device string        `json:"device,omitempty"` // that it is about
	IP     netip.Addr    `json:"ip,omitzero"`      // from where
	MAC    provision.MAC `json:"mac,omitzero"`     // by whom
	Text   string        `json:"text"`
}

// The kinds of Alert.
const (
	AlertThief   = "thief"   // somebody asked for another's file
	AlertToken   = "token"   // somebody used another's URL
	AlertNames   = "names"   // one address asks for the files of many
	AlertBlocked = "blocked" // and is given nothing for a while
	AlertCode    = "code"    // wrong codes were dialled
	AlertPnP     = "pnp"     // somebody else answers phones by PnP
	AlertFraud   = "fraud"   // a call outside was blocked, or is the first of its kind
	AlertTrunk   = "trunk"   // a line to the outside has gone

	AlertEmergency = "emergency" // somebody has called for help
	AlertSetup     = "setup"     // the setup code was used
)

const (
	maxAlerts  = 200
	maxOfKind  = 80               // somebody who makes many of one kind does not push out the others
	alertAgain = 10 * time.Minute // the same is said no more often
)

type alerts struct {
	mu   sync.Mutex
	list []Alert
}

// Alerts gives what the owner should look at, newest first.
func (o *Office) Alerts() []Alert {
	o.alerts.mu.Lock()
	defer o.alerts.mu.Unlock()
	out := slices.Clone(last(o.alerts.list, maxAlerts))
	slices.Reverse(out)
	return out
}

// NoteAlert takes an alert of another part.
func (o *Office) NoteAlert(a Alert) {
	if a.At.IsZero() {
		a.At = o.now()
	}
	a.Device, a.Text = provision.Clean(a.Device), provision.Clean(a.Text)
	o.alert(a)
}

// Remind puts back the alerts of an office before this one, as Alerts gave them. Nobody is
// told of them again.
func (o *Office) Remind(before []Alert) {
	for _, a := range slices.Backward(before) {
		o.alerts.add(a)
	}
}

func (o *Office) alert(a Alert) {
	if !o.alerts.add(a) {
		return
	}
	o.cfg.Log.Warn("look at this", "kind", a.Kind, "device", a.Device, "ip", a.IP, "mac", a.MAC, "what", a.Text)
	o.hub.send([]provision.Event{{Kind: "system"}})
}

func (l *alerts) add(a Alert) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := len(l.list) - 1; i >= max(0, len(l.list)-maxAlerts); i-- {
		if b := l.list[i]; b.Kind == a.Kind && b.Device == a.Device && b.IP == a.IP && b.MAC == a.MAC && a.At.Sub(b.At) < alertAgain && !a.At.Before(b.At) {
			return false
		}
	}
	same := 0
	for _, b := range l.list {
		if b.Kind == a.Kind {
			same++
		}
	}
	if same >= maxOfKind {
		i := slices.IndexFunc(l.list, func(b Alert) bool { return b.Kind == a.Kind })
		l.list = slices.Delete(l.list, i, i+1)
	}
	l.list = push(l.list, a, maxAlerts)
	return true
}
