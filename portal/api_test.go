package portal

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"autocom/provision"

	"github.com/google/go-cmp/cmp"
)

func send(t *testing.T, c *http.Client, method, url, mime, body string) (int, string, string) {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	if mime != "" {
		r.Header.Set("Content-Type", mime)
	}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Content-Type"), string(b)
}

func TestCommandsWithBodies(t *testing.T) {
	f, srv, c := open(t)
	const one, unknown, list = "devices/001565aa0001", "devices/001565aa0099", "application/json"
	deep := strings.Repeat(`[`, 20000)
	for _, tt := range []struct {
		what, method, path, mime, body string
		code                           int
		did, says                      string
	}{
		{"replace", "POST", one + "/replace", list, `{"extension":"204"}`, 200, "replace 204", `"extension":"202"`},
		{"replace, no kind of body named", "POST", one + "/replace", "", `{"extension":"204"}`, 200, "replace 204", ""},
		{"replace, nobody has it", "POST", one + "/replace", list, `{"extension":"299"}`, 409, "", "it cannot be done: 299 holds no number"},
		{"replace, unknown device", "POST", unknown + "/replace", list, `{"extension":"204"}`, 404, "replace 204", "no such device"},
		{"replace, no number", "POST", one + "/replace", list, `{"extension":"1;DROP"}`, 400, "", "2 to 6 digits"},
		{"replace, number as a number", "POST", one + "/replace", list, `{"extension":204}`, 400, "", "openapi.json"},
		{"replace, unknown field", "POST", one + "/replace", list, `{"extension":"204","force":true}`, 400, "", `unknown field \"force\"`},
		{"replace, two values", "POST", one + "/replace", list, `{"extension":"204"}{"extension":"205"}`, 400, "", "more after the first value"},
		{"replace, nothing", "POST", one + "/replace", list, ``, 400, "", "openapi.json"},
		{"replace, a form", "POST", one + "/replace", "application/x-www-form-urlencoded", `extension=204`, 415, "", "application/json"},
		{"replace, a huge body", "POST", one + "/replace", list, `{"extension":"` + strings.Repeat("2", maxBody) + `"}`, 413, "", "larger than 65536 bytes"},
		{"replace, nested without end", "POST", one + "/replace", list, deep, 400, "", "openapi.json"},
		{"rename", "PATCH", one, list, `{"name":"Awa\u202e"}`, 200, "rename Awa", ""},
		{"rename to nothing", "PATCH", one, list, `{"name":""}`, 200, "rename", ""},
		{"rename, too long", "PATCH", one, list, `{"name":"` + strings.Repeat("é", maxName+1) + `"}`, 400, "", "longer than 40 characters"},
		{"keys", "PATCH", one, list, `{"keys":[{"number":"*72","label":" Nuit "}]}`, 200, "keys [{*72 Nuit}]", ""},
		{"no keys", "PATCH", one, list, `{"keys":[]}`, 200, "keys []", ""},
		{"a key that cannot be dialled", "PATCH", one, list, `{"keys":[{"number":"204"},{"number":"a\r\nb"}]}`, 400, "", "key 2"},
		{"too many keys", "PATCH", one, list, `{"keys":[` + strings.Repeat(`{"number":"1"},`, provision.MaxKeys) + `{"number":"1"}]}`, 400, "", "60 keys"},
		{"name and keys", "PATCH", one, list, `{"name":"A","keys":[]}`, 200, "rename A; keys []", ""},
		{"change nothing", "PATCH", one, list, `{}`, 400, "", "nothing to change"},
		{"change to null", "PATCH", one, list, `null`, 400, "", "nothing to change"},
		{"one more line", "POST", one + "/lines", "", ``, 200, "line", ""},
		{"one more line, empty object", "POST", one + "/lines", list, `{}`, 200, "line", ""},
		{"one more line, with a field", "POST", one + "/lines", list, `{"n":2}`, 400, "", "unknown field"},
		{"a verb with a field", "POST", one + "/release", list, `{"n":2}`, 400, "", "unknown field"},
		{"password", "GET", one + "/password", "", ``, 200, "password", `{"password":"Abc234xyz789","user":"admin"}`},
		{"password, unknown device", "GET", unknown + "/password", "", ``, 404, "password", "no such device"},
		{"audit", "GET", "audit?limit=1", "", ``, 200, "", `[{"at":"2026-05-04T12:00:00Z","device":"00:15:65:aa:00:01","ip":"192.168.1.66","file":"x.cfg","protocol":"http","secret":true,"token":false,"outcome":"given"}]`},
		{"audit, no limit", "GET", "audit", "", ``, 200, "", `"file":"y.cfg"`},
		{"audit, too much", "GET", "audit?limit=2001", "", ``, 400, "", "1 to 2000"},
		{"audit, nonsense", "GET", "audit?limit=x", "", ``, 400, "", "1 to 2000"},
		{"alerts", "GET", "alerts", "", ``, 200, "", `"kind":"thief"`},
		{"makers", "GET", "makers", "", ``, 200, "", `"type_url":"http://192.168.1.10/"`},
	} {
		f.did = nil
		f.trail = []Audit{
			{At: noon, Device: phoneID, IP: netip.MustParseAddr("192.168.1.66"), File: "x.cfg", Protocol: "http", Secret: true, Outcome: "given"},
			{At: noon, File: "y.cfg", Outcome: "refused"},
		}
		f.alerts = []Alert{{At: noon, Kind: AlertThief, Text: "x"}}
		f.makers = []Maker{{ID: "yealink", Name: "Yealink", TypeURL: "http://192.168.1.10/"}}
		code, mime, body := send(t, c, tt.method, srv.URL+"/api/v1/"+tt.path, tt.mime, tt.body)
		want := "application/json"
		if tt.code >= 400 {
			want = "application/problem+json"
		}
		if code != tt.code || mime != want || !strings.Contains(body, tt.says) {
			t.Errorf("%s: %d %s %s\nwant %d with %s", tt.what, code, mime, body, tt.code, tt.says)
		}
		did := strings.NewReplacer(" "+phoneID, "", " 00:15:65:aa:00:99", "").Replace(strings.Join(f.did, "; "))
		if did != tt.did {
			t.Errorf("%s: did %q, want %q", tt.what, did, tt.did)
		}
	}
}

