package portal

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"autocom/portal/forms"
)

// centreRoutes are the pages about what is happening and what has happened.
func (p *Portal) centreRoutes() []route {
	return []route{
		{"GET /ui/calls", p.callsPage, supervisor},
		{"GET /ui/calls/{id}", p.callPage, supervisor},
		{"GET /ui/reports", p.reportsPage, supervisor},
		{"GET /ui/live", p.floorPage, supervisor},
		{"GET /ui/live/{id}", p.oneQueuePage, supervisor},
		{"POST /ui/live/{id}/{verb}", p.oneQueueForm, supervisor},
		{"GET /ui/night", p.nightPage, supervisor},
		{"GET /ui/rooms", p.roomsPage, supervisor},
		{"POST /ui/rooms/{id}/{verb}", p.roomForm, supervisor},
		{"GET /ui/agent", p.agentPageGet, agent},
		{"POST /ui/agent/{number}/{verb}", p.agentForm, agent},
		{"GET /ui/wallboard", p.wallboardPage, agent},
		{"GET /ui/events/now", p.watchNow, agent},
		{"POST /ui/calls/{id}/{act}", p.callForm, admin},
	}
}

// long says a duration: "12 s", "3 min 05 s", "1 h 12 min".
func long(seconds float64) string {
	n := int(seconds + .5)
	switch {
	case n < 60:
		return fmt.Sprintf("%d\u00a0s", n)
	case n < 3600:
		return fmt.Sprintf("%d\u00a0min\u00a0%02d\u00a0s", n/60, n%60)
	}
	return fmt.Sprintf("%d\u00a0h\u00a0%02d\u00a0min", n/3600, n%3600/60)
}

// names are who has which number in the house: people, queues, groups and rooms.
type names map[string]string

func (p *Portal) names() names {
	out := names{}
	if p.Directory != nil {
		for _, e := range p.Directory() {
			out[e.Number] = e.Name
		}
	}
	for _, c := range collections {
		for _, o := range p.Objects.Objects(c.kind) {
			if o.Number != "" && o.Name != "" {
				out[o.Number] = o.Name
			}
		}
	}
	return out
}

// of gives "203 Awa", a number alone, or a name alone.
func (n names) of(number, name string) string {
	return strings.TrimSpace(number + " " + cmp.Or(name, n[number]))
}

// choice is one of a list to choose from.
type choice struct {
	Value, Name string
	Now         bool
}

func choose(now string, all ...choice) []choice {
	for i := range all {
		all[i].Now = all[i].Value == now
	}
	return all
}

// queueChoices are the queues, by name.
func (p *Portal) queueChoices(now, all string) []choice {
	out := []choice{{"", all, now == ""}}
	for _, q := range p.queueObjects() {
		out = append(out, choice{q.ID, q.Name, q.ID == now})
	}
	return out
}

// queueObject is what a page has to know of a queue.
type queueObject struct {
	ID, Name, Number string
	Wrapup           int // seconds
	Service          int // seconds, of the service level
	Target           int // percent, of calls that should be answered within
}

// The service level of a queue that names none, as in pbx/queue: seconds, and the share of
// calls in percent that centres commonly aim at.
const usualService, usualTarget = 20, 80

func (p *Portal) queueObjects() []queueObject {
	var out []queueObject
	for _, o := range p.Objects.Objects("queue") {
		body := struct {
			Wrapup  int `json:"wrapup"`
			Service int `json:"service_level"`
			Target  int `json:"service_target"`
		}{Service: usualService, Target: usualTarget}
		_ = json.Unmarshal(o.Body, &body) // the office has read it strictly
		out = append(out, queueObject{o.ID, cmp.Or(o.Name, o.ID), o.Number, body.Wrapup, body.Service, body.Target})
	}
	slices.SortFunc(out, func(a, b queueObject) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// queueName is what people call a queue.
func (p *Portal) queueName(id string) string {
	if o, ok := p.Objects.Object("queue", id); ok && o.Name != "" {
		return o.Name
	}
	return id
}

// say is a pair of texts in the reader's language.
func say(lang, fr, en string) string { return forms.Text{FR: fr, EN: en}.In(lang) }

// day writes a date with its weekday: "lundi 23 novembre", "Monday 23 November".
func day(t time.Time, lang string) string {
	if lang != "fr" {
		return t.Format("Monday 2 January")
	}
	days := [...]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"}
	months := [...]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}
	return fmt.Sprintf("%s %d %s", days[t.Weekday()], t.Day(), months[t.Month()-1])
}

// recordless answers with a page when no records are kept.
func (p *Portal) recordless(w http.ResponseWriter, r *http.Request) bool {
	if p.History != nil {
		return false
	}
	p.screen(w, r, http.StatusServiceUnavailable, "recordless", nil)
	return true
}

// as reads what another part shows as JSON: pages show the same as the API.
func as[T any](v any) (T, error) {
	var out T
	text, err := json.Marshal(v)
	if err != nil {
		return out, err
	}
	return out, json.Unmarshal(text, &out)
}

// short says it as a clock does: "0:12", "3:05", "1:12:00".
func short(seconds int) string {
	if seconds < 3600 {
		return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", seconds/3600, seconds%3600/60, seconds%60)
}

// percent writes a share as the language does.
func percent(share float64, lang string) string {
	if lang == "fr" {
		return strings.Replace(fmt.Sprintf("%.0f", share), ".", ",", 1) + "\u00a0%"
	}
	return fmt.Sprintf("%.0f%%", share)
}
