// Package music turns the musics of the house into musiconhold.conf: what callers hear
// while they are held, wait in a queue or are alone in a room.
package music

import (
	"embed"
	"fmt"
	"regexp"
	"slices"

	"autocom/pbx"
)

// Kind is the kind of its objects.
const Kind = pbx.KindMusic

// Directory holds the files of a music, in a directory of its id: on the data partition,
// because an update replaces everything else.
const Directory = "/data/music"

// Builtin are the songs that Debian's package brings.
const Builtin = "/usr/share/asterisk/moh"

// Music is the body of an object of this kind. Its files are put there by an upload, and
// listed here, so that a class changes when a file comes or goes and Asterisk is told.
type Music struct {
	Files []string `json:"files,omitempty"` // names in its directory, without the ending; none: the built-in songs
	Order string   `json:"order,omitempty"` // Random (default) or Name
}

// Orders in which the files are played.
const (
	Random = "random"
	Name   = "name"
)

// Settings is the body of the settings "music".
type Settings struct {
	Default string `json:"default,omitempty"` // id of what is heard where nobody chose; "" the built-in songs
}

// maxFiles bounds the list that Asterisk keeps of a class.
const maxFiles = 100

// FileName is the form of a file's name without its ending.
var FileName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

// Decode reads an object, with the defaults for what it leaves out.
func Decode(o pbx.Object) (Music, error) {
	m := Music{Order: Random}
	return m, pbx.Decode(o, &m)
}

// Validate says what is wrong with a music.
func (m Music) Validate() error {
	if m.Order != Random && m.Order != Name {
		return fmt.Errorf("order %q: use %s or %s", m.Order, Random, Name)
	}
	if len(m.Files) > maxFiles {
		return fmt.Errorf("it has %d files: %d at most", len(m.Files), maxFiles)
	}
	for i, f := range m.Files {
		if !FileName.MatchString(f) {
			return fmt.Errorf("file %q: 1 to 64 small letters, digits, - or _", f)
		}
		if slices.Contains(m.Files[:i], f) {
			return fmt.Errorf("file %s is there twice", f)
		}
	}
	return nil
}

//go:embed files/*.tmpl
var files embed.FS

// class is a music as Asterisk knows it.
type class struct {
	Name, Order string
	Entries     []string // paths without the ending; none: the built-in songs
}

// Render gives the classes of a plan, and whose callers on hold hear which. An error names
// the object.
func Render(plan pbx.Plan) (pbx.Fragments, error) {
	standard := class{Name: pbx.DefaultMusic, Order: Random}
	chosen, err := settings(plan)
	if err != nil {
		return pbx.Fragments{}, err
	}
	var classes []class
	for _, o := range plan.All(Kind) {
		m, err := Decode(o)
		if err != nil {
			return pbx.Fragments{}, err
		}
		if err := m.Validate(); err != nil {
			return pbx.Fragments{}, fmt.Errorf("music %s: %w", o.ID, err)
		}
		if o.ID == pbx.DefaultMusic {
			return pbx.Fragments{}, fmt.Errorf("music %s: this id is of the built-in songs: choose another, and name it in the settings music", o.ID)
		}
		c := class{Name: o.ID, Order: m.Order}
		for _, f := range m.Files {
			c.Entries = append(c.Entries, Directory+"/"+o.ID+"/"+f)
		}
		if o.ID == chosen {
			standard.Order, standard.Entries = c.Order, c.Entries
		}
		classes = append(classes, c)
	}
	out, err := plan.Fill(files, struct {
		Builtin string
		Classes []class
	}{Builtin, append([]class{standard}, classes...)})
	if err != nil {
		return out, err
	}
	out.Lines, err = holders(plan)
	return out, err
}

// settings gives the id of the music that is heard where nobody chose one.
func settings(plan pbx.Plan) (string, error) {
	o, ok := plan.Object(pbx.KindSettings, "music")
	if !ok {
		return "", nil
	}
	var s Settings
	if err := pbx.Decode(o, &s); err != nil {
		return "", err
	}
	if err := plan.CheckMusic(s.Default); err != nil {
		return "", fmt.Errorf("settings music: default: %w", err)
	}
	return s.Default, nil
}

// holders gives the lines of those who chose a music: who holds decides what the other
// side hears.
func holders(plan pbx.Plan) (map[string][]pbx.Setting, error) {
	out := map[string][]pbx.Setting{}
	for _, x := range plan.Extensions() {
		if x.Person.Music == "" {
			continue
		}
		if err := plan.CheckMusic(x.Person.Music); err != nil {
			return nil, fmt.Errorf("person %s: %w", x.Who, err)
		}
		for _, line := range x.Lines {
			out[line] = append(out[line], pbx.Setting{Key: "moh_suggest", Value: x.Person.Music})
		}
	}
	return out, nil
}
