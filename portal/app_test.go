package portal

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"autocom/portal/account"
	"autocom/provision"
)

// pocket keeps applications of awa's.
type pocket struct{ list []App }

func (s *pocket) Apps(person string) []App {
	if person != "awa" {
		return nil
	}
	return s.list
}

func (s *pocket) AddApp(_ context.Context, person, number, name string) (string, error) {
	if len(s.list) == 5 {
		return "", fmt.Errorf("%w: there are %d already: remove one", ErrConflict, 5)
	}
	id := fmt.Sprintf("soft-%016x", len(s.list))
	s.list = append(s.list, App{ID: id, Name: name, Number: number, Made: noon})
	return id, nil
}

func (s *pocket) DropApp(_ context.Context, person, id string) error {
	for i, a := range s.list {
		if a.ID == id && person == "awa" {
			s.list = append(s.list[:i:i], s.list[i+1:]...)
			return nil
		}
	}
	return fs.ErrNotExist
}

func (s *pocket) AppFile(id string, _ netip.Addr) (provision.File, error) {
	for _, a := range s.list {
		if a.ID == id {
			return provision.File{ContentType: "application/xml", Body: []byte("<password of " + id + "/>")}, nil
		}
	}
	return provision.File{}, fs.ErrNotExist
}

// A person's number in Linphone: the code is shown once, works for a while and for one
// device, and its owner removes the device.
func TestOnesNumberInAnApplication(t *testing.T) {
	f, p := desk(t)
	s := &pocket{}
	p.Apps = s
	srv := httptest.NewServer(p)
	defer srv.Close()
	c := asking(f.as(t, account.User))
	code, _, body := post(t, c, srv.URL+"/ui/me/201/apps", url.Values{"name": {"Mon <Fairphone>"}}, "Accept-Language", "en")
	link := regexp.MustCompile(`value="(http://[^"]*/ui/app/[A-Z2-7]{26}/linphone.xml)"`).FindStringSubmatch(body)
	if code != 200 || link == nil || !strings.Contains(body, `<svg class="qr"`) || !strings.Contains(body, "Mon &lt;Fairphone&gt;") {
		t.Fatalf("%d\n%s", code, body)
	}
	if _, _, again := get(t, c, "GET", srv.URL+"/ui/me"); strings.Contains(again, "/ui/app/") || !strings.Contains(again, "Mon &lt;Fairphone&gt;") {
		t.Error("the address is shown twice, or the device is not listed")
	}
	at := srv.URL + link[1][strings.Index(link[1], "/ui/"):]
	reads := func(want int) {
		t.Helper()
		code, h, body := get(t, http.DefaultClient, "GET", at)
		if code != want || want == 200 && (h.Get("Cache-Control") != "no-store" || body != "<password of soft-0000000000000000/>") {
			t.Errorf("its file: %d, want %d; %q", code, want, body)
		}
	}
	reads(200)
	reads(200) // scanned twice
	if code, _, _ := get(t, http.DefaultClient, "GET", srv.URL+"/ui/app/AAAAAAAAAAAAAAAAAAAAAAAAAA/linphone.xml"); code != 404 {
		t.Errorf("a made up address: %d", code)
	}
	secret := strings.Split(at, "/")[5]
	if _, ok := p.tickets.use(secret, netip.MustParseAddr("192.168.1.99"), noon); ok {
		t.Error("another device reads the same address")
	}
	if _, ok := p.tickets.use(secret, netip.MustParseAddr("127.0.0.1"), noon.Add(ticketFor)); ok {
		t.Error("the address is good for ever")
	}
	// Nobody else's.
	for role, want := range map[account.Role]int{account.Agent: 404, account.Admin: 404} {
		other := asking(f.as(t, role))
		if code, _, _ := post(t, other, srv.URL+"/ui/me/299/apps", url.Values{}); code != want {
			t.Errorf("%s and a number that is not theirs: %d, want %d", role, code, want)
		}
	}
	if code, _, _ := post(t, c, srv.URL+"/ui/me/apps/soft-none/delete", url.Values{}); code != 404 {
		t.Errorf("one that there is not: %d", code)
	}
	if code, _, _ := post(t, c, srv.URL+"/ui/me/apps/soft-0000000000000000/delete", url.Values{}); code != 200 || len(s.list) != 0 {
		t.Errorf("removed: %d, %v", code, s.list)
	}
	reads(404)
}

func TestApplicationsByTheAPI(t *testing.T) {
	f, p := desk(t)
	s := &pocket{}
	p.Apps = s
	for _, tt := range []struct {
		method, path, body string
		code               int
		says               string
	}{
		{"GET", "me/apps", "", 200, "[]"},
		{"POST", "me/numbers/201/apps", `{"name":"Fairphone"}`, 201, `"url":"http://`},
		{"POST", "me/numbers/203/apps", "", 201, `"number":"203"`},
		{"POST", "me/numbers/299/apps", "{}", 404, "no number of yours"},
		{"POST", "me/numbers/201/apps", `{"nam":1}`, 400, "unknown field"},
		{"GET", "me/apps", "", 200, `"name":"Fairphone","number":"201"`},
		{"DELETE", "me/apps/soft-0000000000000000", "", 204, ""},
		{"DELETE", "me/apps/soft-0000000000000000", "", 404, "no such application"},
	} {
		r, w := httptest.NewRequest(tt.method, "/api/v1/"+tt.path, strings.NewReader(tt.body)), httptest.NewRecorder()
		r.AddCookie(f.as(t, account.User))
		p.ServeHTTP(w, r)
		if w.Code != tt.code || !strings.Contains(w.Body.String(), tt.says) {
			t.Errorf("%s %s: %d, want %d with %q\n%s", tt.method, tt.path, w.Code, tt.code, tt.says, w.Body)
		}
	}
}

func TestTicketsAreBounded(t *testing.T) {
	var x tickets
	for n := range maxTickets {
		if _, ok := x.give("soft-"+itoa(n), noon); !ok {
			t.Fatal(n)
		}
	}
	if _, ok := x.give("soft-more", noon); ok {
		t.Error("one more than there may be")
	}
	if _, ok := x.give("soft-more", noon.Add(ticketFor)); !ok || len(x.open) != 1 {
		t.Errorf("when they are over: %v, %d are kept", ok, len(x.open))
	}
}
