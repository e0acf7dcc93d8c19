package asteriskconf

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"autocom/pbx"
)

// Isolation proves over rendered files that nothing that comes from outside reaches a way
// out by digits that the caller chose. It knows nothing of features: it follows every edge
// that a call can take from a context to another, and takes an edge too many for one too
// few.
//
// A walk from outside begins in the contexts of trunks, and ends where somebody entitled
// has decided: in ac-outside-<id>, and in ac-go, which follows a forward that ac-reach has
// compared with the right of who set it. Both must look as they should.
func Isolation(files pbx.Files) []error {
	plan, err := readDialplan(files)
	if err != nil {
		return []error{err}
	}
	g := graph{plan: plan, edges: map[string][]edge{}}
	for name, c := range plan {
		g.context(name, c)
	}
	var errs []error
	if errs = append(errs, g.others(files)...); len(errs) > 0 {
		return errs
	}
	errs = append(errs, endpointRules(files)...)
	errs = append(errs, g.outsideLegs()...)
	errs = append(errs, g.gates()...)
	var starts []string
	for _, name := range slices.Sorted(maps.Keys(plan)) {
		if strings.HasPrefix(name, "ac-incoming-") {
			starts = append(starts, name)
			if n := len(plan[name].includes); n > 0 {
				errs = append(errs, fmt.Errorf("isolation: %s includes %s: a caller from outside could dial it", name, plan[name].includes[0].value))
			}
		}
	}
	errs = append(errs, g.walk(starts, gate, wayOut, "outside")...)
	if plan["ac-phone-guest"] != nil {
		errs = append(errs, g.walk([]string{"ac-phone-guest"}, never, func(c string) bool {
			saves := c == "ac-emergency" || strings.HasPrefix(c, "ac-trunk-") // an emergency call's way
			return wayOut(c) && !saves || c == "ac-ext" || c == "ac-number"
		}, "a phone that waits for approval")...)
	}
	for _, right := range pbx.Rights[1:] {
		errs = append(errs, g.rights(right)...)
	}
	return errs
}

// wayOut tells a context from which a call leaves the house by numbers that somebody chose.
func wayOut(c string) bool {
	return strings.HasPrefix(c, "ac-out-") || strings.HasPrefix(c, "ac-route-") || strings.HasPrefix(c, "ac-trunk-") ||
		strings.HasPrefix(c, "ac-phone-") || strings.HasPrefix(c, "ac-transfer-") && c != "ac-transfer-codes" || c == "ac-emergency" || c == "ac-features" || c == "ac-own"
}

// gate tells where a walk from outside ends: what lies behind was decided by somebody
// entitled.
func gate(c string) bool { return strings.HasPrefix(c, "ac-outside-") || c == "ac-go" }

func never(string) bool { return false }

// edge is one way from a context to another.
type edge struct {
	to   string
	line int
	by   string // the application, for the message
}

type graph struct {
	plan  dialplan
	edges map[string][]edge
}

// Places of contexts in arguments.
var (
	local    = regexp.MustCompile(`Local/[^@,&/)]*@([A-Za-z0-9_-]+|\$)`)
	contexts = regexp.MustCompile(`(?:TRANSFER_CONTEXT|FORWARD_CONTEXT|GOTO_ON_BLINDXFR|PARKINGDYNCONTEXT|MACRO_CONTEXT|RETURN_CONTEXT)\)?=\^?([A-Za-z0-9_-]+)`)
	anyleg   = regexp.MustCompile(`[A-Za-z]\(([a-z][a-z0-9-]*)[\^)]`)
)

func (g *graph) add(from, to, by string, line int) {
	if to != "" {
		g.edges[from] = append(g.edges[from], edge{to, line, by})
	}
}

func (g *graph) context(name string, c *dialContext) {
	for _, i := range c.includes {
		to, _, _ := strings.Cut(i.value, ",")
		g.add(name, to, "include", i.line)
	}
	for _, id := range c.order {
		for _, s := range c.extens[id].steps {
			g.step(name, s)
		}
	}
}

