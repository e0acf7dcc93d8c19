package vendors

import "autocom/provision"

// Lines gives the rule of how many accounts a model of a maker has: the first whose
// pattern matches. Without one it is a telephone with one account.
func (s *Set) Lines(vendor, model string) (provision.LineRule, bool) {
	for _, m := range s.makers {
		if m.ID != vendor {
			continue
		}
		for _, r := range m.Vendor.Lines {
			if r.Model.MatchString(model) {
				return r, true
			}
		}
	}
	return provision.LineRule{}, false
}
