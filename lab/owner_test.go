//go:build lab

package lab

import (
	"context"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"autocom/phonesim"
)

// What the owner sets up by the API is dialled a moment later, without a restart, and
// survives autocomd and a power cut; what would break the plan is refused in words.
//
// In words: the owner sets up a group, and it is still there after a power cut.
func TestTheOwnerSetsUpAGroup(t *testing.T) {
	o := open(t, usual)
	o.ready(30 * time.Second)
	phones := o.phones(31)
	a, b, c := phones[0], phones[1], phones[2]
	pid := o.asterisk().PID()
	o.api(a, http.MethodPost, "groups", map[string]any{"name": "Tous", "number": "300", "members": []string{b.Number(), c.Number()}}, nil)
	o.until(3*time.Second, "300 rings", func() bool { return phonesim.Rings(t.Context(), a, b, "300") == nil })
	o.meet(a, b, "300")

	o.api(a, http.MethodPatch, "groups/tous", map[string]any{"members": []string{c.Number()}}, nil)
	o.until(3*time.Second, "300 rings at the other", func() bool { return phonesim.Rings(t.Context(), a, c, "300") == nil })
	for path, says := range map[string]string{
		"groups":  "member 999: there is no such extension",
		"queues/": "",
	} {
		if says == "" {
			continue
		}
		status, body := o.ask(a, http.MethodPost, path, map[string]any{"name": "x", "members": []string{"999"}})
		if status != http.StatusConflict || !strings.Contains(string(body), says) {
			t.Errorf("%s: %d %s, want 409 with %s", path, status, body, says)
		}
	}

	o.daemon.cmd.Process.Signal(syscall.SIGSTOP)
	o.meet(a, c, "300") // nobody needs autocomd for it
	o.daemon.kill()
	o.asterisk().Kill()
	o.asterisk().Restart()
	o.daemon = startDaemon(t, o)
	o.ready(30 * time.Second)
	o.meet(a, c, "300")
	if o.asterisk().PID() == pid {
		t.Error("Asterisk was not restarted")
	}

	// The member's phone goes for good: the group stays, and says nothing to the other phones.
	o.api(a, http.MethodPatch, "groups/tous", map[string]any{"members": []string{b.Number(), c.Number()}}, nil)
	o.api(a, http.MethodPost, "devices/"+b.MAC.String()+"/release", nil, nil)
	o.until(5*time.Second, "300 rings at the one that is left", func() bool { return phonesim.Rings(t.Context(), a, c, "300") == nil })
	if log := o.daemon.log(); strings.Contains(log, "left out") {
		t.Errorf("an object was left out of the plan:\n%s", log)
	}
}

// meet has a call a number that b answers, and both hear each other.
func (o *office) meet(a, b *phonesim.Phone, number string) {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(o.t.Context(), 30*time.Second)
	defer cancel()
	h, err := phonesim.Talk(ctx, a, b, number)
	if err != nil {
		o.t.Fatalf("%v\n%s\n%s", err, o.asterisk().Log(), o.daemon.log())
	}
	o.t.Logf("%s calls %s: %s; %s", h.From, h.To, h.Caller, h.Callee)
}
