// Package office turns commands into the office's state: who has which number.
// It is the only writer of the store; what Apply has returned is durable, and
// only then do events, files and plans show it.
package office

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"autocom/pbx"
	"autocom/provision"
	"autocom/store"
)

// Revision counts the durable changes.
type Revision int64

// Errors that callers tell apart; an unknown device is an fs.ErrNotExist.
var (
	ErrFull = errors.New("every number of the range is held or in quarantine") // its text names the range and who has it
	ErrBusy = errors.New("too many new phones at once: those that wait get their number by themselves when some have registered")
)

// Office is the state in memory and the way to change it. All methods may be
// called from many goroutines.
type Office struct {
	cfg     Config
	vendors []provision.Vendor
	makers  map[string]provision.Vendor // by id
	numbers *numbering
	store   *store.Store
	now     func() time.Time
	opened  time.Time

	writer sync.Mutex // held while changes are decided and committed
	queue  queue
	given  []time.Time      // when numbers were given out in the last day; under writer
	tally  tally            // of devices; under writer
	tries  map[string]tries // codes dialled, by device; under writer
	blind  bool             // the exchange could not be asked at the last tick; under writer
	hungry map[string]bool  // bases whose next handset found no number; under writer
	said   map[string]said  // how new what the card says of a device's model is; under writer

	mu       sync.RWMutex // guards what follows, for readers; writers hold writer too
	site     provision.Site
	devices  map[string]provision.Device
	tokens   map[string]string // URL token → device id
	revision Revision
	objects  objects
	book     phoneBook
	callers  callers

	hub    hub
	audit  audit
	trail  trail
	alerts alerts
	guard  guard
	forged guard // the same for TFTP: anybody may send a datagram in another's name, and must not block it
	latest latest
}

// audit counts what was given out and refused since the start.
type audit struct{ secret, plain, refused atomic.Int64 }

// Open reads the store and checks the configuration against it.
func Open(ctx context.Context, cfg Config, st *store.Store, vendors []provision.Vendor, now func() time.Time) (*Office, error) {
	numbers, err := cfg.check()
	if err != nil {
		return nil, fmt.Errorf("open the office: %w", err)
	}
	state, err := st.Load(ctx)
	if err != nil {
		return nil, fmt.Errorf("open the office: %w", err)
	}
	o := &Office{
		cfg: cfg, vendors: vendors, numbers: numbers, store: st, now: now, opened: now(),
		site: cfg.Site, devices: map[string]provision.Device{}, tokens: map[string]string{},
		revision: Revision(state.Revision), given: state.Given,
		objects: objects{}, makers: map[string]provision.Vendor{}, tries: map[string]tries{}, hungry: map[string]bool{}, said: map[string]said{},
	}
	o.trail.tell = cfg.Trail
	for _, v := range vendors {
		o.makers[v.ID] = v
	}
	for _, d := range state.Devices {
		if d.Reach == provision.ReachRegistered {
			d.Reach = provision.ReachLost // until the exchange says otherwise
		}
		for i := range d.Lines {
			d.Lines[i].Registered = false
		}
		o.keep(d)
		o.tally.count(d, 1)
		for _, l := range d.Lines {
			if e := pbx.EmergencyCollision(l.Number, cfg.Emergency); l.Number != "" && e != "" {
				o.cfg.Log.Error("a number that is held may not ring here: release it, and the device gets another",
					"number", l.Number, "device", d.ID, "emergency", e)
			}
		}
	}
	for _, x := range state.Objects {
		o.objects[key{x.Kind, x.ID}] = x
	}
	o.site.Voicemail = o.objects.messageKey()
	if _, err := o.Apply(ctx, furnish{}); err != nil {
		return nil, fmt.Errorf("open the office: %w", err)
	}
	return o, nil
}

// keep puts a device into the model.
func (o *Office) keep(d provision.Device) {
	if old, ok := o.devices[d.ID]; ok && old.Token != d.Token {
		delete(o.tokens, old.Token)
	}
	o.devices[d.ID] = d
	if d.Token != "" {
		o.tokens[d.Token] = d.ID
	}
}

// Devices gives every device known, by id.
func (o *Office) Devices() []provision.Device {
	o.mu.RLock()
	defer o.mu.RUnlock()
	out := make([]provision.Device, 0, len(o.devices))
	for _, id := range slices.Sorted(maps.Keys(o.devices)) {
		out = append(out, o.shown(o.devices[id]))
	}
	return out
}

