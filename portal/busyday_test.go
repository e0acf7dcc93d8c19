package portal

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/calls"
	"autocom/pbx/queue"
	"autocom/pbx/report"
	"autocom/provision"
)

// busyDay is a call centre of two queues and six agents in the middle of a day: History and
// Queues with the same people, for the pages and their pictures.
type busyDay struct {
	mu      sync.Mutex
	now     time.Time
	calls   []calls.Call // the youngest first
	log     []report.Entry
	queues  []queue.Live
	did     []string
	erased  []string
	changes chan string
}

var busyNames = map[string]string{"201": "Awa Diop", "202": "Paul Etoundi", "203": "Awa <Ngo>", "204": "Jean-Baptiste Nkoulou", "205": "Marie Essomba", "206": "Ibrahim Moussa"}

// staff puts the day before a portal.
func staff(t testing.TB, f *fake, p *Portal) *busyDay {
	t.Helper()
	d := &busyDay{now: f.now, changes: make(chan string, 16)}
	objects := []pbx.Object{
		{Kind: "queue", ID: "accueil", Number: "600", Name: "Accueil", Body: []byte(`{"wrapup":15,"service_level":20,"agents":[{"person":"awa"},{"person":"paul"}]}`)},
		{Kind: "queue", ID: "sav", Number: "601", Name: "Service après-vente", Body: []byte(`{"service_level":30,"service_target":95}`)},
		{Kind: "trunk", ID: "operateur", Name: "Camtel", Body: []byte(`{}`)},
	}
	for n := 201; n < 207; n++ {
		number := fmt.Sprint(n)
		objects = append(objects, pbx.Object{Kind: pbx.KindPerson, ID: "p" + number, Number: "", Name: busyNames[number], Body: []byte(`{"numbers":["` + number + `"]}`)})
	}
	for i := range objects {
		objects[i].Rev = int64(i + 1)
	}
	f.shelf.all = append(f.shelf.all, objects...)
	d.work()
	ago := func(s int) time.Time { return d.now.Add(-time.Duration(s) * time.Second) }
	d.queues = []queue.Live{
		{ID: "accueil", Members: []queue.LiveMember{
			{Number: "201", State: "busy", Agent: true, InCall: true, Calls: 21, Caller: &queue.LiveCaller{Number: "+237677123456", Name: "M. Fotso", Since: ago(94), Wait: 14}},
			{Number: "202", State: "free", Agent: true, Calls: 18, LastCall: ago(700)},
			{Number: "203", State: "free", Agent: true, Paused: true, Reason: "repas", Since: ago(1260), Calls: 9},
			{Number: "204", State: "free", Agent: true, Calls: 14, LastCall: ago(6)},
		}, Callers: []queue.LiveCaller{{Position: 1, Number: "+237699001122", Name: "", Since: ago(47), Wait: 47}, {Position: 2, Number: "+237222334455", Name: "Boulangerie <du> Marché", Since: ago(12), Wait: 12}}},
		{ID: "sav", Members: []queue.LiveMember{
			{Number: "204", State: "free", Agent: true, Calls: 2, LastCall: ago(6)},
			{Number: "205", State: "ringing", Agent: true, Calls: 11, Caller: &queue.LiveCaller{Number: "+237655443322", Since: ago(3)}},
			{Number: "206", State: "absent", Calls: 0},
		}, Callers: []queue.LiveCaller{}},
	}
	p.History, p.Queues = d, d
	p.Directory = func() (out []provision.Entry) {
		for n := 201; n < 207; n++ {
			out = append(out, provision.Entry{Number: fmt.Sprint(n), Name: busyNames[fmt.Sprint(n)]})
		}
		return out
	}
	return d
}

// work makes the calls of today until now, and of ten days before, always the same.
func (d *busyDay) work() {
	dice := rand.New(rand.NewPCG(1, 2))
	today := time.Date(d.now.Year(), d.now.Month(), d.now.Day(), 0, 0, 0, 0, time.UTC)
	n := 0
	for back := 10; back >= 0; back-- {
		for _, agent := range []string{"201", "202", "203", "204", "205"} {
			q := map[bool]string{true: "sav", false: "accueil"}[agent > "204"]
			d.enter(today.AddDate(0, 0, -back).Add(7*time.Hour), "NONE", q, agent, "ADDMEMBER")
		}
		for at := today.AddDate(0, 0, -back).Add(7*time.Hour + 30*time.Minute); at.Before(today.AddDate(0, 0, -back).Add(17*time.Hour)) && at.Before(d.now.Add(-4*time.Minute)); {
			at = at.Add(time.Duration(40+dice.IntN(420)) * time.Second)
			n++
			d.one(n, at, dice)
		}
		for _, agent := range []string{"201", "202", "203", "204", "205"} {
			if back > 0 {
				q := map[bool]string{true: "sav", false: "accueil"}[agent > "204"]
				d.enter(today.AddDate(0, 0, -back).Add(17*time.Hour), "NONE", q, agent, "REMOVEMEMBER")
			}
		}
	}
	d.enter(d.now.Add(-21*time.Minute), "NONE", "accueil", "203", "PAUSE", "repas")
	slices.SortStableFunc(d.log, func(a, b report.Entry) int { return a.At.Compare(b.At) })
	slices.Reverse(d.calls)
}

