package vendors

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// With adds what the owner of the box has put into a folder of theirs: ouis.toml,
// which names new OUIs of makers (yealink = ["aabbcc"]), and makers of their own,
// each a folder as ours are, which takes the place of ours with the same name. The
// set itself stays as it is, so that the caller keeps it when the owner's data are wrong.
func (s *Set) With(owner fs.FS) (*Set, error) {
	out := &Set{makers: slices.Clone(s.makers), now: s.now}
	if _, err := fs.Stat(owner, "."); errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	theirs, err := Load(owner)
	if err != nil {
		return nil, fmt.Errorf("the owner's makers: %w", err)
	}
	for _, m := range theirs.makers {
		i, ok := slices.BinarySearchFunc(out.makers, m.ID, func(a maker, id string) int { return strings.Compare(a.ID, id) })
		if ok {
			out.makers[i] = m
		} else {
			out.makers = slices.Insert(out.makers, i, m)
		}
	}
	if err := out.addOUIs(owner); err != nil {
		return nil, fmt.Errorf("the owner's makers: ouis.toml: %w", err)
	}
	return out, nil
}

func (s *Set) addOUIs(owner fs.FS) error {
	text, err := fs.ReadFile(owner, "ouis.toml")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	more := map[string][]string{}
	if err := toml.Unmarshal(text, &more); err != nil {
		return position(err)
	}
	for _, id := range slices.Sorted(maps.Keys(more)) {
		i := slices.IndexFunc(s.makers, func(m maker) bool { return m.ID == id })
		if i < 0 {
			return fmt.Errorf("line %d: there is no maker %q; known are %s", lineOf(text, id), id, strings.Join(s.ids(), ", "))
		}
		m := &s.makers[i]
		m.OUIs = slices.Clone(m.OUIs)
		for _, given := range more[id] {
			oui, err := parseOUI(given)
			if err != nil {
				return fmt.Errorf("line %d: %s: %w", lineOf(text, given), id, err)
			}
			if !slices.Contains(m.OUIs, oui) {
				m.OUIs = append(m.OUIs, oui)
			}
		}
	}
	return nil
}

func (s *Set) ids() []string {
	var out []string
	for _, m := range s.makers {
		out = append(out, m.ID)
	}
	return out
}

// lineOf is the line on which a word first stands.
func lineOf(text []byte, word string) int {
	before, _, _ := strings.Cut(string(text), word)
	return strings.Count(before, "\n") + 1
}
