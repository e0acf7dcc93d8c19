package asteriskconf

import (
	"maps"
	"reflect"
	"sync"

	"autocom/pbx"
)

// Renderer renders plans and remembers the last ones: somebody who looks ahead to a change
// asks for the plan as it is and for the plan with the change, the check asks for the second
// again, and the answer to "do it" once more. What it gives is always of a plan that is
// equal in everything but the revision, which stands in no file. Nil remembers nothing.
type Renderer struct {
	texts pbx.Texts

	mu      sync.Mutex
	last    []rendering // the one asked for last first
	renders int
}

// rendering is a plan and what came of it.
type rendering struct {
	plan  pbx.Plan
	files pbx.Files
}

// kept is how many plans a Renderer remembers: as it is, with a change, and with the change
// that somebody else looks at. Each is about 1 MB with 500 phones.
const kept = 3

// Render is the function Render. The files may be read only: others are given them too.
func (r *Renderer) Render(plan pbx.Plan) (pbx.Files, error) {
	if r == nil {
		return Render(plan)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	plan.Revision = 0
	for i, old := range r.last {
		if reflect.DeepEqual(old.plan, plan) {
			copy(r.last[1:i+1], r.last[:i])
			r.last[0] = old
			return maps.Clone(old.files), nil
		}
	}
	r.renders++
	files, err := Render(plan.With(&r.texts))
	if err != nil {
		return nil, err // it is seldom, and has to be looked at anew
	}
	if len(r.last) < kept {
		r.last = append(r.last, rendering{})
	}
	copy(r.last[1:], r.last)
	r.last[0] = rendering{plan, files}
	return maps.Clone(files), nil
}

// Renders counts the plans that were rendered as a whole.
func (r *Renderer) Renders() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.renders
}

// Templates counts the templates that were run for them: of 60, those whose view no plan
// before had.
func (r *Renderer) Templates() int { return r.texts.Runs() }
