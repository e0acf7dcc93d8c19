//go:build lab

package lab

import (
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"autocom/phonesim"
)

// The power comes back in a whole site: everybody boots within two seconds, and the
// box boots with them.
//
// In words: after a power cut five hundred phones and the box start together, and all are there again.
func TestFiveHundredPhonesAfterAPowerCut(t *testing.T) {
	const n = 500
	o := open(t, large)
	o.ready(60 * time.Second)
	phones := make([]*phonesim.Phone, n)
	for i := range phones {
		phones[i] = phonesim.NewYealink(net.HardwareAddr{0x80, 0x5e, 0xc0, 5, byte(i >> 8), byte(i)})
		if i%3 == 2 {
			phones[i] = phonesim.NewSnom(net.HardwareAddr{0x00, 0x04, 0x13, 5, byte(i >> 8), byte(i)})
		}
		t.Cleanup(func() { o.wire.Unplug(phones[i]) })
	}
	took := o.everybody(phones, 10*time.Second)
	t.Logf("%d new phones, plugged in within 10 s, were registered %.1f s after the first", n, took.Seconds())
	t.Logf("autocomd has %d MB resident", o.daemon.resident()>>20)
	new := toldAfter(phones)
	t.Logf("SUBSCRIBE to NOTIFY of new phones: median %v, longest %v", new[len(new)/2], new[len(new)-1])
	accounts := map[*phonesim.Phone]phonesim.Account{}
	for _, p := range phones {
		accounts[p], _ = p.Account()
		if err := o.wire.Unplug(p); err != nil {
			t.Fatal(err)
		}
	}
	if t.Failed() {
		t.Fatal(o.daemon.log())
	}

	o.daemon.kill()
	o.asterisk().Kill()
	o.asterisk().Restart()
	o.daemon = startDaemon(t, o)
	o.ready(30 * time.Second)
	took = o.everybody(phones, 2*time.Second)
	memory := o.daemon.resident()
	t.Logf("%d phones after a power cut, plugged in within 2 s: the last was registered %.1f s after the first; autocomd has %d MB resident",
		n, took.Seconds(), memory>>20)
	if took > 30*time.Second {
		t.Errorf("all were registered after %v, want under 30 s", took)
	}
	if memory > 60<<20 {
		t.Errorf("autocomd has %d MB resident, want under 60", memory>>20)
	}
	for p, before := range accounts {
		if after, _ := p.Account(); after != before { // number and password
			t.Errorf("%s had number %s and has %s, or another password", p, before.Label, after.Label)
		}
	}
	o.talk(phones[0], phones[n-1])
}

// toldAfter is how long each phone waited for the answer to its SUBSCRIBE, sorted.
func toldAfter(phones []*phonesim.Phone) []time.Duration {
	var out []time.Duration
	for _, p := range phones {
		for _, m := range p.Marks() {
			if m.What == phonesim.Told {
				out = append(out, m.Took)
			}
		}
	}
	slices.Sort(out)
	return out
}

// everybody plugs in all phones within a time and gives how long it took until the
// last was registered.
func (o *office) everybody(phones []*phonesim.Phone, within time.Duration) time.Duration {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(o.t.Context(), 3*time.Minute)
	defer cancel()
	var all sync.WaitGroup
	start := time.Now()
	for i, p := range phones {
		all.Go(func() {
			time.Sleep(time.Duration(i) * within / time.Duration(len(phones)))
			for _, step := range []func(context.Context) error{
				func(ctx context.Context) error { return o.wire.Plug(ctx, p) }, p.Provision, p.Register,
			} {
				if err := step(ctx); err != nil {
					o.t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	return time.Since(start)
}

// resident is the memory of autocomd in bytes (VmRSS of proc_pid_status(5)).
func (d *daemon) resident() int {
	d.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.cmd.Process.Pid))
	if err != nil {
		d.t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kB, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
			if err != nil {
				d.t.Fatal(err)
			}
			return kB << 10
		}
	}
	d.t.Fatal("no VmRSS of autocomd")
	return 0
}
