// Package vendors turns folders of data into makers of phones: a vendor.toml
// with the rules that recognise them, and files/*.tmpl named as the phone asks,
// which turn a Phone into the File it fetches; parts/*.tmpl is what those share.
// A new maker is a new folder, no code.
package vendors

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"text/template"
	"time"

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
	now    func() time.Time // which year's rules of summer time hold
}

// maker is one folder.
type maker struct {
	provision.Vendor
	languages map[string]map[string]string
	zones     map[string]map[string]string
	files     []*file
	routes    []route // the files' names, the tighter first
}

// file is one template and the names it answers to.
type file struct {
	source      string // "files/{mac}.cfg.tmpl", for messages
	names       []name
	template    *template.Template
	escape      func(string) string
	contentType string
	personal    bool // it is one device's; a common file is rendered without any device
	members     bool // it holds the phone book
}

// Vendors gives the makers' data for inventory.
func (s *Set) Vendors() []provision.Vendor {
	out := make([]provision.Vendor, 0, len(s.makers))
	for _, m := range s.makers {
		out = append(out, m.Vendor)
	}
	return out
}

// Lines tells how many accounts a model has; ok is false for a telephone with one.
func (s *Set) Lines(vendorID, model string) (rule provision.LineRule, ok bool) {
	m, err := s.maker(vendorID)
	if err != nil {
		return provision.LineRule{}, false
	}
	for _, rule := range m.Lines {
		if rule.Model.MatchString(model) {
			return rule, true
		}
	}
	return provision.LineRule{}, false
}

// Owner tells whose phones ask for a name, and the MAC in it: the zero MAC for
// a name that all phones of the maker ask for. Some names belong to several
// makers ("<mac>.cfg"): the one whose OUI the MAC has goes first, then the first
// by id; the caller prefers what it knows of the device.
func (s *Set) Owner(name string) (vendorID string, mac provision.MAC, ok bool) {
	ids, mac := s.Owners(name)
	if len(ids) == 0 {
		return "", provision.MAC{}, false
	}
	for _, id := range ids {
		if m, err := s.maker(id); err == nil && !mac.IsZero() && slices.Contains(m.OUIs, mac.OUI()) {
			return id, mac, true
		}
	}
	return ids[0], mac, true
}

// Owners gives all makers whose phones ask for a name, by their id.
func (s *Set) Owners(name string) (ids []string, mac provision.MAC) {
	for _, m := range s.makers {
		if _, found, ok := m.find(name); ok {
			ids = append(ids, m.ID)
			if mac.IsZero() {
				mac = found
			}
		}
	}
	return ids, mac
}

// Render makes the file of a name for a phone: by the device's maker; when the
// device has none, by the owner of the name if there is one alone. It is an
// fs.ErrNotExist when that maker's phones ask for no such file, or when the name
// holds another MAC than the device's. The same phone and name give the same bytes.
func (s *Set) Render(p provision.Phone, name string) (provision.File, error) {
	id := p.Device.Vendor
	if id == "" {
		if ids, _ := s.Owners(name); len(ids) == 1 {
			id = ids[0]
		}
	}
	m, err := s.maker(id)
	if err != nil {
		return provision.File{}, fmt.Errorf("render %q: %w", name, err)
	}
	f, mac, ok := m.find(name)
	if !ok || !mac.IsZero() && mac != p.Device.MAC {
		return provision.File{}, fmt.Errorf("render %q for %s: %w", name, m.ID, fs.ErrNotExist)
	}
	body, err := m.render(f, p, clockOf(p.Site, s.now()))
	if err != nil {
		return provision.File{}, fmt.Errorf("render %q for %s: %w", name, m.ID, err)
	}
	return provision.File{
		Name: name, ContentType: f.contentType, Body: body, Secret: f.personal && p.Secrets, Members: f.members,
	}, nil
}

func (s *Set) maker(id string) (maker, error) {
	i := slices.IndexFunc(s.makers, func(m maker) bool { return m.ID == id })
	if i < 0 {
		return maker{}, fmt.Errorf("maker %q: %w", id, fs.ErrNotExist)
	}
	return s.makers[i], nil
}
