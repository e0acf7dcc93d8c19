package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"autocom/provision"
)

// mostTemplates is how many of the 60 templates a change may run: those of the object's own
// kind and those that see it by name. The dialplan of all numbers and the accounts of all
// phones are not among them when nothing of theirs changes.
const mostTemplates = 6

// TestAPageRendersOnlyWhatItsChangeTouches counts what pages make of the plan, which is the
// slow work of the portal with many phones: those that look ahead to a change render it once,
// and not again until the plan is another one; the others never.
func TestAPageRendersOnlyWhatItsChangeTouches(t *testing.T) {
	d := whole(t, nil)
	settle(t, d, 20)
	in := cookies(t, d)["admin"]
	phone := provision.MAC{0x00, 0x15, 0x65, 0xaa, 0, 0}.String()
	ids := map[string]string{
		"people": "awa", "groups": "sales", "queues": "sav", "conferences": "room", "prompts": "hello", "settings": "recording",
		"phones": phone, "devices": phone, "numbers": d.office.Devices()[0].Number(), "changes": "1",
	}
	ask := func(path string) (code, plans, templates int) {
		plans, templates = d.renderer.Renders(), d.renderer.Templates()
		r := httptest.NewRequest("GET", path, nil)
		r.Header.Set("Cookie", in)
		w := httptest.NewRecorder()
		d.portal.ServeHTTP(w, r)
		return w.Code, d.renderer.Renders() - plans, d.renderer.Templates() - templates
	}
	ahead := 0
	for _, route := range d.portal.Routes() {
		if route.Method != http.MethodGet || strings.Contains(route.Path, "/events") || route.Path == "/ws" {
			continue
		}
		path := asked(route.Path, ids)
		code, plans, templates := ask(path)
		if code != http.StatusOK {
			continue
		}
		looks := strings.HasSuffix(path, "/delete")
		switch {
		case !looks && plans+templates > 0:
			t.Errorf("%s renders %d plans: it changes nothing", path, plans)
		case looks && plans > 1, looks && templates > mostTemplates:
			t.Errorf("%s renders %d plans and runs %d templates: want 1 and at most %d", path, plans, templates, mostTemplates)
		}
		if looks {
			ahead++
			refused := path == "/ui/people/awa/delete" // the queue names her: a refusal is thought of anew
			if _, again, templates := ask(path); templates > 0 || again > 0 && !refused {
				t.Errorf("%s renders %d plans when it is asked for again, and runs %d templates", path, again, templates)
			}
		}
	}
	if ahead < 6 {
		t.Errorf("%d pages were seen that look ahead to a deletion: want those of 6 kinds", ahead)
	}
}
