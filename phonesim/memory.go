package phonesim

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
)

// Memory is what a phone keeps without power.
type Memory struct {
	Settings map[string]string `json:"settings,omitempty"` // as the maker names them
	Account  *Account          `json:"account,omitempty"`
	URL      string            `json:"url,omitempty"`    // where to look when nobody tells
	Number   string            `json:"number,omitempty"` // as the page told the softphone's owner
}

// remember keeps new settings: what a file does not name stays as it was.
func (p *Phone) remember(settings map[string]string, urlKey string, account func(map[string]string) (*Account, error)) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.Memory.Settings == nil {
		p.Memory.Settings = map[string]string{}
	}
	for k, v := range settings {
		p.Memory.Settings[k] = v
	}
	if u := settings[urlKey]; u != "" {
		p.Memory.URL = u
	}
	a, err := account(p.Memory.Settings)
	if err != nil {
		return err
	}
	p.Memory.Account = a
	return nil
}

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

// New makes a phone of a kind: "yealink", "snom" or "softphone" (which needs no MAC).
func New(kind string, mac net.HardwareAddr) (*Phone, error) {
	switch kind {
	case "yealink":
		return NewYealink(mac), nil
	case "snom":
		return NewSnom(mac), nil
	case "softphone":
		return NewSoftphone(""), nil
	}
	return nil, fmt.Errorf("%q is no kind of phone: yealink, snom or softphone", kind)
}
