package main

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"autocom/pbx/queue"
	"autocom/portal"
)

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
