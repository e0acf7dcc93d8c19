package report

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write docs/reports.md")

// doc is docs/reports.md as the definitions make it.
func doc() []byte {
	var b bytes.Buffer
	b.WriteString(`# What the figures of reports mean

Made of pbx/report/figures.go by its test (-update); the API gives the same sentences with every report.

Reports are made of Asterisk's queue_log, which lies on the data partition and is written with autocomd stopped too. A call belongs to the hour and day in which it entered the queue, even when it ended later; logins and pauses are cut at the bounds of the period. Waits and talks are those that Asterisk measured, in whole seconds.
`)
	for _, part := range []struct {
		title string
		list  []Figure
	}{{"Queues · Files d’attente", QueueFigures}, {"Agents", AgentFigures}} {
		fmt.Fprintf(&b, "\n## %s\n\n| figure | unit | definition | définition |\n|---|---|---|---|\n", part.title)
		for _, f := range part.list {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.ID, f.Unit, f.EN, f.FR)
		}
	}
	return b.Bytes()
}

func TestTheDocumentSaysWhatTheFiguresMean(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "reports.md")
	if *update {
		if err := os.WriteFile(path, doc(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, doc()) {
		t.Error("docs/reports.md is not what figures.go says: go test ./pbx/report -update")
	}
}

func TestEveryFigureIsDefined(t *testing.T) {
	for _, c := range []struct {
		row  any
		list []Figure
		own  []string // what a row is about
	}{{QueueRow{}, QueueFigures, []string{"queue", "from"}}, {AgentRow{}, AgentFigures, []string{"agent", "from"}}} {
		defined := map[string]bool{}
		for _, f := range c.list {
			defined[f.ID] = true
			if !strings.HasSuffix(f.EN, ".") || !strings.HasSuffix(f.FR, ".") || f.Unit == "" {
				t.Errorf("%s: not a sentence in each language, or no unit", f.ID)
			}
		}
		for _, f := range c.own {
			defined[f] = true
		}
		for f := range reflect.TypeOf(c.row).Fields() {
			name := f.Tag.Get("json")
			if f.IsExported() && !defined[name] {
				t.Errorf("%s has no definition", name)
			}
			delete(defined, name)
		}
		for f := range defined {
			t.Errorf("%s is defined and in no row", f)
		}
	}
}

func read(t *testing.T, lines string) []Entry {
	t.Helper()
	var out []Entry
	for l := range strings.Lines(lines) {
		e, ok := Parse(strings.TrimSpace(l))
		if !ok {
			t.Fatalf("%q is not read", l)
		}
		out = append(out, e)
	}
	return out
}

// The box has no battery: it boots in 1970, and finds the time while a call waits.
func TestAClockThatJumps(t *testing.T) {
	log := read(t, `100|c.1|sav|NONE|ENTERQUEUE||201|1
		1795457753|c.1|sav|202|CONNECT|7|c.2|1
		1795457763|c.1|sav|202|COMPLETECALLER|7|10|1
		1795457800|c.3|sav|NONE|ENTERQUEUE||201|1
		1795450000|c.3|sav|NONE|ABANDON|1|1|1795450000`)
	rows := Queues(log, Options{From: time.Unix(0, 0), To: time.Unix(1<<31, 0)})
	if len(rows) != 1 || rows[0].Answered != 1 || rows[0].WaitLongest != 7 || rows[0].Talk != 10 || rows[0].AbandonedShort != 1 {
		t.Errorf("%+v", rows)
	}
}

func TestACallAcrossMidnight(t *testing.T) {
	log := read(t, `86390|c.1|sav|NONE|ENTERQUEUE||201|1
		86410|c.1|sav|202|CONNECT|20|c.2|1
		86500|c.1|sav|202|COMPLETECALLER|20|90|1`)
	first := Queues(log, Options{From: time.Unix(0, 0), To: time.Unix(86400, 0)})
	second := Queues(log, Options{From: time.Unix(86400, 0), To: time.Unix(2*86400, 0)})
	if len(first) != 1 || first[0].Answered != 1 || first[0].Talk != 90 || *first[0].ServiceLevel != 100 || len(second) != 0 {
		t.Errorf("%+v %+v", first, second)
	}
}

func TestLinesThatAreNone(t *testing.T) {
	for _, l := range []string{"", "x", "1|2|3|4", "-5|a|b|c|ABANDON", "1e9|a|b|c|ABANDON", "5|a|b|c|", "7|" + strings.Repeat("x", 5000) + "|q|a|ABANDON"} {
		if e, ok := Parse(l); ok {
			t.Errorf("%q is read as %+v", l, e)
		}
	}
}

// Two thousand calls of a month must not take long on a slow box.
func BenchmarkQueues(b *testing.B) {
	var log []Entry
	for i := range 20000 {
		for _, l := range []string{"%d|c.%d|sav|NONE|ENTERQUEUE||201|1", "%d|c.%d|sav|202|CONNECT|7|c.2|1", "%d|c.%d|sav|202|COMPLETECALLER|7|10|1"} {
			e, _ := Parse(fmt.Sprintf(l, i*60, i))
			log = append(log, e)
		}
	}
	for b.Loop() {
		Queues(log, Options{From: time.Unix(0, 0), To: time.Unix(1<<31, 0), Every: "day"})
	}
}
