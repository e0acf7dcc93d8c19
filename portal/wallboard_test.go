package portal

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestWhatAMemberDoes(t *testing.T) {
	ago := func(s int) time.Time { return noon.Add(-time.Duration(s) * time.Second) }
	for name, tt := range map[string]struct {
		m     liveMember
		want  string
		until time.Time
	}{
		"free":                              {liveMember{State: "free"}, ready, time.Time{}},
		"free, long after the last call":    {liveMember{State: "free", LastCall: ago(16)}, ready, time.Time{}},
		"free, just after a call":           {liveMember{State: "free", LastCall: ago(6)}, wrapping, ago(-9)},
		"asks for more time after the call": {liveMember{State: "free", Paused: true, Reason: "wrapup"}, wrapping, time.Time{}},
		"paused, on a call of their own":    {liveMember{State: "busy", Paused: true, Reason: "repas"}, paused, time.Time{}},
		"with a caller":                     {liveMember{State: "free", InCall: true}, talking, time.Time{}},
		"on the phone otherwise":            {liveMember{State: "held"}, talking, time.Time{}},
		"rung":                              {liveMember{State: "ringing"}, ringing, time.Time{}},
		"without a phone":                   {liveMember{State: "absent"}, away, time.Time{}},
		"not heard of":                      {liveMember{State: "unknown"}, away, time.Time{}},
	} {
		if got, until := doing(tt.m, 15*time.Second, noon); got != tt.want || !until.Equal(tt.until) {
			t.Errorf("%s: %s until %v, want %s until %v", name, got, until, tt.want, tt.until)
		}
	}
}

