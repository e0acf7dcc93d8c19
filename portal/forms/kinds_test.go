package forms

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"autocom/pbx"
	"autocom/pbx/announcement"
	"autocom/pbx/blacklist"
	"autocom/pbx/conference"
	"autocom/pbx/directory"
	"autocom/pbx/emergency"
	ringgroup "autocom/pbx/group"
	"autocom/pbx/hours"
	"autocom/pbx/inbound"
	"autocom/pbx/mail"
	"autocom/pbx/menu"
	"autocom/pbx/music"
	"autocom/pbx/paging"
	"autocom/pbx/parking"
	"autocom/pbx/prompt"
	"autocom/pbx/queue"
	"autocom/pbx/record"
	"autocom/pbx/route"
	"autocom/pbx/speeddial"
	"autocom/pbx/trunk"
	"autocom/pbx/voicemail"
)

// types are the bodies of the kinds.
var types = map[string]any{
	"person": pbx.Person{}, "group": ringgroup.Group{}, "queue": queue.Queue{}, "menu": menu.Menu{}, "hours": hours.Hours{},
	"announcement": announcement.Announcement{}, "directory": directory.Directory{}, "prompt": prompt.Prompt{},
	"conference": conference.Conference{}, "paging": paging.Paging{}, "music": music.Music{}, "speeddial": speeddial.SpeedDial{},
	"blacklist": blacklist.List{}, "trunk": trunk.Trunk{}, "route": route.Route{}, "inbound": inbound.Inbound{}, "outside": route.Outside{},
	"settings/agents": queue.Settings{}, "settings/mail": mail.Settings{}, "settings/recording": record.Settings{},
	"settings/records": record.Records{}, "settings/voicemail": voicemail.Settings{}, "settings/parking": parking.Parking{},
	"settings/outside": pbx.Outside{}, "settings/emergency": emergency.Settings{}, "settings/fraud": route.Fraud{},
	"settings/blacklist": blacklist.Settings{}, "settings/music": music.Settings{}, "settings/codes": map[string][]string{}, "settings/site": pbx.Site{},
}

var destination = reflect.TypeFor[pbx.Destination]()

// fits tells which JSON a widget makes, by the Go type that takes it.
func fits(x Field, t reflect.Type) bool {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	list := t.Kind() == reflect.Slice
	switch x.Widget {
	case TextIn, Area, Choice, Extension, Secret:
		return t.Kind() == reflect.String
	case Number:
		return t.Kind() == reflect.Int
	case Toggle:
		return t.Kind() == reflect.Bool
	case Checks, Lines, Words, Extensions, Refs:
		return list && t.Elem().Kind() == reflect.String
	case To:
		return t == destination
	case Rows:
		return x.Map && t.Kind() == reflect.Map || list && t.Elem().Kind() == reflect.Struct
	}
	return false
}

// fieldsOf gives the JSON fields of a struct, those of structs within by "outer.inner".
func fieldsOf(t reflect.Type, before string) map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		if f.Type.Kind() == reflect.Struct && f.Type != destination {
			for inner, t := range fieldsOf(f.Type, before+name+".") {
				out[inner] = t
			}
			continue
		}
		out[before+name] = f.Type
	}
	return out
}

// Each field of each kind's Go type stands on its form with a widget that makes its JSON, or
// among those left to the API with the reason; and a form has no field of its own invention.
func TestFormsHaveTheFieldsOfTheirTypes(t *testing.T) {
	all, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for kind := range all {
		if _, ok := types[kind]; !ok {
			t.Errorf("%s: no type here", kind)
		}
	}
	for kind, v := range types {
		f, ok := all[kind]
		if !ok {
			t.Errorf("%s has no form", kind)
			continue
		}
		if reflect.TypeOf(v).Kind() == reflect.Map {
			x, ok := f.Field(Whole)
			if !ok || !fits(x, reflect.TypeOf(v)) {
				t.Errorf("%s: its body is any keys, so its one field is %q with rows", kind, Whole)
			}
			continue
		}
		compare(t, kind, f.Fields(), f.API, reflect.TypeOf(v), true)
	}
}

func compare(t *testing.T, where string, fields []Field, left []Left, body reflect.Type, top bool) {
	t.Helper()
	want := fieldsOf(body, "")
	seen := map[string]bool{}
	for _, x := range fields {
		if seen[x.Name] {
			t.Errorf("%s: %s is there twice", where, x.Name)
		}
		seen[x.Name] = true
		if top && (x.Name == "name" || x.Name == "number") {
			continue
		}
		typ, ok := want[x.Name]
		if !ok {
			t.Errorf("%s: the type has no field %q", where, x.Name)
			continue
		}
		if !fits(x, typ) {
			t.Errorf("%s: %s: the widget %s does not make a %s", where, x.Name, x.Widget, typ)
			continue
		}
		if x.Widget == Rows {
			inner := typ.Elem()
			rows := x.Field
			if x.Map {
				rows = rows[1:]
			}
			if len(rows) == 1 && rows[0].Name == "" {
				if !fits(rows[0], inner) {
					t.Errorf("%s: %s: rows of %s do not make a %s", where, x.Name, rows[0].Widget, inner)
				}
				continue
			}
			compare(t, where+": "+x.Name, rows, nil, inner, false)
		}
	}
	for _, l := range left {
		if _, ok := want[l.Name]; !ok || seen[l.Name] {
			t.Errorf("%s: api: %s is no field, or stands on the form too", where, l.Name)
		}
		seen[l.Name] = true
	}
	var missing []string
	for name := range want {
		if !seen[name] {
			missing = append(missing, name)
		}
	}
	slices.Sort(missing)
	if len(missing) > 0 {
		t.Errorf("%s: no field for %s: add it, or say under [[api]] why the API alone has it", where, strings.Join(missing, ", "))
	}
}
