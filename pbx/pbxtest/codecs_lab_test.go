//go:build lab

package pbxtest_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"autocom/pbx/pbxtest"
	"autocom/phonesim"
)

func TestCodecs(t *testing.T) {
	w := pbxtest.Open(t, pbxtest.Plan("201", "202", "203", "204"))

	pbxtest.Scenario(t, "two phones with wide-band sound speak it, untouched", func(t *testing.T) {
		ctx := within(t, 20*time.Second)
		wide := phonesim.AgentOptions{Codecs: []string{"g722", "alaw"}}
		a, b := connect(ctx, t, w.AgentWith("201", wide), w.AgentWith("202", wide), "202")
		passed(ctx, t, a, b, "g722")
	})

	pbxtest.Scenario(t, "two phones with the same narrow-band sound need no conversion", func(t *testing.T) {
		ctx := within(t, 20*time.Second)
		for _, codec := range []string{"alaw", "ulaw"} {
			one, two := fresh(ctx, t, w, "203", codec), fresh(ctx, t, w, "204", codec)
			a, b := connect(ctx, t, one, two, "204")
			talk(ctx, t, a, b)
			if a.Codec() != codec || b.Codec() != codec {
				t.Errorf("codecs %s, %s", a.Codec(), b.Codec())
			}
			converted(t, w)
			if err := errors.Join(one.Close(), two.Close()); err != nil {
				t.Error(err)
			}
		}
	})

	pbxtest.Scenario(t, "a phone with wide-band sound and one without hear each other", func(t *testing.T) {
		ctx := within(t, 20*time.Second)
		a, b := connect(ctx, t, w.AgentWith("201", phonesim.AgentOptions{Codecs: []string{"g722", "alaw"}}), w.AgentWith("202", phonesim.AgentOptions{Codecs: []string{"alaw"}}), "202")
		// Asterisk tells the caller its codec before it knows the called one's, so the box
		// converts; there is no passing back of what was agreed (Asterisk 22).
		if a.Codec() != "g722" || b.Codec() != "alaw" {
			t.Errorf("caller %s, called %s", a.Codec(), b.Codec())
		}
		quiet := a.Raw()
		b.Speak(660)
		pbxtest.Eventually(t, 5*time.Second, func() error {
			if now := a.Raw(); len(now) != 160 || slices.Equal(now, quiet) || slices.Equal(now, bytes.Repeat(now[:1], 160)) {
				return errors.New("the caller hears nothing of the tone")
			}
			return nil
		})
		a.Speak(440)
		if loud, err := b.Loudness(ctx, 300*time.Millisecond); err != nil || loud < -60 {
			t.Errorf("the called hears %.0f dB, %v", loud, err)
		}
	})

	pbxtest.Scenario(t, "two phones with Opus sound speak it, untouched", func(t *testing.T) {
		ctx := within(t, 20*time.Second)
		one, two := fresh(ctx, t, w, "203", "opus"), fresh(ctx, t, w, "204", "opus")
		a, b := connect(ctx, t, one, two, "204")
		passed(ctx, t, a, b, "opus")
		converted(t, w)
		if err := errors.Join(one.Close(), two.Close()); err != nil {
			t.Error(err)
		}
	})

	pbxtest.Scenario(t, "a phone with Opus sound and one without hear each other, whoever calls", func(t *testing.T) {
		ctx := within(t, 30*time.Second)
		plain, opus := fresh(ctx, t, w, "203", "alaw"), fresh(ctx, t, w, "204", "opus")
		for _, calls := range [][2]*phonesim.Agent{{plain, opus}, {opus, plain}} {
			a, b := connect(ctx, t, calls[0], calls[1], calls[1].Number())
			if calls[0] == opus {
				a, b = b, a
			}
			if a.Codec() != "alaw" || b.Codec() != "opus" {
				t.Errorf("codecs %s, %s", a.Codec(), b.Codec())
			}
			b.SendBack()
			a.Speak(440)
			pbxtest.Hears(t, a, 440, 660) // there by Opus, and back
			if err := a.Hangup(ctx); err != nil {
				t.Error(err)
			}
		}
		if err := errors.Join(plain.Close(), opus.Close()); err != nil {
			t.Error(err)
		}
	})

	pbxtest.Scenario(t, "phones that have one kind of sound in common speak it, and nothing is converted", func(t *testing.T) {
		ctx := within(t, 30*time.Second)
		for _, x := range []struct {
			caller, called []string
			want           string
		}{
			{[]string{"opus", "g722", "alaw"}, []string{"ulaw", "g722"}, "g722"},
			{[]string{"ulaw", "alaw"}, []string{"ulaw", "alaw"}, "alaw"},
			{[]string{"opus", "ulaw"}, []string{"alaw", "ulaw", "opus"}, "ulaw"},
		} {
			one, two := fresh(ctx, t, w, "203", x.caller...), fresh(ctx, t, w, "204", x.called...)
			a, b := connect(ctx, t, one, two, "204")
			if a.Codec() != x.want || b.Codec() != x.want {
				t.Errorf("%v calls %v: they speak %s and %s, want %s", x.caller, x.called, a.Codec(), b.Codec(), x.want)
			}
			converted(t, w)
			if err := errors.Join(one.Close(), two.Close()); err != nil {
				t.Error(err)
			}
		}
	})
}

// fresh is a phone that takes these codecs; it has to be closed before another takes its line.
func fresh(ctx context.Context, t testing.TB, w *pbxtest.World, number string, codecs ...string) *phonesim.Agent {
	t.Helper()
	a := w.NewAgent(number, phonesim.AgentOptions{Codecs: codecs})
	if err := a.Register(ctx); err != nil {
		t.Fatal(err)
	}
	return a
}

// passed checks that sound in a codec that we do not encode arrives byte for byte.
func passed(ctx context.Context, t testing.TB, a, b *phonesim.Call, codec string) {
	t.Helper()
	if a.Codec() != codec || b.Codec() != codec {
		t.Fatalf("codecs %s, %s", a.Codec(), b.Codec())
	}
	a.Speak(440)
	b.Speak(660)
	pbxtest.Eventually(t, 5*time.Second, func() error {
		if x, y := a.Raw(), b.Raw(); len(x) == 0 || x[len(x)-1] != phonesim.RawMark(660) || len(y) == 0 || y[len(y)-1] != phonesim.RawMark(440) {
			return errors.New("the bytes of the far side's sound do not come as they were sent")
		}
		return nil
	})
}

// converted fails when a channel of a running call converts sound.
func converted(t testing.TB, w *pbxtest.World) {
	t.Helper()
	for line := range strings.Lines(w.CLI("core show channels concise")) {
		name, _, ok := strings.Cut(line, "!")
		if !ok {
			continue
		}
		for line := range strings.Lines(w.CLI("core show channel " + name)) {
			if key, value, _ := strings.Cut(strings.TrimSpace(line), ":"); key == "WriteTranscode" || key == "ReadTranscode" {
				if !strings.HasPrefix(strings.TrimSpace(value), "No") {
					t.Errorf("%s: %s", name, strings.TrimSpace(line))
				}
			}
		}
	}
}
