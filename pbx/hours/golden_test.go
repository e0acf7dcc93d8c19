package hours

import (
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files again")

func body(h Hours) json.RawMessage {
	b, err := json.Marshal(h)
	if err != nil {
		panic(err)
	}
	return b
}

func TestGolden(t *testing.T) {
	h := shop
	h.Phones = []string{"201"}
	f, err := Render(office(h))
	if err != nil {
		t.Fatal(err)
	}
	got := f.Files["extensions.conf"]
	if *update {
		if err := os.WriteFile("testdata/extensions.conf.golden", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/extensions.conf.golden")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}
