package portal

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/provision"
)

// BenchmarkSetUp asks for pages of an office of 500 phones and people.
func BenchmarkSetUp(b *testing.B) {
	f, p := desk(b)
	for n := 1000; n < 1500; n++ {
		mac, err := provision.ParseMAC(fmt.Sprintf("00:15:65:dd:%02x:%02x", n>>8, n&255))
		if err != nil {
			b.Fatal(err)
		}
		f.put(provision.Device{ID: mac.String(), MAC: mac, Verdict: provision.VerdictPhone, Allocation: provision.AllocationBound, Lines: []provision.Line{{N: 1, Number: fmt.Sprint(n)}}})
		f.shelf.all = append(f.shelf.all, pbx.Object{Kind: "person", ID: fmt.Sprint("p", n), Rev: 1, Name: fmt.Sprint("Person ", n), Body: json.RawMessage(fmt.Sprintf(`{"numbers":["%d"],"class":"mobile"}`, n))})
	}
	for n := range 50 {
		f.shelf.all = append(f.shelf.all, pbx.Object{Kind: "menu", ID: fmt.Sprint("m", n), Rev: 1, Name: "Menu", Number: fmt.Sprint(600 + n),
			Body: json.RawMessage(fmt.Sprintf(`{"keys":{"1":{"kind":"number","id":"%d"},"2":{"kind":"menu","id":"m%d"},"3":{"kind":"menu","id":"m%d"}}}`, 1000+n, (n+1)%50, (n*7)%50))})
	}
	srv := httptest.NewServer(p)
	defer srv.Close()
	login, err := stay(http.DefaultClient).PostForm(srv.URL+"/ui/login", url.Values{"name": {"admin"}, "password": {adminPassword}})
	if err != nil || len(login.Cookies()) == 0 {
		b.Fatal(login, err)
	}
	login.Body.Close()
	for _, path := range []string{"/ui/people", "/ui/people/p1200", "/ui/menus/m3", "/ui/groups/new", "/ui/menus/m3/delete", "/ui/settings"} {
		b.Run(path[4:], func(b *testing.B) {
			start := time.Now()
			for b.Loop() {
				r := httptest.NewRequest("GET", path, nil)
				for _, c := range login.Cookies() {
					r.AddCookie(c)
				}
				w := httptest.NewRecorder()
				p.ServeHTTP(w, r)
				if w.Code != 200 {
					b.Fatal(w.Code)
				}
				b.ReportMetric(float64(w.Body.Len()), "bytes")
			}
			b.ReportMetric(float64(time.Since(start).Milliseconds())/float64(b.N), "ms/page")
		})
	}
}
