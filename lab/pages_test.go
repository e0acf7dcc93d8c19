//go:build lab

package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"autocom/pbx/pbxtest"
	"autocom/phonesim"
	"autocom/portal/browsertest"
)

// settles is how long an open page may be behind the box, on a machine that is busy with 500
// phones and a browser: less than the stream's heartbeat, which draws the page anew too.
const settles = 10 * time.Second

// mostMemory is what autocomd may have resident on a box of 500 phones whose portal is in use.
const mostMemory = 80 << 20

// The pages of the phones are open while a whole site comes: five hundred phones, of which
// each is seen, gets its number, fetches its settings and registers within ten seconds.
//
// In words: while five hundred phones come within ten seconds, the open pages follow, and show each as it is at the end.
func TestOpenPagesFollowFiveHundredPhones(t *testing.T) {
	const n = 500
	o := open(t, large)
	o.ready(60 * time.Second)
	o.onLAN(netip.MustParsePrefix("10.60.0.2/16"))
	v := o.owner()
	o.daemon.end()
	o.calledBefore(pastCalls)
	o.daemon = startDaemon(t, o)
	o.ready(60 * time.Second)
	browser := browsertest.Open(t, browsertest.Options{Wait: time.Minute})
	window := browser.Page(browsertest.Visitor{Language: "en", Width: 360})
	window.Goto(v.base + "/ui/login")
	window.Fill("[name=name]", "admin")
	window.Fill("[name=password]", goodPassword)
	window.Press("Enter")
	window.Wait("#tabs")
	window.Goto(v.base + "/ui/phones")
	window.Wait("main #tabs")
	window.Eval(countsUpdates, nil)
	var open []*openPage
	for _, page := range []int{1, 4, 7, 10} { // fifty phones on each
		open = append(open, v.listen(t, fmt.Sprintf("/ui/phones?page=%d", page), fmt.Sprintf("/ui/events?page=%d", page)))
	}

	used, began := o.daemon.processor(), time.Now()
	phones := make([]*phonesim.Phone, n)
	for i := range phones {
		phones[i] = phonesim.NewYealink(net.HardwareAddr{0x80, 0x5e, 0xc0, 6, byte(i >> 8), byte(i)})
		t.Cleanup(func() { o.wire.Unplug(phones[i]) })
	}
	o.persevere(phones, 10*time.Second)
	registered := time.Now()
	pbxtest.Eventually(t, 2*time.Minute, func() error { // Asterisk tells, the office writes down
		if fresh := v.page(t, "/ui/phones"); strings.Count(fresh, `class="state good"`) != 50 || !strings.Contains(fresh, fmt.Sprintf(`<span class="count">%d<`, n)) {
			return errors.New("the box itself does not know yet that all are there")
		}
		return nil
	})
	came := time.Now()
	window.Until("fifty phones that are ready, of five hundred", `document.querySelectorAll("#rows > li .state.good").length === 50 && document.querySelector("#tabs [aria-current] .count").textContent === "500"`)
	late := time.Since(came)
	for _, p := range open {
		pbxtest.Eventually(t, time.Minute, func() error { return p.agrees(v.page(t, p.path)) })
	}
	cpu, took := o.daemon.processor()-used, time.Since(began)
	var seen struct{ Added, Removed, Busiest int }
	window.Eval(`window.updates`, &seen)
	puts, bursts, bytes := open[0].told()
	t.Logf("%d phones registered in %.1f s; the browser's page showed the end %.2f s after the box knew it", n, registered.Sub(began).Seconds(), late.Seconds())
	t.Logf("a stream: %d pieces in %d bursts, %d kB; in the browser %d rows came, %d went, at most %d in one second", puts, bursts, bytes>>10, seen.Added, seen.Removed, seen.Busiest)
	t.Logf("autocomd, with %d pages open, used the processor for %.1f s of %.1f s; %d MB resident", len(open)+1, cpu.Seconds(), took.Seconds(), o.daemon.resident()>>20)
	if late > settles {
		t.Errorf("the browser's page showed the end %v after the box knew it, want %v", late, settles)
	}
	// The first page draws fifty of two thousand changes or more, and no row more often than a burst.
	if most := int(took/(200*time.Millisecond)) + 10; bursts > most {
		t.Errorf("%d bursts in %v, want %d at most", bursts, took, most)
	}
	if errors := window.Errors(); len(errors) > 0 {
		t.Errorf("the page's console: %q", errors)
	}

	open = append(open, o.workingDay(v, phones[0].MAC.String())...)
	memory := o.daemon.resident()
	t.Logf("autocomd has %d MB resident with %d phones, 10 people logged in, %d pages open and %d calls in its records", memory>>20, n, len(open)+1, pastCalls)
	pbxtest.Eventually(t, time.Minute, func() error { // what a burst of logins took is given back by and by
		if memory := o.daemon.resident(); memory > mostMemory {
			return fmt.Errorf("autocomd has %d MB resident, want under %d", memory>>20, mostMemory>>20)
		}
		return nil
	})
	for _, p := range open {
		if err := p.broken(); err != nil {
			t.Errorf("%s: %v", p.path, err)
		}
	}
}

// persevere plugs in all phones within a time, and lets each try its steps again and again
// until it is registered, as real ones do.
func (o *office) persevere(phones []*phonesim.Phone, within time.Duration) {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(o.t.Context(), 5*time.Minute)
	defer cancel()
	var all sync.WaitGroup
	for i, p := range phones {
		all.Go(func() {
			time.Sleep(time.Duration(i) * within / time.Duration(len(phones)))
			for _, step := range []func(context.Context) error{
				func(ctx context.Context) error { return o.wire.Plug(ctx, p) }, p.Provision, p.Register,
			} {
				for err := step(ctx); err != nil; err = step(ctx) {
					if ctx.Err() != nil {
						o.t.Error(err)
						return
					}
					time.Sleep(time.Second)
				}
			}
		})
	}
	all.Wait()
	if o.t.Failed() {
		o.t.Fatal(o.daemon.log())
	}
}

// countsUpdates counts the elements that come and go in the list, and the busiest second.
const countsUpdates = `(() => {
	const u = window.updates = { Added: 0, Removed: 0, Busiest: 0 };
	let second = 0, here = 0;
	new MutationObserver(all => {
		const now = Math.floor(performance.now() / 1000);
		if (now !== second) { second = now; here = 0; }
		for (const m of all) { u.Added += m.addedNodes.length; u.Removed += m.removedNodes.length; here += m.addedNodes.length; }
		u.Busiest = Math.max(u.Busiest, here);
	}).observe(document.getElementById("rows"), { childList: true });
	return true;
})()`

// processor is the time that autocomd has had of it: utime and stime of proc_pid_stat(5), in
// ticks of 10 ms.
func (d *daemon) processor() time.Duration {
	d.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", d.cmd.Process.Pid))
	if err != nil {
		d.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest) // from the third on
	var ticks int
	for _, f := range fields[11:13] {
		n, err := strconv.Atoi(f)
		if err != nil {
			d.t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
