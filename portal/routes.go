package portal

import "strings"

// Route is a path that the portal answers, and the least role that may ask.
type Route struct {
	Method, Path string // Path with {names}
	Role         string // nobody, user, agent, supervisor, admin
}

// Routes lists all that have a method.
func (p *Portal) Routes() []Route {
	var out []Route
	for _, r := range p.table() {
		if method, path, ok := strings.Cut(r.pattern, " "); ok {
			out = append(out, Route{method, path, r.who.String()})
		}
	}
	return out
}
