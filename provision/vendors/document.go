package vendors

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"autocom/provision"
)

// document is vendor.toml. Unknown keys are errors.
type document struct {
	Name         string                       `toml:"name"`
	Checked      string                       `toml:"checked"`
	OUIs         []string                     `toml:"ouis"`
	Kind         provision.Kind               `toml:"kind"`
	Admin        string                       `toml:"admin"`
	PnPURL       string                       `toml:"pnp_url"`
	TypeURL      string                       `toml:"type_url"`
	KeepsAccount bool                         `toml:"keeps_account"`
	HTTPS        bool                         `toml:"https"`
	TLS          string                       `toml:"tls"`
	TLSExamples  []string                     `toml:"tls_examples"`
	TLSCounter   []string                     `toml:"tls_counter"`
	Resync       string                       `toml:"resync"`
	Reboot       string                       `toml:"reboot"`
	Classes      []string                     `toml:"classes"`
	ContentType  string                       `toml:"content_type"`
	ContentTypes map[string]string            `toml:"content_types"` // file → its own
	Escape       string                       `toml:"escape"`        // format of the files: one of escapes
	Formats      map[string]string            `toml:"formats"`       // file → its own
	Personal     []string                     `toml:"personal"`
	Members      []string                     `toml:"members"`
	Unsupported  string                       `toml:"unsupported"`
	Generic      bool                         `toml:"generic"`
	Reset        map[string]string            `toml:"reset"`
	Aliases      map[string][]string          `toml:"aliases"` // file → further names of it
	Languages    map[string]map[string]string `toml:"languages"`
	Zones        map[string]map[string]string `toml:"zones"`
	DHCP         []option                     `toml:"dhcp"`
	Lines        []lineRule                   `toml:"lines"`
	Match        []rule                       `toml:"match"`
	Refused      []refusal                    `toml:"refused"`
}

// lineRule is one [[lines]] of vendor.toml: models with several accounts.
type lineRule struct {
	Model    string         `toml:"model"`
	Kind     provision.Kind `toml:"kind"`
	Count    int            `toml:"count"`
	AtOnce   bool           `toml:"at_once"`
	Examples []string       `toml:"examples"`
	Counter  []string       `toml:"counter"`

	Pairing map[string]string `toml:"pairing"` // language → how a handset is put onto its line
}

// refusal is one [[refused]] of vendor.toml: models that a served maker's files do
// not suit. Examples and Counter are models.
type refusal struct {
	Model    string         `toml:"model"`
	Kind     provision.Kind `toml:"kind"`
	Reason   string         `toml:"reason"`
	Examples []string       `toml:"examples"`
	Counter  []string       `toml:"counter"`
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
			Kind: doc.Kind, Checked: doc.Checked, Admin: doc.Admin, HTTPS: doc.HTTPS,
			Resync:  cmp.Or(doc.Resync, "check-sync"),
			TypeURL: cmp.Or(doc.TypeURL, doc.PnPURL),
			Classes: doc.Classes,
		},
		languages: doc.Languages,
		zones:     doc.Zones,
	}
	m.Reboot = cmp.Or(doc.Reboot, m.Resync)
	if doc.Name == "" {
		return m, errors.New("name is missing")
	}
	for i, oui := range doc.OUIs {
		oui, err := parseOUI(oui)
		if err != nil {
			return m, fmt.Errorf("ouis %d: %w", i+1, err)
		}
		m.OUIs = append(m.OUIs, oui)
	}
	for _, step := range []func(document) error{m.readRules, m.readModels, m.readAddresses} {
		if err := step(doc); err != nil {
			return m, err
		}
	}
	return m, nil
}

// readRules takes what recognises the maker's phones.
func (m *maker) readRules(doc document) error {
	for i, r := range doc.Match {
		match, err := r.compile()
		if err != nil {
			return fmt.Errorf("match %d: %w", i+1, err)
		}
		m.Match = append(m.Match, match)
	}
	return nil
}

// readModels takes what differs between models: kinds, counts of accounts, TLS, refusals.
func (m *maker) readModels(doc document) error {
	switch doc.Kind {
	case "", provision.KindAdapter, provision.KindBase:
	case provision.KindGateway:
		if doc.Unsupported == "" {
			return errors.New("kind: a gateway is a trunk and gets no files: say so in unsupported")
		}
	default:
		return fmt.Errorf("kind: %q is not adapter, base or gateway", doc.Kind)
	}
	for i, l := range doc.Lines {
		rule, err := l.compile()
		if err != nil {
			return fmt.Errorf("lines %d: %w", i+1, err)
		}
		m.Lines = append(m.Lines, rule)
	}
	for i, r := range doc.Refused {
		if r.Reason == "" {
			return fmt.Errorf("refused %d: reason is missing: say what the owner can do", i+1)
		}
		if r.Kind != "" && r.Kind != provision.KindGateway {
			return fmt.Errorf("refused %d: kind %q: only gateway is told apart", i+1, r.Kind)
		}
		model, err := pattern(r.Model, r.Examples, r.Counter)
		if err != nil {
			return fmt.Errorf("refused %d: %w", i+1, err)
		}
		m.Refused = append(m.Refused, provision.Refusal{Model: model, Examples: r.Examples, Kind: r.Kind, Reason: r.Reason})
	}
	if doc.TLS != "" {
		re, err := pattern(doc.TLS, doc.TLSExamples, doc.TLSCounter)
		if err != nil {
			return fmt.Errorf("tls: %w", err)
		}
		m.TLS = re
	}
	return nil
}

// readAddresses takes what tells phones where we are, each proved by a sample.
func (m *maker) readAddresses(doc document) error {
	for _, url := range [][2]string{{"pnp_url", m.PnPURL}, {"type_url", m.Vendor.TypeURL}} {
		key, text := url[0], url[1]
		for _, url := range []string{sample().URL, ""} {
			p := sample()
			p.URL = url
			if _, err := execute(text, p); err != nil {
				return fmt.Errorf("%s: %w", key, err)
			}
		}
	}
	for i, o := range doc.DHCP {
		compiled, err := o.compile()
		if err != nil {
			return fmt.Errorf("dhcp %d: %w", i+1, err)
		}
		m.Options = append(m.Options, compiled)
	}
	return nil
}

// maxLines is more accounts than any model has.
const maxLines = 255

func (l lineRule) compile() (provision.LineRule, error) {
	rule := provision.LineRule{Kind: l.Kind, Count: l.Count, AtOnce: l.AtOnce, Pairing: l.Pairing}
	if l.Kind != provision.KindAdapter && l.Kind != provision.KindBase {
		return rule, fmt.Errorf("kind %q is neither adapter nor base", l.Kind)
	}
	if l.Count < 1 || l.Count > maxLines {
		return rule, fmt.Errorf("count %d: 1 to %d accounts", l.Count, maxLines)
	}
	var err error
	rule.Model, err = pattern(l.Model, l.Examples, l.Counter)
	return rule, err
}

// parseOUI reads the first three bytes of a MAC in the spellings people use.
func parseOUI(s string) (string, error) {
	oui := strings.ToLower(strings.NewReplacer(":", "", "-", "", ".", "").Replace(s))
	if !ouiPattern.MatchString(oui) {
		return "", fmt.Errorf("%q is not six hexadecimal digits", s)
	}
	return oui, nil
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
