package vendors

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"autocom/provision"
)

// placeholders are what a file's name may hold for what differs between phones.
// Phones do not keep to one case of their MAC.
var placeholders = map[string]string{
	"{mac}":    `(?P<mac>[0-9A-Fa-f]{12})`,
	"{MAC}":    `(?P<mac>[0-9A-Fa-f]{12})`,
	"{model}":  `[0-9A-Za-z_-][0-9A-Za-z_.+-]{0,31}`,
	"{digits}": `[0-9]{12}`,
	"{serial}": `[0-9A-Z]{6,16}`,
}

// name is one name that a file answers to.
type name struct {
	text    string // as written, with its placeholders
	pattern *regexp.Regexp
	loose   int // how much it leaves open: the tighter name is looked at first
}

// partPattern is what serve lets through of one folder or file of a name.
var partPattern = regexp.MustCompile(`^[0-9A-Za-z._+ -]+$`)

// maxParts is how deep a name may lie in folders.
const maxParts = 4

func parseName(text string) (name, error) {
	n := name{text: text}
	re, rest := regexp.QuoteMeta(text), text
	for placeholder, pattern := range placeholders {
		re = strings.ReplaceAll(re, regexp.QuoteMeta(placeholder), pattern)
		rest = strings.ReplaceAll(rest, placeholder, "x")
	}
	parts := strings.Split(rest, "/")
	for _, part := range parts {
		switch {
		case strings.Contains(part, "{"):
			return n, fmt.Errorf("name %q holds an unknown placeholder: {mac}, {MAC}, {model}, {digits} and {serial} are known", text)
		case !partPattern.MatchString(part) || strings.Contains(part, ".."):
			return n, fmt.Errorf("name %q: %q is not of letters, digits and ._+ -", text, part)
		}
	}
	if len(parts) > maxParts {
		return n, fmt.Errorf("name %q lies in more than %d folders", text, maxParts-1)
	}
	for i, placeholder := range []string{"{digits}", "{serial}", "{model}", "{mac}", "{MAC}"} {
		if strings.Contains(text, placeholder) {
			n.loose = []int{2, 3, 4, 1, 1}[i] // with a MAC it is tight whatever else it holds
		}
	}
	var err error
	n.pattern, err = regexp.Compile("^" + re + "$")
	return n, err
}

// example is a name that the pattern matches.
func (n name) example(mac provision.MAC) string {
	return strings.NewReplacer(
		"{mac}", mac.Hex(), "{MAC}", strings.ToUpper(mac.Hex()), "{model}", "model1", "{digits}", "000000000028", "{serial}", "ABC012345678",
	).Replace(n.text)
}

// route is one name with its file, in the order in which names are tried.
type route struct {
	name
	file *file
}

// routes orders the names of all files, so that "{model}.cfg" never takes
// "000000000000.cfg" or a phone's own name from the file that is meant.
func routes(files []*file) []route {
	var out []route
	for _, f := range files {
		for _, n := range f.names {
			out = append(out, route{n, f})
		}
	}
	slices.SortStableFunc(out, func(a, b route) int { return cmp.Compare(a.loose, b.loose) })
	return out
}

// find gives the file that answers to a name, and the MAC in the name. The URL that a
// phone was told by the network before us may end in a folder ("/Grandstream/"), which
// it puts before its names: a name that nobody knows is looked for without its folders.
func (m maker) find(asked string) (*file, provision.MAC, bool) {
	for {
		if f, mac, ok := m.exactly(asked); ok {
			return f, mac, true
		}
		_, rest, more := strings.Cut(asked, "/")
		if !more {
			return nil, provision.MAC{}, false
		}
		asked = rest
	}
}

// exactly is find for a name with all its folders.
func (m maker) exactly(asked string) (*file, provision.MAC, bool) {
	for _, r := range m.routes {
		groups := r.pattern.FindStringSubmatch(asked)
		if groups == nil {
			continue
		}
		var mac provision.MAC
		if i := r.pattern.SubexpIndex("mac"); i > 0 {
			var err error
			if mac, err = provision.ParseMAC(groups[i]); err != nil || mac.IsZero() {
				continue
			}
		}
		return r.file, mac, true
	}
	return nil, provision.MAC{}, false
}
