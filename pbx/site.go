package pbx

// SettingSite is the id of what is chosen of the site itself on the pages. The file
// autocom.toml has the same; cmd/autocomd says which of both holds.
const SettingSite = "site"

// Site is what is chosen on the pages of what autocom.toml has too; "" leaves it to the file.
type Site struct {
	Title    string `json:"title,omitempty"`    // the office's name
	Language string `json:"language,omitempty"` // "fr", "en"
	Country  string `json:"country,omitempty"`  // ISO 3166-1 alpha-2
	TimeZone string `json:"timezone,omitempty"` // IANA name
	Address  string `json:"address,omitempty"`  // "auto", or "192.168.1.10/24"
	DHCP     string `json:"dhcp,omitempty"`     // "observe", "serve"
	Mode     string `json:"mode,omitempty"`     // of new phones: "open", "ask", "closed"
}

// Or is s with what it leaves out taken from other.
func (s Site) Or(other Site) Site {
	a, b := s.fields(), other.fields()
	for i := range a {
		if *a[i] == "" {
			*a[i] = *b[i]
		}
	}
	return s
}

// Beside is s without what other has just so.
func (s Site) Beside(other Site) Site {
	a, b := s.fields(), other.fields()
	for i := range a {
		if *a[i] == *b[i] {
			*a[i] = ""
		}
	}
	return s
}

// Without is s without what differs between two others.
func (s Site) Without(old, now Site) Site {
	a, b, c := s.fields(), old.fields(), now.fields()
	for i := range a {
		if *b[i] != *c[i] {
			*a[i] = ""
		}
	}
	return s
}

func (s *Site) fields() []*string {
	return []*string{&s.Title, &s.Language, &s.Country, &s.TimeZone, &s.Address, &s.DHCP, &s.Mode}
}
