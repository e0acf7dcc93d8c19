package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"autocom/pbx"
	"autocom/pbx/ami"
	"autocom/pbx/queue"
	"autocom/portal"
)

// queues mirrors what Asterisk's queues do, and tells Asterisk what somebody asks for an
// agent by the API. Calls need none of it.
type queues struct {
	exchange *exchange
	mirror   *queue.Mirror
	reads    chan struct{}
	reading  sync.Mutex // one list at a time
}

func newQueues(e *exchange) *queues {
	return &queues{exchange: e, mirror: queue.NewMirror(time.Now), reads: make(chan struct{}, 1)}
}

// refresh makes the task read everything again.
func (q *queues) refresh() { poke(q.reads) }

// forget drops what was known: Asterisk is away.
func (q *queues) forget() { q.mirror.Empty() }

// event takes an event of Asterisk. Members of the files come and go by a reload, which
// makes no events of its own.
func (q *queues) event(ev ami.Event) {
	q.mirror.Take(ev.Name, ev)
	if ev.Name == "Reload" && ev.Get("Module") == "app_queue.so" {
		q.refresh()
	}
}

func (q *queues) String() string { return "queues" }

// Run keeps the mirror.
func (q *queues) Run(ctx context.Context) error {
	every := time.NewTicker(mirrorEvery)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-q.reads:
		case <-every.C:
		}
		if !q.exchange.Up() {
			continue // the next login pokes
		}
		if err := q.read(ctx); err != nil {
			q.exchange.log.Debug("queues not read", "error", err)
			time.AfterFunc(mirrorRetry, q.refresh)
			continue
		}
		q.dismiss(ctx)
	}
}

// errBusy says that queues change faster than they are read.
var errBusy = errors.New("events came while the list was read")

// read compares the mirror with Asterisk's own list.
func (q *queues) read(ctx context.Context) error {
	q.reading.Lock()
	defer q.reading.Unlock()
	for range 5 {
		q.mirror.Begin()
		r, err := q.exchange.client.Do(ctx, ami.Action{Name: "QueueStatus"})
		if err != nil {
			return err
		}
		names, items := make([]string, 0, len(r.Items)), make([]queue.Event, 0, len(r.Items))
		for _, e := range r.Items {
			names, items = append(names, e.Name), append(items, e)
		}
		if q.mirror.Replace(names, items) {
			return nil
		}
	}
	return errBusy
}

// dismiss logs out who may no longer be in a queue: the plan says who may, and Asterisk
// keeps logins over restarts and changes of the plan.
func (q *queues) dismiss(ctx context.Context) {
	plan := q.exchange.plan()
	allowed := queue.Allowed(plan)
	for _, l := range q.mirror.All() {
		if _, ok := plan.Object(queue.Kind, l.ID); !ok {
			continue // it goes with its queue
		}
		for _, m := range l.Members {
			if !m.Agent || slices.ContainsFunc(allowed[m.Number], func(p queue.Place) bool { return p.Queue == l.ID }) {
				continue
			}
			if err := q.remove(ctx, l.ID, m.Number); err != nil {
				q.exchange.log.Warn("an agent who may not be in a queue is still there", "queue", l.ID, "number", m.Number, "error", err)
				continue
			}
			q.exchange.log.Info("an agent may no longer be in a queue and was logged out", "queue", l.ID, "number", m.Number)
			q.lamp(ctx, m.Number)
		}
	}
}

// LiveQueue gives a queue as it is now.
func (q *queues) LiveQueue(id string) (any, error) {
	if l, ok := q.mirror.Live(id); ok {
		return l, nil
	}
	if _, ok := q.exchange.plan().Object(queue.Kind, id); ok {
		return nil, fmt.Errorf("%w: Asterisk does not have the queue yet: try again in a moment", portal.ErrConflict)
	}
	return nil, fmt.Errorf("queue %s: %w", id, fs.ErrNotExist)
}

// Changes gives the ids of queues that have changed.
func (q *queues) Changes(ctx context.Context) <-chan string { return q.mirror.Subscribe(ctx) }

// agentView is who is or may be a member of queues.
type agentView struct {
	Number string      `json:"number"`
	Name   string      `json:"name"`
	Person string      `json:"person,omitempty"`
	Queues []agentSeat `json:"queues"`
}

// agentSeat is one queue of an agent's.
type agentSeat struct {
	Queue    string `json:"queue"`
	MayLogIn bool   `json:"may_log_in"` // else the member belongs to the queue always
	LoggedIn bool   `json:"logged_in"`
	Paused   bool   `json:"paused"`
	Reason   string `json:"reason,omitempty"`
	State    string `json:"state,omitempty"` // as in queues/{id}/live
}

// Agents gives all of them, by number.
func (q *queues) Agents() any {
	plan := q.exchange.plan()
	seats := map[string][]agentSeat{}
	for number, places := range queue.Allowed(plan) {
		for _, p := range places {
			seats[number] = append(seats[number], agentSeat{Queue: p.Queue, MayLogIn: true})
		}
	}
	for _, l := range q.mirror.All() {
		for _, m := range l.Members {
			list := seats[m.Number]
			i := slices.IndexFunc(list, func(s agentSeat) bool { return s.Queue == l.ID })
			if i < 0 {
				list, i = append(list, agentSeat{Queue: l.ID}), len(list)
			}
			s := &list[i]
			s.LoggedIn, s.Paused, s.Reason, s.State = true, m.Paused, m.Reason, m.State
			seats[m.Number] = list
		}
	}
	out := []agentView{}
	for number, list := range seats {
		x, _ := plan.Extension(number)
		slices.SortFunc(list, func(a, b agentSeat) int { return strings.Compare(a.Queue, b.Queue) })
		out = append(out, agentView{Number: number, Name: x.Name, Person: x.Who, Queues: list})
	}
	slices.SortFunc(out, func(a, b agentView) int { return strings.Compare(a.Number, b.Number) })
	return out
}

