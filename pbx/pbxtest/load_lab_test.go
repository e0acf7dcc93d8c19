//go:build lab

package pbxtest_test

import (
	"context"
	"encoding/csv"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/menu"
	"autocom/pbx/pbxtest"
	"autocom/pbx/queue"
	"autocom/pbx/report"
)

// load is how long calls arrive; `make load` gives five minutes.
var load = flag.Duration("load", 45*time.Second, "how long the call centre is loaded")

// callsAMinute arrive, and so many people take them.
const (
	callsAMinute = 100
	people       = 18
)

// SIPp calls through the menu into the queue; every call is answered, and the report says
// what the generator and the agents counted themselves.
func TestACallCentreUnderLoad(t *testing.T) {
	if _, err := exec.LookPath("sipp"); err != nil {
		t.Fatal("sipp is missing: apt install sip-tester")
	}
	numbers := []string{"201"}
	var members []queue.Member
	for i := range people {
		n := strconv.Itoa(301 + i)
		numbers, members = append(numbers, n), append(members, queue.Member{Number: n})
	}
	plan := pbxtest.Plan(numbers...)
	pbxtest.Put(&plan, queue.Kind, "help", "620", "Aide", map[string]any{"members": members, "strategy": queue.LeastRecent, "ring": 15, "retry": 1, "position": false})
	pbxtest.Put(&plan, menu.Kind, "door", "610", "Accueil", menu.Menu{Keys: map[string]pbx.Destination{"1": {Kind: queue.Kind, ID: "help"}}, Digits: 2, Wait: 5, Tries: 3})
	w := pbxtest.Open(t, plan)

	pbxtest.Scenario(t, "a hundred calls a minute go through menu and queue to agents, none fails, and the report counts as the generator does", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), *load+90*time.Second)
		defer cancel()
		var taken atomic.Int64
		var working sync.WaitGroup
		over, stop := context.WithCancel(ctx)
		for _, m := range members {
			a := w.Agent(m.Number)
			working.Go(func() {
				for {
					in, err := a.Ring(over)
					if err != nil {
						return
					}
					c, err := in.Answer(ctx)
					if err != nil {
						t.Errorf("%s cannot answer: %v", a, err)
						return
					}
					taken.Add(1)
					select {
					case <-c.Done():
					case <-ctx.Done():
					}
					c.Hangup(ctx)
				}
			})
		}
		began := time.Now().Add(-time.Second)
		calls := max(1, int(*load*callsAMinute/time.Minute))
		good, bad := sipp(ctx, t, w, calls)
		stop()
		working.Wait()
		t.Logf("%d calls succeeded, %d failed, agents took %d; Asterisk: %s", good, bad, taken.Load(), memory(t, w.PID()))
		if good != calls || bad != 0 || int(taken.Load()) != calls {
			t.Errorf("%d calls were asked for", calls)
		}
		var row report.QueueRow
		pbxtest.Eventually(t, 10*time.Second, func() error {
			log, err := os.ReadFile(filepath.Join(w.Data(), "asterisk-state/log/queue_log"))
			if err != nil {
				return err
			}
			rows := report.Queues(report.Read(string(log)), report.Options{From: began, To: time.Now().Add(time.Minute), Queue: "help"})
			if len(rows) != 1 {
				return fmt.Errorf("the report has %d rows", len(rows))
			}
			if row = rows[0]; row.Waiting > 0 {
				return fmt.Errorf("%d callers wait still", row.Waiting)
			}
			return nil
		})
		if row.Offered != calls || row.Answered != calls || row.Abandoned+row.AbandonedShort+row.TimedOut+row.Lost+row.Refused > 0 {
			t.Errorf("the report says %+v", row)
		}
		t.Logf("waits: %.1f s on average, %d s at most; talk %.1f s on average", row.WaitAnswered, row.WaitLongest, row.TalkAverage)
		pbxtest.Eventually(t, 10*time.Second, func() error {
			if n, err := w.Manager().Channels(ctx); err != nil || n > 0 {
				return fmt.Errorf("%d channels are left, %v", n, err)
			}
			return nil
		})
	})
}

// sipp makes calls to the menu, evenly spread, and gives its own count.
func sipp(ctx context.Context, t *testing.T, w *pbxtest.World, calls int) (good, bad int) {
	t.Helper()
	dir := t.TempDir()
	e := w.Plan().Endpoints[0]
	users := filepath.Join(dir, "users.csv")
	if err := os.WriteFile(users, fmt.Appendf(nil, "SEQUENTIAL\n%s;[authentication username=%s password=%s]\n", e.ID, e.ID, e.Secret), 0o600); err != nil {
		t.Fatal(err)
	}
	scenario, err := filepath.Abs("testdata/menu.sipp.xml")
	if err != nil {
		t.Fatal(err)
	}
	here := w.Free().String()
	cmd := exec.CommandContext(ctx, "sipp", pbxtest.Box+":5060", "-sf", scenario, "-inf", users, "-s", "610", "-i", here, "-mi", here, "-p", "5060",
		"-m", strconv.Itoa(calls), "-r", strconv.Itoa(callsAMinute), "-rp", "60000", "-nostdin",
		"-trace_stat", "-stf", "stat.csv", "-trace_err", "-error_file", "errors.log")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TERM=dumb")
	out, ended := cmd.CombinedOutput()
	f, err := os.Open(filepath.Join(dir, "stat.csv"))
	if err != nil {
		t.Fatalf("sipp: %v, %v\n%s", ended, err, out)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.FieldsPerRecord = ';', -1
	rows, err := r.ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("sipp's count: %v", err)
	}
	count := func(name string) int {
		i := slices.Index(rows[0], name)
		if i < 0 {
			t.Fatalf("sipp does not count %s", name)
		}
		n, err := strconv.Atoi(rows[len(rows)-1][i])
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if ended != nil {
		what, _ := os.ReadFile(filepath.Join(dir, "errors.log"))
		t.Logf("sipp: %v\n%s", ended, what[:min(len(what), 3000)])
	}
	return count("SuccessfulCall(C)"), count("FailedCall(C)")
}

// memory is what a process holds.
func memory(t testing.TB, pid int) string {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if v, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			return strings.TrimSpace(v)
		}
	}
	return "?"
}
