package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

// steps tells a person what is being done and how long each part took.
type steps struct {
	w        io.Writer
	terminal bool // lines may be overwritten
	now      func() time.Time
	name     string
	began    time.Time
	done     []step
}

type step struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
	Note    string  `json:"note,omitempty"`
}

func newSteps(w io.Writer) *steps {
	f, is := w.(*os.File)
	return &steps{w: w, terminal: is && term.IsTerminal(int(f.Fd())), now: time.Now}
}

// start begins a step. Only a terminal sees that: a log wants one line a step.
func (s *steps) start(name string) {
	s.name, s.began = name, s.now()
	s.say("")
}

// say shows on a terminal what the step is doing just now.
func (s *steps) say(what string) {
	if s.terminal {
		fmt.Fprintf(s.w, "\r\x1b[K%-12s %.60s", s.name, what)
	}
}

// tell does the same for a log too: for the few things that take minutes.
func (s *steps) tell(what string) {
	s.say(what)
	if !s.terminal {
		fmt.Fprintf(s.w, "%-12s    …      %.60s\n", s.name, what)
	}
}

// end finishes the step with a note about what came out.
func (s *steps) end(format string, a ...any) {
	took := s.now().Sub(s.began)
	note := fmt.Sprintf(format, a...)
	s.done = append(s.done, step{Name: s.name, Seconds: took.Seconds(), Note: note})
	if s.terminal {
		fmt.Fprint(s.w, "\r\x1b[K")
	}
	fmt.Fprintf(s.w, "%-12s %6.1f s  %s\n", s.name, took.Seconds(), note)
}

// abandon clears a half-written line before an error is told.
func (s *steps) abandon() {
	if s.terminal {
		fmt.Fprint(s.w, "\r\x1b[K")
	}
}

// size writes bytes for people.
func size(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%.0f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.0f MiB", float64(n)/(1<<20))
}