// Agent does what the codes of agents do, for somebody who looks at a page.
func (q *queues) Agent(ctx context.Context, verb, number, id, reason string) error {
	plan := q.exchange.plan()
	if !q.exchange.Up() {
		return fmt.Errorf("%w: Asterisk is starting: try again in a moment", portal.ErrConflict)
	}
	if id != "" {
		if _, ok := plan.Object(queue.Kind, id); !ok {
			return fmt.Errorf("%w: there is no queue with that id", portal.ErrConflict)
		}
	}
	places, seats := queue.Allowed(plan)[number], q.seats(number)
	if len(places) == 0 && len(seats) == 0 {
		return fmt.Errorf("agent %s: %w", number, fs.ErrNotExist)
	}
	var err error
	switch verb {
	case "login":
		err = q.login(ctx, number, id, places, seats)
	case "logout":
		err = q.logout(ctx, number, id, places, seats)
	default:
		err = q.pause(ctx, plan, verb == "pause", number, id, reason, seats)
	}
	q.lamp(ctx, number)
	return err
}

// seats are the queues in which a number is a member now.
func (q *queues) seats(number string) []string {
	var out []string
	for _, l := range q.mirror.All() {
		if slices.ContainsFunc(l.Members, func(m queue.LiveMember) bool { return m.Number == number }) {
			out = append(out, l.ID)
		}
	}
	return out
}

func (q *queues) login(ctx context.Context, number, id string, places []queue.Place, seats []string) error {
	done := 0
	for _, p := range places {
		if id != "" && id != p.Queue {
			continue
		}
		done++
		if slices.Contains(seats, p.Queue) {
			continue
		}
		_, err := q.exchange.client.Do(ctx, ami.Action{Name: "QueueAdd", Fields: []ami.Field{
			{Key: "Queue", Value: p.Queue}, {Key: "Interface", Value: queue.Interface(number)}, {Key: "Penalty", Value: strconv.Itoa(p.Penalty)},
			{Key: "MemberName", Value: number}, {Key: "StateInterface", Value: queue.StateInterface(number)},
		}})
		if err != nil && !refused(err, "Already there") {
			return err
		}
	}
	if done == 0 {
		return fmt.Errorf("%w: %s may not log in to %s: name the person as an agent of it first", portal.ErrConflict, number, cmp.Or(id, "any queue"))
	}
	return nil
}

func (q *queues) logout(ctx context.Context, number, id string, places []queue.Place, seats []string) error {
	done := 0
	for _, p := range places {
		if id != "" && id != p.Queue {
			continue
		}
		done++
		if !slices.Contains(seats, p.Queue) {
			continue
		}
		if err := q.remove(ctx, p.Queue, number); err != nil {
			return err
		}
	}
	if done == 0 {
		return fmt.Errorf("%w: %s belongs to %s always, or not at all: change the queue instead", portal.ErrConflict, number, cmp.Or(id, "its queues"))
	}
	return nil
}

func (q *queues) remove(ctx context.Context, id, number string) error {
	_, err := q.exchange.client.Do(ctx, ami.Action{Name: "QueueRemove", Fields: []ami.Field{
		{Key: "Queue", Value: id}, {Key: "Interface", Value: queue.Interface(number)},
	}})
	if refused(err, "Not there") {
		return nil
	}
	return err
}

func (q *queues) pause(ctx context.Context, plan pbx.Plan, on bool, number, id, word string, seats []string) error {
	if len(seats) == 0 || id != "" && !slices.Contains(seats, id) {
		return fmt.Errorf("%w: %s is not logged in there: who pauses is a member", portal.ErrConflict, number)
	}
	settings, err := queue.DecodeSettings(plan)
	if err != nil {
		return err
	}
	reason, err := settings.Reason(word)
	if err != nil {
		return fmt.Errorf("%w: %w", portal.ErrConflict, err)
	}
	fields := []ami.Field{{Key: "Interface", Value: queue.Interface(number)}, {Key: "Paused", Value: strconv.FormatBool(on)}}
	if id != "" {
		fields = append(fields, ami.Field{Key: "Queue", Value: id})
	}
	if on && reason != "" {
		fields = append(fields, ami.Field{Key: "Reason", Value: reason})
	}
	_, err = q.exchange.client.Do(ctx, ami.Action{Name: "QueuePause", Fields: fields})
	return err
}

// lamp shows on keys whether an agent is logged in anywhere, as the codes do.
func (q *queues) lamp(ctx context.Context, number string) {
	if q.read(ctx) != nil && ctx.Err() != nil {
		return
	}
	state := "NOT_INUSE"
	for _, l := range q.mirror.All() {
		if slices.ContainsFunc(l.Members, func(m queue.LiveMember) bool { return m.Number == number && m.Agent }) {
			state = "INUSE"
		}
	}
	_, err := q.exchange.client.Do(ctx, ami.Action{Name: "Setvar", Fields: []ami.Field{
		{Key: "Variable", Value: "DEVICE_STATE(Custom:AGENT-" + number + ")"}, {Key: "Value", Value: state},
	}})
	if err != nil {
		q.exchange.log.Warn("an agent's lamp was not set", "number", number, "error", err)
	}
}

// refused tells Asterisk's refusals that mean that it is so already.
func refused(err error, text string) bool {
	var r *ami.RefusedError
	return errors.As(err, &r) && strings.Contains(r.Reason, text)
}
