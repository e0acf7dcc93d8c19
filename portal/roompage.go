package portal

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// roomsPace is how often the open page is drawn anew: Asterisk is asked for each room.
const roomsPace = 2 * time.Second

// roomsNow is the page of all conferences now: who is in them, and what can be done about it.
type roomsNow struct {
	Lang string
	Rows []roomRow
}

type roomRow struct {
	Part, Key    string
	Path         string // of the forms
	Number, Name string
	Known        bool // Asterisk says who is there
	Locked       bool
	Mark, State  string
	Members      []roomSeat
}

type roomSeat struct {
	ID, Number, Name string
	Mark, State      string
	Muted            bool
	Since            string
}

func (p *Portal) rooms(ctx context.Context, lang string) roomsNow {
	v := roomsNow{Lang: lang}
	if p.Conferences == nil {
		return v
	}
	for _, o := range p.Objects.Objects(conferencesOf.kind) {
		row := roomRow{Path: "/ui/rooms/" + url.PathEscape(o.ID), Number: o.Number, Name: cmp.Or(o.Name, o.ID), Mark: "none", State: say(lang, "Le standard ne répond pas.", "The exchange does not answer.")}
		if room, err := p.Conferences.Room(ctx, o.ID); err == nil {
			row.Known, row.Locked, row.State = true, room.Locked, say(lang, "vide", "empty")
			if n := len(room.Members); n > 0 {
				row.Mark, row.State = "good", fmt.Sprintf(say(lang, "%d dedans", "%d inside"), n)
			}
			if room.Locked {
				row.Mark, row.State = "wait", row.State+", "+say(lang, "fermée à clé", "locked")
			}
			for _, m := range room.Members {
				row.Members = append(row.Members, seatOf(m, lang))
			}
		}
		v.Rows = append(v.Rows, row)
	}
	slices.SortStableFunc(v.Rows, func(a, b roomRow) int { return strings.Compare(a.Name, b.Name) })
	for i := range v.Rows {
		v.Rows[i].Part, v.Rows[i].Key = fmt.Sprintf("room-%d", i), fmt.Sprintf("%04d", i)
	}
	return v
}

func seatOf(m RoomMember, lang string) roomSeat {
	s := roomSeat{ID: m.ID, Number: m.Number, Name: printing(m.Name), Muted: m.Muted, Since: long(float64(m.Seconds)), Mark: "good", State: say(lang, "parle", "may speak")}
	if s.Name == s.Number { // a phone without a person's name
		s.Name = ""
	}
	switch {
	case m.Waiting:
		s.Mark, s.State = "wait", say(lang, "attend qui préside", "waits for the leader")
	case m.Muted:
		s.Mark, s.State = "none", say(lang, "micro coupé", "muted")
	case m.Leader:
		s.State = say(lang, "préside", "leads")
	}
	return s
}

func (p *Portal) roomsPage(w http.ResponseWriter, r *http.Request) {
	p.screen(w, r, http.StatusOK, "rooms", p.rooms(r.Context(), p.words(r).Lang))
}

func (v roomsNow) live() string                 { return "/ui/events/now?page=rooms" }
func (v roomsNow) drawn() (lang, screen string) { return v.Lang, "rooms" }
func (v roomsNow) ticks() bool                  { return true }
func (v roomsNow) pace() time.Duration          { return roomsPace }
func (v roomsNow) pieces() []piece {
	var out []piece
	for _, x := range v.Rows {
		out = append(out, piece{x.Part, "room", x.Key, x})
	}
	return out
}

// roomVerbs are what the buttons do, and what they say then.
var roomVerbs = map[string][2]string{
	"kick":   {"Cette personne n'est plus dans la conférence.", "They are out of the conference."},
	"mute":   {"Son micro est coupé.", "They are muted."},
	"unmute": {"Son micro est rendu.", "They may speak again."},
	"lock":   {"La conférence est fermée à clé : personne d'autre n'entre.", "The conference is locked: nobody else comes in."},
	"unlock": {"La conférence est ouverte.", "The conference is open."},
}

func (p *Portal) roomForm(w http.ResponseWriter, r *http.Request) {
	if !form(w, r) {
		return
	}
	verb, id, member := r.PathValue("verb"), r.PathValue("id"), r.PostForm.Get("member")
	said, ok := roomVerbs[verb]
	if _, there := p.Objects.Object(conferencesOf.kind, id); !ok || !there || p.Conferences == nil || (member == "") != (verb == "lock" || verb == "unlock") {
		p.missing(w, r)
		return
	}
	p.besideTo(w, r, "/ui/rooms", say(p.words(r).Lang, said[0], said[1]), p.Conferences.TellRoom(r.Context(), id, verb, member))
}
