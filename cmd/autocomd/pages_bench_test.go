package main

import (
	"cmp"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"autocom/office"
	"autocom/provision"
)

// BenchmarkEveryPageOf500Phones asks a box of 500 registered phones, with an object of most
// kinds, for everything that can be read, as an administrator: the median time in the
// server of all pages (p50-ms), of the slowest one (slowest-ms), and of the API. The bar of
// the project is 30 ms for a page. On a busy machine look at p50.
func BenchmarkEveryPageOf500Phones(b *testing.B) {
	d := whole(b, nil, func(c *config) {
		c.Phones.Extensions, c.Phones.NewPerMinute, c.Phones.NewPerDay, c.Phones.OpenReservations = "2001-2600", 10000, 10000, 1000
	})
	settle(b, d, 500)
	registered := 0
	for _, x := range d.office.Devices() {
		for _, l := range x.Lines {
			if _, err := d.office.Apply(b.Context(), office.Registered{SIPUser: x.SIPUser(l.N)}); err != nil {
				b.Fatal(err)
			}
			registered++
		}
	}
	if registered < 500 {
		b.Fatalf("%d phones registered", registered)
	}
	in := cookies(b, d)["admin"]
	ids := map[string]string{
		"phones": provision.MAC{0x00, 0x15, 0x65, 0xaa, 0, 0}.String(), "devices": provision.MAC{0x00, 0x15, 0x65, 0xaa, 0, 0}.String(),
		"people": "awa", "groups": "sales", "queues": "sav", "conferences": "room", "prompts": "hello", "numbers": "2001", "settings": "recording", "changes": "1", "agents": "2001",
	}
	took := map[string][]time.Duration{}
	for b.Loop() {
		for _, route := range d.portal.Routes() {
			if route.Method != http.MethodGet || strings.Contains(route.Path, "/events") || route.Path == "/ws" {
				continue
			}
			parts := strings.Split(strings.TrimPrefix(strings.TrimPrefix(route.Path, "/api/v1/"), "/ui/"), "/")
			path := inPath.ReplaceAllStringFunc(route.Path, func(name string) string {
				return cmp.Or(map[string]string{"{$}": "", "{tag}": "fr"}[name], ids[parts[0]])
			})
			r := httptest.NewRequest("GET", path, nil)
			r.Header.Set("Cookie", in)
			w := httptest.NewRecorder()
			began := time.Now()
			d.portal.ServeHTTP(w, r)
			if w.Code == http.StatusOK {
				took[route.Path] = append(took[route.Path], time.Since(began))
			}
		}
	}
	type line struct {
		path string
		p50  time.Duration
	}
	var pages, api []line
	for path, all := range took {
		slices.Sort(all)
		l := line{path, all[len(all)/2]}
		if strings.HasPrefix(path, "/api/") {
			api = append(api, l)
		} else {
			pages = append(pages, l)
		}
	}
	report := func(what string, lines []line) {
		slices.SortFunc(lines, func(a, b line) int { return cmp.Or(cmp.Compare(a.p50, b.p50), cmp.Compare(a.path, b.path)) })
		ms := func(l line) float64 { return float64(l.p50.Microseconds()) / 1000 }
		b.ReportMetric(ms(lines[len(lines)/2]), what+"-p50-ms")
		b.ReportMetric(ms(lines[len(lines)-1]), what+"-slowest-ms")
		for _, l := range lines[max(0, len(lines)-8):] {
			b.Logf("%s: %s %.1f ms", what, l.path, ms(l))
		}
	}
	report("page", pages)
	report("api", api)
	b.ReportMetric(0, "ns/op") // of all together: it says nothing
}
