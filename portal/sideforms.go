package portal

import (
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
	"autocom/provision"
)

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
