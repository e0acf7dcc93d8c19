package pbx

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// KindPerson is the kind of people.
const KindPerson = "person"

// Person is who is behind numbers: what they may do and how they want to be treated.
// The name is the object's own.
type Person struct {
	Numbers    []string `json:"numbers"`              // extensions; each is of one person at most
	Language   string   `json:"language,omitempty"`   // "fr", "en"; "" the site's
	Class      Right    `json:"class,omitempty"`      // what they may call; "" RightInternal
	Email      string   `json:"email,omitempty"`      // for voicemail
	Voicemail  *bool    `json:"voicemail,omitempty"`  // a box; absent: yes
	Ring       int      `json:"ring,omitempty"`       // seconds until nobody has answered; 0: 25
	Music      string   `json:"music,omitempty"`      // what callers on hold hear; "" the site's
	Forward    Right    `json:"forward,omitempty"`    // furthest that calls may be forwarded to; "" RightInternal
	Pickup     []string `json:"pickup,omitempty"`     // names of the groups whose ringing calls they may take, and that may take theirs
	Supervisor bool     `json:"supervisor,omitempty"` // may listen, whisper and join
	Agent      bool     `json:"agent,omitempty"`      // may log in to queues
	Record     string   `json:"record,omitempty"`     // "", "always", "outside"
	Outside    int      `json:"outside,omitempty"`    // simultaneous outside calls; 0: 2
	Minutes    int      `json:"minutes,omitempty"`    // outside minutes a day; 0: no limit of their own
	NoWaiting  bool     `json:"no_waiting,omitempty"` // a second call finds them busy
	Hidden     bool     `json:"hidden,omitempty"`     // not in the directory
	Follow     Follow   `json:"follow,omitzero"`      // where else their calls ring
}

// Follow is follow-me: other phones that ring for a person's calls.
type Follow struct {
	Numbers []string `json:"numbers,omitempty"` // extensions, or numbers outside within the right to forward
	After   int      `json:"after,omitempty"`   // seconds that the own phones ring alone
	Ring    int      `json:"ring,omitempty"`    // seconds until nobody has answered anywhere; 0: 30
	Confirm bool     `json:"confirm,omitempty"` // who answers in the house presses 1 too; outside it is always asked, for a mailbox may answer there
}

// ForwardsTo is the furthest right that the person's calls may be forwarded to: nobody
// reaches by a forward what they may not call.
func (p Person) ForwardsTo() Right {
	if p.Class.Includes(p.Forward) {
		return p.Forward
	}
	return p.Class
}

// DefaultRing is how long a phone rings in seconds before nobody has answered.
const DefaultRing = 25

// Extension is a number of the house with all that belongs to it. It has no lines while
// its phone is gone or has not come.
type Extension struct {
	Number string
	Lines  []string // endpoint ids that ring, sorted
	Name   string   // of its person, or of its first line
	Who    string   // id of its person; "" nobody
	Person Person   // with the defaults filled in
}

// HasVoicemail reports whether the extension has a box.
func (e Extension) HasVoicemail() bool { return e.Person.Voicemail == nil || *e.Person.Voicemail }

// Extensions gives every number that rings phones, by number. People that cannot be read
// are left out here; Check names them.
func (p Plan) Extensions() []Extension {
	if p.index != nil {
		return slices.Clone(p.index.extensions)
	}
	byNumber := map[string]*Extension{}
	var out []*Extension
	for _, e := range p.Endpoints {
		if e.Number == "" {
			continue
		}
		x := byNumber[e.Number]
		if x == nil {
			x = &Extension{Number: e.Number, Name: e.Name}
			byNumber[e.Number] = x
			out = append(out, x)
		}
		x.Lines = append(x.Lines, e.ID)
	}
	for _, n := range p.Ghosts {
		if byNumber[n] == nil {
			byNumber[n] = &Extension{Number: n, Name: n}
			out = append(out, byNumber[n])
		}
	}
	for _, o := range p.All(KindPerson) {
		var person Person
		if Decode(o, &person) != nil {
			continue
		}
		for _, n := range person.Numbers {
			if x := byNumber[n]; x != nil && x.Who == "" {
				x.Who, x.Person = o.ID, person
				if o.Name != "" {
					x.Name = o.Name
				}
			}
		}
	}
	list := make([]Extension, 0, len(out))
	for _, x := range out {
		slices.Sort(x.Lines)
		if x.Person.Language == "" {
			x.Person.Language = p.Language
		}
		if x.Person.Class == "" {
			x.Person.Class = RightInternal
		}
		if x.Person.Forward == "" {
			x.Person.Forward = RightInternal
		}
		if x.Person.Ring == 0 {
			x.Person.Ring = DefaultRing
		}
		list = append(list, *x)
	}
	slices.SortFunc(list, func(a, b Extension) int { return strings.Compare(a.Number, b.Number) })
	return list
}

