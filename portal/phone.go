package portal

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"autocom/provision"
)

// phone is the page of one device.
type phone struct {
	row
	ID       string
	Facts    []fact
	Kind     string
	Waits    bool
	Steps    []string
	Type     string // address to type, with the steps
	Hint     string // how its maker's phones are reset
	Code     string
	CodeDial string
	Lines    []lineView
	Pairing  string
	Window   string
	OwnURL   string
	QR       QR
	Can      can
	Keys     string
	Evidence []clue
	Called   string // the name that was given, for the form
	Stream   string
}

func (v phone) live() string { return v.Stream }

type fact struct {
	Name, Value string
	Machine     string // of a time
}

type lineView struct {
	Name   string // Line 2, Handset 2, Port 2
	Number string
	Label  string
	Here   bool
}

type clue struct {
	Sensor, Field, Value string
	Weight               int
	Proved               bool
	At                   moment
}

// can is what makes sense for a device as it is.
type can struct{ Approve, Reject, Release, Replace, Resync, Reset, Rename, Keys, AddLine, Password bool }

func able(d provision.Device) can {
	holds := d.Number() != ""
	known := d.Vendor != "" && d.Verdict != provision.VerdictUnsupported
	return can{
		Approve:  !holds && (d.Soft() || known),
		Reject:   d.Verdict != provision.VerdictRejected,
		Release:  holds,
		Replace:  !d.Soft() && known,
		Resync:   slices.ContainsFunc(d.Lines, func(l provision.Line) bool { return l.Registered }),
		Reset:    holds && !d.Soft(),
		Rename:   holds || d.Verdict == provision.VerdictPending,
		Keys:     holds && !d.Soft(),
		AddLine:  holds && d.Kind == provision.KindBase,
		Password: d.Admin != "" && !d.Soft(),
	}
}

func (v reader) phone(d provision.Device) phone {
	d = safe(d)
	out := phone{
		row: v.row(d), ID: d.ID, Called: d.Name, Waits: d.State() == "pending", Can: able(d), Keys: keyText(d.Keys),
		Stream: "/ui/events?id=" + url.QueryEscape(d.ID),
		Kind: map[provision.Kind]string{
			provision.KindBase: v.words.KindBase, provision.KindAdapter: v.words.KindAdapter, provision.KindGateway: v.words.KindGateway,
		}[d.Kind],
	}
	out.facts(v, d)
	out.lines(v, d)
	if d.Kind == provision.KindBase && d.Number() != "" {
		out.Pairing = v.portal.Pairing(d)[v.lang]
	}
	if d.Guest() && d.Code != "" {
		out.Code, out.CodeDial = grouped(d.Code), v.portal.ClaimPrefix
	}
	if v.now.Before(d.WindowUntil) && !d.Soft() {
		out.Window = v.portal.moment(d.WindowUntil, v.lang).Text
	}
	if d.Routed && d.URL != "" { // as long as nobody has used it
		out.OwnURL = printing(v.portal.Typed(d))
		out.QR = drawQR(out.OwnURL)
	}
	out.steps(v, d)
	for _, e := range d.Evidence {
		// What speaks for another maker does not count: several know the same file names.
		if e.Vendor != "" && d.Vendor != "" && e.Vendor != d.Vendor {
			continue
		}
		c := clue{sensorName(e.Sensor), v.clueName(e.Field), e.Value, e.Weight, e.Proved, v.portal.moment(e.At, v.lang)}
		if d.Vendor == "" && e.Vendor != "" {
			c.Sensor += " · " + cmp.Or(v.makers[e.Vendor].Name, e.Vendor)
		}
		if !out.joined(c) {
			out.Evidence = append(out.Evidence, c)
		}
	}
	slices.SortStableFunc(out.Evidence, func(a, b clue) int { return cmp.Compare(b.Weight, a.Weight) })
	return out
}

// joined adds to a clue that stands there already who else has heard it: a field counts
// once, however many sensors report it.
func (f *phone) joined(c clue) bool {
	for i := range f.Evidence {
		old := &f.Evidence[i]
		if old.Field != c.Field || old.Value != c.Value || old.Proved != c.Proved {
			continue
		}
		if !strings.Contains(old.Sensor, c.Sensor) {
			old.Sensor += ", " + c.Sensor
		}
		old.Weight = max(old.Weight, c.Weight)
		return true
	}
	return false
}

func (f *phone) facts(v reader, d provision.Device) {
	add := func(name, value string) {
		if value != "" {
			f.Facts = append(f.Facts, fact{Name: name, Value: value})
		}
	}
	when := func(name string, m moment) {
		if m.Text != "" {
			f.Facts = append(f.Facts, fact{name, m.Text, m.Machine})
		}
	}
	if !d.Soft() {
		add(v.words.Maker, cmp.Or(v.makers[d.Vendor].Name, d.Vendor))
	}
	add(v.words.Model, d.Model)
	add(v.words.Firmware, d.Firmware)
	add(v.words.Address, f.Address)
	if !d.MAC.IsZero() {
		add(v.words.Hardware, d.MAC.String())
	}
	network := d.Interface
	if d.VLAN != 0 {
		network = strings.TrimSpace(network + ", " + v.words.VLAN + " " + itoa(int(d.VLAN)))
	}
	add(v.words.Network, network)
	when(v.words.FirstSeen, v.portal.moment(d.FirstSeen, v.lang))
	when(v.words.LastSeen, v.portal.moment(d.LastSeen, v.lang))
}

