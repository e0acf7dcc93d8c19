package vendors

import (
	"errors"
	"fmt"
	"regexp"
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
	Refused      []refusal                    `toml:"refused"`
}

// refusal is one [[refused]] of vendor.toml: models that a served maker's files do
// not suit. Examples and Counter are models.
type refusal struct {
	Model    string   `toml:"model"`
	Reason   string   `toml:"reason"`
	Examples []string `toml:"examples"`
	Counter  []string `toml:"counter"`
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
	for i, r := range doc.Refused {
		if r.Reason == "" {
			return m, fmt.Errorf("refused %d: reason is missing: say what the owner can do", i+1)
		}
		model, err := pattern(r.Model, r.Examples, r.Counter)
		if err != nil {
			return m, fmt.Errorf("refused %d: %w", i+1, err)
		}
		m.Refused = append(m.Refused, provision.Refusal{Model: model, Reason: r.Reason})
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
	re, err := pattern(r.Pattern, r.Examples, r.Counter)
	if err != nil {
		return provision.Match{}, err
	}
	return provision.Match{Sensor: provision.Sensor(r.Sensor), Field: r.Field, Pattern: re, Weight: r.Weight}, nil
}

// pattern compiles and proves a regular expression.
func pattern(text string, examples, counter []string) (*regexp.Regexp, error) {
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, fmt.Errorf("pattern: %w", err)
	}
	for _, s := range examples {
		if !re.MatchString(s) {
			return nil, fmt.Errorf("pattern does not match its example %q", s)
		}
	}
	for _, s := range counter {
		if re.MatchString(s) {
			return nil, fmt.Errorf("pattern matches its counter-example %q", s)
		}
	}
	return re, nil
}
