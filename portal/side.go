package portal

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"

	"autocom/pbx"
	"autocom/portal/forms"
)

// side is what stands beside a form: what the object does now, and what can be done with
// it that is no field.
type side struct {
	At       string // path of the page
	Flow     *node
	Refers   []referrer
	Week     []weekday
	Night    *Night
	Test     bool
	Live     *TrunkLive
	LiveText string
	Note     string // on a kind of trunk
	Prompt   *promptSide
	Songs    *songSide
	Lines    []lineSide
	Room     string // number of a conference
}

// promptSide are the sounds of a prompt.
type promptSide struct {
	Sounds   []soundRow
	Code     string // to dial for recording; "" no number was set
	Language string
}

type soundRow struct {
	Language, Name, Link string
	Seconds              float64
	Phone                bool // recorded from one
}

// songSide are the files of a music.
type songSide struct{ Files []songRow }

type songRow struct{ Name, Link string }

// lineSide is what is set on the phones of one number.
type lineSide struct {
	Number   string
	Set      Forwarding
	Known    bool
	Messages int
	New      int
}

func (p *Portal) side(r *http.Request, e editor) side {
	ctx := r.Context()
	s := side{At: "/ui/" + e.c.path + "/" + url.PathEscape(e.id), Refers: p.referrers(e.house, e.c.kind, e.id)}
	body := e.c.bodyOf(e.old)
	if f := p.flow(ctx, e.house, e.c.kind, e.id); len(f.Then) > 0 && e.c.kind != pbx.KindSettings {
		s.Flow = &f
	}
	switch e.c.path {
	case "hours":
		s.Week = week(body, e.house.Lang)
		if n, err := p.Hours.Night(ctx, e.id); err == nil {
			s.Night = &n
		}
	case "trunks":
		p.trunkSide(ctx, &s, e, body)
	case "prompts":
		s.Prompt = p.promptSide(ctx, e)
	case "music":
		s.Songs = &songSide{}
		files, _ := body["files"].([]any)
		for _, f := range files {
			if name, ok := f.(string); ok {
				s.Songs.Files = append(s.Songs.Files, songRow{name, "/api/v1/music/" + url.PathEscape(e.id) + "/files/" + url.PathEscape(name)})
			}
		}
	case "people":
		numbers, _ := body["numbers"].([]any)
		for _, n := range numbers {
			if number, ok := n.(string); ok {
				s.Lines = append(s.Lines, p.lineSide(ctx, number))
			}
		}
	}
	return s
}

func (p *Portal) lineSide(ctx context.Context, number string) lineSide {
	l := lineSide{Number: number}
	if p.Forwards != nil {
		set, err := p.Forwards.Forwards(ctx, number)
		l.Set, l.Known = set, err == nil
	}
	if p.Mailboxes != nil {
		if list, err := p.Mailboxes.Messages(number); err == nil {
			l.Messages = len(list)
			for _, m := range list {
				if !m.Heard {
					l.New++
				}
			}
		}
	}
	return l
}

func (p *Portal) trunkSide(ctx context.Context, s *side, e editor, body forms.Body) {
	id, _ := body["preset"].(string)
	for _, x := range p.presetList() {
		if x.ID == cmp.Or(id, "provider") {
			if s.Note = x.NoteEN; e.house.Lang == "fr" {
				s.Note = x.NoteFR
			}
		}
	}
	if p.Trunks == nil {
		return
	}
	s.Test = true
	if live, err := p.Trunks.Trunk(ctx, e.id); err == nil {
		s.Live = &live
		s.LiveText, _ = p.translated(live.Text, e.house.Lang)
		s.LiveText = sentence(s.LiveText)
	}
}

func (p *Portal) promptSide(ctx context.Context, e editor) *promptSide {
	s := &promptSide{Language: e.house.Lang}
	words := wordsIn(e.house.Lang).Setup
	if sounds, err := p.Prompts.Sounds(ctx, e.id); err == nil {
		for _, x := range sounds {
			name := map[string]string{"": words.ForAll, "fr": words.InFrench, "en": words.InEnglish}[x.Language]
			s.Sounds = append(s.Sounds, soundRow{x.Language, name, soundLink(e.id, x.Language), x.Seconds, x.From == "phone"})
		}
	}
	if e.old.Number == "" || p.Forwards == nil {
		return s
	}
	list, _ := p.Forwards.Functions() // without the table there is no code to tell
	for _, f := range list {
		if f.Name == "record-prompt" && len(f.Codes) > 0 {
			s.Code = strings.TrimRight(f.Codes[0], "+=") + e.old.Number
		}
	}
	return s
}

// sideRoutes are the buttons beside forms.
func (p *Portal) sideRoutes() []route {
	return []route{
		{"POST /ui/hours/{id}/night", p.nightForm, supervisor},
		{"POST /ui/trunks/{id}/test", p.testForm, admin},
		{"POST /ui/prompts/{id}/sound", p.soundForm, admin},
		{"POST /ui/prompts/{id}/silence", p.silenceForm, admin},
		{"POST /ui/music/{id}/files", p.songForm, admin},
		{"POST /ui/music/{id}/files/{name}/delete", p.songDropForm, admin},
		{"POST /ui/people/{id}/forwards/{number}", p.forwardForm, admin},
	}
}
