// Package browsertest turns a test's wish into what a person does in a browser: it drives
// Debian's Chromium by Playwright, with a microphone and a camera that are made up.
//
//	b := browsertest.Open(t, browsertest.Options{})
//	p := b.Page(browsertest.Visitor{Language: "fr", Width: 360})
//	p.Goto("https://192.168.88.1/ui/")
//	p.Click("text=Téléphones")
//	p.Screenshot("phones-fr-360")
//	for _, v := range p.Violations() { … }
//
// `make web-test` installs what it runs (package-lock.json); nothing is fetched by a test.
package browsertest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Options are what all windows of a browser share.
type Options struct {
	// Speaks is a WAV file (16 bit, one channel) that the microphone hears again and
	// again; "" is Chromium's own beep once a second. See Tone.
	Speaks string
	// Wait bounds every single act of a page; 0 is 20 s.
	Wait time.Duration
}

// Browser is a running Chromium, in the network namespace of the test. It ends with the test.
type Browser struct {
	t     testing.TB
	wait  time.Duration
	in    io.WriteCloser
	said  *tail
	seq   atomic.Int64
	pages atomic.Int64

	mu      sync.Mutex
	waiting map[int64]chan answer
	gone    error // the runner has ended
}

type answer struct {
	Seq   int64           `json:"seq"`
	Value json.RawMessage `json:"value"`
	Error string          `json:"error"`
}

// flags keep Chromium off the internet, let it run as root in a namespace, and give it
// devices that need no hardware. Sound is not played: there is no sound card.
var flags = []string{
	"--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
	"--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--mute-audio",
	"--autoplay-policy=no-user-gesture-required",
	"--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
	// Workers too believe the certificate of the box then, which windows alone would not do for them.
	"--ignore-certificate-errors",
	// Windows in the background are as awake as the one in front: four people are four windows.
	"--disable-background-timer-throttling", "--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows",
}

// Open starts Chromium. The test fails when it is not there.
func Open(t testing.TB, o Options) *Browser {
	t.Helper()
	folder := here()
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "playwright-core")); err != nil {
		t.Fatal("portal/browsertest/node_modules is not there: run make web-test once")
	}
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("chromium is missing: run image/setup.sh test")
	}
	if o.Wait == 0 {
		o.Wait = 20 * time.Second
	}
	cmd := exec.Command("node", filepath.Join(folder, "runner.mjs"))
	// A profile of its own, away from the caller's; the group ends together.
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	b := &Browser{t: t, wait: o.Wait, said: &tail{}, waiting: map[int64]chan answer{}}
	cmd.Stderr = b.said
	if b.in, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start node: %v: run image/setup.sh test", err)
	}
	ended := make(chan struct{})
	go func() {
		b.read(out)
		cmd.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		b.in.Close() // it closes the browser, and ends
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
		}
		// What is left of the group that we started, and nothing else.
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-ended
	})
	use := flags
	if o.Speaks != "" {
		use = append(use[:len(use):len(use)], "--use-file-for-fake-audio-capture="+o.Speaks)
	}
	var version string
	if err := b.ask("open", map[string]any{"executable": program, "flags": use, "timeout": (90 * time.Second).Milliseconds()}, 100*time.Second, &version); err != nil {
		t.Fatalf("chromium did not start: %v\n%s", err, b.said)
	}
	return b
}

// here is the folder of this package in the source tree.
func here() string {
	_, file, _, _ := runtime.Caller(0)
	if filepath.IsAbs(file) {
		return filepath.Dir(file)
	}
	// Built with -trimpath: from the working directory of the test, which is in the tree.
	dir, err := os.Getwd()
	for err == nil && dir != filepath.Dir(dir) {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	return filepath.Join(dir, "portal", "browsertest")
}

func (b *Browser) read(out io.Reader) {
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.gone = fmt.Errorf("the browser's runner has ended: %s", b.said)
			for seq, c := range b.waiting {
				delete(b.waiting, seq)
				close(c)
			}
			return
		}
		var a answer
		if json.Unmarshal(line, &a) != nil {
			b.said.Write(line)
			continue
		}
		b.mu.Lock()
		if c := b.waiting[a.Seq]; c != nil {
			delete(b.waiting, a.Seq)
			c <- a
		}
		b.mu.Unlock()
	}
}

// ask sends one request and waits for its answer. Several may be under way.
func (b *Browser) ask(verb string, request map[string]any, wait time.Duration, into any) error {
	seq := b.seq.Add(1)
	request["seq"], request["verb"] = seq, verb
	line, err := json.Marshal(request)
	if err != nil {
		return err
	}
	c := make(chan answer, 1)
	b.mu.Lock()
	if b.gone != nil {
		defer b.mu.Unlock()
		return b.gone
	}
	b.waiting[seq] = c
	_, err = b.in.Write(append(line, '\n'))
	b.mu.Unlock()
	if err != nil {
		return err
	}
	select {
	case a, ok := <-c:
		switch {
		case !ok:
			return b.gone
		case a.Error != "":
			return errors.New(a.Error)
		case into != nil:
			return json.Unmarshal(a.Value, into)
		}
		return nil
	case <-time.After(wait):
		return fmt.Errorf("%s: no answer within %v", verb, wait)
	}
}

// tail keeps the end of what the runner says on standard error.
type tail struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all.Write(p)
	if over := t.all.Len() - 16<<10; over > 0 {
		t.all.Next(over)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(t.all.String())
}

func (b *Browser) id() string { return strconv.FormatInt(b.pages.Add(1), 10) }
