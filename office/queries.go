package office

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"time"

	"autocom/pbx"
	"autocom/provision"
)

// Password gives the user and the password of a phone's own web page; the trail says
// that somebody read it.
func (o *Office) Password(id string) (user, password string, err error) {
	d, ok := o.Device(id)
	if !ok {
		return "", "", fmt.Errorf("device %q: %w", id, fs.ErrNotExist)
	}
	user = o.makers[d.Vendor].Admin
	if user == "" || d.Admin == "" || !served(d) {
		return "", "", fmt.Errorf("%w: "+noPassword, ErrRefused, id)
	}
	o.trail.given(Audit{
		At: o.now(), Device: d.ID, MAC: d.MAC, File: "password of its own page", Protocol: "api",
		Secret: true, Outcome: OutcomeGiven,
	})
	return user, d.Admin, nil
}

// phoneBook is the directory of one revision.
type phoneBook struct {
	mu       sync.Mutex
	made     bool
	revision Revision
	entries  []provision.Entry
}

// Directory gives the numbers of the house with the names of those behind them: phones,
// and what people set up and gave a number. Who is hidden is not in it.
func (o *Office) Directory() []provision.Entry { return slices.Clone(o.directory()) }

func (o *Office) directory() []provision.Entry {
	o.mu.RLock()
	defer o.mu.RUnlock()
	people := o.peopleOfNow()
	o.book.mu.Lock()
	defer o.book.mu.Unlock()
	if o.book.made && o.book.revision == o.revision {
		return o.book.entries
	}
	var entries []provision.Entry
	for _, d := range o.devices {
		if !holds(d) {
			continue
		}
		for _, l := range d.Lines {
			who := people[l.Number]
			if l.Number != "" && !who.hidden && pbx.EmergencyCollision(l.Number, o.cfg.Emergency) == "" {
				entries = append(entries, provision.Entry{Number: l.Number, Name: cmp.Or(provision.Clean(who.name), l.Name, l.Number)})
			}
		}
	}
	for _, x := range o.objects {
		if x.Number != "" {
			entries = append(entries, provision.Entry{Number: x.Number, Name: cmp.Or(provision.Clean(x.Name), x.Number)})
		}
	}
	slices.SortFunc(entries, func(a, b provision.Entry) int {
		return cmp.Or(cmp.Compare(len(a.Number), len(b.Number)), cmp.Compare(a.Number, b.Number))
	})
	entries = slices.CompactFunc(entries, func(a, b provision.Entry) bool { return a.Number == b.Number }) // two phones of one number
	o.book.made, o.book.revision, o.book.entries = true, o.revision, entries
	return entries
}

// latest is the files with their account that devices have fetched since the start.
type latest struct {
	mu      sync.Mutex
	devices map[string]*fetched
}

type fetched struct {
	at    time.Time
	away  bool // sent to HTTPS, and has not fetched by it since
	files []fetchedFile
}

type fetchedFile struct {
	name string
	sum  [sha256.Size]byte
}

// maxFetched bounds the files remembered of one device.
const maxFetched = 4

func (l *latest) note(id, name string, body []byte, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.devices == nil {
		l.devices = map[string]*fetched{}
	}
	f := l.devices[id]
	if f == nil {
		f = &fetched{}
		l.devices[id] = f
	}
	f.at = now
	f.files = slices.DeleteFunc(f.files, func(x fetchedFile) bool { return x.name == name })
	if len(f.files) >= maxFetched {
		f.files = f.files[1:]
	}
	f.files = append(f.files, fetchedFile{name, sha256.Sum256(body)})
}

// sent notes that a device was sent to HTTPS, or has come by it.
func (l *latest) sent(id string, away bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f := l.devices[id]; f != nil {
		f.away = away
	}
}

// Away reports a device that was sent to HTTPS since the start and has fetched nothing by
// it: when it does not come though it is asked, it cannot.
func (o *Office) Away(id string) bool {
	o.latest.mu.Lock()
	defer o.latest.mu.Unlock()
	f := o.latest.devices[id]
	return f != nil && f.away
}

// at is when a device fetched last, the zero time when nobody knows.
func (l *latest) at(id string) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f := l.devices[id]; f != nil {
		return f.at
	}
	return time.Time{}
}

func (l *latest) of(id string) []fetchedFile {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f := l.devices[id]; f != nil {
		return slices.Clone(f.files)
	}
	return nil
}

func (l *latest) keep(known func(id string) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id := range l.devices {
		if !known(id) {
			delete(l.devices, id)
		}
	}
}

// Stale gives the registered phones whose own file would differ now from the one that
// they fetched last: they should be asked to fetch it again. Of a phone that has
// fetched nothing since the start nobody can tell.
func (o *Office) Stale() []provision.Device {
	site := o.Site()
	var out []provision.Device
	for _, d := range o.Devices() {
		// One at the root has no token to fetch its account with: it would be asked for ever.
		if d.Soft() || !served(d) || d.Reach != provision.ReachRegistered || d.AtRoot {
			continue
		}
		for _, f := range o.latest.of(d.ID) {
			now, err := o.cfg.Files.Render(o.phone(site, d, true), f.name)
			if err == nil && sha256.Sum256(now.Body) != f.sum {
				out = append(out, d)
				break
			}
		}
	}
	return out
}
