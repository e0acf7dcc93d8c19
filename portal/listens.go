package portal

import (
	"net/http"
	"slices"
	"strings"

	"autocom/pbx"
)

// listens is the code before the number of who is listened to, "" when the exchange would
// not let the reader: it asks the person's own right, not the account's role.
func (p *Portal) listens(r *http.Request) string {
	o, ok := p.Objects.Object(pbx.KindPerson, p.visitor(r).Person)
	var person pbx.Person
	if !ok || p.Forwards == nil || pbx.Decode(o, &person) != nil || !person.Supervisor {
		return ""
	}
	functions, err := p.Forwards.Functions()
	if err != nil {
		return ""
	}
	i := slices.IndexFunc(functions, func(f pbx.Function) bool { return f.Name == "spy-listen" && len(f.Codes) > 0 })
	if i < 0 {
		return ""
	}
	return strings.TrimRight(functions[i].Codes[0], "+=")
}