func (d *busyDay) enter(at time.Time, call, q, agent, event string, data ...string) {
	d.log = append(d.log, report.Entry{At: at, Call: call, Queue: q, Agent: agent, Event: event, Data: data})
}

func (d *busyDay) one(n int, at time.Time, dice *rand.Rand) {
	id := fmt.Sprintf("autocom-%d.%d", at.Unix(), n)
	caller := calls.Party{Number: fmt.Sprintf("+2376%08d", dice.IntN(100_000_000))}
	if n%5 == 0 {
		caller.Name = []string{"Mme Abena", "Pharmacie du Lac", "M. Fotso", "Garage <Central>"}[n/5%4]
	}
	q, agents := "accueil", []string{"201", "202", "203", "204"}
	if dice.IntN(3) == 0 {
		q, agents = "sav", []string{"204", "205"}
	}
	to := calls.Party{Number: agents[dice.IntN(len(agents))]}
	to.Name = busyNames[to.Number]
	wait, talk := time.Duration(3+dice.IntN(30))*time.Second, time.Duration(20+dice.IntN(300))*time.Second
	c := calls.Call{ID: id, Start: at, Direction: "in", From: caller, Dialled: "222401010", Number: map[string]string{"accueil": "600", "sav": "601"}[q], Queue: q, Trunk: "operateur",
		Transfers: []calls.Party{}, Recordings: []string{}, Steps: []calls.Step{{At: at.Add(time.Second), What: "queue", Who: caller, Where: q}}}
	d.enter(at, id, q, "NONE", "ENTERQUEUE", "", caller.Number, "1")
	switch kind := dice.IntN(12); {
	case kind == 0: // gives up
		wait += 20 * time.Second
		c.Result, c.End, c.Wait = "missed", at.Add(wait), wait.Seconds()
		d.enter(c.End, id, q, "NONE", "ABANDON", "1", "1", fmt.Sprint(int(wait.Seconds())))
	case kind == 1 && n%2 == 0: // a call of the house
		c = calls.Call{ID: id, Start: at, Answer: at.Add(4 * time.Second), End: at.Add(talk), Wait: 4, Talk: talk.Seconds() - 4, Direction: "internal", Result: "answered", From: calls.Party{Number: "206", Name: busyNames["206"]},
			Dialled: "201", Number: "201", AnsweredBy: calls.Party{Number: "201", Name: busyNames["201"]}, Transfers: []calls.Party{}, Recordings: []string{}, Steps: []calls.Step{}}
		d.log = d.log[:len(d.log)-1]
	default:
		c.Result, c.Answer, c.AnsweredBy, c.Wait, c.Talk = "answered", at.Add(wait), to, wait.Seconds(), talk.Seconds()
		c.End = c.Answer.Add(talk)
		c.Steps = append(c.Steps, calls.Step{At: c.Answer, What: "answered", Who: to})
		d.enter(c.Answer, id, q, to.Number, "CONNECT", fmt.Sprint(int(wait.Seconds())), id+"x", "3")
		if c.End.Before(d.now) {
			d.enter(c.End, id, q, to.Number, "COMPLETECALLER", fmt.Sprint(int(wait.Seconds())), fmt.Sprint(int(talk.Seconds())), "1")
		}
		if n%4 == 0 {
			c.Recordings = []string{"2026/" + id + ".WAV"}
		}
		if n%9 == 0 {
			over := calls.Party{Number: "205", Name: busyNames["205"]}
			c.Transfers = append(c.Transfers, over)
			c.Steps = append(c.Steps, calls.Step{At: c.Answer.Add(15 * time.Second), What: "transferred", Who: to, Where: "205"}, calls.Step{At: c.Answer.Add(22 * time.Second), What: "joined", Who: over}, calls.Step{At: c.Answer.Add(22 * time.Second), What: "left", Who: to})
		}
	}
	d.calls = append(d.calls, c)
}

func (d *busyDay) found(q CallQuery) []calls.Call {
	var out []calls.Call
	past := q.After == ""
	for _, c := range d.calls {
		switch {
		case slices.Contains(d.erased, c.ID):
		case !past:
			past = c.ID == q.After
		case q.Number != "" && c.From.Number != q.Number && c.Number != q.Number && c.AnsweredBy.Number != q.Number:
		case q.Name != "" && !strings.Contains(strings.ToLower(c.From.Name+c.AnsweredBy.Name), strings.ToLower(q.Name)):
		case q.Direction != "" && c.Direction != q.Direction, q.Queue != "" && c.Queue != q.Queue, len(q.Results) > 0 && !slices.Contains(q.Results, c.Result):
		case !q.From.IsZero() && c.Start.Before(q.From), !q.To.IsZero() && !c.Start.Before(q.To):
		default:
			if out = append(out, c); q.Limit > 0 && len(out) == q.Limit {
				return out
			}
		}
	}
	return out
}

