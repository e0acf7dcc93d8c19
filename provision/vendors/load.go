package vendors

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/pelletier/go-toml/v2"
)

// Load reads every folder of fsys that holds a vendor.toml, and proves it: the
// rules against their examples, the templates by rendering a sample phone.
func Load(fsys fs.FS) (*Set, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, fmt.Errorf("load vendors: %w", err)
	}
	set := &Set{}
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

// loadFiles reads files/*.tmpl and renders each once for a sample phone.
func (m *maker) loadFiles(dir fs.FS, doc document) error {
	sources, err := fs.Glob(dir, "files/*.tmpl")
	if err != nil {
		return err
	}
	if len(sources) == 0 && doc.Unsupported == "" && !doc.Generic {
		return errors.New("vendor.toml: there are no files/*.tmpl: add them, or say why in unsupported")
	}
	for _, source := range sources {
		text, err := fs.ReadFile(dir, source)
		if err != nil {
			return err
		}
		name := strings.TrimSuffix(path.Base(source), ".tmpl")
		t := template.New(name).Option("missingkey=zero")
		if err := parts(dir, t); err != nil {
			return err
		}
		if _, err := t.Parse(string(text)); err != nil {
			return fmt.Errorf("%s: %w", source, err)
		}
		f := file{
			source:   source,
			template: t,
			personal: strings.Contains(strings.ToLower(name), "{mac}") || slices.Contains(doc.Personal, name),
		}
		for _, n := range append([]string{name}, doc.Aliases[name]...) {
			re, err := namePattern(n)
			if err != nil {
				return fmt.Errorf("%s: %w", source, err)
			}
			f.names = append(f.names, re)
		}
		for _, secrets := range []bool{true, false} {
			p := sample()
			p.Secrets = secrets
			if _, err := m.render(f, p); err != nil {
				return fmt.Errorf("%s: %w", source, err)
			}
		}
		m.files = append(m.files, f)
	}
	for name := range doc.Aliases {
		if !slices.Contains(sources, "files/"+name+".tmpl") {
			return fmt.Errorf("vendor.toml: aliases: there is no files/%s.tmpl", name)
		}
	}
	return nil
}

// parts gives a template what the maker's files share: {{template "site" .}} is
// parts/site.tmpl, without the line break at its end.
func parts(dir fs.FS, t *template.Template) error {
	sources, err := fs.Glob(dir, "parts/*.tmpl")
	if err != nil {
		return err
	}
	for _, source := range sources {
		text, err := fs.ReadFile(dir, source)
		if err != nil {
			return err
		}
		if _, err := t.New(strings.TrimSuffix(path.Base(source), ".tmpl")).Parse(strings.TrimRight(string(text), "\n")); err != nil {
			return fmt.Errorf("%s: %w", source, err)
		}
	}
	return nil
}

// namePattern turns a name with placeholders into what matches it: {mac} or
// {MAC} twelve hexadecimal digits in either case (phones do not keep to one),
// {model} a model, {digits} twelve decimal digits.
func namePattern(name string) (*regexp.Regexp, error) {
	re := regexp.QuoteMeta(name)
	for placeholder, pattern := range map[string]string{
		`\{mac\}`:    `(?P<mac>[0-9A-Fa-f]{12})`,
		`\{MAC\}`:    `(?P<mac>[0-9A-Fa-f]{12})`,
		`\{model\}`:  `[0-9A-Za-z]{1,24}`,
		`\{digits\}`: `[0-9]{12}`,
	} {
		re = strings.ReplaceAll(re, placeholder, pattern)
	}
	if strings.Contains(re, `\{`) {
		return nil, fmt.Errorf("name %q holds an unknown placeholder: {mac}, {MAC}, {model} and {digits} are known", name)
	}
	return regexp.Compile("^" + re + "$")
}
