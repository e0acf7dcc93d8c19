package queue

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"autocom/pbx"
)

// Bounds that keep one slip of the pen from blocking an office.
const (
	maxMembers = 100
	maxPenalty = 10
	maxSeconds = 3600
	maxPrefix  = 16 // bytes; displays show about 20
)

// key is what a caller may press to leave: one digit.
var key = regexp.MustCompile(`^[0-9*#]$`)

// Validate says what is wrong with a queue in a plan.
func (q Queue) Validate(plan pbx.Plan) error {
	if err := q.members(plan); err != nil {
		return err
	}
	for _, s := range []struct {
		name      string
		value     int
		low, high int
		unit      string
	}{
		{"ring", q.Ring, 5, 300, "seconds"},
		{"retry", q.Retry, 1, 60, "seconds"},
		{"wrapup", q.Wrapup, 0, maxSeconds, "seconds"},
		{"every", q.Every, 15, maxSeconds, "seconds"},
		{"periodic_every", q.PeriodicEvery, 10, maxSeconds, "seconds"},
		{"max_callers", q.MaxCallers, 0, 1000, "callers"},
		{"max_wait", q.MaxWait, 0, 4 * maxSeconds, "seconds"},
		{"service_level", q.Service, 1, maxSeconds, "seconds"},
		{"service_target", q.Target, 1, 100, "percent"},
		{"weight", q.Weight, 0, 100, "and more is served first"},
		{"priority", q.Priority, 0, 20, "and more stands before"},
	} {
		if s.value < s.low || s.value > s.high {
			return fmt.Errorf("%s %d: %d to %d %s", s.name, s.value, s.low, s.high, s.unit)
		}
	}
	for _, s := range []struct {
		name, value string
		of          []string
	}{
		{"strategy", q.Strategy, strategies},
		{"autopause", q.Autopause, []string{AutopauseNo, AutopauseYes, AutopauseAll}},
		{"join_empty", q.JoinEmpty, []string{EmptyNever, EmptyAbsent, EmptyPaused, EmptyBusy}},
		{"leave_empty", q.LeaveEmpty, []string{EmptyNever, EmptyAbsent, EmptyPaused, EmptyBusy}},
		{"language", q.Language, []string{"", "fr", "en"}},
	} {
		if !slices.Contains(s.of, s.value) {
			return fmt.Errorf("%s %q: use %s", s.name, s.value, strings.TrimPrefix(strings.Join(s.of, ", "), ", "))
		}
	}
	if pbx.CleanName(q.Prefix) != q.Prefix || len(q.Prefix) > maxPrefix {
		return fmt.Errorf("prefix %q: at most %d letters, digits, spaces and signs that need no quotes", q.Prefix, maxPrefix)
	}
	for name, id := range map[string]string{"join": q.Join, "periodic": q.Periodic, "announce": q.Announce} {
		if _, err := plan.Prompt(id); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if err := plan.CheckMusic(q.Music); err != nil {
		return err
	}
	for k := range q.Keys {
		if !key.MatchString(k) {
			return fmt.Errorf("key %q: one digit, * or # is what a caller may press", k)
		}
	}
	return nil
}

// members checks who is rung.
func (q Queue) members(plan pbx.Plan) error {
	if len(q.Members)+len(q.Agents) == 0 {
		return fmt.Errorf("nobody is rung: add members, or agents who may log in")
	}
	if n := len(q.Members) + len(q.Agents); n > maxMembers {
		return fmt.Errorf("it has %d members and agents: %d at most", n, maxMembers)
	}
	penalty := func(who string, p int) error {
		if p < 0 || p > maxPenalty {
			return fmt.Errorf("%s: penalty %d: 0 to %d", who, p, maxPenalty)
		}
		return nil
	}
	there := map[string]bool{}
	for _, m := range q.Members {
		if _, ok := plan.Extension(m.Number); !ok {
			return fmt.Errorf("member %q: there is no such extension", m.Number)
		}
		if there[m.Number] {
			return fmt.Errorf("member %s is there twice", m.Number)
		}
		there[m.Number] = true
		if err := penalty("member "+m.Number, m.Penalty); err != nil {
			return err
		}
	}
	for _, a := range q.Agents {
		person, err := agent(plan, a.Person)
		if err != nil {
			return err
		}
		for _, n := range person.Numbers {
			if there[n] {
				return fmt.Errorf("agent %s: number %s is in the queue already: name it once", a.Person, n)
			}
			there[n] = true
		}
		if err := penalty("agent "+a.Person, a.Penalty); err != nil {
			return err
		}
	}
	return nil
}

// agent finds a person who may log in to queues.
func agent(plan pbx.Plan, id string) (pbx.Person, error) {
	var p pbx.Person
	o, ok := plan.Object(pbx.KindPerson, id)
	if !ok {
		return p, fmt.Errorf("agent %q: there is no such person", id)
	}
	if err := pbx.Decode(o, &p); err != nil {
		return p, err
	}
	if !p.Agent {
		return p, fmt.Errorf("agent %s: this person is no agent: set agent to true there first", id)
	}
	return p, nil
}
