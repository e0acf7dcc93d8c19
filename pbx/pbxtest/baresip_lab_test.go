//go:build lab

package pbxtest_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"autocom/pbx/pbxtest"
	"autocom/phonesim"
)

// A telephone that somebody else wrote reads our SIP as it stands in the standards, not as
// we understand them.
func TestAForeignPhone(t *testing.T) {
	w := pbxtest.Open(t, pbxtest.Plan("201", "202", "203"))

	pbxtest.Scenario(t, "a phone that others wrote (baresip) logs in, answers a call and is heard, and hears", func(t *testing.T) {
		ctx := within(t, 40*time.Second)
		b := startBaresip(t, w, "201")
		registered(t, w, "201")
		two := w.Agent("202")
		c, err := two.Call(ctx, "201")
		if err != nil {
			t.Fatalf("%v\n%s", err, b.said())
		}
		c.Speak(660)
		pbxtest.Hears(t, c, 440, 660) // ausine's tone
		pbxtest.Eventually(t, 15*time.Second, func() error { return b.heard(660) })
		if err := c.Hangup(ctx); err != nil {
			t.Error(err)
		}
	})

	pbxtest.Scenario(t, "a phone that others wrote calls a number and sees its call answered and ended", func(t *testing.T) {
		ctx := within(t, 40*time.Second)
		two := w.Agent("202")
		b := startBaresip(t, w, "201", "-e", "/dial 202")
		in, err := two.Ring(ctx)
		if err != nil {
			t.Fatalf("%v\n%s", err, b.said())
		}
		if in.FromNumber != "201" {
			t.Errorf("the called sees %q", in.FromNumber)
		}
		c, err := in.Answer(ctx)
		if err != nil {
			t.Fatal(err)
		}
		c.Speak(660)
		pbxtest.Hears(t, c, 440, 660)
		pbxtest.Eventually(t, 15*time.Second, func() error { return b.heard(660) })
		if err := c.Hangup(ctx); err != nil {
			t.Error(err)
		}
		pbxtest.Eventually(t, 10*time.Second, func() error {
			if !strings.Contains(b.said(), "Call with") && !strings.Contains(b.said(), "session closed") && !strings.Contains(b.said(), "terminated") {
				return fmt.Errorf("it did not notice the end: %s", b.said())
			}
			return nil
		})
	})

	pbxtest.Scenario(t, "a phone that others wrote leaves a message, and the lamp of the mailbox is lit", func(t *testing.T) {
		ctx := within(t, 60*time.Second)
		box, err := w.Agent("203").Mailbox(ctx)
		if err != nil {
			t.Fatal(err)
		}
		b := startBaresip(t, w, "201", "-e", "/dial *99203")
		pbxtest.Eventually(t, 30*time.Second, func() error {
			if out := w.CLI("core show channels"); !strings.Contains(out, "VoiceMail") {
				return fmt.Errorf("nobody is in the mailbox: %s\n%s", out, b.said())
			}
			return nil
		})
		// The greeting, the tone, and three seconds of message: the file grows meanwhile.
		spool := filepath.Join(w.Data(), "asterisk-state/spool/voicemail/autocom/203")
		pbxtest.Eventually(t, 40*time.Second, func() error {
			files, _ := filepath.Glob(spool + "/*/*.wav")
			for _, f := range files {
				if st, err := os.Stat(f); err == nil && st.Size() > 3*16000 {
					return nil
				}
			}
			return fmt.Errorf("no message grows: %v", files)
		})
		b.stop()
		if err := box.WaitMessages(ctx, 1); err != nil {
			t.Error(err)
		}
	})
}

// registered waits until a line has a contact.
func registered(t testing.TB, w *pbxtest.World, number string) {
	t.Helper()
	pbxtest.Eventually(t, 15*time.Second, func() error {
		if out := w.CLI("pjsip show aor " + w.Line(number)); !strings.Contains(out, "sip:") {
			return fmt.Errorf("no contact: %s", out)
		}
		return nil
	})
}

