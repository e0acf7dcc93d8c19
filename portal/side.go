package portal

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"autocom/pbx"
	"autocom/portal/forms"
	"autocom/provision"
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

// weekday is one day of the calendar, a day being 1440 wide.
type weekday struct {
	Name string
	Bars []bar
}

type bar struct {
	X, Width int
	Text     string
}

var dayWords = []struct {
	id   string
	name forms.Text
}{
	{"mon", forms.Text{FR: "lun", EN: "Mon"}}, {"tue", forms.Text{FR: "mar", EN: "Tue"}}, {"wed", forms.Text{FR: "mer", EN: "Wed"}},
	{"thu", forms.Text{FR: "jeu", EN: "Thu"}}, {"fri", forms.Text{FR: "ven", EN: "Fri"}}, {"sat", forms.Text{FR: "sam", EN: "Sat"}}, {"sun", forms.Text{FR: "dim", EN: "Sun"}},
}

// week draws opening hours; a range that ends before it begins goes on the next day.
func week(body forms.Body, lang string) []weekday {
	var hours struct {
		Week []struct {
			Days     []string
			From, To string
		}
	}
	text, err := json.Marshal(body)
	if err != nil || json.Unmarshal(text, &hours) != nil {
		return nil
	}
	out := make([]weekday, len(dayWords))
	for i, d := range dayWords {
		out[i].Name = d.name.In(lang)
	}
	for _, r := range hours.Week {
		from, to := minuteOf(r.From), minuteOf(r.To)
		for i, d := range dayWords {
			if from < 0 || to < 0 || !slices.Contains(r.Days, d.id) {
				continue
			}
			label := r.From + " – " + r.To
			if from < to {
				out[i].Bars = append(out[i].Bars, bar{from, to - from, label})
				continue
			}
			out[i].Bars = append(out[i].Bars, bar{from, 1440 - from, label})
			if to > 0 {
				out[(i+1)%7].Bars = append(out[(i+1)%7].Bars, bar{0, to, label})
			}
		}
	}
	return out
}

func minuteOf(clock string) int {
	if clock == "24:00" {
		return 1440
	}
	t, err := time.Parse("15:04", clock)
	if err != nil {
		return -1
	}
	return t.Hour()*60 + t.Minute()
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

// beside says how a button beside a form went, and goes back to the page.
func (p *Portal) beside(w http.ResponseWriter, r *http.Request, collection, done string, err error) {
	p.besideTo(w, r, "/ui/"+collection+"/"+url.PathEscape(r.PathValue("id")), done, err)
}

// besideTo does it with another page to go back to.
func (p *Portal) besideTo(w http.ResponseWriter, r *http.Request, back, done string, err error) {
	words := p.words(r)
	n := notice{Text: done}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.missing(w, r)
		return
	case errors.Is(err, ErrConflict), errors.Is(err, ErrSound):
		n = notice{Bad: true}
		n.Text, n.Foreign = p.translated(strings.TrimPrefix(err.Error(), ErrSound.Error()+": "), words.Lang)
		n.Text = sentence(n.Text)
	case err != nil:
		p.Log.Error("button of the page", "path", r.URL.Path, "error", err)
		n = notice{Bad: true, Text: words.Admin.Failed}
	default:
		p.Log.Info("button of the page", "path", r.URL.Path, "by", Actor(r.Context()), "from", remote(r))
	}
	p.tell(r, n)
	http.Redirect(w, r, back, http.StatusSeeOther)
}

func (p *Portal) nightForm(w http.ResponseWriter, r *http.Request) {
	if !largeForm(w, r) {
		return
	}
	hand := r.PostForm.Get("hand")
	if hand != "open" && hand != "closed" && hand != "auto" {
		http.Error(w, "hand is open, closed or auto", http.StatusBadRequest)
		return
	}
	back := "/ui/night"
	if p.visitor(r).Role >= admin && r.PostForm.Get("back") == "" { // the button beside the hours' form
		back = "/ui/hours/" + url.PathEscape(r.PathValue("id"))
	}
	p.besideTo(w, r, back, p.words(r).Setup.Switched, p.Hours.SwitchNight(r.Context(), r.PathValue("id"), hand))
}

func (p *Portal) testForm(w http.ResponseWriter, r *http.Request) {
	words := p.words(r)
	live, err := p.Trunks.Test(r.Context(), r.PathValue("id"))
	text, _ := p.translated(live.Text, words.Lang)
	if err == nil && live.State != "up" {
		p.tell(r, notice{Bad: true, Text: words.Setup.TestBad + " " + sentence(text)})
		http.Redirect(w, r, "/ui/trunks/"+url.PathEscape(r.PathValue("id")), http.StatusSeeOther)
		return
	}
	p.beside(w, r, "trunks", words.Setup.TestGood+" "+sentence(text), err)
}

