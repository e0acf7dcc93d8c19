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
func (p *Played) Lines() string { return p.lines("") }

// LinesOf is Lines of the one call that ran the dialplan of an extension since Forget.
func (p *Played) LinesOf(extension string) string {
	all := p.text()
	_, after, ok := strings.Cut(string(all[min(p.read, len(all)):]), "Executing ["+extension+"@")
	if !ok {
		return ""
	}
	if _, after, ok = strings.Cut(after, "(\""); !ok {
		return ""
	}
	channel, _, _ := strings.Cut(after, "\"")
	return p.lines("<" + channel + ">")
}

// LinesTo is Lines of the calls of one phone: "201", "201/2" for its second line.
func (p *Played) LinesTo(number string) string { return p.lines("<PJSIP/" + p.w.Line(number) + "-") }

// lines reads what was played on a channel, "" for all.
func (p *Played) lines(channel string) string {
	all := p.text()
	var out strings.Builder
	for line := range strings.Lines(string(all[min(p.read, len(all)):])) {
		if before, what, ok := strings.Cut(line, "Playing '"); ok && strings.Contains(before, channel) {
			file, rest, _ := strings.Cut(what, "'")
			_, lang, _ := strings.Cut(rest, "'")
			lang, _, _ = strings.Cut(lang, "'")
			fmt.Fprintf(&out, "%s %s\n", strings.TrimSuffix(file, filepath.Ext(file)), lang)
		}
	}
	return out.String()
}
