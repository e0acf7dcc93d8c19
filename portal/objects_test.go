package portal

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"testing"

	"autocom/pbx"
)

// shelf keeps objects as the office would.
type shelf struct {
	all    []pbx.Object
	rev    int64
	refuse error // of whatever is put; nil: as the shelf likes
}

func (s *shelf) Objects(kind string) []pbx.Object {
	return slices.DeleteFunc(slices.Clone(s.all), func(o pbx.Object) bool { return o.Kind != kind })
}

func (s *shelf) at(kind, id string) int {
	return slices.IndexFunc(s.all, func(o pbx.Object) bool { return o.Kind == kind && o.ID == id })
}

func (s *shelf) Object(kind, id string) (pbx.Object, bool) {
	if i := s.at(kind, id); i >= 0 {
		return s.all[i], true
	}
	return pbx.Object{}, false
}

func (s *shelf) PutObject(_ context.Context, o pbx.Object, ifRev int64) (pbx.Object, error) {
	i := s.at(o.Kind, o.ID)
	switch {
	case s.refuse != nil:
		return o, s.refuse
	case ifRev == -1 && i >= 0:
		return o, fmt.Errorf("%w: it exists already", ErrConflict)
	case ifRev > 0 && (i < 0 || s.all[i].Rev != ifRev):
		return o, ErrChanged
	case o.Number == "112":
		return o, fmt.Errorf("%w: 112 may not be given", ErrConflict)
	}
	s.rev++
	o.Rev = s.rev
	if i < 0 {
		s.all = append(s.all, o)
	} else {
		s.all[i] = o
	}
	return o, nil
}

func (s *shelf) DropObject(_ context.Context, kind, id string, ifRev int64) error {
	i := s.at(kind, id)
	switch {
	case i < 0:
		return fs.ErrNotExist
	case ifRev > 0 && s.all[i].Rev != ifRev:
		return ErrChanged
	}
	s.all = slices.Delete(s.all, i, i+1)
	return nil
}

