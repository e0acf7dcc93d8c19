package asteriskconf

import (
	"fmt"
	"slices"
	"strings"

	"autocom/pbx"
)

// line is one endpoint.
type line struct {
	ID, Secret, CallerID, Prompts string
	Right                         pbx.Right
	Encrypted                     bool
	Expiry                        int64 // seconds
}

// number is one extension and the lines that it rings.
type number struct {
	Number string
	Hint   string // PJSIP/a&PJSIP/b
	IDs    string // a&b
}

// lines checks endpoints, cleans what people typed, and sorts.
func lines(endpoints []pbx.Endpoint, fallback string) ([]line, error) {
	out := make([]line, 0, len(endpoints))
	seen := make(map[string]bool, len(endpoints))
	for _, e := range endpoints {
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
		if e.Right != pbx.RightGuest && e.Right != pbx.RightInternal {
			return nil, fmt.Errorf("endpoint %s: right %q is unknown: use %q or %q", e.ID, e.Right, pbx.RightGuest, pbx.RightInternal)
		}
		l := line{ID: e.ID, Secret: e.Secret, Right: e.Right, Encrypted: e.Encrypted, CallerID: callerID(e), Prompts: fallback}
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

// numbers groups endpoints by the number that they ring for.
func numbers(endpoints []pbx.Endpoint, emergency []string) ([]number, error) {
	ids := map[string][]string{}
	for _, e := range endpoints {
		if e.Number == "" { // waiting for approval: it can call, nobody can call it
			continue
		}
		if err := digits.check("number of endpoint "+e.ID, e.Number); err != nil {
			return nil, err
		}
		if with := pbx.EmergencyCollision(e.Number, emergency); with != "" {
			return nil, fmt.Errorf("number %s of endpoint %s would be mistaken for the emergency number %s: give another number", e.Number, e.ID, with)
		}
		ids[e.Number] = append(ids[e.Number], e.ID)
	}
	out := make([]number, 0, len(ids))
	for n, list := range ids {
		slices.Sort(list)
		out = append(out, number{
			Number: n,
			Hint:   "PJSIP/" + strings.Join(list, "&PJSIP/"),
			IDs:    strings.Join(list, "&"),
		})
	}
	slices.SortFunc(out, func(a, b number) int { return strings.Compare(a.Number, b.Number) })
	return out, nil
}
