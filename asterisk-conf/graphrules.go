package asteriskconf

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"autocom/pbx"
)

// Rules about single steps and endpoints, that no walk can see.

var (
	storedWay   = regexp.MustCompile(`^ac-out-[a-z]+,\+?[0-9]+,1$`)
	storedName  = regexp.MustCompile(`^AC_FOR=[0-9]+$`)
	insideOnly  = regexp.MustCompile(`\$\{IF\(\$\["\$\{AC_INSIDE\}" = "1"\]\?[A-Za-z]*\)\}`)
	plainVar    = regexp.MustCompile(`\$\{[A-Z_]+\}`)
	trunkCalled = regexp.MustCompile(`PJSIP/(?:[^&,]*@)?trunk-`)
	inBrackets  = regexp.MustCompile(`\([^()]*\)`)
)

// gates looks at the two doors through which calls from outside may go out again.
func (g *graph) gates() []error {
	var errs []error
	fail := func(line int, format string, args ...any) {
		errs = append(errs, fmt.Errorf("isolation: extensions.conf:%d: "+format, append([]any{line}, args...)...))
	}
	for name, c := range g.plan {
		for _, e := range g.edges[name] {
			if e.to == "ac-go" && name != "ac-go" && name != "ac-take" && !strings.HasPrefix(name, "ac-follow-") {
				fail(e.line, "%s follows a forward that it has not compared with anybody's right", name)
			}
		}
		for _, id := range c.order {
			for _, s := range c.extens[id].steps {
				if name != "ac-reach" && setsWay(name, s) {
					fail(s.line, "%s says where a forward leads; only ac-reach may", name)
				}
				switch {
				case strings.HasPrefix(name, "ac-outside-"):
					stored := s.app == "Goto" && storedWay.MatchString(s.args) || s.app == "GotoIf" && strings.HasSuffix(s.args, "?ac-refuse,line,1") ||
						s.app == "Set" && (storedName.MatchString(s.args) || s.args == "AC_FOR_TURN=${BLINDTRANSFER}")
					if !stored {
						fail(s.line, "%s leads to more than what its person has stored: %s(%s)", name, s.app, s.args)
					}
				case name == "ac-go":
					to, _, _ := strings.Cut(s.args, ",")
					if s.app != "Goto" || to != "ac-ext" && to != "ac-voicemail" && !strings.HasPrefix(to, "ac-out-") {
						fail(s.line, "ac-go leads elsewhere: %s(%s)", s.app, s.args)
					}
				}
			}
		}
	}
	return errs
}

// setsWay tells a step that says itself where ac-go goes.
func setsWay(context string, s step) bool {
	if s.app != "Set" {
		return false
	}
	args := strings.TrimLeft(s.args, "_")
	follows := context == "ac-take" || context == "ac-forward" || context == "ac-go" || strings.HasPrefix(context, "ac-follow-")
	return strings.HasPrefix(args, "AC_WAY=") && args != "AC_WAY=" || strings.HasPrefix(args, "AC_TO=") && follows
}

// outsideLegs looks that nobody outside can transfer, park or record: whoever calls may
// only when the call is of the house, and a called trunk never.
func (g *graph) outsideLegs() []error {
	var errs []error
	for name, c := range g.plan {
		trunk := strings.HasPrefix(name, "ac-trunk-")
		for _, id := range c.order {
			options := "" // of ac-options, asked for in this extension
			for _, s := range c.extens[id].steps {
				if s.app == "Gosub" && strings.HasPrefix(s.args, "ac-options,") {
					options = s.args
				}
				letters := ""
				if !trunk && trunkCalled.MatchString(s.args) {
					errs = append(errs, fmt.Errorf("isolation: extensions.conf:%d: %s calls a trunk itself, past every right and limit; only ac-trunk-<id> may", s.line, name))
				}
				if redirected(s) {
					errs = append(errs, fmt.Errorf("isolation: extensions.conf:%d: %s: without option i a phone that %s calls sends its callers to any channel that it names", s.line, name, s.app))
				}
				switch {
				case s.app == "Dial":
					if args := split(s.args, ','); len(args) > 2 {
						letters = args[2]
					}
				case s.app == "Queue":
					if args := split(s.args, ','); len(args) > 1 {
						letters = args[1]
					}
				case s.app == "Set" && name == "ac-options":
					_, letters, _ = strings.Cut(s.args, "=")
					letters = strings.ReplaceAll(letters, `${IF($["${ARG1}" = "outside"]?:tk)}`, "")
				default:
					continue
				}
				if trunk && strings.Contains(letters, "${AC_OPTIONS}") && options != "ac-options,s,1(outside)" {
					errs = append(errs, fmt.Errorf("isolation: extensions.conf:%d: %s gives the outside the options of a phone", s.line, name))
				}
				letters = plainVar.ReplaceAllString(insideOnly.ReplaceAllString(letters, ""), "")
				for inBrackets.MatchString(letters) {
					letters = inBrackets.ReplaceAllString(letters, "")
				}
				bad := "TKXW"
				if trunk {
					bad += "tkxw"
				}
				if i := strings.IndexAny(letters, bad); i >= 0 {
					errs = append(errs, fmt.Errorf("isolation: extensions.conf:%d: %s: option %c of %s is for whoever calls, from outside too", s.line, name, letters[i], s.app))
				}
			}
		}
	}
	return errs
}

// redirected tells a step that calls phones and does as they say when they send the call
// elsewhere (302): Asterisk takes the name of a channel from there.
func redirected(s step) bool {
	at := map[string]int{"Dial": 2, "Page": 1}[s.app]
	args := split(s.args, ',')
	if at == 0 {
		return false
	}
	if len(args) > at {
		letters := plainVar.ReplaceAllString(args[at], "")
		for inBrackets.MatchString(letters) {
			letters = inBrackets.ReplaceAllString(letters, "")
		}
		if strings.Contains(letters, "i") {
			return false
		}
	}
	for to := range strings.SplitSeq(args[0], "&") { // what a Local channel calls is looked at there
		if !strings.HasPrefix(to, "Local/") {
			return true
		}
	}
	return false
}

// rights looks that what a right has leads to no numbers of a greater one.
func (g *graph) rights(right pbx.Right) []error {
	start := "ac-phone-" + string(right)
	if g.plan[start] == nil {
		return nil
	}
	errs := g.walk([]string{start}, func(c string) bool { return gate(c) || c == "ac-own" }, func(c string) bool {
		other, is := strings.CutPrefix(c, "ac-out-")
		return is && pbx.Right(other) != right
	}, "a phone of right "+string(right))
	out := g.plan["ac-out-"+string(right)]
	if out == nil {
		return errs
	}
	for _, id := range out.order {
		for _, s := range out.extens[id].steps {
			if s.app != "Gosub" || !strings.HasPrefix(s.args, "ac-route-") {
				continue
			}
			_, args, _ := strings.Cut(s.args, "(")
			class, _, _ := strings.Cut(args, ",")
			if !pbx.Right(class).Known() || !right.Includes(pbx.Right(class)) {
				errs = append(errs, fmt.Errorf("isolation: extensions.conf:%d: right %s calls numbers of class %s", s.line, right, class))
			}
		}
	}
	return errs
}

// all are the values of a key here and in the parents.
func (s section) all(key string, templates map[string]section) []string {
	var out []string
	for _, e := range s.keys {
		if e.key == key {
			out = append(out, e.value)
		}
	}
	for _, p := range s.parents {
		out = append(out, templates[p].all(key, templates)...)
	}
	return slices.Clip(out)
}
