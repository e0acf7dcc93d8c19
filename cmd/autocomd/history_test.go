package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/calls"
	"autocom/store"
)

// past is a /data directory where Asterisk would write, and who reads it.
type past struct {
	t       *testing.T
	data    string
	records *store.Records
	h       *history
	n       int // channels
	at      int // seconds
}

func newPast(t *testing.T) *past {
	p := &past{t: t, data: t.TempDir()}
	for _, d := range []string{"asterisk-state/log", "autocom", "recordings"} {
		if err := os.MkdirAll(filepath.Join(p.data, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	p.start()
	t.Cleanup(func() { p.records.Close() })
	return p
}

// start is autocomd's; stop is a power cut of it: nothing is said to anybody.
func (p *past) start() {
	var err error
	if p.records, err = store.OpenRecords(p.t.Context(), filepath.Join(p.data, "autocom", store.RecordsName)); err != nil {
		p.t.Fatal(err)
	}
	p.h = newHistory(p.records, p.data, func() pbx.Plan { return pbx.Plan{} }, slog.New(slog.NewTextHandler(io.Discard, nil)))
	p.h.now = func() time.Time { return time.Unix(1795457743+int64(p.at), 0) }
}

func (p *past) stop() {
	p.h.calls.close()
	p.h.queues.close()
	p.records.Close()
}

func (p *past) write(file, text string) {
	p.t.Helper()
	f, err := os.OpenFile(filepath.Join(p.data, "asterisk-state/log", file), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		p.t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		p.t.Fatal(err)
	}
}

// call gives the records of a call that lasts 5 s, in parts as they come.
func (p *past) call() []string {
	id := fmt.Sprintf("autocom-1795457743.%d", p.n)
	p.n++
	line := func(kind string, at int, exten, extra string) string {
		return fmt.Sprintf(`"ac1","%s","%d","1","","Awa","201","","","","%s","ac-ext","PJSIP/001565000001-1-%08d","","","%s","%s","","%s"`+"\n",
			kind, 1795457743+p.at+at, exten, p.n, id, id, strings.ReplaceAll(extra, `"`, `""`))
	}
	return []string{line("CHAN_START", 0, "202", ""), line("HANGUP", 5, "", `{"hangupcause":16}`), line("LINKEDID_END", 5, "", "")}
}

func (p *past) read() {
	p.t.Helper()
	if err := p.h.Read(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
}

func (p *past) kept() []calls.Call {
	p.t.Helper()
	all, err := p.records.Calls(p.t.Context(), store.CallFilter{})
	if err != nil {
		p.t.Fatal(err)
	}
	var out []calls.Call
	for _, s := range all {
		var c calls.Call
		if err := json.Unmarshal([]byte(s), &c); err != nil {
			p.t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}

// Asterisk writes, autocomd reads, and autocomd loses its power at any moment: each call
// and each line of queue_log is there once, whatever the logs were turned over meanwhile.
func TestEachCallIsKeptOnce(t *testing.T) {
	for seed := range uint64(6) {
		p := newPast(t)
		r := rand.New(rand.NewPCG(seed, 8))
		began, lines := 0, 0
		var open [][]string
		p.h.reopen = func(context.Context) error { return nil }
		for range 400 {
			p.at++
			switch r.IntN(10) {
			case 0, 1, 2, 3:
				c := p.call()
				p.write("calls.csv", c[0])
				open, began = append(open, c[1:]), began+1
			case 4, 5, 6:
				if len(open) > 0 {
					i := r.IntN(len(open))
					half := r.IntN(len(open[i][0]))
					p.write("calls.csv", open[i][0][:half])
					if r.IntN(3) == 0 {
						p.read()
					}
					p.write("calls.csv", open[i][0][half:]+open[i][1])
					open = append(open[:i], open[i+1:]...)
				}
			case 7:
				p.write("queue_log", fmt.Sprintf("%d|c.%d|sav|NONE|ENTERQUEUE||201|1\n", 1795457743+p.at, lines))
				lines++
			case 8:
				p.read()
			case 9:
				if r.IntN(2) == 0 {
					p.stop()
					p.start()
					p.h.reopen = func(context.Context) error { return nil }
				} else if p.h.calls.old == nil && p.h.calls.now != nil && p.h.queues.old == nil && p.h.queues.now != nil {
					for _, f := range []*feed{&p.h.calls, &p.h.queues} {
						if err := f.turn(); err != nil {
							t.Fatal(err)
						}
					}
				} else { // the grace of a rename is over
					for _, f := range []*feed{&p.h.calls, &p.h.queues} {
						if f.old != nil {
							f.turned = time.Time{}
							os.Chtimes(f.path+".1", time.Unix(0, 0), time.Unix(0, 0))
						}
					}
				}
			}
		}
		for _, c := range open {
			p.write("calls.csv", c[0]+c[1])
		}
		p.read()
		p.read()
		seen := map[string]int{}
		for _, c := range p.kept() {
			seen[c.ID]++
			if c.Cut || c.End.Sub(c.Start) <= 0 {
				t.Errorf("seed %d: half a call: %+v", seed, c)
			}
		}
		if len(seen) != began {
			t.Errorf("seed %d: %d calls are kept, %d were made", seed, len(seen), began)
		}
		got, err := p.records.QueueLog(t.Context(), time.Unix(0, 0), time.Unix(1<<40, 0))
		if err != nil || len(got) != lines {
			t.Errorf("seed %d: %d lines of queue_log are kept, %d were written, %v", seed, len(got), lines, err)
		}
		for i, l := range got {
			if !strings.Contains(l, fmt.Sprintf("|c.%d|", i)) {
				t.Fatalf("seed %d: line %d is %q", seed, i, l)
			}
		}
	}
}

// A card that is full keeps nothing for a while; when there is room again nothing is missing.
func TestRecordsThatCannotBeKept(t *testing.T) {
	p := newPast(t)
	p.write("calls.csv", strings.Join(p.call(), ""))
	p.read()
	p.records.Close()
	p.write("calls.csv", strings.Join(p.call(), ""))
	if p.h.Read(t.Context()) == nil {
		t.Fatal("records were kept in a closed file")
	}
	r, err := store.OpenRecords(t.Context(), filepath.Join(p.data, "autocom", store.RecordsName))
	if err != nil {
		t.Fatal(err)
	}
	p.records, p.h.records = r, r
	p.read()
	if n := len(p.kept()); n != 2 {
		t.Errorf("%d calls are kept, want 2", n)
	}
}

// Asterisk was killed in the middle of a call: when it runs and has no channel, the call is over.
func TestACallThatAsteriskForgot(t *testing.T) {
	p := newPast(t)
	p.h.idle = func(context.Context) bool { return true }
	p.write("calls.csv", p.call()[0])
	for range 3 {
		p.read()
	}
	if got := p.kept(); len(got) != 1 || !got[0].Cut {
		t.Errorf("%+v", got)
	}
}
