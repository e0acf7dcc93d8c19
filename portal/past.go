package portal

import (
	"autocom/pbx"
	"autocom/portal/forms"
)

// dots stand for something that is set and not shown.
const dots = "••••"

// past is an object as the list of changes shows it. What somebody has to read who sets up
// the house, a room's PIN, is shown where it holds and nowhere later: a PIN is often one that
// its owner uses elsewhere too.
func (c collection) past(o pbx.Object) flat {
	then := c
	then.secrets = append(append([]string{}, c.secrets...), c.passing...)
	return then.show(o)
}

// veil puts dots where two bodies hold what the list of changes does not show: in before
// where it was taken away, in after where it was set anew, as forms do with secrets.
func (c collection) veil(before, after forms.Body) {
	for _, name := range c.passing {
		was, had := before[name]
		is, has := after[name]
		delete(before, name)
		delete(after, name)
		switch {
		case was == is || !had && is == "" || !has && was == "":
		case has && is != "":
			after[name] = dots
		default:
			before[name] = dots
		}
	}
}
