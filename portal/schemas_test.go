package portal

import (
	"encoding/json"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"

	"autocom/pbx"
	"autocom/pbx/announcement"
	"autocom/pbx/blacklist"
	"autocom/pbx/conference"
	"autocom/pbx/directory"
	ringgroup "autocom/pbx/group"
	"autocom/pbx/hours"
	"autocom/pbx/inbound"
	"autocom/pbx/menu"
	"autocom/pbx/music"
	"autocom/pbx/paging"
	"autocom/pbx/prompt"
	"autocom/pbx/queue"
	outbound "autocom/pbx/route"
	"autocom/pbx/speeddial"
	"autocom/pbx/trunk"
)

// Each schema names the fields of its Go type, no more and no less.
func TestSchemasNameTheFieldsOfTheirTypes(t *testing.T) {
	types := map[string]any{
		"person": pbx.Person{}, "group": ringgroup.Group{}, "queue": queue.Queue{}, "menu": menu.Menu{},
		"hours": hours.Hours{}, "announcement": announcement.Announcement{}, "directory": directory.Directory{},
		"prompt": prompt.Prompt{}, "conference": conference.Conference{}, "paging": paging.Paging{},
		"music": music.Music{}, "speeddial": speeddial.SpeedDial{}, "blacklist": blacklist.List{},
		"trunk": trunk.Trunk{}, "route": outbound.Route{}, "inbound": inbound.Inbound{}, "outside": outbound.Outside{},
	}
	schemas := map[string][]string{}
	files, err := fs.Glob(embedded, "assets/openapi/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		var d struct {
			Components struct {
				Schemas map[string]struct {
					Properties map[string]json.RawMessage
					AllOf      []struct{ Properties map[string]json.RawMessage }
				}
			}
		}
		text, err := fs.ReadFile(embedded, name)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatal(name, err)
		}
		for s, v := range d.Components.Schemas {
			for _, part := range append(v.AllOf, struct{ Properties map[string]json.RawMessage }{v.Properties}) {
				for p := range part.Properties {
					if !slices.Contains(own, p) {
						schemas[s] = append(schemas[s], p)
					}
				}
			}
			slices.Sort(schemas[s])
		}
	}
	for _, c := range collections {
		if c.kind == pbx.KindSettings { // each id has fields of its own
			continue
		}
		v, ok := types[c.kind]
		if !ok || c.schema == "" {
			t.Errorf("%s: no type here, or no schema there", c.kind)
			continue
		}
		var want []string
		for _, f := range reflect.VisibleFields(reflect.TypeOf(v)) {
			if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
				want = append(want, name)
			}
		}
		slices.Sort(want)
		if got := schemas[c.schema]; !slices.Equal(got, want) {
			t.Errorf("%s:\nschema %v\ntype   %v", c.schema, got, want)
		}
	}
}
