// Package forward turns what people want done with their calls (forwards, do not disturb,
// follow-me) into the part of the dialplan that treats a call to a number. What they have
// chosen stands in Asterisk's own database, set from their phones, so that it holds with
// autocomd stopped.
package forward

import (
	"cmp"
	"embed"
	"fmt"
	"slices"
	"strings"

	"autocom/pbx"
)

// Kind is a reason for which calls are forwarded. Its name is the function of its feature
// code and its key in the database, ac/<number>/<key>.
type Kind struct {
	Function string // in the table of codes
	Key      string // in AstDB, and in capitals in the name of the lamp: Custom:CFU-201
	Field    string // in the API
	Reason   string // of REDIRECTING and the header Diversion (RFC 5806)
	Sound    string // that says what it is
}

// Kinds are all of them; the names of the keys are those of ITU-T I.252: unconditional,
// busy, no answer; and a for absent, whose phone is not there.
var Kinds = []Kind{
	{"forward-always", "cfu", "always", "cfu", "call-fwd-unconditional"},
	{"forward-busy", "cfb", "busy", "cfb", "call-fwd-on-busy"},
	{"forward-none", "cfn", "none", "cfnr", "call-fwd-no-ans"},
	{"forward-absent", "cfa", "absent", "unavailable", "call-forwarding"},
}

// defaultRing is how long follow-me rings in seconds.
const defaultRing = 30

//go:embed files/*.tmpl
var files embed.FS

// dialled is an extension of the dialplan made of a feature code.
type dialled struct {
	Kind
	Exten string // "*21", "_*21XX"
	Skip  int    // digits of the code before the number
}

// view is what the template sees.
type view struct {
	Kinds      []Kind
	Toggles    []dialled // *21
	Sets       []dialled // _*21XX
	Lamps      []dialled // _*21*XXX: a lamp of one's own state, and its key
	Off        []string  // *20
	DND        []string  // toggles
	DNDOn      []string
	DNDOff     []string
	DNDLamps   []dialled
	Boxes      []dialled   // codes of a mailbox as the destination of a forward: *99
	Rights     []pbx.Right // that reach outside
	Followings []following // of who has follow-me
	Numbers    []pbx.Extension
}

// following is the follow-me of a number.
type following struct {
	pbx.Extension
	Prompts string // directory of the language in which who answers is asked
	Right   pbx.Right
	Legs    []leg
}

// leg is one of the further phones, by its place in the list.
type leg struct {
	N     int
	To    string
	House bool // an extension
}

// Render gives what it adds to Asterisk's files: always, for every number may be forwarded.
func Render(plan pbx.Plan) (pbx.Fragments, error) {
	codes, err := plan.Codes()
	if err != nil {
		return pbx.Fragments{}, err
	}
	v := view{Kinds: Kinds, Rights: pbx.Rights[2:], Numbers: plan.Extensions()}
	for _, c := range codes["voicemail-to"] {
		v.Boxes = append(v.Boxes, dialled{Exten: c.Digits, Skip: len(c.Digits)})
	}
	for _, k := range Kinds {
		for _, c := range codes[k.Function] {
			if c.Alone {
				v.Toggles = append(v.Toggles, dialled{k, c.Digits, 0})
			}
			if !c.More {
				continue
			}
			for n := 2; n <= pbx.ForwardDigits; n++ {
				v.Sets = append(v.Sets, dialled{k, "_" + c.Digits + strings.Repeat("X", n), len(c.Digits)})
			}
			for _, box := range v.Boxes {
				for _, n := range widths {
					v.Sets = append(v.Sets, dialled{k, "_" + c.Digits + box.Exten + strings.Repeat("X", n), len(c.Digits)})
				}
			}
		}
		if all := codes[k.Function]; len(all) > 0 {
			v.Lamps = append(v.Lamps, lamps(k, all[0])...)
		}
	}
	v.Off, v.DND, v.DNDOn, v.DNDOff = alone(codes["forward-off"]), alone(codes["dnd"]), alone(codes["dnd-on"]), alone(codes["dnd-off"])
	if all := codes["dnd"]; len(all) > 0 {
		v.DNDLamps = lamps(Kind{Key: "dnd"}, all[0])
	}
	for _, x := range v.Numbers {
		if len(x.Person.Follow.Numbers) == 0 {
			continue
		}
		f := following{Extension: x, Right: x.Person.ForwardsTo()}
		f.Prompts = pbx.Prompts(x.Person.Language)
		for i, to := range x.Person.Follow.Numbers {
			_, house := plan.Extension(to)
			f.Legs = append(f.Legs, leg{i + 1, to, house})
		}
		if slices.Contains(x.Person.Follow.Numbers, x.Number) {
			return pbx.Fragments{}, fmt.Errorf("person %s: follow: %s is their own number: it rings anyway", x.Who, x.Number)
		}
		v.Followings = append(v.Followings, f)
	}
	return plan.Fill(files, v)
}

// More are the further phones that ring for a number, as app Dial names them, and how long
// all ring in seconds.
func More(x pbx.Extension) (more string, seconds int) {
	for i := range x.Person.Follow.Numbers {
		more += fmt.Sprintf("&Local/%d@ac-follow-%s/n", i+1, x.Number)
	}
	if more == "" {
		return "", x.Person.Ring
	}
	return more[1:], max(x.Person.Ring, cmp.Or(x.Person.Follow.Ring, defaultRing)+x.Person.Follow.After)
}

// lamps are the extensions that are watched to see one's own state: the code, a star, the
// number. A digit more than a forward to that number would have, so that a key with a lamp
// never forwards.
func lamps(k Kind, c pbx.Code) []dialled {
	var out []dialled
	for _, n := range widths {
		out = append(out, dialled{k, "_" + c.Digits + "*" + strings.Repeat("X", n), len(c.Digits) + 1})
	}
	return out
}

// Lamp is the name of the lamp's device state.
func (d dialled) Lamp() string { return strings.ToUpper(d.Key) }

func alone(codes []pbx.Code) []string {
	var out []string
	for _, c := range codes {
		if c.Alone {
			out = append(out, c.Digits)
		}
	}
	return out
}

// widths are the counts of digits that numbers may have.
var widths = []int{2, 3, 4, 5, 6}
