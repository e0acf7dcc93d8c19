// Package goldentest turns what a feature renders into one text and compares it with the
// file that a person has read. With -update a test writes its file again.
package goldentest

import (
	"flag"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"autocom/pbx"
)

var update = flag.Bool("update", false, "write the golden files again; read the difference before committing")

// Fragments compares all that a feature adds: files, keys of lines, permits.
func Fragments(t *testing.T, path string, f pbx.Fragments) {
	t.Helper()
	var got strings.Builder
	for _, name := range slices.Sorted(maps.Keys(f.Files)) {
		got.WriteString("-- " + name + " --\n" + f.Files[name])
	}
	for _, id := range slices.Sorted(maps.Keys(f.Lines)) {
		for _, s := range f.Lines[id] {
			got.WriteString("-- line " + id + " --\n" + s.Key + " = " + s.Value + "\n")
		}
	}
	for _, p := range f.Permits {
		got.WriteString("permit " + p.String() + "\n")
	}
	Text(t, path, got.String())
}

// Text compares got with the file of a path.
func Text(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s: -want +got\n%s", path, diff)
	}
}
