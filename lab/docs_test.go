//go:build lab

package lab

import (
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"autocom/phonesim"
)

// example is a line of docs/exchange.md that sets up something.
var example = regexp.MustCompile(`(?m)^PUT (\S+) (\{.*\})$`)

// What the documentation tells people to send is sent, and what it promises is dialled.
//
// In words: what the documentation tells people to do works.
func TestTheExamplesOfTheDocumentation(t *testing.T) {
	text, err := os.ReadFile("../docs/exchange.md")
	if err != nil {
		t.Fatal(err)
	}
	o := open(t, usual)
	o.ready(30 * time.Second)
	phones := o.phones(41)
	a, b := phones[0], phones[1]
	lines := example.FindAllStringSubmatch(string(text), -1)
	if len(lines) < 12 {
		t.Fatalf("%d examples were found", len(lines))
	}
	for _, l := range lines {
		if !json.Valid([]byte(l[2])) {
			t.Fatalf("%s is no JSON: %s", l[1], l[2])
		}
		status, body := o.ask(a, http.MethodPut, l[1], json.RawMessage(l[2]))
		if status != http.StatusOK {
			t.Errorf("PUT %s: %d %s", l[1], status, body)
		}
	}
	if t.Failed() {
		t.Fatal(o.daemon.log())
	}
	o.until(10*time.Second, "the group rings", func() bool { return phonesim.Rings(t.Context(), a, b, "300") == nil })
	o.meet(a, b, "300")
	for _, p := range []*phonesim.Phone{a, b} { // its person's name is on it
		var names []struct{ Number, Name string }
		o.api(p, http.MethodGet, "directory", nil, &names)
		if len(names) < 8 {
			t.Errorf("the directory has %v", names)
		}
	}
	// What others refer to stays; nothing was written that Asterisk did not take.
	if status, body := o.ask(a, http.MethodDelete, "queues/help", nil); status != http.StatusConflict || !strings.Contains(string(body), "menu main") {
		t.Errorf("a queue that a menu needs: %d %s", status, body)
	}
	if log := o.daemon.log(); strings.Contains(log, "left out") || strings.Contains(log, "refuses generation") {
		t.Errorf("autocomd says:\n%s", log)
	}
	for _, line := range o.asterisk().Complaints() {
		t.Errorf("Asterisk complains: %s", line)
	}
}