// Extension finds one by its number.
func (p Plan) Extension(number string) (Extension, bool) {
	var list []Extension
	if p.index != nil {
		list = p.index.extensions
	} else {
		list = p.Extensions()
	}
	i, ok := slices.BinarySearchFunc(list, number, func(e Extension, n string) int { return strings.Compare(e.Number, n) })
	if !ok {
		return Extension{}, false
	}
	return list[i], true
}

// CheckPeople says what is wrong with people: unknown rights, languages, numbers that two
// of them have. A number that no phone has yet is none of it.
func (p Plan) CheckPeople() error {
	owner := map[string]string{}
	for _, o := range p.All(KindPerson) {
		var x Person
		if err := Decode(o, &x); err != nil {
			return err
		}
		fail := func(format string, args ...any) error {
			return fmt.Errorf("person %s: %w", o.ID, fmt.Errorf(format, args...))
		}
		for _, n := range x.Numbers {
			if !objectNumber.MatchString(n) {
				return fail("number %q: 2 to 6 digits are needed", n)
			}
			if other := owner[n]; other != "" {
				return fail("number %s is already of person %s: a number has one person", n, other)
			}
			owner[n] = o.ID
		}
		switch {
		case x.Class != "" && (!x.Class.Known() || x.Class == RightGuest):
			return fail("class %q: use %s", x.Class, someRights())
		case x.Forward != "" && (!x.Forward.Known() || x.Forward == RightGuest):
			return fail("forward %q: use %s", x.Forward, someRights())
		case x.Language != "" && x.Language != "fr" && x.Language != "en":
			return fail("language %q: use fr or en", x.Language)
		case x.Ring < 0 || x.Ring > 120:
			return fail("ring %d: 5 to 120 seconds", x.Ring)
		case x.Ring > 0 && x.Ring < 5:
			return fail("ring %d: 5 to 120 seconds", x.Ring)
		case x.Outside < 0 || x.Outside > 100 || x.Minutes < 0 || x.Minutes > 1440:
			return fail("outside: 0 to 100 calls; minutes: 0 to 1440 a day")
		case x.Record != "" && x.Record != "always" && x.Record != "outside":
			return fail("record %q: use always or outside, or leave it out", x.Record)
		case strings.ContainsAny(x.Email, " \t\r\n;,<>\"") || len(x.Email) > 254 || x.Email != "" && !strings.Contains(x.Email, "@"):
			return fail("email %q is no address", x.Email)
		}
		if err := x.Follow.check(); err != nil {
			return fail("%w", err)
		}
		for _, g := range x.Pickup {
			if !ObjectID.MatchString(g) {
				return fail("pickup group %q: 1 to 32 small letters, digits or hyphens", g)
			}
		}
		if x.Music != "" && !ObjectID.MatchString(x.Music) {
			return fail("music %q: the id of a music is expected", x.Music)
		}
	}
	return nil
}

// followed is the form of a number of follow-me.
var followed = regexp.MustCompile(`^[0-9]{2,18}$`)

// maxFollowed bounds how many other phones ring for one person.
const maxFollowed = 5

func (f Follow) check() error {
	for i, n := range f.Numbers {
		if !followed.MatchString(n) {
			return fmt.Errorf("follow: number %q: 2 to 18 digits are needed", n)
		}
		if slices.Contains(f.Numbers[:i], n) {
			return fmt.Errorf("follow: number %s is there twice", n)
		}
	}
	switch {
	case len(f.Numbers) > maxFollowed:
		return fmt.Errorf("follow: %d numbers: %d at most ring", len(f.Numbers), maxFollowed)
	case f.Ring != 0 && (f.Ring < 5 || f.Ring > 120):
		return fmt.Errorf("follow: ring %d: 5 to 120 seconds", f.Ring)
	case f.After < 0 || f.After > 60:
		return fmt.Errorf("follow: after %d: 0 to 60 seconds", f.After)
	}
	return nil
}
