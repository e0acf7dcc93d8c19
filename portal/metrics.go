package portal

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Metric is a figure that a monitoring program collects.
type Metric struct {
	Name    string // "autocom_phones"; of a counter with "_total" at its end
	Help    string
	Counter bool // only grows while the box runs; else it is what is now
	Samples []Sample
}

// Sample is one figure of a metric; Labels are pairs of a name and a value.
type Sample struct {
	Labels []string
	Value  float64
}

// metrics answers in the text format 0.0.4 of Prometheus: a line of help, one of the type,
// and the figures. Label values may be of the network: they are escaped.
func (p *Portal) metrics(w http.ResponseWriter, _ *http.Request) {
	all := []Metric{
		{Name: "autocom_ready", Help: "Whether phones can be served.", Samples: one(truth(p.Ready()))},
		{Name: "autocom_devices", Help: "Devices by their state.", Samples: p.states()},
		{Name: "autocom_event_streams", Help: "Programs that listen to events.", Samples: one(float64(p.streams.n.Load()))},
		{Name: "autocom_open_pages", Help: "Open pages that are told of changes.", Samples: one(float64(p.watchers.n.Load()))},
	}
	if p.LiveCalls != nil {
		all = append(all, Metric{Name: "autocom_calls", Help: "Calls that are going on, by how far they are.", Samples: stages(p.LiveCalls())})
	}
	if p.Metrics != nil {
		all = append(all, p.Metrics()...)
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Write([]byte(exposed(all))) // an error is the client's who went away
}

// exposed writes metrics.
func exposed(all []Metric) string {
	var b strings.Builder
	value := strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
	for _, m := range all {
		kind := "gauge"
		if m.Counter {
			kind = "counter"
		}
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n", m.Name, strings.NewReplacer(`\`, `\\`, "\n", `\n`).Replace(m.Help), m.Name, kind)
		for _, s := range m.Samples {
			b.WriteString(m.Name)
			for i := 0; i+1 < len(s.Labels); i += 2 {
				fmt.Fprintf(&b, `%c%s="%s"`, "{,"[min(i, 1)], s.Labels[i], value.Replace(strings.ToValidUTF8(s.Labels[i+1], "?")))
			}
			if len(s.Labels) > 1 {
				b.WriteByte('}')
			}
			b.WriteString(" " + strconv.FormatFloat(s.Value, 'g', -1, 64) + "\n")
		}
	}
	return b.String()
}

func one(v float64) []Sample { return []Sample{{Value: v}} }

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// states counts the devices; a state that nobody is in is 0, so that alarms see it fall.
func (p *Portal) states() []Sample {
	n := map[string]int{}
	for _, d := range p.Devices.Devices() {
		n[d.State()]++
	}
	return counted("state", n, "seen", "pending", "allocated", "fetched", "registered", "lost", "unsupported", "rejected", "released")
}

func stages(calls []LiveCall) []Sample {
	n := map[string]int{}
	for _, c := range calls {
		n[c.State]++
	}
	return counted("state", n, "start", "ring", "answer")
}

// counted makes samples of counts, also of the known words that nothing was counted for.
func counted(label string, n map[string]int, known ...string) []Sample {
	for word := range n {
		if !slices.Contains(known, word) {
			known = append(known, word)
		}
	}
	slices.Sort(known)
	out := make([]Sample, 0, len(known))
	for _, word := range known {
		out = append(out, Sample{[]string{label, word}, float64(n[word])})
	}
	return out
}
