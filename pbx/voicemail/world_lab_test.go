//go:build lab

package voicemail_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/ami"
	"autocom/pbx/pbxtest"
	"autocom/pbx/voicemail"
	"autocom/phonesim"
)

func TestMain(m *testing.M) { pbxtest.Main(m) }

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// office is a running exchange whose played files can be read.
type office struct {
	*pbxtest.World
	plays *pbxtest.Played

	mu      sync.Mutex
	waiting map[string]string // new messages by box, as last told
}

// open starts an exchange that writes down what it plays.
func open(t *testing.T, p pbx.Plan) *office {
	o := &office{World: pbxtest.Open(t, p), waiting: map[string]string{}}
	o.plays = o.WriteDown()
	o.Listen(func(e ami.Event) {
		if e.Name == "MessageWaiting" {
			o.mu.Lock()
			o.waiting[e.Get("Mailbox")] = e.Get("New")
			o.mu.Unlock()
		}
	})
	return o
}

// played is what was played since forget, one file a line with its language.
func (o *office) played() string { return o.plays.Lines() }

func (o *office) forget() { o.plays.Forget() }

// hears waits until each of the files was played, in their order.
func (o *office) hears(t *testing.T, files ...string) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		rest, missing := o.played(), ""
		for _, f := range files {
			_, after, ok := strings.Cut("\n"+rest, "\n"+f+" ")
			if !ok {
				missing = f
				break
			}
			rest = after
		}
		if missing == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s was not played:\n%s", missing, o.played())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// box is a path in a mailbox.
func (o *office) box(number string, parts ...string) string {
	return filepath.Join(append([]string{o.Data(), "asterisk-state/spool", voicemail.Spool, number}, parts...)...)
}

// kept waits for a file of a mailbox.
func (o *office) kept(t *testing.T, number string, parts ...string) []byte {
	t.Helper()
	var body []byte
	pbxtest.Eventually(t, 20*time.Second, func() (err error) {
		body, err = os.ReadFile(o.box(number, parts...))
		return err
	})
	return body
}

// gone waits until a file of a mailbox is there no longer.
func (o *office) gone(t *testing.T, number string, parts ...string) {
	t.Helper()
	pbxtest.Eventually(t, 20*time.Second, func() error {
		if _, err := os.Stat(o.box(number, parts...)); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is still there", filepath.Join(parts...))
		}
		return nil
	})
}

// call dials and fails the test when nobody answers.
func (o *office) call(t *testing.T, a *phonesim.Agent, number string) *phonesim.Call {
	t.Helper()
	o.forget()
	c, err := a.Call(within(t, 20*time.Second), number)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func press(t *testing.T, c *phonesim.Call, keys string) {
	t.Helper()
	if err := c.Press(within(t, 20*time.Second), keys); err != nil {
		t.Fatal(err)
	}
}

func hangup(t *testing.T, c *phonesim.Call) {
	t.Helper()
	if err := c.Hangup(within(t, 10*time.Second)); err != nil {
		t.Error(err)
	}
}

// over waits until the exchange has ended a call.
func over(t *testing.T, c *phonesim.Call) {
	t.Helper()
	select {
	case <-c.Done():
	case <-time.After(30 * time.Second):
		t.Error("the call is not ended")
	}
}

// share is how much of a recording is a tone of hz, 0 to 1 (Goertzel).
func share(t *testing.T, wav []byte, hz float64) float64 {
	t.Helper()
	if len(wav) < 44+2*800 || string(wav[:4]) != "RIFF" {
		t.Fatalf("%d bytes are no recording", len(wav))
	}
	pcm := wav[44:]
	w := 2 * math.Cos(2*math.Pi*hz/8000)
	best := 0.0
	for len(pcm) >= 1600 { // the best tenth of a second
		var s1, s2, energy float64
		for i := range 800 {
			x := float64(int16(binary.LittleEndian.Uint16(pcm[2*i:])))
			s1, s2 = x+w*s1-s2, s1
			energy += x * x
		}
		pcm = pcm[1600:]
		if energy > 800*1000 {
			best = max(best, (s1*s1+s2*s2-w*s1*s2)/(energy*400))
		}
	}
	return best
}

// tone fails the test when a recording is not of hz.
func tone(t *testing.T, wav []byte, hz float64) {
	t.Helper()
	if got := share(t, wav, hz); got < 0.8 {
		t.Errorf("%.0f %% of the recording is %g Hz", 100*got, hz)
	}
}

// lamp waits until the exchange has told the lamps of a box of so many new messages.
func (o *office) lamp(t *testing.T, number string, fresh int) {
	t.Helper()
	pbxtest.Eventually(t, 15*time.Second, func() error {
		o.mu.Lock()
		defer o.mu.Unlock()
		if got := o.waiting[voicemail.Box(number)]; got != strconv.Itoa(fresh) {
			return fmt.Errorf("the lamp of %s counts %q new messages, not %d", number, got, fresh)
		}
		return nil
	})
}

// pin gives a box a PIN as if its owner had set it.
func (o *office) pin(t *testing.T, number, pin string) {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.MkdirAll(o.box(number), 0o755))
	must(os.WriteFile(o.box(number, "secret.conf"), fmt.Appendf(nil, "[general]\npassword = %s\n", pin), 0o600))
	o.CLI("voicemail reload")
}

// message leaves one of two seconds in a box, without its greeting.
func (o *office) message(t *testing.T, number string, hz float64) {
	t.Helper()
	before, _ := filepath.Glob(o.box(number, "INBOX", "*.txt"))
	c := o.call(t, o.Agent("201"), "*99"+number)
	o.begins(t)
	press(t, c, "#")
	o.hears(t, "beep")
	c.Speak(hz)
	time.Sleep(2 * time.Second) // the length of the message
	hangup(t, c)
	pbxtest.Eventually(t, 10*time.Second, func() error {
		if after, _ := filepath.Glob(o.box(number, "INBOX", "*.txt")); len(after) != len(before)+1 {
			return fmt.Errorf("%d messages are in the box", len(after))
		}
		return nil
	})
}

// listen waits until a call hears hz and nothing else.
func listen(t *testing.T, c *phonesim.Call, hz, other float64) {
	t.Helper()
	pbxtest.Eventually(t, 20*time.Second, func() error {
		e, err := c.Hear(within(t, 5*time.Second), 300*time.Millisecond, hz, other)
		if err == nil && !e.Clear() {
			err = fmt.Errorf("heard %s", e)
		}
		return err
	})
}

// begins waits until something is played: digits before are lost.
func (o *office) begins(t *testing.T) {
	t.Helper()
	pbxtest.Eventually(t, 10*time.Second, func() error {
		if o.played() == "" {
			return errors.New("nothing is played")
		}
		return nil
	})
}
