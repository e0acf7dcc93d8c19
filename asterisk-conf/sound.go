package asteriskconf

import (
	"fmt"
	"slices"

	"autocom/pbx"
)

// Left is an object that a plan was rendered without, and why.
type Left struct {
	pbx.Object
	Cause error
}

// RenderSound renders a plan as Render does. Where objects make no sense (any more: a newer
// version may ask for more than the one that took them), it leaves out as few as it finds,
// so that one of them does not keep the phones of the whole house from their numbers.
func RenderSound(plan pbx.Plan) (pbx.Files, []Left, error) {
	return (*Renderer)(nil).RenderSound(plan)
}

// RenderSound is the function RenderSound with a memory.
func (r *Renderer) RenderSound(plan pbx.Plan) (pbx.Files, []Left, error) {
	files, first := r.Render(plan)
	if first == nil {
		return files, nil, nil
	}
	waiting := plan.Objects
	plan.Objects = nil
	files, err := r.Render(plan)
	if err != nil {
		return nil, nil, err // it is no object's fault
	}
	causes := map[string]error{}
	for again := true; again; { // one may need another that comes after it
		again = false
		var left []pbx.Object
		for _, o := range waiting {
			with := plan
			with.Objects = append(slices.Clone(plan.Objects), o)
			more, err := r.Render(with)
			if err != nil {
				left, causes[o.Kind+" "+o.ID] = append(left, o), err
				continue
			}
			files, plan, again = more, with, true
		}
		waiting = left
	}
	if len(waiting) == 0 {
		return nil, nil, fmt.Errorf("render with all objects: %w", first)
	}
	var left []Left
	for _, o := range waiting {
		left = append(left, Left{o, causes[o.Kind+" "+o.ID]})
	}
	return files, left, nil
}
