package asteriskconf

import (
	"encoding/json"
	"strings"
	"testing"

	"autocom/pbx"
)

// One group names a phone that never was, and a second falls back on the first: both are
// left out, and the third rings.
func TestAnObjectThatMakesNoSenseIsLeftOut(t *testing.T) {
	plan := small()
	group := func(id, number, members, then string) pbx.Object {
		return pbx.Object{Kind: "group", ID: id, Number: number, Name: id, Body: json.RawMessage(`{"members":[` + members + `]` + then + `}`)}
	}
	plan.Objects = []pbx.Object{
		group("a", "301", `"201"`, `,"then":{"kind":"group","id":"b"}`),
		group("b", "302", `"299"`, ``),
		group("c", "303", `"201","202"`, `,"then":{"kind":"group","id":"d"}`),
		group("d", "304", `"201"`, ``),
	}
	if _, err := Render(plan); err == nil || !strings.Contains(err.Error(), "group b: member 299") {
		t.Fatalf("rendered: %v", err)
	}
	files, left, err := RenderSound(plan)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, l := range left {
		ids = append(ids, l.ID+": "+l.Cause.Error())
	}
	want := "a: group a: then: group b does not exist; b: group b: member 299: there is no such extension"
	if got := strings.Join(ids, "; "); got != want {
		t.Errorf("left out %s\nwant %s", got, want)
	}
	for id, there := range map[string]bool{"a": false, "b": false, "c": true, "d": true} {
		if strings.Contains(string(files["extensions.conf"]), "[ac-group-"+id+"]") != there {
			t.Errorf("group %s: rendered is not %t", id, there)
		}
	}
}