func (d *busyDay) Calls(_ context.Context, q CallQuery) (out []json.RawMessage, next string, err error) {
	list := d.found(q)
	for _, c := range list {
		text, err := json.Marshal(c)
		if err != nil {
			return nil, "", err
		}
		out = append(out, text)
	}
	if q.Limit > 0 && len(list) == q.Limit {
		next = list[len(list)-1].ID
	}
	return out, next, nil
}

func (d *busyDay) Call(_ context.Context, id string) (json.RawMessage, error) {
	if i := slices.IndexFunc(d.calls, func(c calls.Call) bool { return c.ID == id }); i >= 0 && !slices.Contains(d.erased, id) {
		return json.Marshal(d.calls[i])
	}
	return nil, fs.ErrNotExist
}

func (d *busyDay) DropCall(_ context.Context, id string) error {
	d.erased = append(d.erased, id)
	return nil
}

func (d *busyDay) DropRecordings(_ context.Context, id string) error {
	for i := range d.calls {
		if d.calls[i].ID == id {
			d.calls[i].Recordings = nil
		}
	}
	return nil
}

func (d *busyDay) Recording(_ context.Context, _ string, _ int) (Recording, error) {
	return tape{bytes.NewReader(silence(1))}, nil
}

// silence is a WAV file of so many seconds.
func silence(seconds int) []byte {
	n := 16000 * seconds
	b := append([]byte("RIFF"), binary.LittleEndian.AppendUint32(nil, uint32(36+n))...)
	b = append(b, "WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data"...)
	return append(binary.LittleEndian.AppendUint32(b, uint32(n)), make([]byte, n)...)
}

func (d *busyDay) Report(_ context.Context, what string, q ReportQuery) (Report, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	o := report.Options{From: q.From, To: q.To, Queue: q.Queue, Every: q.Every, Within: q.Within, Short: q.Short}
	if what == "agents" {
		return Report{From: q.From, To: q.To, Rows: report.Agents(d.log, o, d.now), Figures: report.AgentFigures}, nil
	}
	return Report{From: q.From, To: q.To, Rows: report.Queues(d.log, o), Figures: report.QueueFigures}, nil
}

func (d *busyDay) CallTable(_ context.Context, q CallQuery) ([][]string, error) {
	out := [][]string{{"id"}}
	for _, c := range d.found(q) {
		out = append(out, []string{c.ID})
	}
	return out, nil
}

func (d *busyDay) LiveQueue(id string) (any, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, q := range d.queues {
		if q.ID == id {
			q.Members, q.Callers = slices.Clone(q.Members), slices.Clone(q.Callers)
			return q, nil
		}
	}
	return nil, fs.ErrNotExist
}

func (d *busyDay) Agents() any {
	d.mu.Lock()
	defer d.mu.Unlock()
	type seat struct {
		Queue    string `json:"queue"`
		MayLogIn bool   `json:"may_log_in"`
		LoggedIn bool   `json:"logged_in"`
		Paused   bool   `json:"paused"`
		Reason   string `json:"reason"`
		State    string `json:"state"`
	}
	type view struct {
		Number string `json:"number"`
		Name   string `json:"name"`
		Queues []seat `json:"queues"`
	}
	out := []view{}
	for _, number := range []string{"201", "202", "203", "204", "205", "206"} {
		v := view{Number: number, Name: busyNames[number]}
		for _, q := range d.queues {
			i := slices.IndexFunc(q.Members, func(m queue.LiveMember) bool { return m.Number == number })
			if i >= 0 {
				m := q.Members[i]
				v.Queues = append(v.Queues, seat{q.ID, m.Agent, true, m.Paused, m.Reason, m.State})
			} else if q.ID == "accueil" {
				v.Queues = append(v.Queues, seat{Queue: q.ID, MayLogIn: true})
			}
		}
		out = append(out, v)
	}
	return out
}

// Agent pauses for real, and notes the rest.
func (d *busyDay) Agent(_ context.Context, verb, number, id, reason string) error {
	d.mu.Lock()
	if number == "206" {
		d.mu.Unlock()
		return fmt.Errorf("%w: 206 belongs to sav always, or not at all: change the queue instead", ErrConflict)
	}
	d.did = append(d.did, strings.TrimSpace(strings.Join([]string{verb, number, id, reason}, " ")))
	for i := range d.queues {
		for j := range d.queues[i].Members {
			if m := &d.queues[i].Members[j]; m.Number == number && (verb == "pause" || verb == "unpause") {
				m.Paused, m.Reason, m.Since = verb == "pause", reason, d.now
			}
		}
	}
	d.mu.Unlock()
	if number == "299" {
		return fs.ErrNotExist
	}
	select {
	case d.changes <- "accueil":
	default:
	}
	return nil
}

func (d *busyDay) Changes(context.Context) <-chan string { return d.changes }
