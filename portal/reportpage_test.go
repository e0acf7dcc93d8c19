package portal

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"autocom/pbx/report"
)

func TestReports(t *testing.T) {
	_, _, srv, c := openBusy(t)
	for _, tt := range []struct {
		name, query, lang string
		code              int
		says              []string
	}{
		{"today in French", "", "fr", 200, []string{"lundi 4 mai", "Heure par heure", "Niveau de service", "Part des appels répondus à temps parmi les appels présentés", "CSV par heure", "Les mêmes nombres en tableau"}},
		{"today in English", "", "en", 200, []string{"Monday 4 May", "Hour by hour", "Service level", "Calls answered in time, of all offered calls", "Service après-vente"}},
		{"last week, day by day", "period=lastweek", "en", 200, []string{"Monday 27 April to Sunday 3 May", "Day by day", "CSV by day"}},
		{"one queue", "queue=sav", "en", 200, []string{"Service après-vente"}},
		{"agents", "of=agents", "fr", 200, []string{"Agent par agent", "203 Awa &lt;Ngo&gt;", "repas 21\u00a0min\u00a000\u00a0s", "Occupation", "Ce que chaque nombre veut dire", "hors post-appel"}},
		{"days of one's own", "period=days&from=2026-05-01&to=2026-05-02", "fr", 200, []string{"du vendredi 1 mai au samedi 2 mai", `<option value="days" selected>`}},
		{"a day that was changed by hand", "period=today&was=2026-05-04+2026-05-04&from=2026-05-01&to=2026-05-04", "en", 200, []string{"Friday 1 May to Monday 4 May", `<option value="days" selected>`}},
		{"nothing happened", "period=days&from=2020-01-01&to=2020-01-02", "fr", 200, []string{"Aucun appel dans cette période."}},
		{"days in the wrong order", "period=days&from=2026-05-02&to=2026-05-01", "fr", 400, []string{"Le premier jour est avant le dernier"}},
		{"too long", "period=days&from=2020-05-02&to=2026-05-01", "en", 400, []string{"400 days at most"}},
		{"no days", "period=days", "en", 400, []string{"Choose a first and a last day."}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, _, body := get(t, c, "GET", srv.URL+"/ui/reports?"+tt.query, "Accept-Language", tt.lang)
			if code != tt.code {
				t.Errorf("%d, want %d", code, tt.code)
			}
			for _, s := range tt.says {
				if !strings.Contains(body, s) {
					t.Errorf("%q is not on the page", s)
				}
			}
			if strings.Contains(body, "style=") {
				t.Error("a style is in the page")
			}
		})
	}
}

// The figures of the page are those of the API, and the bars those of the table.
func TestAReportSaysWhatTheAPISays(t *testing.T) {
	_, _, srv, c := openBusy(t)
	_, _, text := get(t, c, "GET", srv.URL+"/api/v1/reports/queues?from=2026-05-04&to=2026-05-04")
	var api struct{ Rows []queueFigures }
	if err := json.Unmarshal([]byte(text), &api); err != nil || len(api.Rows) != 2 {
		t.Fatal(err, text)
	}
	offered, answered := 0, 0
	for _, r := range api.Rows {
		offered, answered = offered+r.Offered, answered+r.Answered
	}
	_, _, page := get(t, c, "GET", srv.URL+"/ui/reports", "Accept-Language", "en")
	for _, s := range []string{fmt.Sprintf("<dt>Offered</dt><dd>%d</dd>", offered), fmt.Sprintf("<dt>Answered</dt><dd>%d</dd>", answered)} {
		if !strings.Contains(page, s) {
			t.Errorf("%q is not on the page", s)
		}
	}
	sum := 0
	for _, m := range regexp.MustCompile(`<tr><th scope="row">\d+:00</th><td class="n">(\d+)</td>`).FindAllStringSubmatch(page, -1) {
		n := 0
		fmt.Sscan(m[1], &n)
		sum += n
	}
	if sum != offered {
		t.Errorf("the hours have %d calls together, want %d", sum, offered)
	}
	for _, m := range regexp.MustCompile(`href="(/api/v1/reports/[^"]*)"`).FindAllStringSubmatch(page, -1) {
		if code, _, _ := get(t, c, "GET", srv.URL+strings.ReplaceAll(m[1], "&amp;", "&")); code != 200 {
			t.Errorf("%s: %d", m[1], code)
		}
	}
}

func TestEveryFigureHasAName(t *testing.T) {
	for _, f := range slices.Concat(report.QueueFigures, report.AgentFigures) {
		if n := figureNames[f.ID]; n.FR == "" || n.EN == "" {
			t.Errorf("%s has no short name", f.ID)
		}
	}
	for _, tt := range [][3]string{{"12.4", "seconds", "12\u00a0s"}, {"3725", "seconds", "1\u00a0h\u00a002\u00a0min"}, {"81.6", "percent", "82\u00a0%"}, {"null", "percent", "–"}, {"7", "calls", "7"}, {`{"wrapup":61,"repas":5}`, "seconds", "repas 5\u00a0s, suite du dernier appel 1\u00a0min\u00a001\u00a0s"}, {"{}", "seconds", "–"}} {
		if got := figureText(json.RawMessage(tt[0]), tt[1], "fr"); got != tt[2] {
			t.Errorf("%s %s: %q, want %q", tt[0], tt[1], got, tt[2])
		}
	}
}
