package asteriskconf

import (
	"fmt"
	"slices"
	"strings"

	"autocom/pbx"
	"autocom/pbx/forward"
)

// line is one endpoint.
type line struct {
	ID, Secret, CallerID, Prompts string
	Right                         pbx.Right
	Encrypted, Web                bool
	Expiry                        int64 // seconds
	More                          []pbx.Setting
}

// number is one extension and the lines that it rings.
type number struct {
	pbx.Extension
	Hint    string // PJSIP/a&PJSIP/b
	IDs     string // a&b
	Box     string // "1": it has a mailbox
	More    string // what else rings: follow-me
	Seconds int    // until nobody has answered
}

// lines checks endpoints, cleans what people typed, and sorts.
func lines(plan pbx.Plan, fallback string, more map[string][]pbx.Setting) ([]line, error) {
	out := make([]line, 0, len(plan.Endpoints))
	seen := make(map[string]bool, len(plan.Endpoints))
	people := map[string]pbx.Extension{}
	for _, x := range plan.Extensions() {
		people[x.Number] = x
	}
	for _, e := range plan.Endpoints {
		if x, ok := people[e.Number]; ok && x.Who != "" && e.Right != pbx.RightGuest {
			e.Name, e.Lang, e.Right = x.Name, x.Person.Language, x.Person.Class
		}
		if err := endpointID.check("endpoint", e.ID); err != nil {
			return nil, err
		}
		if seen[e.ID] {
			return nil, fmt.Errorf("endpoint %s is there twice", e.ID)
		}
		seen[e.ID] = true
		if err := secret.check("secret of endpoint "+e.ID, e.Secret); err != nil {
			return nil, err
		}
		if !e.Right.Known() {
			return nil, fmt.Errorf("endpoint %s: right %q is unknown: use one of %q", e.ID, e.Right, pbx.Rights)
		}
		l := line{ID: e.ID, Secret: e.Secret, Right: e.Right, Encrypted: e.Encrypted, Web: e.Web, CallerID: callerID(e), Prompts: fallback, More: more[e.ID]}
		if e.Lang != "" {
			var err error
			if l.Prompts, err = prompts(e.Lang); err != nil {
				return nil, fmt.Errorf("endpoint %s: %w", e.ID, err)
			}
		}
		l.Expiry = expiry(e)
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b line) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}

// numbers are the extensions, with what the templates say of each.
func numbers(plan pbx.Plan) ([]number, error) {
	var out []number
	for _, x := range plan.Extensions() {
		what := "number"
		if len(x.Lines) > 0 {
			what = "number of endpoint " + x.Lines[0]
		}
		if err := digits.check(what, x.Number); err != nil {
			return nil, err
		}
		if with := pbx.EmergencyCollision(x.Number, plan.Emergency); with != "" {
			return nil, fmt.Errorf("%s %s would be mistaken for the emergency number %s: give another number", what, x.Number, with)
		}
		n := number{Extension: x, IDs: strings.Join(x.Lines, "&")}
		if len(x.Lines) > 0 {
			n.Hint = "PJSIP/" + strings.Join(x.Lines, "&PJSIP/")
		}
		if x.HasVoicemail() {
			n.Box = "1"
		}
		n.More, n.Seconds = forward.More(x)
		out = append(out, n)
	}
	return out, nil
}
