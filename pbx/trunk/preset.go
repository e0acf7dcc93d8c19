package trunk

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"
)

//go:embed presets.txt
var presetsData string

// Preset is a kind of trunk: the fields that it usually has.
type Preset struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	NameFR      string   `json:"name_fr"`
	Maker       string   `json:"maker,omitempty"` // of the gateway, as the inventory names it
	Gateway     bool     `json:"gateway"`         // stands in the LAN
	Unsupported bool     `json:"unsupported,omitempty"`
	Mode        string   `json:"mode"`
	Port        int      `json:"port,omitempty"`
	Codecs      []string `json:"codecs"`
	Format      string   `json:"format"`
	Identity    string   `json:"identity"`
	DTMF        string   `json:"dtmf"`
	Channels    int      `json:"channels,omitempty"`
	Ask         int      `json:"ask"`
	NoteEN      string   `json:"note_en"`
	NoteFR      string   `json:"note_fr"`
}

// Presets are all of them, in the order of the file.
func Presets() []Preset {
	var out []Preset
	for line := range strings.Lines(presetsData) {
		text := strings.TrimSpace(line)
		switch {
		case text == "" || text[0] == '#':
		case line[0] != ' ':
			out = append(out, Preset{ID: text, DTMF: "auto"})
		default:
			key, value, _ := strings.Cut(text, " ")
			out[len(out)-1].set(key, value)
		}
	}
	return out
}

func (p *Preset) set(key, value string) {
	n, _ := strconv.Atoi(value)
	switch key {
	case "name":
		p.Name = value
	case "name-fr":
		p.NameFR = value
	case "maker":
		p.Maker = value
	case "gateway":
		p.Gateway = true
	case "unsupported":
		p.Unsupported = true
	case "mode":
		p.Mode = value
	case "port":
		p.Port = n
	case "codecs":
		p.Codecs = strings.Fields(value)
	case "format":
		p.Format = value
	case "identity":
		p.Identity = value
	case "dtmf":
		p.DTMF = value
	case "channels":
		p.Channels = n
	case "ask":
		p.Ask = n
	case "note-en":
		p.NoteEN = value
	case "note-fr":
		p.NoteFR = value
	default:
		panic("presets.txt: unknown key " + key) // a test reads the file
	}
}

// preset finds one; "" is a provider.
func preset(id string) (Preset, bool) {
	if id == "" {
		id = "provider"
	}
	all := Presets()
	i := slices.IndexFunc(all, func(p Preset) bool { return p.ID == id })
	if i < 0 {
		return Preset{}, false
	}
	return all[i], true
}

// ForMaker is the preset of a gateway that the senses have found.
func ForMaker(maker, model string) Preset {
	best, _ := preset("gateway")
	for _, p := range Presets() {
		if p.Maker == "" || p.Maker != maker {
			continue
		}
		if strings.HasPrefix(strings.ToUpper(model), "GXW") != (p.ID == "grandstream-gxw") {
			continue
		}
		return p
	}
	return best
}
