package vendors

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// Load reads every folder of fsys that holds a vendor.toml, and proves it: the
// rules against their examples, the templates by rendering a sample phone.
func Load(fsys fs.FS) (*Set, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("load vendors: %w", err)
	}
	set := &Set{now: time.Now}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		dir, err := fs.Sub(fsys, e.Name())
		if err != nil {
			return nil, fmt.Errorf("load vendors: %s: %w", e.Name(), err)
		}
		m, err := loadMaker(dir, e.Name())
		if err != nil {
			return nil, fmt.Errorf("load vendors: %s/%w", e.Name(), err)
		}
		set.makers = append(set.makers, m)
	}
	return set, nil
}

func loadMaker(dir fs.FS, id string) (maker, error) {
	text, err := fs.ReadFile(dir, "vendor.toml")
	if err != nil {
		return maker{}, fmt.Errorf("vendor.toml: %w", err)
	}
	var doc document
	if err := toml.NewDecoder(strings.NewReader(string(text))).DisallowUnknownFields().Decode(&doc); err != nil {
		return maker{}, fmt.Errorf("vendor.toml: %w", position(err))
	}
	m, err := doc.maker(id)
	if err != nil {
		return maker{}, fmt.Errorf("vendor.toml: %w", err)
	}
	if err := m.loadFiles(dir, doc); err != nil {
		return maker{}, err
	}
	return m, nil
}

// loadFiles reads files/*.tmpl and renders each for sample phones.
func (m *maker) loadFiles(dir fs.FS, doc document) error {
	sources, err := fs.Glob(dir, "files/*.tmpl")
	if err != nil {
		return err
	}
	if len(sources) == 0 && doc.Unsupported == "" && !doc.Generic {
		return errors.New("vendor.toml: there are no files/*.tmpl: add them, or say why in unsupported")
	}
	var known []string
	for _, source := range sources {
		// "/" of a folder in a name cannot stand in the name of a template.
		name := strings.ReplaceAll(strings.TrimSuffix(path.Base(source), ".tmpl"), "~", "/")
		known = append(known, name)
	}
	if err := doc.namesOf(known); err != nil {
		return fmt.Errorf("vendor.toml: %w", err)
	}
	shared, err := parts(dir)
	if err != nil {
		return err
	}
	for i, source := range sources {
		f, err := doc.file(dir, shared, source, known[i])
		if err != nil {
			return fmt.Errorf("%s: %w", source, err)
		}
		for _, p := range samples() {
			if _, err := m.render(f, p, clockOf(p.Site, provedAt)); err != nil {
				return fmt.Errorf("%s: %w", source, err)
			}
		}
		m.files = append(m.files, f)
	}
	m.routes = routes(m.files)
	return nil
}

// file reads one template with what vendor.toml says of it.
func (doc document) file(dir fs.FS, shared *template.Template, source, text string) (*file, error) {
	body, err := fs.ReadFile(dir, source)
	if err != nil {
		return nil, err
	}
	t, err := shared.Clone()
	if err != nil {
		return nil, err
	}
	if t, err = t.New(text).Parse(string(body)); err != nil {
		return nil, err
	}
	f := &file{
		source:      source,
		template:    t,
		contentType: cmp.Or(doc.ContentTypes[text], doc.ContentType),
		personal:    strings.Contains(strings.ToLower(text), "{mac}") || slices.Contains(doc.Personal, text),
		members:     slices.Contains(doc.Members, text),
	}
	format := cmp.Or(doc.Formats[text], doc.Escape, "line")
	if f.escape = escapes[format]; f.escape == nil {
		return nil, fmt.Errorf("format %q is none of: %s", format, strings.Join(slices.Sorted(maps.Keys(escapes)), ", "))
	}
	for _, n := range append([]string{text}, doc.Aliases[text]...) {
		parsed, err := parseName(n)
		if err != nil {
			return nil, err
		}
		f.names = append(f.names, parsed)
	}
	return f, nil
}

// namesOf checks that vendor.toml speaks of files that are there.
func (doc document) namesOf(known []string) error {
	for key, names := range map[string][]string{
		"aliases": slices.Collect(maps.Keys(doc.Aliases)), "formats": slices.Collect(maps.Keys(doc.Formats)),
		"content_types": slices.Collect(maps.Keys(doc.ContentTypes)), "personal": doc.Personal, "members": doc.Members,
	} {
		for _, name := range names {
			if !slices.Contains(known, name) {
				return fmt.Errorf("%s: there is no files/%s.tmpl", key, strings.ReplaceAll(name, "/", "~"))
			}
		}
	}
	return nil
}

// parts reads what the maker's files share: {{template "site" .}} is
// parts/site.tmpl, without the line break at its end.
func parts(dir fs.FS) (*template.Template, error) {
	t := template.New("").Option("missingkey=zero").Funcs(funcs)
	sources, err := fs.Glob(dir, "parts/*.tmpl")
	if err != nil {
		return nil, err
	}
	for _, source := range sources {
		text, err := fs.ReadFile(dir, source)
		if err != nil {
			return nil, err
		}
		if _, err := t.New(strings.TrimSuffix(path.Base(source), ".tmpl")).Parse(strings.TrimRight(string(text), "\n")); err != nil {
			return nil, fmt.Errorf("%s: %w", source, err)
		}
	}
	return t, nil
}
