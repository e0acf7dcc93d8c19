package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"autocom/provision"
)

// described is the description of the API as a box serves it, ready to judge answers.
type described struct {
	compiler *jsonschema.Compiler
	paths    map[string]map[string]struct {
		Responses map[string]struct {
			Content map[string]json.RawMessage
		}
	}
}

func describes(t testing.TB, d *daemon) described {
	t.Helper()
	w := ask(d, "GET", "openapi.json", "")
	out := described{compiler: jsonschema.NewCompiler()}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(w.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if err := out.compiler.AddResource("https://box/openapi.json", doc); err != nil {
		t.Fatal(err)
	}
	var paths struct{ Paths json.RawMessage }
	if err := json.Unmarshal(w.Body.Bytes(), &paths); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(paths.Paths, &out.paths); err != nil {
		t.Fatal(err)
	}
	return out
}

// judge says what is wrong with an answer: its code or its form is not described, or its
// body is not as its schema says.
func (d described) judge(method, path string, w *httptest.ResponseRecorder) error {
	method = strings.ToLower(method)
	operation, ok := d.paths[path][method]
	if !ok {
		return fmt.Errorf("%s %s is not described", method, path)
	}
	code := fmt.Sprint(w.Code)
	if _, ok := operation.Responses[code]; !ok {
		code = "default"
	}
	response, ok := operation.Responses[code]
	if !ok {
		return fmt.Errorf("%d is not described", w.Code)
	}
	kind, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
	if len(response.Content) == 0 {
		if w.Body.Len() > 0 && w.Code < 400 {
			return fmt.Errorf("%d has a body, which is not described", w.Code)
		}
		return nil
	}
	if _, ok := response.Content[kind]; !ok {
		return fmt.Errorf("%d in the form %q, and described are %q", w.Code, kind, slices.Sorted(maps.Keys(response.Content)))
	}
	if !strings.HasSuffix(kind, "json") {
		return nil
	}
	escape := strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D")
	schema, err := d.compiler.Compile("https://box/openapi.json#/paths/" + escape.Replace(path) + "/" + method + "/responses/" + code + "/content/" + escape.Replace(kind) + "/schema")
	if err != nil {
		return err
	}
	body, err := jsonschema.UnmarshalJSON(bytes.NewReader(w.Body.Bytes()))
	if err != nil {
		return err
	}
	return schema.Validate(body)
}

// ask sends a request of an administrator's program.
func ask(d *daemon, method, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/api/v1/"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+d.portal.Key)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	d.portal.ServeHTTP(w, r)
	return w
}

// Every path that can be read answers as the description of the API says, for what exists
// and for what does not.
func TestAnswersAreAsDescribed(t *testing.T) {
	d := whole(t, nil)
	settle(t, d, 3)
	api := describes(t, d)
	ids := map[string]string{
		"devices": provision.MAC{0x00, 0x15, 0x65, 0xaa, 0, 0}.String(), "people": "awa", "groups": "sales", "queues": "sav", "conferences": "room", "prompts": "hello",
		"numbers": "201", "settings": "recording", "changes": "1", "agents": "201",
	}
	judged, found := 0, 0
	for _, route := range d.portal.Routes() {
		path, ok := strings.CutPrefix(route.Path, "/api/v1")
		if !ok || route.Method != http.MethodGet || path == "/events" {
			continue
		}
		first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
		there := inPath.ReplaceAllString(path, strings.ReplaceAll(ids[first], "$", ""))
		if ids[first] == "" {
			there = inPath.ReplaceAllString(path, "none")
		}
		for _, at := range []string{there, inPath.ReplaceAllString(path, "no-such-thing"), there + "?limit=1", there + "?limit=x"} {
			w := ask(d, "GET", strings.TrimPrefix(at, "/"), "")
			judged++
			if w.Code == http.StatusOK {
				found++
			}
			if err := api.judge("GET", path, w); err != nil {
				t.Errorf("GET %s: %d: %v\n%.600s", at, w.Code, err, w.Body)
			}
		}
	}
	for _, tt := range []struct {
		method, path, body string
		code               int
	}{
		{"POST", "groups", `{"name":"Accueil","number":"611","members":["201"]}`, 201},
		{"PUT", "groups/{id}", `{"name":"Ventes","number":"610","members":["202"]}`, 200},
		{"PATCH", "groups/{id}", `{"ring":30}`, 200},
		{"POST", "groups/{id}/preview", `{"members":["201"]}`, 200},
		{"PUT", "groups/{id}", `{"ring":3}`, 409},
		{"PATCH", "groups/{id}", `{"ring":"x"}`, 409},
		{"PATCH", "groups/{id}", `{`, 400},
		{"DELETE", "groups/{id}", ``, 204},
	} {
		w := ask(d, tt.method, strings.ReplaceAll(tt.path, "{id}", "sales"), tt.body)
		if err := api.judge(tt.method, "/"+tt.path, w); err != nil || w.Code != tt.code {
			t.Errorf("%s %s %s: %d, want %d: %v\n%.600s", tt.method, tt.path, tt.body, w.Code, tt.code, err, w.Body)
		}
	}
	for path, body := range map[string]string{"/devices": `[{"id":1}]`, "/groups/{id}": `{"rev":1}`, "/status": `[]`, "/settings/{id}": `{"id":"fraud","rev":0,"number":"","name":"","new":"perhaps"}`} {
		w := httptest.NewRecorder()
		w.Header().Set("Content-Type", "application/json")
		w.Body.WriteString(body)
		if api.judge("GET", path, w) == nil {
			t.Errorf("%s would be let through as the answer of %s", body, path)
		}
	}
	t.Logf("%d answers, %d of them 200", judged, found)
	if found < 100 {
		t.Errorf("only %d of %d answers were 200", found, judged)
	}
}

// Settings that nobody has written are shown as they hold by themselves; written so they are
// taken, and there is a page and a schema for each.
func TestSettingsThatNobodyHasWritten(t *testing.T) {
	d := whole(t, nil)
	api := describes(t, d)
	ids := slices.Sorted(maps.Keys(usualSettings(d.office.Plan())))
	pages, err := filepath.Glob("../../portal/forms/kinds/settings-*.toml")
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range pages {
		pages[i] = strings.TrimSuffix(strings.TrimPrefix(filepath.Base(p), "settings-"), ".toml")
	}
	if diff := cmp.Diff(ids, pages); diff != "" {
		t.Errorf("settings and their pages (-settings +pages):\n%s", diff)
	}
	for _, id := range ids {
		w := ask(d, "GET", "settings/"+id, "")
		var shown map[string]json.RawMessage
		if err := json.Unmarshal(w.Body.Bytes(), &shown); err != nil || w.Code != 200 || string(shown["rev"]) != "0" || w.Header().Get("ETag") != `"0"` {
			t.Errorf("%s: %d %s %v", id, w.Code, w.Body, err)
			continue
		}
		if err := api.judge("GET", "/settings/{id}", w); err != nil {
			t.Errorf("%s: %v\n%s", id, err, w.Body)
		}
		if id == "mail" { // it needs a server
			continue
		}
		body := w.Body.String()
		if w = ask(d, "PUT", "settings/"+id, body, "If-Match", `"0"`); w.Code != 200 {
			t.Errorf("%s: what holds by itself is refused: %d %s", id, w.Code, w.Body)
		}
		if w = ask(d, "PUT", "settings/"+id, body, "If-Match", `"0"`); w.Code != 412 && w.Code != 409 {
			t.Errorf("%s: written by somebody meanwhile: %d %s", id, w.Code, w.Body)
		}
	}
	if w := ask(d, "PUT", "settings/vociemail", `{"pin":5}`); w.Code != 404 {
		t.Errorf("a slip of the pen: %d %s", w.Code, w.Body)
	}
	var all []struct {
		ID  string
		Rev int
	}
	if err := json.Unmarshal(ask(d, "GET", "settings", "").Body.Bytes(), &all); err != nil || len(all) != len(ids) {
		t.Errorf("the list has %d of %d: %v", len(all), len(ids), err)
	}
	for _, s := range all {
		if s.Rev == 0 && s.ID != "mail" {
			t.Errorf("%s has not been written", s.ID)
		}
	}
}

// Each schema of settings names the fields of its Go type, no more and no less.
func TestSchemasOfSettingsNameTheirFields(t *testing.T) {
	text, err := os.ReadFile("../../portal/assets/openapi/settings.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Components struct {
			Schemas map[string]struct{ Properties map[string]json.RawMessage }
		}
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	for id, s := range usualSettings(whole(t, nil).office.Plan()) {
		if id == "codes" { // any function's name
			continue
		}
		var want []string
		for name := range fieldsOf(s) {
			want = append(want, name)
		}
		var got []string
		for name := range doc.Components.Schemas["Settings"+strings.ToUpper(id[:1])+id[1:]].Properties {
			if !slices.Contains([]string{"id", "rev", "number", "name", "secrets"}, name) {
				got = append(got, name)
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-type +schema):\n%s", id, diff)
		}
	}
}

// fieldsOf are the names of a type in JSON.
func fieldsOf(v any) map[string]bool {
	out := map[string]bool{}
	for _, f := range reflect.VisibleFields(reflect.TypeOf(v)) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
			out[name] = true
		}
	}
	return out
}
