// Package vendors turns folders of data into makers of phones: a vendor.toml
// with the rules that recognise them, and files/*.tmpl named as the phone asks,
// which turn a Phone into the File it fetches; parts/*.tmpl is what those share.
// A new maker is a new folder, no code.
package vendors

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"autocom/provision"
)

//go:embed */vendor.toml */files/*.tmpl */parts/*.tmpl
var builtin embed.FS

// Builtin loads the makers that come with autocom.
func Builtin() (*Set, error) { return Load(builtin) }

// Set is the makers known, sorted by their id. It does not change once loaded
// and may be used by many goroutines.
type Set struct {
	makers []maker
}

// maker is one folder.
type maker struct {
	provision.Vendor
	contentType string
	escape      func(string) string
	languages   map[string]map[string]string
	zones       map[string]map[string]string
	pnp         *template.Template // nil: the maker's phones know no PnP
	files       []file
}

// file is one template and the names it answers to.
type file struct {
	source   string           // "files/{mac}.cfg.tmpl", for messages
	names    []*regexp.Regexp // with the group mac when the name holds one
	template *template.Template
	personal bool // it is one device's; a common file is rendered without any device
}

// Vendors gives the makers' data for inventory.
func (s *Set) Vendors() []provision.Vendor {
	out := make([]provision.Vendor, 0, len(s.makers))
	for _, m := range s.makers {
		out = append(out, m.Vendor)
	}
	return out
}

// Owner tells whose phones ask for a name, and the MAC in it: the zero MAC for
// a name that all phones of the maker ask for. Some names belong to several
// makers ("<mac>.cfg"); the first by id that has files answers, so the caller
// prefers what it knows of the device.
func (s *Set) Owner(name string) (vendorID string, mac provision.MAC, ok bool) {
	for _, m := range s.makers {
		if _, mac, ok := m.find(name); ok {
			return m.ID, mac, true
		}
	}
	return "", provision.MAC{}, false
}

// Render makes the file of a name for a phone: by the device's maker, or by the
// owner of the name when the device has none. It is an fs.ErrNotExist when that
// maker's phones ask for no such file, or when the name holds another MAC than
// the device's. The same phone and name give the same bytes.
func (s *Set) Render(p provision.Phone, name string) (provision.File, error) {
	id := p.Device.Vendor
	if id == "" {
		id, _, _ = s.Owner(name)
	}
	m, err := s.maker(id)
	if err != nil {
		return provision.File{}, fmt.Errorf("render %q: %w", name, err)
	}
	f, mac, ok := m.find(name)
	if !ok || !mac.IsZero() && mac != p.Device.MAC {
		return provision.File{}, fmt.Errorf("render %q for %s: %w", name, m.ID, fs.ErrNotExist)
	}
	body, err := m.render(f, p)
	if err != nil {
		return provision.File{}, fmt.Errorf("render %q for %s: %w", name, m.ID, err)
	}
	return provision.File{Name: name, ContentType: m.contentType, Body: body, Secret: f.personal && p.Secrets}, nil
}

// ErrNoPnP says that a maker's phones are not told an address by SIP PnP.
var ErrNoPnP = errors.New("its phones know no SIP PnP")

// PnPURL gives the address that the PnP answer carries: the phone's own URL when
// p.URL is set, the box's root otherwise.
func (s *Set) PnPURL(p provision.Phone) (string, error) {
	m, err := s.maker(p.Device.Vendor)
	if err != nil {
		return "", fmt.Errorf("PnP answer: %w", err)
	}
	if m.pnp == nil {
		return "", fmt.Errorf("PnP answer for %s: %w", m.ID, ErrNoPnP)
	}
	var b strings.Builder
	if err := m.pnp.Execute(&b, p); err != nil {
		return "", fmt.Errorf("PnP answer for %s: %w", m.ID, err)
	}
	return provision.Clean(b.String()), nil
}

func (s *Set) maker(id string) (maker, error) {
	i := slices.IndexFunc(s.makers, func(m maker) bool { return m.ID == id })
	if i < 0 {
		return maker{}, fmt.Errorf("maker %q: %w", id, fs.ErrNotExist)
	}
	return s.makers[i], nil
}

// find gives the file that answers to a name, and the MAC in the name.
func (m maker) find(name string) (file, provision.MAC, bool) {
	for _, f := range m.files {
		for _, re := range f.names {
			groups := re.FindStringSubmatch(name)
			if groups == nil {
				continue
			}
			var mac provision.MAC
			if i := re.SubexpIndex("mac"); i > 0 {
				var err error
				if mac, err = provision.ParseMAC(groups[i]); err != nil || mac.IsZero() {
					continue
				}
			}
			return f, mac, true
		}
	}
	return file{}, provision.MAC{}, false
}
