package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"golang.org/x/sys/unix"
)

// persistFile is where the system's overlay says what survives.
const persistFile = "usr/share/autocom/persist.toml"

// kept is one [[keep]] of persist.toml: a directory of the data partition, and the path
// at which the running system sees it.
type kept struct {
	Data string `toml:"data"` // "chrony": /data/chrony, made when missing
	Path string `toml:"path"` // "/var/lib/chrony", bound to it; may be absent
	Mode string `toml:"mode"` // "0750"; default: that of path in the image
	User *int   `toml:"user"` // default: that of path in the image
	// Group has the same default.
	Group *int `toml:"group"`
}

// parsePersist reads persist.toml strictly.
func parsePersist(text []byte) ([]kept, error) {
	var doc struct {
		Keep []kept `toml:"keep"`
	}
	if err := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(&doc); err != nil {
		return nil, err
	}
	for i, k := range doc.Keep {
		switch {
		case !filepath.IsLocal(k.Data):
			return nil, fmt.Errorf("keep %d: data = %q is no path inside /data", i+1, k.Data)
		case k.Path != "" && (!strings.HasPrefix(k.Path, "/") || filepath.Clean(k.Path) != k.Path || k.Path == "/"):
			return nil, fmt.Errorf("keep %d: path = %q is no clean absolute path", i+1, k.Path)
		}
		if _, err := k.mode(0); err != nil {
			return nil, fmt.Errorf("keep %d: mode = %q: %w", i+1, k.Mode, err)
		}
	}
	return doc.Keep, nil
}

// mode is what persist.toml says, else that of the path in the image.
func (k kept) mode(inImage fs.FileMode) (fs.FileMode, error) {
	if k.Mode == "" {
		return inImage, nil
	}
	n, err := strconv.ParseUint(k.Mode, 8, 12)
	return goMode(uint32(n)), err
}

// goMode turns chmod(2)'s bits into Go's.
func goMode(bits uint32) fs.FileMode {
	m := fs.FileMode(bits) & fs.ModePerm
	if bits&unix.S_ISVTX != 0 {
		m |= fs.ModeSticky
	}
	if bits&unix.S_ISGID != 0 {
		m |= fs.ModeSetgid
	}
	return m
}

// bind makes the kept directories and binds them to their paths. Mode and owner are set
// at every start: a plug pulled between mkdir and chown is then mended by the next.
func (r newRoot) bind() error {
	text, err := os.ReadFile(filepath.Join(r.dir, persistFile))
	if err != nil {
		return fmt.Errorf("the system has no list of what survives: %w", err)
	}
	list, err := parsePersist(text)
	if err != nil {
		return fmt.Errorf("%s: %w", persistFile, err)
	}
	for _, k := range list {
		if err := r.keep(k); err != nil {
			return fmt.Errorf("keep /data/%s: %w", k.Data, err)
		}
	}
	return nil
}

func (r newRoot) keep(k kept) error {
	data, at := filepath.Join(r.dir, "data", k.Data), filepath.Join(r.dir, k.Path)
	mode, uid, gid := fs.FileMode(0o755), 0, 0
	if k.Path != "" {
		var st unix.Stat_t
		err := unix.Stat(at, &st)
		if err == nil {
			mode, uid, gid = goMode(st.Mode), int(st.Uid), int(st.Gid)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if k.User != nil {
		uid = *k.User
	}
	if k.Group != nil {
		gid = *k.Group
	}
	mode, err := k.mode(mode)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(data, 0o755); err != nil {
		return err
	}
	if err := os.Chown(data, uid, gid); err != nil {
		return err
	}
	if err := os.Chmod(data, mode); err != nil {
		return err
	}
	if k.Path == "" {
		return nil
	}
	return mount(data, at, "none", unix.MS_BIND, "")
}
