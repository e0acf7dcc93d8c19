package autocom_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// allowed is the import table of the project: package → packages of ours that it
// may import. A new row is a decision about the design, not a formality.
// Tests may import more.
var allowed = map[string][]string{
	// words
	"image": {}, "provision": {}, "pbx": {},
	// builder
	"image/recipe":    {"image"},
	"image/rootfs":    {"image"},
	"image/initramfs": {"image"},
	"image/slot":      {"image"},
	"image/disk":      {"image"},
	"image/bmap":      {"image"},
	"image/flash":     {"image"},
	"image/inspect":   {"image"},
	"overlay":         {},
	"qemu":            {},
	"phonesim":        {},
	// agent
	"provision/link":      {"provision"},
	"provision/leases":    {"provision"},
	"provision/sniff":     {"provision"},
	"provision/pnp":       {"provision"},
	"provision/inventory": {"provision"},
	"provision/serve":     {"provision"},
	"provision/vendors":   {"provision"},
	"provision/trust":     {},
	"provision/offer":     {"provision"},
	"asterisk-conf":       {"pbx"}, // and every feature
	"pbx/ami":             {"pbx"},
	"pbx/sync":            {"pbx"},
	"store":               {"provision", "pbx"},
	"office":              {"provision", "provision/inventory", "pbx", "store"},
	"portal":              {"provision", "pbx", "portal/forms", "portal/account", "portal/chart"},
	"portal/account":      {"store"}, // the only writer of who may come in, as office is of the rest
	"portal/chart":        {},
	"upkeep/health":       {},
	"portal/forms":        {}, // fields as data: what a kind means is not known there
}

// feature tells a folder of pbx that is one part of the exchange: it imports the words
// alone, and asterisk-conf puts them all together.
func feature(pkg string) bool {
	_, listed := allowed[pkg]
	return strings.HasPrefix(pkg, "pbx/") && !listed && !strings.HasSuffix(pkg, "test")
}

// free tells who may import anything: the commands, which tie the parts together, the lab,
// and a package's own test helper (pkg/…/pkgtest).
func free(pkg string) bool {
	return strings.HasPrefix(pkg, "cmd/") || pkg == "lab" || strings.HasSuffix(pkg, "test")
}

func TestImportsFollowTheTable(t *testing.T) {
	seen := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); path != "." && (strings.HasPrefix(n, ".") || n == "testdata" || n == "node_modules" || n == "build") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		pkg := filepath.ToSlash(filepath.Dir(path))
		seen[pkg] = true
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		may, known := allowed[pkg]
		if !known && !free(pkg) && !feature(pkg) {
			t.Errorf("%s is in no row of the import table: decide what it may import", pkg)
			return nil
		}
		for _, spec := range f.Imports {
			imp, _ := strconv.Unquote(spec.Path.Value)
			ours, is := strings.CutPrefix(imp, "autocom/")
			if feature(pkg) {
				may = []string{"pbx"}
			}
			if is && pkg == "asterisk-conf" && feature(ours) {
				continue
			}
			if is && !free(pkg) && !slices.Contains(may, ours) {
				t.Errorf("%s imports %s, which the table does not allow", path, ours)
			}
			if words := slices.Contains([]string{"image", "provision", "pbx"}, pkg); words && strings.Contains(imp, ".") {
				t.Errorf("%s imports %s: words import only the standard library", path, imp)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range allowed {
		if !seen[pkg] {
			t.Errorf("the import table has a row for %s, which does not exist", pkg)
		}
	}
}

// The builder's and the agent's worlds meet only in cmd.
func TestImageAndProvisionNeverMeet(t *testing.T) {
	for pkg, may := range allowed {
		var builder, agent bool
		for _, p := range append(slices.Clone(may), pkg) {
			builder = builder || p == "image" || strings.HasPrefix(p, "image/")
			agent = agent || p == "provision" || strings.HasPrefix(p, "provision/")
		}
		if builder && agent {
			t.Errorf("%s knows both image and provision", pkg)
		}
	}
}
