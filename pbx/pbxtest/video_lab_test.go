//go:build lab

package pbxtest_test

import (
	"testing"
	"time"

	"autocom/pbx/pbxtest"
	"autocom/phonesim"
)

func TestVideo(t *testing.T) {
	w := pbxtest.Open(t, pbxtest.Plan("201", "202"))

	pbxtest.Scenario(t, "two video phones see each other by H.264", func(t *testing.T) { video(t, w, "h264") })

	pbxtest.Scenario(t, "two video phones see each other by VP8", func(t *testing.T) { video(t, w, "vp8") })

	pbxtest.Scenario(t, "a video phone that calls a phone without a camera has sound", func(t *testing.T) {
		ctx := within(t, 20*time.Second)
		a, b := connect(ctx, t, w.AgentWith("201", phonesim.AgentOptions{Video: []string{"h264"}}), w.Agent("202"), "202")
		talk(ctx, t, a, b)
		if b.Video() != "" {
			t.Error("the phone without a camera has video")
		}
	})
}

// video lets two phones with cameras see each other.
func video(t *testing.T, w *pbxtest.World, codec string) {
	ctx := within(t, 20*time.Second)
	o := phonesim.AgentOptions{Video: []string{codec}}
	a, b := connect(ctx, t, w.AgentWith("201", o), w.AgentWith("202", o), "202")
	if a.Video() != codec || b.Video() != codec {
		t.Fatalf("video %q, %q", a.Video(), b.Video())
	}
	a.Show(0x21)
	b.Show(0x43)
	talk(ctx, t, a, b)
	for who, c := range map[string]struct {
		call    *phonesim.Call
		pattern byte
	}{"caller": {a, 0x43}, "called": {b, 0x21}} {
		s, err := c.call.Seen(ctx, 8)
		if err != nil || s.Broken > 0 || s.Pattern != c.pattern {
			t.Errorf("the %s sees %+v, %v", who, s, err)
		}
	}
}
