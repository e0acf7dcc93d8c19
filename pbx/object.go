package pbx

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Object is one thing that people set up: a queue, a menu, a person. Its kind's package
// (pbx/queue …) knows what the body holds.
type Object struct {
	Kind   string          `json:"kind"`
	ID     string          `json:"id"`     // ObjectID tells its form
	Rev    int64           `json:"rev"`    // of its last change; two administrators at once are told apart by it
	Number string          `json:"number"` // that reaches it; "" for none
	Name   string          `json:"name"`   // what people call it
	Body   json.RawMessage `json:"body"`   // of the kind's own type
}

// KindSettings is the kind of the settings of which there is one set for the whole site;
// their id is the name of the feature: "codes", "mail", "recording".
const KindSettings = "settings"

// ObjectID is the form of an object's id: it stands in names of contexts, files and URLs.
var ObjectID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

// objectNumber is the form of an object's own number.
var objectNumber = regexp.MustCompile(`^[1-9][0-9]{1,5}$`)

// Check says what is wrong with an object whatever its kind: id, number, name.
func (o Object) Check() error {
	switch {
	case !ObjectID.MatchString(o.ID):
		return fmt.Errorf("%s %q: an id has 1 to 32 small letters, digits or hyphens", o.Kind, o.ID)
	case o.Number != "" && !objectNumber.MatchString(o.Number):
		return fmt.Errorf("%s %s: number %q: 2 to 6 digits are needed, the first not 0", o.Kind, o.ID, o.Number)
	case len(o.Name) > 80:
		return fmt.Errorf("%s %s: the name is longer than 80 bytes: shorten it", o.Kind, o.ID)
	}
	return nil
}

// Decode reads an object's body strictly: an unknown field is an error that names it.
// Fields that are absent keep what into holds, which is the kind's defaults.
func Decode(o Object, into any) error {
	if len(o.Body) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(o.Body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%s %s: %w", o.Kind, o.ID, plain(err))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s %s: something follows its JSON", o.Kind, o.ID)
	}
	return nil
}

// plain says what JSON's errors mean to who wrote the body.
func plain(err error) error {
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong):
		return fmt.Errorf("field %q: %s is expected, not %s", wrong.Field, inJSON(wrong.Type.Kind()), wrong.Value)
	case strings.HasPrefix(err.Error(), "json: unknown field "):
		return fmt.Errorf("there is no field %s", strings.TrimPrefix(err.Error(), "json: unknown field "))
	}
	return err
}

// inJSON is a kind of Go's as who writes JSON knows it.
func inJSON(k reflect.Kind) string {
	switch k {
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	}
	return "a number"
}

// All gives the objects of one kind, by id.
func (p Plan) All(kind string) []Object {
	var out []Object
	for _, o := range p.Objects {
		if o.Kind == kind {
			out = append(out, o)
		}
	}
	slices.SortFunc(out, func(a, b Object) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// Object finds one.
func (p Plan) Object(kind, id string) (Object, bool) {
	i := slices.IndexFunc(p.Objects, func(o Object) bool { return o.Kind == kind && o.ID == id })
	if i < 0 {
		return Object{}, false
	}
	return p.Objects[i], true
}

// Destination is where a call goes by the decision of whoever set it up, never by digits
// that the caller typed.
type Destination struct {
	Kind string `json:"kind"` // a kind of objects, or one of those below
	ID   string `json:"id,omitempty"`
}

// Kinds of destinations that are no objects.
const (
	ToNumber    = "number"    // rings an extension, as if somebody of the house dialled it; ID: "201"
	ToVoicemail = "voicemail" // records a message for an extension; ID: "201"
	ToHangup    = "hangup"    // ends the call
)

// Zero reports that nobody has chosen a destination.
func (d Destination) Zero() bool { return d.Kind == "" }

func (d Destination) String() string {
	if d.ID == "" {
		return d.Kind
	}
	return d.Kind + " " + Shown(d.ID)
}

// Shown is a text that somebody wrote as an error may hold it: as it is when it is one plain
// word, else in quotes, without line breaks and the like.
func Shown(s string) string {
	for _, r := range s {
		if r <= ' ' || r > '~' || r == '"' {
			return strconv.Quote(s)
		}
	}
	return s
}

// destinations are the kinds of objects that a call can be sent to; each has contexts
// ac-<kind>-<id> with an extension s.
var destinations = []string{"menu", "queue", "conference", "group", "announcement", "hours", "outside", "directory", "paging"}

// Target gives where a destination lies in the dialplan, "context,extension,priority", or
// says in words that it does not exist.
func (p Plan) Target(d Destination) (string, error) {
	switch d.Kind {
	case "":
		return "", errors.New("no destination is chosen")
	case ToHangup:
		return "ac-hangup,s,1", nil
	case ToNumber, ToVoicemail:
		x, ok := p.Extension(d.ID)
		if !ok {
			return "", fmt.Errorf("number %q does not exist", d.ID)
		}
		if d.Kind == ToVoicemail {
			if !x.HasVoicemail() {
				return "", fmt.Errorf("number %s has no voicemail", d.ID)
			}
			return "ac-voicemail," + d.ID + ",1", nil
		}
		return "ac-number," + d.ID + ",1", nil
	}
	if !slices.Contains(destinations, d.Kind) {
		return "", fmt.Errorf("a call cannot be sent to a %q: use %s, %s, %s or %s", d.Kind,
			ToNumber, ToVoicemail, ToHangup, strings.Join(destinations, ", "))
	}
	if _, ok := p.Object(d.Kind, d.ID); !ok {
		return "", fmt.Errorf("%s does not exist", d)
	}
	return "ac-" + d.Kind + "-" + d.ID + ",s,1", nil
}

// Fragments are what a feature adds to Asterisk's files.
type Fragments struct {
	Files map[string]string    // file name → text, appended to the base: "queues.conf"
	Lines map[string][]Setting // endpoint id → further keys of its section

	Permits []netip.Prefix // outside of the LAN, that SIP must be let in from
}

// Setting is one "key = value" of an endpoint.
type Setting struct{ Key, Value string }

// Join adds further fragments.
func (f *Fragments) Join(g Fragments) {
	for name, text := range g.Files {
		if f.Files == nil {
			f.Files = map[string]string{}
		}
		f.Files[name] += text
	}
	for id, settings := range g.Lines {
		if f.Lines == nil {
			f.Lines = map[string][]Setting{}
		}
		f.Lines[id] = append(f.Lines[id], settings...)
	}
	f.Permits = append(f.Permits, g.Permits...)
}
