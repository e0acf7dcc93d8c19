package portal

import (
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The grammar of a line of the text format: https://prometheus.io/docs/instrumenting/exposition_formats/
var exposition = regexp.MustCompile(`^(# HELP [a-z_]+ [^\n]+|# TYPE [a-z_]+ (gauge|counter)|[a-z_]+(\{[a-z_]+="([^"\\\n]|\\["\\n])*"(,[a-z_]+="([^"\\\n]|\\["\\n])*")*\})? [0-9.e+-]+)$`)

func TestMetrics(t *testing.T) {
	_, p := desk(t)
	p.LiveCalls = func() []LiveCall { return []LiveCall{{State: "ring"}, {State: "answer"}, {State: "answer"}} }
	p.Metrics = func() []Metric {
		return []Metric{{Name: "autocom_dropped_total", Help: "Lost.", Counter: true, Samples: []Sample{{[]string{"what", "a\"b\\c\nd\xff", "part", "x"}, 1e9}}}}
	}
	for _, path := range []string{"/metrics", "/api/v1/metrics"} {
		w := asked1(p, path)
		if w.Code != 200 || w.Header().Get("Content-Type") != "text/plain; version=0.0.4; charset=utf-8" {
			t.Fatalf("%s: %d %s", path, w.Code, w.Header())
		}
		lines := strings.Split(strings.TrimSuffix(w.Body.String(), "\n"), "\n")
		for _, l := range lines {
			if !exposition.MatchString(l) {
				t.Errorf("%s: %q is no line of the format", path, l)
			}
		}
		for _, want := range []string{
			"autocom_ready 1", `autocom_devices{state="allocated"} 1`, `autocom_devices{state="lost"} 0`, `autocom_calls{state="answer"} 2`, "# TYPE autocom_calls gauge",
			"# TYPE autocom_dropped_total counter", `autocom_dropped_total{what="a\"b\\c\nd?",part="x"} 1e+09`,
		} {
			if !strings.Contains(w.Body.String(), want+"\n") {
				t.Errorf("%s: no %s in\n%s", path, want, w.Body)
			}
		}
	}
	r := httptest.NewRequest("GET", "/metrics", nil)
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	if w.Code != 401 || strings.Contains(w.Body.String(), "autocom_") {
		t.Errorf("nobody: %d %s", w.Code, w.Body)
	}
	if diff := cmp.Diff("/metrics", r.URL.Path); diff != "" {
		t.Errorf("the request was changed: %s", diff)
	}
}