// Device gives one device by its id, as SoftID or provision.MAC write it.
func (o *Office) Device(id string) (provision.Device, bool) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	d, ok := o.devices[id]
	return o.shown(d), ok
}

// shown is a device as others see it, under mu: with the address that is to be typed
// into a phone behind a router, as long as nobody has used it.
func (o *Office) shown(d provision.Device) provision.Device {
	d = copied(d)
	if d.Routed && d.Token != "" && !d.Owner.IsValid() {
		d.URL = ownURL(o.site.URL(), d)
	}
	return d
}

// Site gives what the phones share, with the box's address of now.
func (o *Office) Site() provision.Site {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.site
}

// Plan gives everything the exchange has to know but what only the box knows:
// host name and manager secret.
func (o *Office) Plan() pbx.Plan {
	o.mu.RLock()
	defer o.mu.RUnlock()
	plan := o.plan(maps.Values(o.devices), o.site, o.objects)
	plan.Revision = int64(o.revision)
	plan.Ghosts = ghosts(plan, nil, o.cfg.Emergency)
	return plan
}

// plan puts one together, without ghosts.
func (o *Office) plan(devices iter.Seq[provision.Device], site provision.Site, objects objects) pbx.Plan {
	plan := pbx.Plan{
		Name: site.Name, Language: site.Language, Country: site.Country, Address: site.Address,
		TimeZone: site.TimeZone, Objects: objects.list(),
	}
	for d := range devices {
		right := pbx.RightInternal
		switch {
		case guest(d):
			right = pbx.RightGuest
		case !holds(d):
			continue
		}
		for _, l := range d.Lines {
			number := l.Number
			if number != "" && pbx.EmergencyCollision(number, o.cfg.Emergency) != "" {
				number = "" // the country was another one: the line may call, its number would catch calls for help
			}
			plan.Endpoints = append(plan.Endpoints, pbx.Endpoint{
				ID: d.SIPUser(l.N), Secret: l.Secret, Number: number, Name: l.Name,
				Lang: site.Language, Right: right, Expiry: expiry(d.SIPUser(l.N)), Encrypted: d.Secured,
			})
		}
	}
	plan.Endpoints = append(plan.Endpoints, slices.Concat(o.browsers(plan), o.apps(plan))...)
	slices.SortFunc(plan.Endpoints, func(a, b pbx.Endpoint) int { return strings.Compare(a.ID, b.ID) })
	return plan
}

// Counters gives the audit: files given with and without account keys, and
// requests of strangers, since the start.
func (o *Office) Counters() map[string]int64 {
	return map[string]int64{
		"files_secret":  o.audit.secret.Load(),
		"files_plain":   o.audit.plain.Load(),
		"files_refused": o.audit.refused.Load(),
	}
}

// expiry spreads registrations over 10 to 15 minutes by the SIP user, so that
// phones which started together do not come back together for ever.
func expiry(user string) time.Duration {
	var h uint32 = 2166136261 // FNV-1a
	for i := range len(user) {
		h = (h ^ uint32(user[i])) * 16777619
	}
	return 600*time.Second + time.Duration(h%300)*time.Second
}

// holds reports whether the device has a number now.
func holds(d provision.Device) bool {
	return d.Allocation == provision.AllocationReserved || d.Allocation == provision.AllocationBound
}

// guest reports a phone that has an account and no number while it waits.
func guest(d provision.Device) bool {
	return !holds(d) && !d.Soft() && len(d.Lines) > 0 && d.Lines[0].Number == "" && d.Lines[0].Secret != ""
}

// served reports whether the exchange has an account of the device.
func served(d provision.Device) bool { return holds(d) || guest(d) }

// fresh reports an account that nobody has registered with yet. A guest's ReservedAt
// ends with its first REGISTER.
func fresh(d provision.Device) bool {
	return d.Allocation == provision.AllocationReserved || guest(d) && !d.ReservedAt.IsZero()
}

// copied lets nobody share the model's slices.
func copied(d provision.Device) provision.Device {
	d.Lines, d.Evidence, d.Keys = slices.Clone(d.Lines), slices.Clone(d.Evidence), slices.Clone(d.Keys)
	return d
}
