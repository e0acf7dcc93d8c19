package asteriskconf

import (
	"fmt"
	"strings"

	"autocom/pbx"
)

// endpointRules looks at what each account may: a line of the house transfers with its own
// right and asks for a password, a trunk has no right. Who names no account, or a wrong
// one, would be endpoint "anonymous" (res_pjsip_endpoint_identifier_anonymous).
func endpointRules(files pbx.Files) []error {
	sections, err := parse(files, "pjsip.conf")
	if err != nil {
		return []error{err}
	}
	templates := map[string]section{}
	for _, s := range sections {
		if s.template {
			templates[s.name] = s
		}
	}
	passwords := map[string]bool{} // auth sections that ask for one
	for _, s := range sections {
		if !s.template && s.get("type", templates) == "auth" && s.get("password", templates) != "" {
			passwords[s.name] = true
		}
	}
	var errs []error
	for _, s := range sections {
		kind := s.get("type", templates)
		if s.template || kind != "endpoint" && kind != "identify" {
			continue
		}
		fail := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf("isolation: %s:%d: %s %s: "+format, append([]any{s.file, s.line, kind, s.name}, args...)...))
		}
		if kind == "identify" {
			if to := s.get("endpoint", templates); !strings.HasPrefix(to, "trunk-") {
				fail("an address or a header is taken for endpoint %q; only a trunk is known without a password", to)
			}
			continue
		}
		context := s.get("context", templates)
		vars := s.all("set_var", templates)
		id, trunk := strings.CutPrefix(s.name, "trunk-")
		if (trunk || strings.HasPrefix(context, "ac-incoming-")) && (!trunk || context != "ac-incoming-"+id) {
			fail("context %q: trunk-<id>, and nothing else, has ac-incoming-<id>", context)
		}
		if trunk {
			for key, want := range map[string]string{"allow_transfer": "no", "allow_subscribe": "no", "message_context": "ac-message"} {
				if got := s.get(key, templates); got != want {
					fail("%s = %q; a trunk has %s", key, got, want)
				}
			}
			if len(vars) > 0 {
				fail("set_var %s: a trunk has no variables of a phone", vars[0])
			}
			continue
		}
		right, is := strings.CutPrefix(context, "ac-phone-")
		if !is || !pbx.Right(right).Known() {
			fail("context %q is neither a phone's nor a trunk's", context)
		}
		if !passwords[s.get("auth", templates)] || s.name == "anonymous" {
			fail("anybody calls by it with the right of a phone: no password is asked for")
		}
		for _, v := range vars {
			if to, is := strings.CutPrefix(v, "TRANSFER_CONTEXT="); is && to != "ac-transfer-"+right {
				fail("transfers by %s, and has right %s", to, right)
			}
		}
	}
	return errs
}
