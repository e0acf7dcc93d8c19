package portal

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// nights is the page of day and night: all opening hours as Asterisk has them now, with
// their switches. It is for who minds the calls; the hours themselves are an administrator's.
type nights struct {
	Lang string
	Rows []nightRow
}

type nightRow struct {
	Part, Key   string
	Path        string // of the form
	Name        string
	Hand        string // open, closed, auto; "" Asterisk does not say
	Mark, State string
	Why         string
}

// nightStates are the words of how hours stand, with their mark.
var nightStates = map[string][3]string{
	"open":    {"good", "Ouvert", "Open"},
	"closed":  {"wait", "Fermé", "Closed"},
	"holiday": {"wait", "Jour férié", "Holiday"},
	"":        {"none", "on ne sait pas", "not known"},
}

func (p *Portal) nights(ctx context.Context, lang string) nights {
	v := nights{Lang: lang}
	for _, o := range p.Objects.Objects("hours") {
		row := nightRow{Path: "/ui/hours/" + url.PathEscape(o.ID) + "/night", Name: cmp.Or(o.Name, o.ID)}
		var state string
		if n, err := p.Hours.Night(ctx, o.ID); err != nil {
			row.Why = say(lang, "Le standard ne répond pas.", "The exchange does not answer.")
		} else if state, row.Hand = n.State, n.Hand; n.Hand == "auto" {
			row.Why = say(lang, "D'après l'horloge.", "By the clock.")
		} else {
			row.Why = say(lang, "À la main, jusqu'à ce que quelqu'un change.", "By hand, until somebody changes it.")
		}
		words := nightStates[state]
		row.Mark, row.State = words[0], say(lang, words[1], words[2])
		v.Rows = append(v.Rows, row)
	}
	slices.SortStableFunc(v.Rows, func(a, b nightRow) int { return strings.Compare(a.Name, b.Name) })
	for i := range v.Rows {
		v.Rows[i].Part, v.Rows[i].Key = fmt.Sprintf("night-%d", i), fmt.Sprintf("%04d", i)
	}
	return v
}

func (p *Portal) nightPage(w http.ResponseWriter, r *http.Request) {
	p.screen(w, r, http.StatusOK, "night", p.nights(r.Context(), p.words(r).Lang))
}

func (v nights) live() string                 { return "/ui/events/now?page=night" }
func (v nights) drawn() (lang, screen string) { return v.Lang, "night" }

// A phone's code switches, too, and the clock: Asterisk's database tells nobody.
func (v nights) ticks() bool { return true }

func (v nights) pieces() []piece {
	var out []piece
	for _, x := range v.Rows {
		out = append(out, piece{x.Part, "night", x.Key, x})
	}
	return out
}
