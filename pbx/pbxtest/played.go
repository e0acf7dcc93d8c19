package pbxtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Played is what Asterisk plays to callers, file by file, from the call of WriteDown on.
type Played struct {
	w    *World
	read int // bytes that were forgotten
}

// WriteDown makes Asterisk write down which files it plays. It forgets to at a restart: then
// Again is needed.
func (w *World) WriteDown() *Played {
	w.t().Helper()
	p := &Played{w: w}
	p.Again()
	return p
}

// Again goes on after a restart of Asterisk.
func (p *Played) Again() { p.w.CLI("logger add channel /data/played verbose(3)") }

func (p *Played) text() []byte {
	b, _ := os.ReadFile(filepath.Join(p.w.data, "played"))
	return b
}

// Forget leaves out what was played so far.
func (p *Played) Forget() { p.read = len(p.text()) }

// Lines is what was played since Forget: a line for each file, with the language that was
// asked for, as in "vm-goodbye fr_CA_f_June".
func (p *Played) Lines() string {
	all := p.text()
	var out strings.Builder
	for line := range strings.Lines(string(all[min(p.read, len(all)):])) {
		if _, what, ok := strings.Cut(line, "Playing '"); ok {
			file, rest, _ := strings.Cut(what, "'")
			_, lang, _ := strings.Cut(rest, "'")
			lang, _, _ = strings.Cut(lang, "'")
			fmt.Fprintf(&out, "%s %s\n", strings.TrimSuffix(file, filepath.Ext(file)), lang)
		}
	}
	return out.String()
}
