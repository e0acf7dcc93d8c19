package main

import (
	"encoding/json"
	"maps"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"autocom/portal"
)

// metrics are the figures that only the daemon has.
func (d *daemon) metrics() []portal.Metric {
	number := func(v float64) []portal.Sample { return []portal.Sample{{Value: v}} }
	up := 0.0
	if d.exchange.Up() {
		up = 1
	}
	var heap runtime.MemStats
	runtime.ReadMemStats(&heap)
	out := []portal.Metric{
		{Name: "autocom_exchange_up", Help: "Whether Asterisk can be asked.", Samples: number(up)},
		{Name: "autocom_start_time_seconds", Help: "When autocomd began, in seconds since 1970.", Samples: number(float64(d.started.Unix()))},
		{Name: "autocom_store_commits_total", Help: "Commits of the state to the card since the box was new.", Counter: true, Samples: number(float64(d.office.Plan().Revision))},
		{Name: "autocom_dropped_total", Help: "Input that could not be followed, and was dropped.", Counter: true, Samples: d.dropped()},
		{Name: "autocom_counted_total", Help: "What was heard and answered since the start, by part and outcome.", Counter: true, Samples: d.tallies()},
		{Name: "process_resident_memory_bytes", Help: "Memory that autocomd occupies.", Samples: number(resident())},
		{Name: "go_memstats_heap_alloc_bytes", Help: "Of it: what is in use on the heap.", Samples: number(float64(heap.HeapAlloc))},
		{Name: "go_goroutines", Help: "Tasks within autocomd.", Samples: number(float64(runtime.NumGoroutine()))},
	}
	return append(out, d.exchange.queues.metrics()...)
}

func (d *daemon) dropped() []portal.Sample {
	out := []portal.Sample{
		{Labels: []string{"what", "sightings"}, Value: float64(d.intake.dropped.Load())},
		{Labels: []string{"what", "audit"}, Value: float64(d.trail.dropped.Load())},
		{Labels: []string{"what", "calls"}, Value: float64(d.exchange.talks.Dropped())},
	}
	if d.exchange.client != nil {
		out = append(out, portal.Sample{Labels: []string{"what", "exchange_events"}, Value: float64(d.exchange.client.Dropped())})
	}
	return out
}

// tallies flattens the counters of every part, which status shows too.
func (d *daemon) tallies() []portal.Sample {
	all := map[string]any{"files": d.office.Counters(), "http": d.files.Counters()}
	if d.tftp != nil {
		all["tftp"] = d.tftp.Counters()
	}
	d.counts.into(all)
	var out []portal.Sample
	for _, part := range slices.Sorted(maps.Keys(all)) {
		text, err := json.Marshal(all[part])
		if err != nil {
			continue // never: they are figures
		}
		var figures map[string]any
		if json.Unmarshal(text, &figures) != nil {
			continue
		}
		for _, what := range slices.Sorted(maps.Keys(figures)) {
			if n, ok := figures[what].(float64); ok {
				out = append(out, portal.Sample{Labels: []string{"part", part, "what", what}, Value: n})
			}
		}
	}
	return out
}

// metrics are the queues of this moment.
func (q *queues) metrics() []portal.Metric {
	waiting := portal.Metric{Name: "autocom_queue_callers", Help: "Callers that wait in a queue."}
	members := portal.Metric{Name: "autocom_queue_members", Help: "Members of a queue, by whether they pause."}
	for _, l := range q.mirror.All() {
		paused := 0
		for _, m := range l.Members {
			if m.Paused {
				paused++
			}
		}
		waiting.Samples = append(waiting.Samples, portal.Sample{Labels: []string{"queue", l.ID}, Value: float64(len(l.Callers))})
		members.Samples = append(members.Samples,
			portal.Sample{Labels: []string{"queue", l.ID, "paused", "no"}, Value: float64(len(l.Members) - paused)},
			portal.Sample{Labels: []string{"queue", l.ID, "paused", "yes"}, Value: float64(paused)})
	}
	return []portal.Metric{waiting, members}
}

// resident reads the second figure of /proc/self/statm, in pages (proc_pid_statm(5)); 0 when
// it is not there.
func resident() float64 {
	text, err := os.ReadFile("/proc/self/statm")
	fields := strings.Fields(string(text))
	if err != nil || len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseFloat(fields[1], 64)
	if err != nil {
		return 0
	}
	return pages * float64(os.Getpagesize())
}
