// Package asteriskconf turns a pbx.Plan into the whole of /etc/asterisk: files/
// holds one template per file, and nothing of the distribution's samples is used.
//
// Asterisk's configuration has no quoting that holds everywhere, so a value is
// either of a form that needs none, or Render refuses it by name; only what people
// type (names) is cleaned instead. See escape.go.
package asteriskconf

import (
	"embed"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"text/template"

	"autocom/pbx"
)

//go:embed files/*.tmpl
var templates embed.FS

// StateDirs are the directories that Asterisk writes to, relative to /data, and
// that must exist and be its own before it starts.
var StateDirs = []string{"asterisk-state", "asterisk-state/log", "recordings", "asterisk-state/spool", "prompts/phone"}

// Render makes every file of /etc/asterisk from plan. The same plan gives the same
// bytes. An error names the value that cannot stand in a file.
func Render(plan pbx.Plan) (pbx.Files, error) {
	plan = plan.Indexed()
	for _, o := range plan.Objects {
		if err := o.Check(); err != nil {
			return nil, err
		}
	}
	if err := plan.CheckPeople(); err != nil {
		return nil, err
	}
	if err := plan.CheckCodes(); err != nil {
		return nil, err
	}
	more, texts, err := fragments(plan)
	if err != nil {
		return nil, err
	}
	base, err := house(plan, more)
	if err != nil {
		return nil, fmt.Errorf("render Asterisk's configuration: %w", err)
	}
	return join(base, texts)
}

// house runs the templates of the base. The two that are long for a large house see only
// what they need: another setting is no reason to make them again.
func house(plan pbx.Plan, more pbx.Fragments) (map[string]string, error) {
	v, err := newView(plan, more)
	if err != nil {
		return nil, err
	}
	dial := dialView{view: v}
	dial.ManagerSecret = "" // no phone's business, and none of the dialplan's
	if dial.Numbers, err = numbers(plan); err != nil {
		return nil, err
	}
	var phones linesView
	if phones.Endpoints, err = lines(plan, v.Prompts, more.Lines); err != nil {
		return nil, err
	}
	set, err := parsed()
	if err != nil {
		return nil, err
	}
	files := map[string]string{}
	for _, t := range set.Templates() {
		var see any = v
		switch t.Name() {
		case "extensions.conf.tmpl":
			see = dial
		case "pjsip_lines.conf.tmpl":
			see = phones
		}
		text, err := plan.Texts().Write(templates, t.Name(), see, func() (string, error) {
			var body strings.Builder
			if err := t.Execute(&body, see); err != nil {
				return "", fmt.Errorf("render %s: %w", t.Name(), err)
			}
			return body.String(), nil
		})
		if err != nil {
			return nil, err
		}
		files[strings.TrimSuffix(t.Name(), ".tmpl")] = text
	}
	return files, nil
}

// parsed are the templates of the base.
var parsed = sync.OnceValues(func() (*template.Template, error) {
	return template.New("").Option("missingkey=error").ParseFS(templates, "files/*.tmpl")
})

// dialView is what the dialplan's template sees.
type dialView struct {
	view
	Numbers []number
}

// linesView is what the template of the phones' accounts sees.
type linesView struct{ Endpoints []line }

// view is what the templates see: checked and cleaned.
type view struct {
	Hostname      string
	EntityID      string // of this exchange among others (RFC 3903): in the form of a MAC
	Prompts       string
	Address       netip.Addr
	Bind, BindTLS netip.AddrPort
	Certificate   string         // of the TLS transport, with its key; "" for none
	Claim         string         // feature code
	LAN           string         // "" when it is a private network
	Permits       []netip.Prefix // of trunks outside
	ManagerSecret string
	Rights        []pbx.Right
}

// Ports where phones find us by default (RFC 3261 19.1.2).
const (
	sipPort  = 5060
	sipsPort = 5061
)

func newView(plan pbx.Plan, more pbx.Fragments) (view, error) {
	v := view{
		Hostname:      plan.Hostname,
		EntityID:      entityID(plan.Hostname),
		Address:       plan.Address,
		Bind:          netip.AddrPortFrom(plan.Address, sipPort),
		BindTLS:       netip.AddrPortFrom(plan.Address, sipsPort),
		Certificate:   plan.Certificate,
		Claim:         pbx.ClaimCode,
		ManagerSecret: plan.ManagerSecret,
		Rights:        pbx.Rights,
	}
	if !plan.Address.IsValid() || plan.Address.IsUnspecified() {
		return view{}, fmt.Errorf("address %s: Asterisk must be given the one address that phones use", plan.Address)
	}
	var err error
	if plan.Certificate != "" {
		if err := filePath.check("certificate", plan.Certificate); err != nil {
			return view{}, err
		}
	}
	if v.LAN, err = outside(plan); err != nil {
		return view{}, err
	}
	if err := hostname.check("hostname", plan.Hostname); err != nil {
		return view{}, err
	}
	if err := secret.check("manager secret", plan.ManagerSecret); err != nil {
		return view{}, err
	}
	if v.Prompts, err = prompts(plan.Language); err != nil {
		return view{}, err
	}
	v.Permits = slices.Clone(more.Permits)
	slices.SortFunc(v.Permits, func(a, b netip.Prefix) int { return strings.Compare(a.String(), b.String()) })
	v.Permits = slices.Compact(v.Permits)
	return v, nil
}

// widest is the shortest prefix that a LAN may have: 10.0.0.0/8 is one, half of the
// internet is a slip of the pen.
const widest = 8

// outside is the LAN as the access list needs it: "" when its addresses are let in anyway.
func outside(plan pbx.Plan) (string, error) {
	lan := plan.LAN.Masked()
	switch {
	case !lan.IsValid() || lan.Addr().IsPrivate() || lan.Addr().IsLinkLocalUnicast():
		return "", nil
	case lan.Bits() < widest || !lan.Contains(plan.Address):
		return "", fmt.Errorf("LAN %s of address %s: correct the prefix of network.address, as in 192.168.1.10/24", plan.LAN, plan.Address)
	}
	return lan.String(), nil
}
