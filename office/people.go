package office

import (
	"slices"
	"sync"

	"autocom/pbx"
	"autocom/provision"
)

// callers are the people of one revision, by number.
type callers struct {
	mu       sync.Mutex
	made     bool
	revision Revision
	people   map[string]caller
}

// caller is what a phone shows of the person whose number it has.
type caller struct {
	name, language string
	hidden         bool // not in the directory
}

// people gives who is behind the numbers.
func (o *Office) people() map[string]caller {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.peopleOfNow()
}

// peopleOfNow is people for who holds o.mu.
func (o *Office) peopleOfNow() map[string]caller {
	o.callers.mu.Lock()
	defer o.callers.mu.Unlock()
	if o.callers.made && o.callers.revision == o.revision {
		return o.callers.people
	}
	people := map[string]caller{}
	for _, x := range o.objects {
		var p pbx.Person
		if x.Kind != pbx.KindPerson || pbx.Decode(x, &p) != nil {
			continue
		}
		for _, n := range p.Numbers {
			people[n] = caller{x.Name, p.Language, p.Hidden}
		}
	}
	o.callers.made, o.callers.revision, o.callers.people = true, o.revision, people
	return people
}

// personal writes the people's names on a device's lines, and their language on the whole:
// the first line's, for a telephone has one.
func personal(site *provision.Site, d *provision.Device, people map[string]caller) {
	d.Lines = slices.Clone(d.Lines)
	for i, l := range d.Lines {
		who, known := people[l.Number]
		if known && who.name != "" {
			d.Lines[i].Name = provision.Clean(who.name)
		}
		if known && i == 0 && who.language != "" {
			site.Language = who.language
		}
	}
}
