package phonesim

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
)

// Memory is what a phone keeps without power.
type Memory struct {
	Settings map[string]string `json:"settings,omitempty"` // as the maker names them
	Account  *Account          `json:"account,omitempty"`  // of the first line
	More     []*Account        `json:"more,omitempty"`     // of the second line and on; nil where there is none
	Paired   int               `json:"paired,omitempty"`   // handsets of a DECT base
	Trusts   string            `json:"trusts,omitempty"`   // CA certificates as PEM
	URL      string            `json:"url,omitempty"`      // where to look when nobody tells
	Held     bool              `json:"held,omitempty"`     // looks nowhere else than at URL
	Number   string            `json:"number,omitempty"`   // as the page told the softphone's owner
}

// reader says what a maker's settings mean.
type reader struct {
	accounts func(map[string]string) ([]*Account, error)
	url      func(map[string]string) string // where to look from now on; "" when they do not say
	trusts   func(map[string]string) string // CA certificates, as PEM or as URLs
}

// setting reads one key.
func setting(key string) func(map[string]string) string {
	return func(s map[string]string) string { return s[key] }
}

// remember keeps new settings: what a file does not name stays as it was.
func (p *Phone) remember(settings map[string]string, r reader) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.Memory.Settings == nil {
		p.Memory.Settings = map[string]string{}
	}
	for k, v := range settings {
		p.Memory.Settings[k] = v
	}
	if r.url != nil {
		if u := r.url(p.Memory.Settings); u != "" {
			p.Memory.URL = u
		}
	}
	all, err := r.accounts(p.Memory.Settings)
	if err != nil {
		return err
	}
	p.Memory.Account, p.Memory.More = nil, nil
	if len(all) > 0 {
		p.Memory.Account = all[0]
	}
	for i := 1; i < len(all); i++ {
		if all[i] != nil { // lines without account at the end are not worth a word
			p.Memory.More = append([]*Account(nil), all[1:i+1]...)
		}
	}
	return nil
}

// Hold makes the phone one that somebody has set up for another server: it looks at url
// and nowhere else, and says nothing to anybody else.
func (p *Phone) Hold(url string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Memory.URL, p.Memory.Held = url, true
}

// Type is a person who types the address of settings into the phone's own page: it looks
// there when nobody tells it another.
func (p *Phone) Type(url string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Memory.URL = url
}

// Reset takes the phone back to the factory; paired handsets stay with their base.
func (p *Phone) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hush()
	p.Memory = Memory{Paired: p.Memory.Paired}
}

// Secrets are the texts of the phone's memory that nobody else may learn: the passwords
// of its lines and of its own page, and the token of its URL.
func (p *Phone) Secrets() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for _, a := range append([]*Account{p.Memory.Account}, p.Memory.More...) {
		if a != nil && a.Password != "" {
			out = append(out, a.Password)
		}
	}
	for key, value := range p.Memory.Settings {
		// Yealink writes "admin:password".
		if i := strings.LastIndexByte(value, ':'); i >= 0 {
			value = value[i+1:]
		}
		if secretKey.MatchString(key) && len(value) >= 8 && !slices.Contains(out, value) {
			out = append(out, value)
		}
	}
	for part := range strings.SplitSeq(p.Memory.URL, "/") {
		if len(part) >= 16 && !strings.Contains(part, ".") {
			out = append(out, part)
		}
	}
	return out
}

// secretKey are the names that makers give to passwords; Grandstream and Htek number them.
var secretKey = regexp.MustCompile(`(?i)pass|pswd|pwd|^P(2|34|734|406)$`)

// saved is the form on disk.
type saved struct {
	Kind   string `json:"kind"`
	MAC    string `json:"mac,omitempty"`
	Memory Memory `json:"memory"`
}

// Save writes the phone's memory to path; it holds the password, so only the owner may read it.
func (p *Phone) Save(path string) error {
	p.mu.Lock()
	b, err := json.MarshalIndent(saved{Kind: p.maker.kind(), MAC: p.MAC.String(), Memory: p.Memory}, "", "  ")
	p.mu.Unlock()
	if err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o600)
}

// Load makes the phone whose memory lies at path.
func Load(path string) (*Phone, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var s saved
	if err := json.Unmarshal(b, &s); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	var mac net.HardwareAddr
	if s.MAC != "" {
		if mac, err = net.ParseMAC(s.MAC); err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
	}
	p, err := New(s.Kind, mac)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	p.Memory = s.Memory
	return p, nil
}
