package rootfs

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"autocom/image"
)

// tail keeps the last lines that mmdebstrap writes and passes its "I:" lines on.
type tail struct {
	say   func(string)
	part  []byte
	lines []string
}

// keptLines is enough to find the cause: apt repeats itself below it.
const keptLines = 400

func (t *tail) Write(p []byte) (int, error) {
	t.part = append(t.part, p...)
	for {
		line, rest, found := bytes.Cut(t.part, []byte("\n"))
		if !found {
			return len(p), nil
		}
		t.part = rest
		text := strings.TrimRight(string(line), "\r")
		if info, is := strings.CutPrefix(text, "I: "); is {
			info, _, _ = strings.Cut(info, " in shell:") // a hook, with all of its text
			t.say(info)
		}
		if len(t.lines) == keptLines {
			t.lines = t.lines[1:]
		}
		t.lines = append(t.lines, text)
	}
}

// causes are what goes wrong in practice: words of apt, dpkg and mmdebstrap, and what to
// tell the person, with what matched in place of WORDS.
var causes = []struct {
	pattern *regexp.Regexp
	say     string
}{
	// "Err:1 http://mirror.example/debian forky Release\n  404  Not Found [IP: …]"
	{regexp.MustCompile(`404 +Not Found|does not have a Release file`),
		"MIRROR answers 404 for suite SUITE: correct mirror or suite in the recipe"},
	{regexp.MustCompile(`(?i)Temporary failure resolving '[^']*'|Could not resolve|Network is unreachable|Connection refused|[Cc]onnection timed out|Could not connect to|Unable to connect`),
		"MIRROR cannot be reached (WORDS): check this machine's network, or give another mirror in the recipe"},
	{regexp.MustCompile(`No space left on device|Disk quota exceeded`),
		"the disk is full: free 2.5 GiB, or choose another place with --cache and TMPDIR"},
	{regexp.MustCompile(`/etc/sub[ug]id|newuidmap|no entry in`),
		"this user has no range of ids of its own (WORDS): run as root once: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $USER"},
	{regexp.MustCompile(`NO_PUBKEY|is not signed|No keyring|Missing key`),
		"the signature of suite SUITE cannot be checked: install debian-archive-keyring, newer than this machine's"},
	{regexp.MustCompile(`Release file for .* is expired`),
		"the suite's date has passed: set check_valid_until = false in the recipe if the mirror is known to be frozen"},
	{regexp.MustCompile(`Unable to locate package \S+|Package '?\S+'? has no installation candidate`),
		"suite SUITE at MIRROR lacks something the recipe asks for: WORDS"},
	{regexp.MustCompile(`cannot be executed|Exec format error|qemu-user`),
		"this machine cannot run the board's programs: run image/setup.sh, which installs qemu-user-static and binfmt-support"},
	{regexp.MustCompile(`Hash Sum mismatch|File has unexpected size`),
		"MIRROR was being updated while we read it: try again in an hour"},
}

// explain turns the end of mmdebstrap's words into one sentence.
func explain(r image.Recipe, lines []string, cause error) error {
	mirror := r.Mirror
	if mirror == "" {
		mirror = "Debian's mirror"
	}
	for _, c := range causes {
		for _, line := range lines {
			if strings.HasPrefix(line, "I: ") {
				continue
			}
			if match := c.pattern.FindString(line); match != "" {
				say := strings.NewReplacer("MIRROR", mirror, "SUITE", r.Suite, "WORDS", match).Replace(c.say)
				return errors.New("make the root file system: " + say)
			}
		}
	}
	last := lines[max(0, len(lines)-8):]
	return fmt.Errorf("make the root file system: mmdebstrap: %w; its last words:\n  %s", cause, strings.Join(last, "\n  "))
}