func (f *phone) lines(v reader, d provision.Device) {
	if len(d.Lines) < 2 && d.Kind == "" || len(d.Lines) == 0 {
		return
	}
	word := map[provision.Kind]string{provision.KindBase: v.words.Handset, provision.KindAdapter: v.words.Port}[d.Kind]
	for _, l := range d.Lines {
		name := l.Name
		if name == l.Number {
			name = ""
		}
		f.Lines = append(f.Lines, lineView{cmp.Or(word, v.words.Line) + " " + itoa(l.N), l.Number, name, l.Registered})
	}
}

// steps are what to do next with a phone that is not ready.
func (f *phone) steps(v reader, d provision.Device) {
	add := func(steps ...string) { f.Steps = append(f.Steps, steps...) }
	hint := func() {
		if h := v.makers[d.Vendor].Reset[v.lang]; h != "" && !d.Soft() {
			f.Hint = h
		}
	}
	switch state := d.State(); {
	case state == "pending" && f.Can.Approve:
		add(v.words.StepApprove)
	case state == "unsupported" && d.Kind != provision.KindGateway:
		add(v.words.StepSupport)
	case d.Soft():
	case f.OwnURL != "": // says what to do
	case state == "allocated" && !hangs(d, v.now):
		add(v.words.StepWait)
	case state == "allocated":
		add(v.words.StepUnplug)
		f.Type = v.makers[d.Vendor].TypeURL
		hint()
	case state == "fetched":
		add(v.words.StepRegister)
		if hangs(d, v.now) {
			hint()
		}
	case state == "lost":
		add(v.words.StepLost, v.words.StepWasReset)
	}
}

// sensorName is what a sensor listens to, in the words of the standards.
func sensorName(s provision.Sensor) string {
	switch s {
	case provision.SensorPnP:
		return "SIP PnP"
	case provision.SensorPortal, provision.SensorLease:
		return string(s)
	}
	return strings.ToUpper(string(s))
}

// clueNames says in words what a field of a sighting is; what is missing keeps its name.
var clueNames = map[string][2]string{ // French, English
	provision.FieldOption60:   {"Classe du fabricant (option 60)", "Maker's class (option 60)"},
	provision.FieldOption55:   {"Options demandées (option 55)", "Options asked for (option 55)"},
	provision.FieldHostname:   {"Nom d'hôte", "Host name"},
	provision.FieldOUI:        {"Début de l'adresse matérielle", "Start of the hardware address"},
	provision.FieldEvent:      {"Demande de réglages", "Request for settings"},
	provision.FieldUserAgent:  {"Programme (User-Agent)", "Program (User-Agent)"},
	provision.FieldPath:       {"Fichier demandé", "File asked for"},
	provision.FieldVendor:     {"Fabricant annoncé", "Maker it names"},
	provision.FieldModel:      {"Modèle annoncé", "Model it names"},
	provision.FieldFirmware:   {"Logiciel annoncé", "Firmware it names"},
	provision.FieldClass:      {"Classe LLDP-MED (3 : téléphone)", "LLDP-MED class (3: telephone)"},
	provision.FieldSystemName: {"Nom du système", "System name"},
	provision.FieldSystem:     {"Description du système", "System description"},
	provision.FieldCapability: {"Capacités", "Capabilities"},
	provision.FieldAccount:    {"Compte SIP essayé", "SIP account it tried"},
}

func (v reader) clueName(field string) string {
	names, ok := clueNames[field]
	switch {
	case !ok:
		return field
	case v.lang == "fr":
		return names[0]
	}
	return names[1]
}

// grouped writes a code as people read it: "4 821", "12 34" stays short.
func grouped(code string) string {
	if len(code) < 5 {
		return code
	}
	return code[:len(code)/2] + " " + code[len(code)/2:]
}

// keyText is the keys of a phone as the form shows them, one a line.
func keyText(keys []provision.Key) string {
	var b strings.Builder
	for _, k := range keys {
		b.WriteString(strings.TrimSpace(k.Number+" "+k.Label) + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// keysOf reads the form's keys; bad is the line that is none.
func keysOf(text string) (keys []provision.Key, bad string) {
	for line := range strings.Lines(text) {
		line = provision.Clean(line)
		if line == "" {
			continue
		}
		number, label, _ := strings.Cut(line, " ")
		k := provision.Key{Number: number, Label: clipped(strings.TrimSpace(label))}
		if !dialled.MatchString(number) || len(keys) == provision.MaxKeys {
			return nil, clipped(line)
		}
		keys = append(keys, k)
	}
	return keys, ""
}

func (p *Portal) phonePage(w http.ResponseWriter, r *http.Request) {
	d, ok := p.Devices.Device(canonical(r.PathValue("id")))
	if !ok {
		p.gone(w, r)
		return
	}
	p.screen(w, r, http.StatusOK, "phone", p.reader(r).phone(d))
}

// gone sends back to the list who asks for a device that was forgotten.
func (p *Portal) gone(w http.ResponseWriter, r *http.Request) {
	p.tell(r, notice{Bad: true, Text: p.words(r).Admin.Gone})
	http.Redirect(w, r, "/ui/phones", http.StatusSeeOther)
}
