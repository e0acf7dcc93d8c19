package inventory

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"

	"autocom/provision"
)

// identity is one [[identity]] of testdata/corpus: a device, what it shows of itself
// to each sense, where that is known from, and what it must be taken for in mode open.
type identity struct {
	Name      string
	Source    string
	MAC       provision.MAC
	Verdict   provision.Verdict
	Vendor    string // of phones and gateways
	Kind      provision.Kind
	DHCP      provision.Verdict   // what DHCP alone shows it to be, when that is less
	Sightings []map[string]string // sensor, fields; "unproved" when nothing proved the MAC
}

func (i identity) sightings() []provision.Sighting {
	var out []provision.Sighting
	for n, fields := range i.Sightings {
		s := provision.Sighting{
			At: t0.Add(time.Duration(n) * time.Second), MAC: i.MAC, Proved: true, IP: phIP, Interface: "eth0",
			Fields: map[string]string{},
		}
		for k, v := range fields {
			switch k {
			case "sensor":
				s.Sensor = provision.Sensor(v)
			case "unproved":
				s.Proved = false
			default:
				s.Fields[k] = provision.Clean(v)
			}
		}
		out = append(out, s)
	}
	return out
}

// corpus reads the identities of testdata/corpus, by file.
func corpus(t testing.TB) map[string][]identity {
	t.Helper()
	files, err := filepath.Glob("testdata/corpus/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files in testdata/corpus: %v", len(files), err)
	}
	all := map[string][]identity{}
	for _, path := range files {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		var doc struct{ Identity []identity }
		err = toml.NewDecoder(f).DisallowUnknownFields().Decode(&doc)
		f.Close()
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for _, i := range doc.Identity {
			if i.Source == "" || i.MAC.IsZero() || len(i.Sightings) == 0 {
				t.Fatalf("%s: %q says no source, no MAC or shows nothing", path, i.Name)
			}
		}
		all[filepath.Base(path)] = doc.Identity
	}
	return all
}

// outcome runs a device through its sightings as office does, which gives it a number
// as soon as it is a phone: ever says that it was one at some moment.
func outcome(all []provision.Vendor, sightings []provision.Sighting) (d provision.Device, ever bool) {
	for _, s := range sightings {
		d = Merge(d, s, Weigh(s, all))
		v, reason := Decide(d, ModeOpen)
		ever = ever || v == provision.VerdictPhone
		d.Verdict, d.Reason = v, reason
	}
	return d, ever
}

// orders are the ways in which the sightings of a device may come: all of them, or
// 30 drawn by lot when there are more than four.
func orders(sightings []provision.Sighting) [][]provision.Sighting {
	if len(sightings) > 4 {
		out := [][]provision.Sighting{sightings}
		r := rand.New(rand.NewPCG(1, 2))
		for range 30 {
			next := slices.Clone(sightings)
			r.Shuffle(len(next), func(i, j int) { next[i], next[j] = next[j], next[i] })
			out = append(out, next)
		}
		return out
	}
	if len(sightings) <= 1 {
		return [][]provision.Sighting{sightings}
	}
	var out [][]provision.Sighting
	for i, s := range sightings {
		rest := slices.Delete(slices.Clone(sightings), i, i+1)
		for _, tail := range orders(rest) {
			out = append(out, append([]provision.Sighting{s}, tail...))
		}
	}
	return out
}

