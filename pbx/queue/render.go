package queue

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"autocom/pbx"
)

//go:embed files/*.tmpl
var files embed.FS

// view is what the templates see.
type view struct {
	Queues  []queueView
	People  []memberView // every number that is or may be a member, by number
	Reasons []Reason
	Wrapup  string // WrapupReason

	LoginAll, LoginOne []string // codes: alone, and before the number of a queue
	Pause, PauseFor    []string // codes: alone, and before the digit of a reason
	WrapupCodes        []string

	Spies   []spy // code and length of number by mode; none when nobody supervises
	Targets []string
	Beep    bool   // both sides hear a beep when a supervisor begins to listen
	Notice  string // or this prompt
}

// queueView is a queue as the templates see it.
type queueView struct {
	pbx.Object
	Queue
	Prompts             string   // Asterisk's name of the language, "" the caller's
	JoinWhen, LeaveWhen string   // Asterisk's words
	PeriodicFile        string   // path of a prompt
	ToFull, ToEmpty     string   // targets in the dialplan
	ToTimeout           string   // target in the dialplan
	Exits               []exit   // by key
	Static              []static // members
	Allowed             []static // numbers of the agents that ring phones now
}

type exit struct{ Key, To string }

type static struct {
	Number, Interface, State string
	Penalty                  int
}

// memberView is a number that is or may be a member.
type memberView struct {
	Number, Interface, State string
	Login                    []place  // queues that its person may log in to
	Queues                   []string // all queues where it is or may be a member
	PauseHint                string
}

type place struct {
	Queue   string
	Penalty int
}

// spy is one way to dial into a call: code, then any number of that many digits.
type spy struct {
	Code    string
	Pattern string // XXX
	Skip    int    // length of the code
	Options string // of ChanSpy: "", w, B
}

// Render gives what queues, agents and supervisors add to Asterisk's files. An error
// names the queue.
func Render(plan pbx.Plan) (pbx.Fragments, error) {
	settings, err := DecodeSettings(plan)
	if err != nil {
		return pbx.Fragments{}, err
	}
	v := view{Reasons: settings.Reasons, Wrapup: WrapupReason, Beep: settings.ListenNotice == "beep"}
	if !v.Beep {
		v.Notice = settings.ListenNotice
	}
	for _, o := range plan.All(Kind) {
		q, err := viewOf(plan, o)
		if err != nil {
			return pbx.Fragments{}, err
		}
		v.Queues = append(v.Queues, q)
	}
	v.people()
	if err := v.codes(plan); err != nil {
		return pbx.Fragments{}, err
	}
	lines := v.lines(plan, settings)
	out, err := plan.Fill(files, v)
	out.Lines = lines
	return out, err
}

func viewOf(plan pbx.Plan, o pbx.Object) (queueView, error) {
	q, err := Decode(o)
	if err != nil {
		return queueView{}, err
	}
	v, err := decoded(plan, o, q)
	if err != nil {
		return queueView{}, fmt.Errorf("queue %s: %w", o.ID, err)
	}
	return v, nil
}

// decoded is the view of a queue that was read.
func decoded(plan pbx.Plan, o pbx.Object, q Queue) (queueView, error) {
	if o.ID == "general" {
		return queueView{}, fmt.Errorf("%q means something else in Asterisk's file of queues: choose another id", o.ID)
	}
	if err := q.Validate(plan); err != nil {
		return queueView{}, err
	}
	v := queueView{
		Object: o, Queue: q, JoinWhen: conditions[q.JoinEmpty], LeaveWhen: conditions[q.LeaveEmpty],
		Prompts: pbx.Prompts(q.Language),
	}
	// Validate has looked for the prompt.
	v.PeriodicFile, _ = plan.Prompt(q.Periodic)
	for _, d := range []struct {
		name string
		to   pbx.Destination
		at   *string
	}{{"full", q.Full, &v.ToFull}, {"empty", q.Empty, &v.ToEmpty}, {"timeout", q.Timeout, &v.ToTimeout}} {
		to, err := target(plan, d.to, q.Timeout)
		if err != nil {
			return v, fmt.Errorf("%s: %w", d.name, err)
		}
		*d.at = to
	}
	for k, d := range q.Keys {
		to, err := target(plan, d)
		if err != nil {
			return v, fmt.Errorf("key %s: %w", k, err)
		}
		v.Exits = append(v.Exits, exit{k, to})
	}
	slices.SortFunc(v.Exits, func(a, b exit) int { return strings.Compare(a.Key, b.Key) })
	for _, m := range q.Members {
		if rings(plan, m.Number) {
			v.Static = append(v.Static, member(m.Number, m.Penalty))
		}
	}
	for _, a := range q.Agents {
		person, err := agent(plan, a.Person)
		if err != nil {
			return v, err
		}
		for _, n := range person.Numbers {
			if rings(plan, n) {
				v.Allowed = append(v.Allowed, member(n, a.Penalty))
			}
		}
	}
	return v, nil
}

