package portal

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"time"

	"autocom/portal/chart"
)

// wall is the page for a television: all queues, in figures that are read from afar.
type wall struct {
	Lang  string
	Site  string
	Clock string
	Cards []card
	Chart dayChart
}

// card is a queue on it.
type card struct {
	board
	Part, Key string
}

// dayChart is today by the quarter of an hour.
type dayChart struct {
	charts
	Lang                       string
	Answered, Abandoned, Other int
}

// charts are the same bars twice: for a wide screen, and for that of a smartphone.
type charts struct{ Wide, Narrow chart.Chart }

func draw(bars []chart.Bar, wide chart.Size) charts {
	return charts{chart.Draw(bars, wide), chart.Draw(bars, chart.Size{Width: 480, Height: 260, Text: 20})}
}

func (p *Portal) wallboardPage(w http.ResponseWriter, r *http.Request) {
	p.screen(w, r, http.StatusOK, "wallboard", p.wall(r.Context(), p.words(r).Lang))
}

func (p *Portal) wall(ctx context.Context, lang string) wall {
	all, day := p.boards(ctx, lang)
	v := wall{Lang: lang, Site: p.Site().Name, Clock: p.Now().In(p.zone()).Format("15:04"), Chart: p.dayChart(day, lang)}
	for i, b := range all {
		v.Cards = append(v.Cards, card{b, "queue-" + b.ID, fmt.Sprintf("%04d", i)})
	}
	return v
}

// dayChart draws today; its hours are 8 to 18, and more when there were calls.
func (p *Portal) dayChart(day []queueFigures, lang string) dayChart {
	const perHour = 4
	zone := p.zone()
	var answered, abandoned, other [24 * perHour]int
	first, last := 8*perHour, 18*perHour
	out := dayChart{Lang: lang}
	for _, f := range day {
		t := f.From.In(zone)
		i := t.Hour()*perHour + t.Minute()/15
		answered[i] += f.Answered
		abandoned[i] += f.Abandoned
		other[i] += max(0, f.Offered-f.Answered-f.Abandoned)
		out.Answered, out.Abandoned = out.Answered+f.Answered, out.Abandoned+f.Abandoned
		out.Other += max(0, f.Offered-f.Answered-f.Abandoned)
		first, last = min(first, t.Hour()*perHour), max(last, (t.Hour()+1)*perHour)
	}
	var bars []chart.Bar
	for i := first; i < last; i++ {
		b := chart.Bar{Parts: []chart.Part{{Class: "answered", Value: answered[i]}, {Class: "other", Value: other[i]}, {Class: "abandoned", Value: abandoned[i]}}}
		if i%perHour == 0 {
			b.Label, b.Minor = fmt.Sprintf(say(lang, "%d h", "%d:00"), i/perHour), i/perHour%2 == 1
		}
		b.Title = fmt.Sprintf(say(lang, "%02d:%02d : %d répondus, %d abandonnés, %d autres", "%02d:%02d: %d answered, %d abandoned, %d others"), i/perHour, i%perHour*15, answered[i], abandoned[i], other[i])
		bars = append(bars, b)
	}
	out.charts = draw(bars, chart.Size{Width: 2050, Height: 240, Text: 22})
	return out
}

func (v wall) live() string                 { return "/ui/events/now?page=wallboard" }
func (v wall) drawn() (lang, screen string) { return v.Lang, "wallboard" }
func (v wall) ticks() bool                  { return true }
func (v wall) pieces() []piece {
	out := []piece{{"clock", "clock", "", v}, {"today", "today", "", v.Chart}}
	for _, c := range v.Cards {
		out = append(out, piece{c.Part, "card", c.Key, c})
	}
	return out
}

// A page whose pieces are in its language says where they are drawn, and one on which time
// alone changes much, that it ticks.
type (
	drawnPage   interface{ drawn() (lang, screen string) }
	tickingPage interface{ ticks() bool }
)

// tick is how often a ticking page is drawn anew.
const tick = time.Second

// watchedNow is the page of the calls that r listens for.
func (p *Portal) watchedNow(r *http.Request) livePage {
	lang := p.words(r).Lang
	q, oversees := r.URL.Query(), p.visitor(r).Role >= supervisor
	switch page := cmp.Or(q.Get("page"), "wallboard"); {
	case !oversees && page != "wallboard" && page != "agent":
	case page == "wallboard":
		return p.wall(r.Context(), lang)
	case page == "floor":
		return p.floor(r.Context(), lang)
	case page == "night":
		return p.nights(r.Context(), lang)
	case page == "rooms":
		return p.rooms(r.Context(), lang)
	case page == "queue":
		if v, ok := p.oneQueue(r, q.Get("id")); ok {
			return v
		}
	case page == "agent":
		if v, ok := p.agentPage(r, q.Get("number")); ok && v.Number != "" {
			return v
		}
	}
	return nil
}
