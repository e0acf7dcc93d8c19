package vendors

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/pelletier/go-toml/v2"

	"autocom/provision"
)

// document is vendor.toml. Unknown keys are errors.
type document struct {
	Name         string                       `toml:"name"`
	OUIs         []string                     `toml:"ouis"`
	PnPURL       string                       `toml:"pnp_url"`
	KeepsAccount bool                         `toml:"keeps_account"`
	ContentType  string                       `toml:"content_type"`
	Escape       string                       `toml:"escape"` // format of the files: "line", "xml"
	Personal     []string                     `toml:"personal"`
	Unsupported  string                       `toml:"unsupported"`
	Generic      bool                         `toml:"generic"`
	Reset        map[string]string            `toml:"reset"`
	Aliases      map[string][]string          `toml:"aliases"` // file → further names of it
	Languages    map[string]map[string]string `toml:"languages"`
	Zones        map[string]map[string]string `toml:"zones"`
	Match        []rule                       `toml:"match"`
}

// rule is one [[match]] of vendor.toml. Examples are texts that real devices
// sent; Counter are look-alikes. Loading proves the pattern against both.
type rule struct {
	Sensor   string   `toml:"sensor"`
	Field    string   `toml:"field"`
	Pattern  string   `toml:"pattern"`
	Weight   int      `toml:"weight"`
	Examples []string `toml:"examples"`
	Counter  []string `toml:"counter"`
}

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

// position adds the line to what go-toml says, in one line.
func position(err error) error {
	var unknown *toml.StrictMissingError
	if errors.As(err, &unknown) && len(unknown.Errors) > 0 {
		first := unknown.Errors[0]
		row, _ := first.Position()
		return fmt.Errorf("line %d: unknown key %s", row, strings.Join(first.Key(), "."))
	}
	var bad *toml.DecodeError
	if errors.As(err, &bad) {
		row, _ := bad.Position()
		return fmt.Errorf("line %d: %w", row, err)
	}
	return err
}

func (doc document) maker(id string) (maker, error) {
	m := maker{
		Vendor: provision.Vendor{
			ID: id, Name: doc.Name, PnPURL: doc.PnPURL, KeepsAccount: doc.KeepsAccount,
			Reset: doc.Reset, Unsupported: doc.Unsupported, Generic: doc.Generic,
		},
		contentType: doc.ContentType,
		escape:      escapes["line"],
		languages:   doc.Languages,
		zones:       doc.Zones,
	}
	if doc.Name == "" {
		return m, errors.New("name is missing")
	}
	for i, oui := range doc.OUIs {
		oui = strings.ToLower(oui)
		if !ouiPattern.MatchString(oui) {
			return m, fmt.Errorf("ouis %d: %q is not six hexadecimal digits", i+1, oui)
		}
		m.OUIs = append(m.OUIs, oui)
	}
	for i, r := range doc.Match {
		match, err := r.compile()
		if err != nil {
			return m, fmt.Errorf("match %d: %w", i+1, err)
		}
		m.Match = append(m.Match, match)
	}
	if doc.Escape != "" {
		if m.escape = escapes[doc.Escape]; m.escape == nil {
			return m, fmt.Errorf("escape: %q is not a format: line or xml", doc.Escape)
		}
	}
	if doc.PnPURL != "" {
		t, err := template.New("pnp_url").Option("missingkey=error").Parse(doc.PnPURL)
		if err != nil {
			return m, fmt.Errorf("pnp_url: %w", err)
		}
		m.pnp = t
	}
	return m, nil
}

var ouiPattern = regexp.MustCompile(`^[0-9a-f]{6}$`)

func (r rule) compile() (provision.Match, error) {
	if r.Field == "" {
		return provision.Match{}, errors.New("field is missing")
	}
	if r.Weight == 0 {
		return provision.Match{}, errors.New("weight is missing: a rule that weighs nothing says nothing")
	}
	re, err := regexp.Compile(r.Pattern)
	if err != nil {
		return provision.Match{}, fmt.Errorf("pattern: %w", err)
	}
	for _, s := range r.Examples {
		if !re.MatchString(s) {
			return provision.Match{}, fmt.Errorf("pattern does not match its example %q", s)
		}
	}
	for _, s := range r.Counter {
		if re.MatchString(s) {
			return provision.Match{}, fmt.Errorf("pattern matches its counter-example %q", s)
		}
	}
	return provision.Match{Sensor: provision.Sensor(r.Sensor), Field: r.Field, Pattern: re, Weight: r.Weight}, nil
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

// sample is a phone with everything set, to prove templates with.
func sample() provision.Phone {
	mac := provision.MAC{0x00, 0x00, 0x5e, 0x00, 0x53, 0x01} // RFC 7042: for documentation
	return provision.Phone{
		Site: provision.Site{
			Name: "Bureau", Language: "fr", Country: "CM", TimeZone: "Africa/Douala",
			Address: netip.MustParseAddr("192.0.2.10"), Voicemail: "*98",
		},
		Device: provision.Device{
			ID: mac.String(), MAC: mac,
			Lines: []provision.Line{{N: 1, Number: "201", Name: "Accueil", Secret: "secret"}},
			Token: "token",
		},
		URL: "http://192.0.2.10/p/token/",
	}
}
