package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"autocom/pbx"
	"autocom/pbx/ami"
	"autocom/pbx/queue"
	"autocom/portal"
)

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
