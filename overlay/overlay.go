// Package overlay holds the files laid over the Debian root: units, settings and the list
// of what lives on the data partition. Embedding loses modes and owners; manifest.toml
// says them.
package overlay

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// "all:" because a name of ours may begin with a dot or underscore.
//
//go:embed all:root boot manifest.toml persist.toml users
var embedded embed.FS

// Passwd and Group are the accounts with fixed ids, as lines of passwd(5) and group(5).
// They exist before any package is installed.
func Passwd() []byte { return read("users/passwd") }

// Group is described at Passwd.
func Group() []byte { return read("users/group") }

// Boot are the files for the root of the FAT: autocom.toml, README.txt.
func Boot() map[string][]byte {
	files := map[string][]byte{}
	for _, name := range list("boot") {
		files[strings.TrimPrefix(name, "boot/")] = read(name)
	}
	return files
}

// Persist is persist.toml, which init reads from the image and tests read from here.
func Persist() []byte { return read("persist.toml") }

// File is one entry laid over the root. Exactly one of Data and Link means something
// unless Dir is set.
type File struct {
	Path     string // without a leading slash: "etc/hosts"
	Dir      bool
	Link     string // target of a symbolic link, "" for a file
	Data     []byte
	Mode     int64 // as chmod(1) has it: 01775
	UID, GID int
}

type manifest struct {
	Mode  []modeRule  `toml:"mode"`
	Dir   []dirRule   `toml:"dir"`
	Links [][2]string `toml:"links"`
	Mask  []string    `toml:"mask"`
	Want  [][2]string `toml:"want"`
}

type modeRule struct {
	Path  string `toml:"path"` // path.Match pattern
	Mode  int64  `toml:"mode"`
	Owner string `toml:"owner"`
}

type dirRule struct {
	Path  string `toml:"path"`
	Mode  int64  `toml:"mode"`
	Owner string `toml:"owner"`
}

// unitDir is where links that enable or mask a unit go.
const unitDir = "etc/systemd/system/"

// Files returns everything to lay over the root, sorted by path. Files that no rule of the
// manifest names are 0644 root.
func Files() ([]File, error) {
	var m manifest
	dec := toml.NewDecoder(bytes.NewReader(read("manifest.toml"))).DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return nil, fmt.Errorf("overlay: manifest.toml: %w", err)
	}
	ids, err := accounts()
	if err != nil {
		return nil, err
	}
	var out []File
	used := make([]bool, len(m.Mode))
	for _, name := range list("root") {
		f := File{Path: strings.TrimPrefix(name, "root/"), Data: read(name), Mode: 0o644}
		for i, rule := range m.Mode {
			if ok, err := path.Match(rule.Path, f.Path); err != nil || !ok {
				continue
			}
			used[i] = true
			f.Mode = rule.Mode
			if f.UID, f.GID, err = ids.owner(rule.Owner); err != nil {
				return nil, err
			}
		}
		out = append(out, f)
	}
	if i := slices.Index(used, false); i >= 0 {
		return nil, fmt.Errorf("overlay: manifest.toml: mode rule %q matches no file", m.Mode[i].Path)
	}
	out = append(out, File{Path: "usr/share/autocom/persist.toml", Data: Persist(), Mode: 0o644})
	for _, d := range m.Dir {
		f := File{Path: d.Path, Dir: true, Mode: d.Mode}
		if f.UID, f.GID, err = ids.owner(d.Owner); err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	for _, l := range m.Links {
		out = append(out, File{Path: l[0], Link: l[1], Mode: 0o777})
	}
	for _, unit := range m.Mask {
		out = append(out, File{Path: unitDir + unit, Link: "/dev/null", Mode: 0o777})
	}
	for _, w := range m.Want {
		target, unit := w[0], w[1]
		out = append(out, File{Path: unitDir + target + ".wants/" + path.Base(unit), Link: unit, Mode: 0o777})
	}
	slices.SortFunc(out, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	for i := 1; i < len(out); i++ {
		if out[i].Path == out[i-1].Path {
			return nil, fmt.Errorf("overlay: %s is given twice", out[i].Path)
		}
	}
	return out, nil
}

// list names every file under dir, sorted.
func list(dir string) []string {
	var names []string
	_ = fs.WalkDir(embedded, dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, name)
		}
		return err
	})
	return names
}

// read cannot fail: the names are embedded with the program.
func read(name string) []byte {
	data, err := embedded.ReadFile(name)
	if err != nil {
		panic("overlay: " + err.Error())
	}
	return data
}
