package music

import (
	"strings"
	"testing"

	"autocom/pbx"
	"autocom/pbx/goldentest"
)

func TestGolden(t *testing.T) {
	goldentest.Example(t, Render, example())
}

func TestRefused(t *testing.T) {
	goldentest.Refused(t, Render, refused)
}

func example() pbx.Plan {
	return goldentest.Office(
		goldentest.Object(Kind, "jazz", "", `{"files":["blue-train","so_what"],"order":"name"}`),
		goldentest.Object(Kind, "empty", "", `{}`),
		goldentest.Object(pbx.KindSettings, "music", "", `{"default":"jazz"}`),
		goldentest.Object(pbx.KindPerson, "aicha", "", `{"numbers":["201"],"music":"jazz"}`),
		goldentest.Object(pbx.KindPerson, "bob", "", `{"numbers":["202"]}`))
}

var refused = goldentest.Refusals{
	"a path":                   {Kind, `{"files":["../../etc/passwd"]}`, "small letters"},
	"a line in a name":         {Kind, `{"files":["a\nmode=custom"]}`, "small letters"},
	"a file twice":             {Kind, `{"files":["a","a"]}`, "there twice"},
	"an unknown order":         {Kind, `{"order":"loud"}`, "order"},
	"a person without a music": {pbx.KindPerson, `{"numbers":["201"],"music":"rock"}`, "person one: music \"rock\" does not exist"},
}

func TestTheSiteChoosesWhatIsThere(t *testing.T) {
	if _, err := Render(goldentest.Office(goldentest.Object(pbx.KindSettings, "music", "", `{"default":"rock"}`))); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Error(err)
	}
	if _, err := Render(goldentest.Office(goldentest.Object(Kind, "default", "", `{}`))); err == nil || !strings.Contains(err.Error(), "built-in") {
		t.Error(err)
	}
}