// wrong says what is wrong with what came out, "" when nothing is.
func (i identity) wrong(all []provision.Vendor, sightings []provision.Sighting) string {
	d, ever := outcome(all, sightings)
	want := i.Verdict
	if want == provision.VerdictPhone && !served(all, i.Vendor) {
		want = provision.VerdictUnsupported // its maker has no files yet: it is told so
	}
	switch {
	case d.Verdict != want:
		return fmt.Sprintf("it is %s (%s), want %s", d.Verdict, d.Reason, want)
	case want != provision.VerdictPhone && ever:
		return "it was given a number on the way"
	case want != provision.VerdictSeen && d.Vendor != i.Vendor:
		return fmt.Sprintf("its maker is %q, want %q", d.Vendor, i.Vendor)
	case want == provision.VerdictUnsupported && d.Reason == "":
		return "nobody is told why it gets no number"
	case d.Kind != i.Kind && (i.Kind == provision.KindGateway || counted(all, i.Vendor)):
		return fmt.Sprintf("it is a %q, want %q", d.Kind, i.Kind)
	}
	return ""
}

func served(all []provision.Vendor, id string) bool {
	return slices.ContainsFunc(all, func(v provision.Vendor) bool { return v.ID == id && v.Unsupported == "" })
}

// counted reports a maker whose data says how many accounts its models have.
func counted(all []provision.Vendor, id string) bool {
	return slices.ContainsFunc(all, func(v provision.Vendor) bool { return v.ID == id && len(v.Lines) > 0 })
}

func TestCorpus(t *testing.T) {
	all := makers(t)
	total, phones := 0, 0
	seen := map[string]string{}
	for file, identities := range corpus(t) {
		for _, i := range identities {
			total++
			if i.Verdict != provision.VerdictSeen {
				phones++
			}
			if other := seen[i.Name]; other != "" {
				t.Errorf("%s: %q is in %s too", file, i.Name, other)
			}
			seen[i.Name] = file
			for _, order := range orders(i.sightings()) {
				if why := i.wrong(all, order); why != "" {
					t.Errorf("%s: %s: %s\n sightings %v", file, i.Name, why, senses(order))
					break
				}
			}
		}
	}
	if total < 120 || total-phones < 50 {
		t.Errorf("%d identities, %d of them no phones: 120 and 50 are wanted", total, total-phones)
	}
}

func senses(sightings []provision.Sighting) string {
	var out []string
	for _, s := range sightings {
		out = append(out, fmt.Sprint(s.Sensor, s.Fields))
	}
	return strings.Join(out, " then ")
}

// Whatever part of itself a device has shown so far, one that is no phone gets no
// number, and a phone is never taken for one of another maker that is served.
func TestCorpusInParts(t *testing.T) {
	all := makers(t)
	for file, identities := range corpus(t) {
		for _, i := range identities {
			sightings := i.sightings()
			for bits := 1; bits < 1<<min(len(sightings), 6); bits++ {
				var part []provision.Sighting
				for n, s := range sightings {
					if bits>>n&1 == 1 {
						part = append(part, s)
					}
				}
				d, ever := outcome(all, part)
				switch {
				case ever && i.Verdict != provision.VerdictPhone:
					t.Errorf("%s: %s: a number was given after %s", file, i.Name, senses(part))
				case ever && d.Vendor != i.Vendor && served(all, i.Vendor):
					t.Errorf("%s: %s: taken for %s after %s", file, i.Name, d.Vendor, senses(part))
				}
			}
		}
	}
}

// What DHCP alone shows, which is all that is heard of a phone before somebody tells
// it where we are: enough for the phones of most makers, never for anything else.
func TestCorpusByDHCPAlone(t *testing.T) {
	all := makers(t)
	for file, identities := range corpus(t) {
		for _, i := range identities {
			part := slices.DeleteFunc(i.sightings(), func(s provision.Sighting) bool { return s.Sensor != provision.SensorDHCP })
			if len(part) == 0 {
				continue
			}
			if i.DHCP != "" {
				i.Verdict, i.Kind = i.DHCP, ""
			}
			d, ever := outcome(all, part)
			switch want := i.Verdict; {
			case want == provision.VerdictPhone && !served(all, i.Vendor):
			case d.Verdict != want, ever && want != provision.VerdictPhone:
				t.Errorf("%s: %s: DHCP alone makes it %s, want %s", file, i.Name, d.Verdict, want)
			}
		}
	}
}