// upload finds the file of a form, and the values that came before it.
func upload(w http.ResponseWriter, r *http.Request) (file io.Reader, name string, values map[string]string, err error) {
	http.NewResponseController(w).SetReadDeadline(time.Now().Add(uploadWithin))
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, "", nil, err
	}
	values = map[string]string{}
	for range 16 {
		part, err := parts.NextPart()
		if err != nil {
			return nil, "", values, err
		}
		if part.FormName() == "file" {
			return part, part.FileName(), values, nil
		}
		text, err := io.ReadAll(io.LimitReader(part, 256))
		if err != nil {
			return nil, "", values, err
		}
		values[part.FormName()] = string(text)
	}
	return nil, "", values, io.EOF
}

func (p *Portal) soundForm(w http.ResponseWriter, r *http.Request) {
	file, name, values, err := upload(w, r)
	if err != nil || name == "" {
		p.tell(r, notice{Bad: true, Text: p.words(r).Setup.NoFile})
		http.Redirect(w, r, "/ui/prompts/"+url.PathEscape(r.PathValue("id")), http.StatusSeeOther)
		return
	}
	language := values["language"]
	if language != "fr" && language != "en" {
		language = ""
	}
	p.beside(w, r, "prompts", p.words(r).Setup.Uploaded, p.Prompts.PutSound(r.Context(), r.PathValue("id"), language, file))
}

func (p *Portal) silenceForm(w http.ResponseWriter, r *http.Request) {
	if !largeForm(w, r) {
		return
	}
	p.beside(w, r, "prompts", p.words(r).Setup.SoundGone, p.Prompts.DropSound(r.Context(), r.PathValue("id"), r.PostForm.Get("language")))
}

func (p *Portal) songForm(w http.ResponseWriter, r *http.Request) {
	file, name, _, err := upload(w, r)
	name = strings.Trim(notInID.ReplaceAllString(pbx.ASCII(strings.ToLower(strings.TrimSuffix(path.Base(strings.ReplaceAll(name, `\`, "/")), path.Ext(name)))), "-"), "-")
	if name = name[:min(len(name), 60)]; err != nil || !songName.MatchString(name) {
		p.tell(r, notice{Bad: true, Text: p.words(r).Setup.NoFile})
		http.Redirect(w, r, "/ui/music/"+url.PathEscape(r.PathValue("id")), http.StatusSeeOther)
		return
	}
	p.beside(w, r, "music", p.words(r).Setup.Uploaded, p.Musics.PutSong(r.Context(), r.PathValue("id"), name, file))
}

func (p *Portal) songDropForm(w http.ResponseWriter, r *http.Request) {
	if !songName.MatchString(r.PathValue("name")) {
		p.missing(w, r)
		return
	}
	p.beside(w, r, "music", p.words(r).Setup.SoundGone, p.Musics.DropSong(r.Context(), r.PathValue("id"), r.PathValue("name")))
}

// forwardForm sets the forwards of one number of a person.
func (p *Portal) forwardForm(w http.ResponseWriter, r *http.Request) {
	if !largeForm(w, r) {
		return
	}
	number := r.PathValue("number")
	person, there := p.Objects.Object(pbx.KindPerson, r.PathValue("id"))
	c, _ := collectionOf(pbx.KindPerson)
	numbers, _ := c.bodyOf(person)["numbers"].([]any)
	if !there || !slices.ContainsFunc(numbers, func(n any) bool { return n == number }) || p.Forwards == nil {
		p.missing(w, r)
		return
	}
	clean := func(name string) string {
		return strings.NewReplacer(" ", "", ".", "", "-", "", "\u00a0", "").Replace(provision.Clean(r.PostForm.Get(name)))
	}
	f := Forwarding{Always: clean("always"), Busy: clean("busy"), None: clean("none"), Absent: clean("absent"), DND: r.PostForm.Get("dnd") != ""}
	for _, to := range []string{f.Always, f.Busy, f.None, f.Absent} {
		if !forwardTo.MatchString(to) {
			p.tell(r, notice{Bad: true, Text: p.words(r).Setup.ForwardBad})
			http.Redirect(w, r, "/ui/people/"+url.PathEscape(person.ID), http.StatusSeeOther)
			return
		}
	}
	p.beside(w, r, "people", p.words(r).Setup.Forwarded, p.Forwards.SetForwards(r.Context(), number, f))
}
