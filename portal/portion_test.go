package portal

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"autocom/pbx"
)

func asked1(p *Portal, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", path, nil)
	r.Header.Set("Authorization", "Bearer "+key)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w
}

// Who follows the links of a list reads each element once, though some are deleted meanwhile.
func TestListsComeInPages(t *testing.T) {
	f, p := desk(t)
	for n := range 25 {
		f.shelf.all = append(f.shelf.all, pbx.Object{Kind: "menu", ID: fmt.Sprintf("menu-%02d", n), Rev: 1, Body: json.RawMessage(`{}`)})
	}
	var got []string
	for at, n := "/api/v1/menus?limit=10", 0; at != ""; n++ {
		w := asked1(p, at)
		var list []struct{ ID string }
		if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || len(list) > 10 || n > 3 {
			t.Fatal(n, err, w.Body)
		}
		for _, x := range list {
			got = append(got, x.ID)
		}
		if n == 0 { // the last one that was read is deleted
			f.shelf.all = append(f.shelf.all[:9:9], f.shelf.all[10:]...)
		}
		link, rel, _ := strings.Cut(w.Header().Get("Link"), ">; ")
		if at = strings.TrimPrefix(link, "<"); at != "" && rel != `rel="next"` {
			t.Fatalf("link %q", w.Header().Get("Link"))
		}
	}
	var want []string
	for n := range 25 {
		want = append(want, fmt.Sprintf("menu-%02d", n))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestAPageOfAList(t *testing.T) {
	const list = `[{"number":"201"},{"number":"203"},{"number":"205"}]`
	const late = `[{"at":"2026-05-04T12:00:00Z"},{"at":"2026-05-04T11:00:00Z"}]`
	for _, tt := range []struct{ list, query, want, next, bad string }{
		{list, "", list, "", ""},
		{list, "limit=2", `[{"number":"201"},{"number":"203"}]`, "203", ""},
		{list, "limit=2&after=203", `[{"number":"205"}]`, "", ""},
		{list, "after=204", `[{"number":"205"}]`, "", ""},
		{list, "after=999", `[]`, "", ""},
		{list, "limit=0", "", "", "limit is a number from 1 to 2000"},
		{list, "limit=99999999999999999999", "", "", "limit is a number from 1 to 2000"},
		{late, "limit=1", `[{"at":"2026-05-04T12:00:00Z"}]`, "2026-05-04T12:00:00Z", ""},
		{late, "after=2026-05-04T12:00:00Z", `[{"at":"2026-05-04T11:00:00Z"}]`, "", ""},
		{late, "after=nonsense", "", "", "after is none of this list: begin again without it"},
		{`["fr","en"]`, "limit=1", `["fr"]`, "fr", ""},
		{`{"calls":[1,2]}`, "limit=1", `{"calls":[1,2]}`, "", ""},
	} {
		r := httptest.NewRequest("GET", "/?"+tt.query, nil)
		part, next, bad := portion([]byte(tt.list), r.URL.Query())
		if string(part) != tt.want || next != tt.next || bad != tt.bad {
			t.Errorf("%s of %s: %s, next %q, %s", tt.query, tt.list, part, next, bad)
		}
	}
}

// What has not changed is not sent again.
func TestTheSameAnswerIsNotSentTwice(t *testing.T) {
	f, p := desk(t)
	f.shelf.all = []pbx.Object{{Kind: "menu", ID: "main", Rev: 3, Body: json.RawMessage(`{}`)}}
	for _, path := range []string{"/api/v1/devices", "/api/v1/devices/" + phoneID, "/api/v1/menus", "/api/v1/menus/main", "/api/v1/audit", "/api/v1/calls/live"} {
		tag := asked1(p, path).Header().Get("ETag")
		if w := asked1(p, path, "If-None-Match", tag); w.Code != 304 || w.Body.Len() != 0 || tag == "" {
			t.Errorf("%s: %d, %d bytes, tag %s", path, w.Code, w.Body.Len(), tag)
		}
		if w := asked1(p, path, "If-None-Match", `"other", W/`+tag); w.Code != 304 {
			t.Errorf("%s, one of two weak ones: %d", path, w.Code)
		}
		if w := asked1(p, path, "If-None-Match", `"other"`); w.Code != 200 {
			t.Errorf("%s, another one: %d", path, w.Code)
		}
	}
	before := asked1(p, "/api/v1/menus").Header().Get("ETag")
	f.shelf.all[0].Name = "Accueil"
	if w := asked1(p, "/api/v1/menus", "If-None-Match", before); w.Code != 200 {
		t.Errorf("after a change: %d", w.Code)
	}
	if w := asked1(p, "/api/v1/menus/none", "If-None-Match", "*"); w.Code != 404 || w.Header().Get("ETag") != "" {
		t.Errorf("what does not exist: %d with the tag %s", w.Code, w.Header().Get("ETag"))
	}
}