// step adds all edges of one step.
func (g *graph) step(from string, s step) {
	for _, t := range targets(s) {
		if parts := split(t, ','); len(parts) > 2 {
			g.add(from, strings.TrimSpace(parts[len(parts)-3]), s.app, s.line)
		}
	}
	for _, m := range local.FindAllStringSubmatch(s.args, -1) {
		g.add(from, m[1], s.app+" Local", s.line)
	}
	for _, m := range contexts.FindAllStringSubmatch(s.args, -1) {
		g.add(from, m[1], s.app, s.line)
	}
	args := split(s.args, ',')
	arg := func(n int) string {
		if n < len(args) {
			return strings.TrimSpace(args[n])
		}
		return ""
	}
	switch s.app {
	case "ExecIf", "TryExec", "Exec":
		for _, t := range conditional(s.args) {
			app, inner, _ := strings.Cut(t, "(")
			g.step(from, step{app, strings.TrimSuffix(inner, ")"), s.line})
		}
	case "Dial", "Queue", "Page", "FollowMe", "BlindTransfer", "AttendedTransfer":
		for _, m := range anyleg.FindAllStringSubmatch(s.args, -1) {
			if g.plan[m[1]] != nil {
				g.add(from, m[1], s.app, s.line)
			}
		}
		if s.app == "BlindTransfer" || s.app == "AttendedTransfer" {
			g.add(from, arg(1), s.app, s.line)
		}
	case "Directory": // box context, dial context
		if arg(1) != "" {
			g.add(from, arg(1), s.app, s.line)
		} else {
			g.add(from, arg(0), s.app, s.line)
		}
	case "Originate":
		if arg(1) == "exten" {
			g.add(from, arg(2), s.app, s.line)
		}
	case "VoiceMail", "Park", "DISA", "WaitExten", "ChannelRedirect", "ReadExten":
		for _, a := range args {
			if g.plan[a] != nil {
				g.add(from, a, s.app, s.line)
			}
		}
	}
	if (s.app == "Goto" || s.app == "Gosub") && strings.HasPrefix(strings.TrimSpace(s.args), "$") {
		g.add(from, "$", s.app, s.line)
	}
}

// others adds the edges of files beside the dialplan: keys that lead out of a queue, a box
// or a parking slot.
func (g *graph) others(files pbx.Files) []error {
	var errs []error
	for name, keys := range map[string][]string{
		"queues.conf":      {"context", "member"},
		"voicemail.conf":   {"dialout", "callback", "exitcontext"},
		"res_parking.conf": {"context", "comebackcontext"},
		"confbridge.conf":  {"dialplan_exec"},
		"followme.conf":    {"context"},
	} {
		if files[name] == nil {
			continue
		}
		sections, err := parse(files, name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, s := range sections {
			for _, e := range s.keys {
				switch {
				case slices.Contains(keys, e.key) && name == "voicemail.conf" && e.key != "exitcontext":
					errs = append(errs, fmt.Errorf("isolation: %s:%d: %s makes calls out of a mailbox", name, e.line, e.key))
				case !slices.Contains(keys, e.key):
				case e.key == "member":
					for _, m := range local.FindAllStringSubmatch(e.value, -1) {
						g.from(name, s.name, m[1], e.line)
					}
				case e.key == "dialplan_exec":
					parts := strings.Split(e.value, ",")
					g.from(name, s.name, parts[0], e.line)
				default:
					g.from(name, s.name, e.value, e.line)
				}
			}
			if name == "confbridge.conf" { // a menu's keys
				for _, e := range s.keys {
					if i := strings.Index(e.value, "dialplan_exec("); i >= 0 {
						to, _, _ := strings.Cut(e.value[i+len("dialplan_exec("):], ",")
						g.from(name, s.name, to, e.line)
					}
				}
			}
		}
	}
	return errs
}

// from adds an edge out of every context that uses an application with such a file.
func (g *graph) from(file, _, to string, line int) {
	if g.plan[to] == nil {
		return
	}
	apps := map[string][]string{
		"queues.conf": {"Queue"}, "voicemail.conf": {"VoiceMail", "VoiceMailMain"}, "res_parking.conf": {"Park", "ParkedCall"},
		"confbridge.conf": {"ConfBridge"}, "followme.conf": {"FollowMe"},
	}[file]
	for name, c := range g.plan {
		for _, x := range c.extens {
			if slices.ContainsFunc(x.steps, func(s step) bool { return slices.Contains(apps, s.app) }) {
				g.add(name, to, file, line)
				break
			}
		}
	}
}

// walk looks for a way from starts to what is forbidden, but through a gate.
func (g *graph) walk(starts []string, stop, forbidden func(string) bool, who string) []error {
	type visit struct{ at, path string }
	var errs []error
	seen := map[string]bool{}
	var todo []visit
	for _, s := range starts {
		seen[s] = true
		todo = append(todo, visit{s, s})
	}
	for len(todo) > 0 {
		v := todo[0]
		todo = todo[1:]
		for _, e := range g.edges[v.at] {
			path := fmt.Sprintf("%s → %s (%s, line %d)", v.path, e.to, e.by, e.line)
			switch {
			case seen[e.to]:
				continue
			case e.to == "$":
				errs = append(errs, fmt.Errorf("isolation: %s leads anywhere: a context of variables: %s", who, path))
			case forbidden(e.to):
				errs = append(errs, fmt.Errorf("isolation: %s reaches a way out: %s", who, path))
			case !stop(e.to):
				todo = append(todo, visit{e.to, path})
			}
			seen[e.to] = true
		}
	}
	return errs
}