func TestTheBoardCounts(t *testing.T) {
	_, p, _, _ := openBusy(t)
	all, _ := p.boards(t.Context(), "en")
	type line struct {
		Name             string
		Waiting, Longest int
		Mark             string
		Agents           map[string]int
	}
	var got []line
	for _, b := range all {
		got = append(got, line{b.Name, b.Waiting, b.Longest, b.Mark, b.Agents})
	}
	want := []line{
		{"Accueil", 2, 47, "bad", map[string]int{talking: 1, ready: 1, paused: 1, wrapping: 1}},
		{"Service après-vente", 0, 0, "good", map[string]int{ready: 1, ringing: 1, away: 1}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	// The day's figures are those of the report of the whole day.
	for _, b := range all {
		r, err := p.History.Report(t.Context(), "queues", ReportQuery{From: p.midnight(), To: p.midnight().AddDate(0, 0, 1), Queue: b.ID})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := as[[]struct {
			Answered, Abandoned int
			Level               float64 `json:"service_level"`
		}](r.Rows)
		if err != nil || len(rows) != 1 {
			t.Fatal(rows, err)
		}
		level, ok := b.Day.level()
		if b.Day.Answered != rows[0].Answered || b.Day.Abandoned != rows[0].Abandoned || !ok || level-rows[0].Level > .06 || rows[0].Level-level > .06 || rows[0].Answered == 0 {
			t.Errorf("%s: %+v at %.2f %%, the report has %+v", b.ID, b.Day, level, rows[0])
		}
	}
}

func TestTheWallboardIsReadable(t *testing.T) {
	d, p, srv, c := openBusy(t)
	for lang, says := range map[string][]string{
		"fr": {"en attente", "attente la plus longue", "disponibles", "post-appel", "objectif 80\u00a0%", "objectif 95\u00a0%", `<path d="M95 0v4"/>`, "Aujourd&#39;hui, par quart d&#39;heure", "0:47", "12:00"},
		"en": {"waiting", "longest wait", "ready", "wrap-up", "target 80%", "target 95%", "Today, by the quarter of an hour", "0:47"},
	} {
		code, h, body := get(t, c, "GET", srv.URL+"/ui/wallboard", "Accept-Language", lang)
		for _, s := range append(says, "<noscript><meta http-equiv=\"refresh\"", "Service après-vente", "Bureau &lt;Douala&gt;") {
			if !strings.Contains(body, s) {
				t.Errorf("%s: %q is not on the board", lang, s)
			}
		}
		if code != 200 || strings.Contains(body, "<nav") || strings.Contains(body, "style=") || strings.Contains(h.Get("Content-Security-Policy"), "unsafe") {
			t.Errorf("%s: %d, a menu or a style", lang, code)
		}
	}
	// A queue that Asterisk does not have, and a box that keeps no records.
	d.queues, p.History = d.queues[:1], nil
	p.day = dayFigures[queueFigures]{}
	if code, _, body := get(t, c, "GET", srv.URL+"/ui/wallboard", "Accept-Language", "fr"); code != 200 || strings.Count(body, "Le standard ne répond pas.") != 1 {
		t.Errorf("%d\n%s", code, body)
	}
}

// followPage opens the stream of a page and gives its pieces.
func followPage(t *testing.T, c *http.Client, url string) <-chan put {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Language", "en")
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	if resp.StatusCode != 200 {
		t.Fatalf("the stream: %d", resp.StatusCode)
	}
	out := make(chan put, 100)
	go func() {
		defer close(out)
		lines := bufio.NewScanner(resp.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if text, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				var x put
				if json.Unmarshal([]byte(text), &x) == nil {
					out <- x
				}
			}
		}
	}()
	return out
}

// untilPut waits for a piece that has a text in it.
func untilPut(t *testing.T, pieces <-chan put, id, has string) {
	t.Helper()
	late := time.After(20 * time.Second)
	for {
		select {
		case x, ok := <-pieces:
			if !ok {
				t.Fatal("the stream ended")
			}
			if x.ID == id && strings.Contains(x.HTML, has) {
				return
			}
		case <-late:
			t.Fatalf("no piece %s with %q", id, has)
		}
	}
}

func TestTheOpenWallboardFollows(t *testing.T) {
	d, _, srv, c := openBusy(t)
	pieces := followPage(t, c, srv.URL+"/ui/events/now?page=wallboard")
	untilPut(t, pieces, "queue-accueil", `<li class="wait"><b>1</b><span>paused</span></li>`)
	if err := d.Agent(t.Context(), "pause", "202", "accueil", "repas"); err != nil {
		t.Fatal(err)
	}
	untilPut(t, pieces, "queue-accueil", `<li class="wait"><b>2</b><span>paused</span></li>`)
	// What time alone changes comes without an event.
	d.mu.Lock()
	d.queues[0].Callers[0].Wait = 48
	d.mu.Unlock()
	untilPut(t, pieces, "queue-accueil", "0:48")
}

// Each queue is held against its own target, and a sum against those of its calls.
func TestServiceTargets(t *testing.T) {
	for _, tt := range []struct {
		level, target float64
		mark          string
	}{{80, 80, "good"}, {79.9, 80, "wait"}, {69, 80, "bad"}, {80, 95, "bad"}, {85, 95, "wait"}, {50, 50, "good"}, {100, 100, "good"}} {
		if got := serviceMark(tt.level, tt.target); got != tt.mark {
			t.Errorf("%v of %v: %s, want %s", tt.level, tt.target, got, tt.mark)
		}
	}
	var s sums
	if s.target() != usualTarget {
		t.Errorf("no calls: %v", s.target())
	}
	a := aims{"sav": 95}
	s.add(queueFigures{Queue: "sav", Offered: 30, Answered: 30, InTime: 30}, a.of("sav"))
	s.add(queueFigures{Queue: "gone", Offered: 12, Answered: 8, AbandonedShort: 1, Lost: 1}, a.of("gone"))
	if got, want := s.target(), (30*95+10*80)/40.; got != want {
		t.Errorf("target of both %v, want %v", got, want)
	}
	if level, ok := s.level(); !ok || level != 75 || s.Counted != 40 {
		t.Errorf("level %v, %+v", level, s)
	}
}
