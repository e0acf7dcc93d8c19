package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"autocom/pbx"
	"autocom/pbx/ami"
	"autocom/pbx/forward"
	"autocom/pbx/voicemail"
)

// tenants gives a number to its next holder without what the last one left in Asterisk:
// forwards, last callers, mailbox, PIN. Who holds a number is noted in Asterisk's database,
// ac/tenant/<number>, beside what it is about.
//
// It works before Asterisk reads the plan in which the number is back: the box is empty
// when it appears. Only when Asterisk was away meanwhile does it start with the old box and
// forwards; they go within a second of its answering, the old PIN with the next reading of
// voicemail.conf.
type tenants struct {
	*exchange
	boxes   voicemail.Boxes
	markers map[string]tenant // as the database has them; of Sync alone
	read    time.Time         // the run of Asterisk they are of
}

// tenant is the marker of a number: "0015654aa937", or "0015654aa937 gone" when a plan had
// no phone with it since.
type tenant struct {
	holder string
	gone   bool
}

const (
	tenantFamily  = "ac/tenant"
	goneMark      = " gone"
	tenantsWithin = 20 * time.Second // the plan does not wait longer
)

func newTenants(e *exchange, data string) *tenants {
	return &tenants{exchange: e, boxes: newMailboxes(e, data).spool}
}

func (t tenant) String() string {
	if t.gone {
		return t.holder + goneMark
	}
	return t.holder
}

func parseTenant(s string) tenant {
	holder, gone := strings.CutSuffix(s, goneMark)
	return tenant{holder, gone}
}

// tenantChange is what is to be done about a number.
type tenantChange struct {
	number string
	now    tenant
	wipe   bool
}

// changes compares a plan with the markers. A phone that takes over another's number
// (office.Replace) does so in one plan: the number is never gone, and keeps everything.
// So does one that a person has: the person stays, whatever phone it is.
func changes(plan pbx.Plan, markers map[string]tenant) (out []tenantChange) {
	here := map[string]bool{}
	for _, x := range plan.Extensions() {
		if len(x.Lines) == 0 {
			continue
		}
		here[x.Number] = true
		old, known := markers[x.Number]
		now := tenant{holder: deviceOf(x.Lines[0])}
		// A second phone may have come before the first in the list: only gone tells.
		if !known || old != now {
			out = append(out, tenantChange{x.Number, now, known && old.gone && old.holder != now.holder && x.Who == ""})
		}
	}
	for _, number := range slices.Sorted(maps.Keys(markers)) {
		if old := markers[number]; !here[number] && !old.gone {
			out = append(out, tenantChange{number: number, now: tenant{old.holder, true}})
		}
	}
	return out
}

// deviceOf is the phone of an endpoint: "0015654aa937-1" is a line of 0015654aa937.
func deviceOf(endpoint string) string {
	if i := strings.LastIndexByte(endpoint, '-'); i > 0 {
		return endpoint[:i]
	}
	return endpoint
}

// settle wipes what changed hands, then notes who has it: killed between the two, it wipes
// again. What fails for one number holds up no other, and is tried again with the plan.
func (t *tenants) settle(ctx context.Context, plan pbx.Plan) error {
	if !t.Up() {
		return nil // the plan is looked at again when it comes
	}
	ctx, cancel := context.WithTimeout(ctx, tenantsWithin)
	defer cancel()
	if err := t.load(ctx); err != nil {
		return fmt.Errorf("read who has had the numbers: %w", err)
	}
	var failed error
	for _, c := range changes(plan, t.markers) {
		if err := t.settleOne(ctx, c); err != nil {
			failed = errors.Join(failed, fmt.Errorf("number %s keeps what its last holder left: %w", c.number, err))
		}
	}
	return failed
}

func (t *tenants) settleOne(ctx context.Context, c tenantChange) error {
	if c.wipe {
		if err := t.wipe(ctx, c.number); err != nil {
			return err
		}
		t.log.Info("number has another holder: what the last one left is erased", "number", c.number, "device", c.now.holder)
	}
	if err := t.client.DBPut(ctx, tenantFamily, c.number, c.now.String()); err != nil {
		return err
	}
	t.markers[c.number] = c.now
	return nil
}

// load reads the markers once for each run of Asterisk: a power cut may have taken the last.
func (t *tenants) load(ctx context.Context) error {
	t.mu.Lock()
	since := t.since
	t.mu.Unlock()
	if t.markers != nil && t.read.Equal(since) {
		return nil
	}
	r, err := t.client.Do(ctx, ami.Action{Name: "DBGetTree", Fields: []ami.Field{{Key: "Family", Value: tenantFamily}}})
	var refused *ami.RefusedError
	if err != nil && !errors.As(err, &refused) { // refused: there is none yet
		return err
	}
	markers := map[string]tenant{}
	for _, item := range r.Items {
		number, ok := strings.CutPrefix(item.Get("Key"), "/"+tenantFamily+"/")
		if ok && number != "" {
			markers[number] = parseTenant(item.Get("Val"))
		}
	}
	t.markers, t.read = markers, since
	return nil
}

// wipe erases what Asterisk keeps for a number, and turns its lamps off.
func (t *tenants) wipe(ctx context.Context, number string) error {
	if err := t.boxes.Clear(number); err != nil {
		return fmt.Errorf("remove its mailbox: %w", err)
	}
	if err := t.client.DBDelTree(ctx, "ac/"+number); err != nil {
		return err
	}
	lamps := []string{"DND"}
	for _, k := range forward.Kinds {
		lamps = append(lamps, strings.ToUpper(k.Key))
	}
	for _, l := range lamps {
		if err := t.client.SetDeviceState(ctx, "Custom:"+l+"-"+number, "NOT_INUSE"); err != nil {
			return err
		}
	}
	_, err := t.client.Do(ctx, ami.Action{Name: "VoicemailRefresh", Fields: []ami.Field{{Key: "Context", Value: voicemail.Context}, {Key: "Mailbox", Value: number}}})
	var refused *ami.RefusedError
	if errors.As(err, &refused) {
		return nil // Asterisk has no such box now: its lamp is told when it has
	}
	return err
}
