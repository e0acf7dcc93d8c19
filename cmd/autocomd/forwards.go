package main

import (
	"context"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"autocom/pbx"
	"autocom/pbx/ami"
	"autocom/pbx/forward"
	"autocom/portal"
)

// forwards shows what people have set on their phones, and sets it for them when somebody
// asks: Asterisk's own database is where it stands, by the keys of pbx/forward.
type forwards struct {
	*exchange
	mu    sync.Mutex
	hears map[chan string]bool
}

func newForwards(e *exchange) *forwards { return &forwards{exchange: e, hears: map[chan string]bool{}} }

// ready says why Asterisk cannot be asked about a number, nil when it can.
func (f *forwards) ready(number string) (pbx.Extension, error) {
	x, ok := f.plan().Extension(number)
	switch {
	case !ok || len(x.Lines) == 0:
		return x, fs.ErrNotExist
	case !f.Up():
		return x, fmt.Errorf("%w: asterisk does not answer now: try again in a moment", portal.ErrConflict)
	}
	return x, nil
}

// fields are where the forwards of an answer stand, by their keys in the database.
func fields(f *portal.Forwarding) map[string]*string {
	return map[string]*string{"cfu": &f.Always, "cfb": &f.Busy, "cfn": &f.None, "cfa": &f.Absent}
}

// Forwards reads what is set for a number.
func (f *forwards) Forwards(ctx context.Context, number string) (portal.Forwarding, error) {
	var out portal.Forwarding
	if _, err := f.ready(number); err != nil {
		return out, err
	}
	for key, to := range fields(&out) {
		value, _, err := f.client.DBGet(ctx, "ac", number+"/"+key)
		if err != nil {
			return out, err
		}
		*to = value
	}
	_, dnd, err := f.client.DBGet(ctx, "ac", number+"/dnd")
	out.DND = dnd
	return out, err
}

// SetForwards sets all of them, as the codes do: what may not be is refused before anything
// is written.
func (f *forwards) SetForwards(ctx context.Context, number string, want portal.Forwarding) error {
	x, err := f.ready(number)
	if err != nil {
		return err
	}
	have, err := f.Forwards(ctx, number)
	if err != nil {
		return err
	}
	now, then := fields(&have), fields(&want)
	for _, k := range forward.Kinds {
		if to := *then[k.Key]; to != "" && to != *now[k.Key] {
			if err := f.reaches(ctx, x, to); err != nil {
				return err
			}
		}
	}
	for _, k := range forward.Kinds {
		if old, to := *now[k.Key], *then[k.Key]; old != to {
			if to == "" { // the code alone turns it on again
				if err := f.client.DBPut(ctx, "ac", number+"/"+k.Key+"-last", old); err != nil {
					return err
				}
			}
			if err := f.put(ctx, number, k.Key, to); err != nil {
				return err
			}
		}
	}
	if have.DND == want.DND {
		return nil
	}
	on := ""
	if want.DND {
		on = "1"
	}
	return f.put(ctx, number, "dnd", on)
}

// put writes one key, "" takes it away, and sets its lamp.
func (f *forwards) put(ctx context.Context, number, key, value string) error {
	state := "INUSE"
	var err error
	if value == "" {
		state, err = "NOT_INUSE", f.client.DBDel(ctx, "ac", number+"/"+key)
	} else {
		err = f.client.DBPut(ctx, "ac", number+"/"+key, value)
	}
	if err != nil {
		return err
	}
	f.tell(number)
	return f.client.SetDeviceState(ctx, "Custom:"+strings.ToUpper(key)+"-"+number, state)
}

// reaches says why a number may not be forwarded to another, as ac-reach of the dialplan
// finds; the dialplan looks again at every call.
func (f *forwards) reaches(ctx context.Context, x pbx.Extension, to string) error {
	refuse := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", portal.ErrConflict, fmt.Sprintf(format, args...))
	}
	plan := f.plan()
	codes, err := plan.Codes()
	if err != nil {
		return err
	}
	for _, c := range codes["voicemail-to"] {
		if box, ok := strings.CutPrefix(to, c.Digits); ok {
			if x, ok := plan.Extension(box); !ok || !x.HasVoicemail() {
				return refuse("number %s has no mailbox", box)
			}
			return nil
		}
	}
	switch {
	case strings.Contains(to, "*"):
		return refuse("%s is a code: write a number", to)
	case to == x.Number:
		return refuse("%s is the number itself: write another one", to)
	}
	if e := pbx.EmergencyCollision(to, plan.Emergency); e != "" {
		return refuse("%s is an emergency number: write another one", to)
	}
	if ok, err := f.exists(ctx, "ac-parked", to); err != nil || ok {
		if err == nil {
			err = refuse("%s is a parking slot: write another number", to)
		}
		return err
	}
	if ok, err := f.exists(ctx, "ac-ext", to); err != nil || ok {
		return err
	}
	right := x.Person.ForwardsTo()
	if right != pbx.RightInternal {
		if ok, err := f.exists(ctx, "ac-may-"+string(right), to); err != nil || ok {
			return err
		}
	}
	return refuse("%s is no number of the house, and calls of %s may not be forwarded there: correct it, or raise the person's class and forward", to, x.Number)
}

// exists asks the dialplan for an extension.
func (f *forwards) exists(ctx context.Context, dialplan, extension string) (bool, error) {
	r, err := f.client.Do(ctx, ami.Action{Name: "Getvar", Fields: []ami.Field{{Key: "Variable", Value: "DIALPLAN_EXISTS(" + dialplan + "," + extension + ",1)"}}})
	return r.Get("Value") == "1", err
}

// Functions are the feature codes of the site.
func (f *forwards) Functions() ([]pbx.Function, error) { return f.plan().Functions() }

// event hears what is set on phones (pbx/forward):
//
//	Event: UserEvent
//	UserEvent: Forward
//	Number: 201
//	Kind: cfu
//	To: 202
func (f *forwards) event(ev ami.Event) {
	if ev.Name == "UserEvent" && ev.Get("UserEvent") == "Forward" {
		f.tell(ev.Get("Number"))
	}
}

// tell wakes who listens; who does not keep up misses some.
func (f *forwards) tell(number string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.hears {
		select {
		case c <- number:
		default:
		}
	}
}

// ForwardChanges gives the numbers whose forwards have changed, until ctx ends.
func (f *forwards) ForwardChanges(ctx context.Context) <-chan string {
	c := make(chan string, 64)
	f.mu.Lock()
	f.hears[c] = true
	f.mu.Unlock()
	context.AfterFunc(ctx, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.hears, c)
	})
	return c
}
