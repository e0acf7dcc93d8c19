// Package recipe turns a board's name, a base's name and the owner's own TOML into
// an image.Recipe that has been checked before anything runs.
//
// Bases and boards are data: bases/<base>.toml and boards/<board>/. A new board is a
// new folder, not a branch in code.
package recipe

import (
	"crypto/sha256"
	"embed"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"autocom/image"
)

//go:embed bases boards
var builtin embed.FS

// DefaultBase is the base used when nobody asks for another.
const DefaultBase = "debian"

// document is what bases/*.toml and the owner's recipe may say. The owner's file is
// read over the base: a key that it gives replaces the base's.
type document struct {
	Suite            string    `toml:"suite"`
	Mirror           string    `toml:"mirror"`
	Components       []string  `toml:"components"`
	CheckValidUntil  bool      `toml:"check_valid_until"`
	Packages         []string  `toml:"packages"`
	ExtraPackages    []string  `toml:"extra_packages"` // besides packages: the usual wish of an owner
	Version          string    `toml:"version"`
	SourceDate       time.Time `toml:"source_date"`
	BootPartitionMiB int       `toml:"boot_partition_mib"`
	Cmdline          string    `toml:"cmdline"` // after the board's own
}

// boardDocument is boards/<board>/board.toml.
type boardDocument struct {
	Arch     string   `toml:"arch"`
	Boot     string   `toml:"boot"`
	Kernel   []string `toml:"kernel"`
	Packages []string `toml:"packages"`
	Modules  []string `toml:"modules"`
	Cmdline  string   `toml:"cmdline"`
	Claims   []string `toml:"claims"`
}

// Boards lists the boards that Load knows, sorted.
func Boards() []string { return names(builtin, "boards") }

// Bases lists the bases that Load knows, sorted.
func Bases() []string { return names(builtin, "bases") }

func names(fsys fs.FS, dir string) []string {
	entries, _ := fs.ReadDir(fsys, dir) // of an embedded directory: cannot fail
	var list []string
	for _, e := range entries {
		list = append(list, strings.TrimSuffix(e.Name(), ".toml"))
	}
	slices.Sort(list)
	return list
}

// Load makes the recipe of a board. Base "" is DefaultBase; file, the owner's own
// recipe, may be "". Every error names what to change.
func Load(board, base, file string) (image.Recipe, error) {
	if board == "" {
		return image.Recipe{}, fmt.Errorf("no board is named: say --board with one of %s", strings.Join(Boards(), ", "))
	}
	if !slices.Contains(Boards(), board) {
		return image.Recipe{}, fmt.Errorf("there is no board %q: the boards are %s", board, strings.Join(Boards(), ", "))
	}
	if base == "" {
		base = DefaultBase
	}
	if !slices.Contains(Bases(), base) {
		return image.Recipe{}, fmt.Errorf("there is no base %q: the bases are %s", base, strings.Join(Bases(), ", "))
	}

	var doc document
	if err := decodeFS("bases/"+base+".toml", &doc); err != nil {
		return image.Recipe{}, err
	}
	if file != "" {
		data, err := os.ReadFile(file)
		if err != nil {
			return image.Recipe{}, fmt.Errorf("read the recipe: %w", err)
		}
		if err := decode(file, data, &doc); err != nil {
			return image.Recipe{}, err
		}
	}
	b, err := loadBoard(board)
	if err != nil {
		return image.Recipe{}, err
	}

	r := image.Recipe{
		Base: base, Suite: doc.Suite, Mirror: doc.Mirror, Components: doc.Components,
		CheckValidUntil: doc.CheckValidUntil, Packages: append(doc.Packages, doc.ExtraPackages...),
		Board: b, Version: doc.Version, SourceDate: doc.SourceDate.UTC(), BootPartitionMiB: doc.BootPartitionMiB,
	}
	r.Board.Cmdline = strings.TrimSpace(r.Board.Cmdline + " " + doc.Cmdline)
	if err := validate(r); err != nil {
		where := "bases/" + base + ".toml"
		if file != "" {
			where = file
		}
		return image.Recipe{}, fmt.Errorf("%s: %w", where, err)
	}
	r.DiskSignature = signature(r)
	return r, nil
}

// loadBoard reads a board's folder: board.toml, and every other file as Board.Files.
func loadBoard(name string) (image.Board, error) {
	dir := "boards/" + name
	var doc boardDocument
	if err := decodeFS(dir+"/board.toml", &doc); err != nil {
		return image.Board{}, err
	}
	b := image.Board{
		Name: name, Arch: doc.Arch, Boot: doc.Boot, Kernel: doc.Kernel, Packages: doc.Packages,
		Modules: doc.Modules, Cmdline: doc.Cmdline, Claims: doc.Claims, Files: map[string][]byte{},
	}
	err := fs.WalkDir(builtin, dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Base(p) == "board.toml" {
			return err
		}
		data, err := builtin.ReadFile(p)
		b.Files[strings.TrimPrefix(p, dir+"/")] = data
		return err
	})
	return b, err
}

// signature derives the MBR disk signature from the recipe, so that one recipe gives
// one image, and two boards' cards in one machine are told apart. Zero means "no
// signature" to Windows, which would then write its own.
func signature(r image.Recipe) uint32 {
	canonical, err := json.Marshal(r)
	if err != nil {
		panic("recipe: a Recipe always marshals: " + err.Error())
	}
	sum := sha256.Sum256(canonical)
	return max(binary.BigEndian.Uint32(sum[:4]), 1)
}