// baresip is a running one.
type baresip struct {
	dir  string
	cmd  *exec.Cmd
	once sync.Once

	mu  sync.Mutex
	out bytes.Buffer
}

func (b *baresip) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.out.Write(p)
}

func (b *baresip) said() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.out.String()
}

// startBaresip runs baresip as the phone of a number: it answers by itself, speaks 440 Hz
// and writes down what it hears.
func startBaresip(t testing.TB, w *pbxtest.World, number string, args ...string) *baresip {
	t.Helper()
	if _, err := exec.LookPath("baresip"); err != nil {
		t.Fatal("baresip is missing: apt install baresip-core")
	}
	modules := ""
	for _, dir := range []string{"/usr/lib/baresip/modules", "/usr/lib/x86_64-linux-gnu/baresip/modules", "/usr/lib/aarch64-linux-gnu/baresip/modules"} {
		if _, err := os.Stat(filepath.Join(dir, "g711.so")); err == nil {
			modules = dir
		}
	}
	b := &baresip{dir: t.TempDir()}
	var a phonesim.Account
	for _, e := range w.Plan().Endpoints {
		if e.ID == w.Line(number) {
			a = pbxtest.Account(e)
		}
	}
	for name, text := range map[string]string{
		"accounts": fmt.Sprintf("<sip:%s@%s;transport=udp>;auth_user=%s;auth_pass=%s;answermode=auto;regint=600;audio_codecs=PCMA\n", a.User, a.Server, a.Auth, a.Password),
		"contacts": "",
		"config": strings.NewReplacer("{modules}", modules, "{dir}", b.dir, "{here}", w.Free().String()).Replace(`
module_path {modules}
sip_listen {here}:5060
audio_source ausine,440
audio_player aubridge,out
audio_alert aubridge,alert
ausrc_srate 48000
ausrc_channels 2
rtp_ports 20000-20100
snd_path {dir}
module g711.so
module ausine.so
module aubridge.so
module sndfile.so
module_app account.so
module_app menu.so
`),
	} {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b.cmd = exec.Command("baresip", append([]string{"-f", b.dir}, args...)...)
	b.cmd.Dir, b.cmd.Stdout, b.cmd.Stderr = b.dir, b, b
	b.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		b.stop()
		if t.Failed() {
			t.Logf("baresip: %s", b.said())
		}
	})
	return b
}

// stop quits as a person does, with a BYE and an unregistration.
func (b *baresip) stop() {
	b.once.Do(func() {
		b.cmd.Process.Signal(syscall.SIGTERM)
		ended := make(chan struct{})
		go func() { b.cmd.Wait(); close(ended) }()
		select {
		case <-ended:
		case <-time.After(8 * time.Second):
			b.cmd.Process.Kill()
			<-ended
		}
	})
}

// heard looks for a tone in the last second that baresip decoded.
func (b *baresip) heard(hz float64) error {
	files, _ := filepath.Glob(filepath.Join(b.dir, "*dec.wav"))
	if len(files) == 0 {
		return fmt.Errorf("it has written nothing down: %s", b.said())
	}
	raw, err := os.ReadFile(files[len(files)-1])
	if err != nil || len(raw) < 44+16000 {
		return fmt.Errorf("%d bytes were heard, %v", len(raw), err)
	}
	rate := int(binary.LittleEndian.Uint32(raw[24:]))
	raw = raw[44:]
	raw = raw[max(0, len(raw)-2*rate)&^1:]
	crossings, last := 0, int16(0)
	for i := 0; i+1 < len(raw); i += 2 {
		v := int16(binary.LittleEndian.Uint16(raw[i:]))
		if v > 500 || v < -500 {
			if (v > 0) != (last > 0) && last != 0 {
				crossings++
			}
			last = v
		}
	}
	if got := float64(crossings) / 2 / (float64(len(raw)) / 2 / float64(rate)); math.Abs(got-hz) > hz/10 {
		return fmt.Errorf("it hears %.0f Hz, want %.0f", got, hz)
	}
	return nil
}