// rings reports whether a number has a phone now: one that has none yet, or any more, has no
// hint either, and Asterisk would take it for free.
func rings(plan pbx.Plan, number string) bool {
	x, ok := plan.Extension(number)
	return ok && len(x.Lines) > 0
}

func member(number string, penalty int) static {
	return static{number, Interface(number), StateInterface(number), penalty}
}

// target is where the first destination lies that is chosen; where none is, the caller
// hears that nobody is there.
func target(plan pbx.Plan, chosen ...pbx.Destination) (string, error) {
	for _, d := range chosen {
		if !d.Zero() {
			return plan.Target(d)
		}
	}
	return "ac-nobody,s,1", nil
}

// people gathers by number what the queues say of it.
func (v *view) people() {
	by := map[string]*memberView{}
	of := func(m static, queue string) *memberView {
		p := by[m.Number]
		if p == nil {
			p = &memberView{Number: m.Number, Interface: m.Interface, State: m.State}
			by[m.Number] = p
		}
		p.Queues = append(p.Queues, queue)
		return p
	}
	for _, q := range v.Queues {
		for _, m := range q.Static {
			of(m, q.ID)
		}
		for _, a := range q.Allowed {
			p := of(a, q.ID)
			p.Login = append(p.Login, place{q.ID, a.Penalty})
		}
	}
	for _, p := range by {
		var hints []string
		for _, q := range p.Queues {
			hints = append(hints, pauseState(q, p.Number))
		}
		p.PauseHint = strings.Join(hints, "&")
		v.People = append(v.People, *p)
	}
	slices.SortFunc(v.People, func(a, b memberView) int { return strings.Compare(a.Number, b.Number) })
}

// pauseState is the device whose state Asterisk sets when a member pauses, whoever does it.
func pauseState(queue, number string) string {
	return "Queue:" + queue + "_pause_" + Interface(number)
}

func (v *view) codes(plan pbx.Plan) error {
	all, err := plan.Codes()
	if err != nil {
		return err
	}
	for _, c := range all["agent-login"] {
		if c.Alone {
			v.LoginAll = append(v.LoginAll, c.Digits)
		}
		if c.More {
			v.LoginOne = append(v.LoginOne, c.Digits)
		}
	}
	for _, c := range all["agent-pause"] {
		if c.Alone {
			v.Pause = append(v.Pause, c.Digits)
		}
		if c.More {
			v.PauseFor = append(v.PauseFor, c.Digits)
		}
	}
	for _, c := range all["agent-wrapup"] {
		v.WrapupCodes = append(v.WrapupCodes, c.Digits)
	}
	supervised, lengths := false, map[int]bool{}
	for _, x := range plan.Extensions() {
		supervised = supervised || x.Person.Supervisor
		lengths[len(x.Number)] = true
	}
	if !supervised {
		return nil
	}
	for name, options := range map[string]string{"spy-listen": "", "spy-whisper": "w", "spy-barge": "B"} {
		for _, c := range all[name] {
			for n := range lengths {
				v.Spies = append(v.Spies, spy{c.Digits, strings.Repeat("X", n), len(c.Digits), options})
			}
		}
	}
	slices.SortFunc(v.Spies, func(a, b spy) int { return strings.Compare(a.Code+a.Pattern, b.Code+b.Pattern) })
	return nil
}

// lines are the variables that tell the dialplan whose phone a channel is, whoever has
// transferred or forged what: Asterisk sets them when a line's channel begins, and no
// other channel inherits them.
func (v *view) lines(plan pbx.Plan, settings Settings) map[string][]pbx.Setting {
	guests := map[string]bool{}
	for _, e := range plan.Endpoints {
		guests[e.ID] = e.Right == pbx.RightGuest
	}
	out := map[string][]pbx.Setting{}
	for _, x := range plan.Extensions() {
		var set []pbx.Setting
		if slices.ContainsFunc(v.People, func(p memberView) bool { return p.Number == x.Number }) {
			set = append(set, pbx.Setting{Key: "set_var", Value: "AC_AGENT=" + x.Number})
		}
		if x.Person.Supervisor {
			set = append(set, pbx.Setting{Key: "set_var", Value: "AC_SUPERVISOR=1"})
		}
		if len(v.Spies) > 0 && (!x.Person.Supervisor || settings.ListenToSupervisors) {
			set = append(set, pbx.Setting{Key: "set_var", Value: "SPYGROUP=" + x.Number})
			v.Targets = append(v.Targets, x.Number)
		}
		for _, id := range x.Lines {
			if len(set) > 0 && !guests[id] {
				out[id] = set
			}
		}
	}
	return out
}