func TestEmptyListsAreLists(t *testing.T) {
	_, srv, c := open(t)
	for _, path := range []string{"makers", "audit", "alerts"} {
		if _, _, body := send(t, c, "GET", srv.URL+"/api/v1/"+path, "", ""); strings.TrimSpace(body) != "[]" {
			t.Errorf("%s: %s, want []", path, body)
		}
	}
}

func TestAPageOfAnotherSiteUsesNoSession(t *testing.T) {
	f, srv, c := open(t)
	enter(t, srv, c)
	code, h, _ := get(t, c, "POST", srv.URL+"/api/v1/devices/001565aa0001/release", "Sec-Fetch-Site", "cross-site")
	if code != 403 || h.Get("Content-Type") != "application/problem+json" || len(f.did) != 0 {
		t.Errorf("%d %s, did %v", code, h.Get("Content-Type"), f.did)
	}
}

// What openapi.json says of an object is what the API sends: no field more, none less.
func TestTheDescriptionHasTheFields(t *testing.T) {
	text, err := describe()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]any `json:"properties"`
			} `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	for name, of := range map[string]any{
		"Device": device{}, "Line": provision.Line{}, "Key": provision.Key{}, "Evidence": provision.Evidence{},
		"Maker": Maker{}, "Audit": Audit{}, "Alert": Alert{}, "Message": Message{},
	} {
		got := slices.Sorted(maps.Keys(doc.Components.Schemas[name].Properties))
		want := fields(reflect.TypeOf(of))
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-sent +described):\n%s", name, diff)
		}
	}
}

func fields(of reflect.Type) []string {
	var out []string
	for i := range of.NumField() {
		f := of.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous:
			out = append(out, fields(f.Type)...)
		case name != "-":
			out = append(out, name)
		}
	}
	return out
}

func FuzzBodies(f *testing.F) {
	for _, s := range []string{`{}`, `null`, `{"name":"x"}`, `{"keys":[{"number":"1"}]}`, `{"keys":null}`, `[`, "\xff", `{"NAME":1}`} {
		f.Add(s)
	}
	p, err := New(Config{
		Key: key, Now: func() time.Time { return noon }, Log: unlogged, Devices: &fake{}, Desk: &fake{},
		Site: func() provision.Site { return provision.Site{} },
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string) {
		for _, path := range []string{"PATCH /api/v1/devices/x", "POST /api/v1/devices/x/replace", "POST /api/v1/devices/x/lines", "POST /api/v1/devices/x/approve"} {
			method, path, _ := strings.Cut(path, " ")
			r, w := request(method, path, body)
			p.ServeHTTP(w, r)
			if w.Code >= 500 || w.Code < 400 { // there is no device x
				t.Errorf("%s %q: %d", path, body, w.Code)
			}
		}
	})
}
