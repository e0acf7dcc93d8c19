package main

import (
	"cmp"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"golang.org/x/sys/unix"

	"autocom/office"
	"autocom/provision"
)

// fullHouse is a box of 500 registered phones with an object of most kinds, and the ids to
// ask for by the name of their collection.
func fullHouse(t testing.TB) (*daemon, map[string]string) {
	t.Helper()
	d := whole(t, nil, func(c *config) {
		c.Phones.Extensions, c.Phones.NewPerMinute, c.Phones.NewPerDay, c.Phones.OpenReservations = "2001-2600", 10000, 10000, 1000
	})
	settle(t, d, 500)
	registered := 0
	for _, x := range d.office.Devices() {
		for _, l := range x.Lines {
			if _, err := d.office.Apply(t.Context(), office.Registered{SIPUser: x.SIPUser(l.N)}); err != nil {
				t.Fatal(err)
			}
			registered++
		}
	}
	if registered < 500 {
		t.Fatalf("%d phones registered", registered)
	}
	phone := provision.MAC{0x00, 0x15, 0x65, 0xaa, 0, 0}.String()
	return d, map[string]string{
		"phones": phone, "devices": phone, "people": "awa", "groups": "sales", "queues": "sav", "conferences": "room",
		"prompts": "hello", "numbers": "2001", "settings": "recording", "changes": "1", "agents": "2001",
	}
}

// asked is the path of a route for the objects of a full house.
func asked(pattern string, ids map[string]string) string {
	parts := strings.Split(strings.TrimPrefix(strings.TrimPrefix(pattern, "/api/v1/"), "/ui/"), "/")
	return inPath.ReplaceAllStringFunc(pattern, func(name string) string {
		return cmp.Or(map[string]string{"{$}": "", "{tag}": "fr"}[name], ids[parts[0]])
	})
}

// spent is what a request took: by the clock, and of the processor, in all threads. Only the
// second says something on a busy machine.
type spent struct{ clock, cpu time.Duration }

// processor is the time that this process has had of it (clock_gettime(2)).
func processor() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

// middle is the median by the clock, and the mean of the processor: a kernel may count that
// in steps longer than a page.
func middle(all []spent) spent {
	clock, cpu := make([]time.Duration, len(all)), time.Duration(0)
	for i, s := range all {
		clock[i], cpu = s.clock, cpu+s.cpu
	}
	slices.Sort(clock)
	return spent{clock[len(clock)/2], cpu / time.Duration(len(all))}
}

// BenchmarkEveryPageOf500Phones asks a box of 500 registered phones, with an object of most
// kinds, for everything that can be read, as an administrator. Before each round somebody
// changes a group, so that no page is one of the same plan as the round before. It prints
// what each page took; the bar of the project is 30 ms of server time for the page in
// the middle.
func BenchmarkEveryPageOf500Phones(b *testing.B) {
	d, ids := fullHouse(b)
	in := cookies(b, d)["admin"]
	took := map[string][]spent{}
	round := 0
	for b.Loop() {
		round++
		group := thing("group", "sales", "610", fmt.Sprintf(`{"members":["2001","2002"],"ring":%d}`, 10+round%50))
		if _, err := d.office.Apply(b.Context(), office.PutObject{Object: group, By: "admin"}); err != nil {
			b.Fatal(err)
		}
		for _, route := range d.portal.Routes() {
			if route.Method != http.MethodGet || strings.Contains(route.Path, "/events") || route.Path == "/ws" {
				continue
			}
			r := httptest.NewRequest("GET", asked(route.Path, ids), nil)
			r.Header.Set("Cookie", in)
			w := httptest.NewRecorder()
			began, had := time.Now(), processor()
			d.portal.ServeHTTP(w, r)
			if w.Code == http.StatusOK {
				took[route.Path] = append(took[route.Path], spent{time.Since(began), processor() - had})
			}
		}
	}
	var pages, api []spentOn
	for path, all := range took {
		if x := (spentOn{path, middle(all)}); strings.HasPrefix(path, "/api/") {
			api = append(api, x)
		} else {
			pages = append(pages, x)
		}
	}
	tell(b, "page", pages)
	tell(b, "api", api)
	b.ReportMetric(0, "ns/op") // of all together: it says nothing
}

// spentOn is what a page took.
type spentOn struct {
	path string
	spent
}

// tell prints every page, the slowest first, and reports the middle and the end.
func tell(b *testing.B, what string, list []spentOn) {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	slices.SortFunc(list, func(a, b spentOn) int { return cmp.Or(cmp.Compare(b.clock, a.clock), cmp.Compare(a.path, b.path)) })
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "\n%d rounds\tclock (median)\tprocessor (mean)\t\n", b.N)
	for _, x := range list {
		fmt.Fprintf(w, "%s\t%.1f ms\t%.1f ms\t\n", x.path, ms(x.clock), ms(x.cpu))
	}
	w.Flush()
	b.ReportMetric(ms(list[len(list)/2].clock), what+"-p50-ms")
	b.ReportMetric(ms(list[0].clock), what+"-slowest-ms")
}
