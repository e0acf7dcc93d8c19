package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"autocom/phonesim"
)

// tryReport is what `autocom try --json` prints. Durations are nanoseconds.
type tryReport struct {
	Image    string           `json:"image"`
	Board    string           `json:"board"`
	Firmware string           `json:"firmware"`
	Seed     uint64           `json:"seed"`
	Steps    []tryStep        `json:"steps"`
	Phones   []tryPhone       `json:"phones,omitempty"`
	Calls    []phonesim.Heard `json:"calls,omitempty"`
	Bursts   []tryBurst       `json:"bursts,omitempty"`
	Starved  int              `json:"starved,omitempty"` // boots begun again because QEMU stood still
	Took     time.Duration    `json:"took"`
	OK       bool             `json:"ok"`
	Failure  string           `json:"failure,omitempty"`
	Console  string           `json:"console,omitempty"` // its last lines, after a failure

	started time.Time
}

// tryStep is one line of the report.
type tryStep struct {
	What   string        `json:"what"`
	Took   time.Duration `json:"took"`
	Result string        `json:"result,omitempty"`
}

// tryPhone is one phone at one plugging in.
type tryPhone struct {
	Kind   string          `json:"kind"`
	MAC    string          `json:"mac,omitempty"`
	Number string          `json:"number"`
	Marks  []phonesim.Mark `json:"marks"`
}

func newTryReport(o tryOptions) *tryReport {
	return &tryReport{Image: o.image, Board: o.board, Firmware: o.firmware, Seed: o.seed, started: time.Now()}
}

// teller gives the function that tells a person what happens; JSON readers get nothing else.
func (r *tryReport) teller(json bool, w io.Writer) func(string, ...any) {
	if json {
		return func(string, ...any) {}
	}
	fmt.Fprintf(w, "%s on %s, %s\n", r.Image, r.Board, r.Firmware)
	return func(format string, a ...any) { fmt.Fprintf(w, format+"\n", a...) }
}

// end completes the report; the error is the one of the trial.
func (r *tryReport) end(err error, asJSON bool, stdout, stderr io.Writer) error {
	r.Took, r.OK = time.Since(r.started), err == nil
	if err != nil {
		r.Failure = err.Error()
	}
	if asJSON {
		e := json.NewEncoder(stdout)
		e.SetIndent("", "  ")
		if werr := e.Encode(r); werr != nil {
			return werr
		}
		return err
	}
	if r.Console != "" {
		fmt.Fprintf(stderr, "--- the console's last lines ---\n%s\n---\n", r.Console)
	}
	if err == nil {
		fmt.Fprintf(stdout, "%6.1f s  all well\n", r.Took.Seconds())
	}
	return err
}
