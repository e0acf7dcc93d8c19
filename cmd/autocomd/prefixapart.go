package main

import (
	"fmt"
	"strings"

	"autocom/pbx"
)

// prefixApart says which number of the house begins with a prefix for outside calls that is
// chosen now: who dials 201 with the prefix 2 may mean both. A prefix that was chosen before
// stops nothing: phones go on getting their numbers.
func (d *daemon) prefixApart(plan pbx.Plan) error {
	o, ok := plan.Object(pbx.KindSettings, "outside")
	if !ok || d.office == nil {
		return nil
	}
	if old, _ := d.office.Object(o.Kind, o.ID); string(old.Body) == string(o.Body) {
		return nil
	}
	s, err := plan.Outside()
	if err != nil || s.Prefix == "" {
		return err
	}
	taken := func(number string) error {
		if !strings.HasPrefix(number, s.Prefix) {
			return nil
		}
		return fmt.Errorf("settings outside: prefix %q: the number %s of the house begins with it: choose another digit, as 0", s.Prefix, number)
	}
	for _, x := range plan.Extensions() {
		if err := taken(x.Number); err != nil {
			return err
		}
	}
	for _, x := range plan.Objects {
		if err := taken(x.Number); err != nil {
			return err
		}
	}
	return nil
}