func TestCollections(t *testing.T) {
	f, srv, c := open(t)
	const queue = `{"name":"Ventes à Yaoundé","number":"401","ring":20,"members":["201"]}`
	var etag string
	for _, tt := range []struct {
		what, method, path, body, match string
		code                            int
		says, not                       string
	}{
		{"none", "GET", "queues", "", "", 200, "[]", ""},
		{"set up", "POST", "queues", queue, "", 201, `{"id":"ventes-a-yaounde","members":["201"],"name":"Ventes à Yaoundé","number":"401","rev":1,"ring":20}`, ""},
		{"the same name again", "POST", "queues", `{"name":"Ventes à Yaoundé"}`, "", 201, `"id":"ventes-a-yaounde-2"`, ""},
		{"an id of one's own", "POST", "queues", `{"id":"nuit"}`, "", 201, `"id":"nuit"`, ""},
		{"an id that is taken", "POST", "queues", `{"id":"nuit"}`, "", 409, "exists already", ""},
		{"a number that cannot be", "POST", "queues", `{"number":"112"}`, "", 409, "112 may not be given", ""},
		{"a number that is no text", "POST", "queues", `{"number":112}`, "", 400, "number is to be a text", ""},
		{"no object", "POST", "queues", `[]`, "", 400, "", ""},
		{"one", "GET", "queues/nuit", "", "", 200, `"rev":3`, ""},
		{"nobody", "GET", "queues/jour", "", "", 404, "no queue with that id", ""},
		{"change", "PATCH", "queues/nuit", `{"ring":30,"music":"jazz"}`, "", 200, `"music":"jazz"`, ""},
		{"take away", "PATCH", "queues/nuit", `{"music":null}`, "", 200, `"ring":30`, "jazz"},
		{"too late", "PATCH", "queues/nuit", `{"ring":31}`, `"3"`, 412, "somebody has changed it", ""},
		{"in time", "PATCH", "queues/nuit", `{"ring":31}`, `"5"`, 200, `"ring":31`, ""},
		{"an odd tag", "PATCH", "queues/nuit", `{"ring":31}`, `"x"`, 412, "ETag of ours", ""},
		{"another id", "PATCH", "queues/nuit", `{"id":"jour"}`, "", 400, "keeps its id", ""},
		{"a change of nobody", "PATCH", "queues/jour", `{"ring":31}`, "", 404, "", ""},
		{"replace", "PUT", "queues/nuit", `{"name":"Nuit"}`, "", 200, `"name":"Nuit"`, "ring"},
		{"delete too late", "DELETE", "queues/nuit", "", `"2"`, 412, "", ""},
		{"delete", "DELETE", "queues/nuit", "", "", 204, "", ""},
		{"delete again", "DELETE", "queues/nuit", "", "", 404, "no such queue", ""},

		{"a password", "POST", "trunks", `{"id":"mtn","server":"10.0.0.1","password":"s3cretword"}`, "", 201, `"secrets":["password"]`, "s3cretword"},
		{"is not read", "GET", "trunks/mtn", "", "", 200, `"secrets":["password"]`, "s3cretword"},
		{"nor in the list", "GET", "trunks", "", "", 200, `"secrets":["password"]`, "s3cretword"},
		{"and stays when something else changes", "PATCH", "trunks/mtn", `{"server":"10.0.0.2"}`, "", 200, `"secrets":["password"]`, ""},
		{"and when the whole is replaced", "PUT", "trunks/mtn", `{"server":"10.0.0.3"}`, "", 200, `"secrets":["password"]`, ""},
		{"but not when it is taken away", "PATCH", "trunks/mtn", `{"password":null}`, "", 200, `"secrets":[]`, ""},
		{"settings are made by changing them", "PATCH", "settings/mail", `{"host":"smtp.example","tls":{"mode":"none"}}`, "", 200, `"host":"smtp.example"`, ""},
		{"and merged", "PATCH", "settings/mail", `{"tls":{"port":25}}`, "", 200, `"tls":{"mode":"none","port":25}`, ""},
		{"not posted", "POST", "settings", `{}`, "", 404, "", ""},
	} {
		r, err := http.NewRequest(tt.method, srv.URL+"/api/v1/"+tt.path, strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+key)
		if tt.match != "" {
			r.Header.Set("If-Match", tt.match)
		}
		resp, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		sent, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		body := string(sent)
		if resp.StatusCode != tt.code || !strings.Contains(body, tt.says) || tt.not != "" && strings.Contains(body, tt.not) {
			t.Errorf("%s: %d %s\nwant %d with %s", tt.what, resp.StatusCode, body, tt.code, tt.says)
		}
		etag = resp.Header.Get("ETag")
		if tt.code == 200 && strings.Contains(tt.path, "/") && etag == "" {
			t.Errorf("%s: no ETag", tt.what)
		}
	}
	if o, _ := f.shelf.Object("trunk", "mtn"); strings.Contains(string(o.Body), "s3cretword") {
		t.Errorf("a password that was taken away stays: %s", o.Body)
	}
}

// Whatever is sent: no panic, and no answer with a secret.
func FuzzObjects(f *testing.F) {
	for _, s := range []string{`{}`, `null`, `{"name":1}`, `{"a":{"b":null}}`, `{"password":{}}`, `{"id":"x","id":"y"}`, "{\"\xff\":1}"} {
		f.Add(s)
	}
	_, srv, c := open(f)
	f.Fuzz(func(t *testing.T, body string) {
		for _, m := range []string{"POST", "PUT", "PATCH"} {
			path := srv.URL + "/api/v1/trunks"
			if m != "POST" {
				path += "/x"
			}
			r, _ := http.NewRequest(m, path, strings.NewReader(body))
			r.Header.Set("Authorization", "Bearer "+key)
			resp, err := c.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			if resp.Body.Close(); resp.StatusCode >= 500 {
				t.Errorf("%s %q: %d", m, body, resp.StatusCode)
			}
		}
	})
}
