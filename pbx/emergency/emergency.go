// Package emergency turns the country's emergency numbers into calls that nothing refuses:
// no right, no cap and no guard. They go out by any trunk that takes them; when none does,
// the site's own people are called and told aloud.
package emergency

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"autocom/pbx"
)

// Settings is the body of the settings "emergency".
type Settings struct {
	Members []string `json:"members,omitempty"` // numbers that are told; absent: the ten lowest
	Trunks  []string `json:"trunks,omitempty"`  // in the order of trying; absent: gateways first, then all by id
}

// told is how many numbers are told when nobody has set them.
const told = 10

//go:embed files/*.tmpl
var files embed.FS

type number struct{ Dialled, Number string }

type view struct {
	Numbers []number
	Trunks  []string
	Lines   []string // endpoints of those who are told, in calls of some lines at once
}

// trunk is what of a trunk counts here; pbx/trunk has all of it.
type trunk struct {
	Preset      string `json:"preset"`
	Gateway     bool   `json:"gateway"`
	Mode        string `json:"mode"`
	NoEmergency bool   `json:"no_emergency"`
	Off         bool   `json:"off"`
}

// Render gives what becomes of emergency calls.
func Render(plan pbx.Plan) (pbx.Fragments, error) {
	var s Settings
	if o, ok := plan.Object(pbx.KindSettings, "emergency"); ok {
		if err := pbx.Decode(o, &s); err != nil {
			return pbx.Fragments{}, err
		}
	}
	site, err := plan.Outside()
	if err != nil {
		return pbx.Fragments{}, err
	}
	v := view{}
	seen := map[string]bool{}
	for _, n := range plan.Emergency {
		if n == "" || strings.Trim(n, "0123456789") != "" || len(n) > 10 {
			return pbx.Fragments{}, fmt.Errorf("emergency number %q: up to 10 digits are needed", n)
		}
		// French offices dial 0 first for an outside line, and 0112 must not be a wrong number.
		for _, prefix := range []string{"", "0", site.Prefix} {
			if d := prefix + n; !seen[d] {
				seen[d] = true
				v.Numbers = append(v.Numbers, number{d, n})
			}
		}
	}
	slices.SortFunc(v.Numbers, func(a, b number) int { return strings.Compare(a.Dialled, b.Dialled) })
	if v.Trunks, err = s.trunks(plan); err != nil {
		return pbx.Fragments{}, err
	}
	if v.Lines, err = s.lines(plan); err != nil {
		return pbx.Fragments{}, err
	}
	return plan.Fill(files, v)
}

func (s Settings) trunks(plan pbx.Plan) ([]string, error) {
	type candidate struct {
		id   string
		late int
	}
	var all []candidate
	for _, o := range plan.All(pbx.KindTrunk) {
		var t trunk
		if json.Unmarshal(o.Body, &t) != nil || t.NoEmergency || t.Off {
			continue // what is wrong with a trunk is said by pbx/trunk
		}
		late := 1
		if t.Gateway || t.Preset != "" && !strings.HasPrefix(t.Preset, "provider") {
			late = 0 // it knows where it stands, and so does the centre that answers
		}
		all = append(all, candidate{o.ID, late})
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(a.late, b.late) })
	var out []string
	for _, id := range s.Trunks {
		if _, ok := plan.Object(pbx.KindTrunk, id); !ok {
			return nil, fmt.Errorf("settings emergency: trunk %q does not exist", id)
		}
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	for _, c := range all { // those that nobody has named come after: better any than none
		if !slices.Contains(out, c.id) {
			out = append(out, c.id)
		}
	}
	return out, nil
}

func (s Settings) lines(plan pbx.Plan) ([]string, error) {
	var out []string
	if s.Members == nil {
		for i, x := range plan.Extensions() {
			if i == told {
				break
			}
			out = append(out, x.Lines...)
		}
		return out, nil
	}
	if len(s.Members) > 50 {
		return nil, fmt.Errorf("settings emergency: %d members: 50 at most ring at once", len(s.Members))
	}
	for _, n := range s.Members {
		x, ok := plan.Extension(n)
		if !ok {
			return nil, fmt.Errorf("settings emergency: number %q does not exist", n)
		}
		out = append(out, x.Lines...)
	}
	return out, nil
}
