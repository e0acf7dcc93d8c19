//go:build lab

package conference_test

import (
	"strings"
	"testing"

	"autocom/pbx/conference"
	"autocom/pbx/pbxtest"
	"autocom/phonesim"
)

// Browsers see each other in such a room (portal); desk phones hear and speak.
func TestVideoRoom(t *testing.T) {
	plan := pbxtest.Plan("201", "202", "203")
	pbxtest.Put(&plan, conference.Kind, "faces", "606", "Visages", conference.Conference{Video: conference.VideoSFU, Announce: conference.AnnounceNone, Max: 10})
	w := pbxtest.Open(t, plan)
	camera := phonesim.AgentOptions{Video: []string{"h264", "vp8"}}
	w.AgentWith("201", camera)
	w.AgentWith("202", camera)
	w.Agent("203")

	pbxtest.Scenario(t, "desk phones with and without a camera hear each other in a video room", func(t *testing.T) {
		a, b, c := enter(t, w, "201", "606", ""), enter(t, w, "202", "606", ""), enter(t, w, "203", "606", "")
		people(t, w, "faces", 3)
		if mode := bridge(t, w, "faces"); !strings.Contains(mode, "Video-Mode: sfu") {
			t.Errorf("cameras are not passed on:\n%s", mode)
		}
		a.Show(0x21)
		b.Show(0x43)
		if a.Video() == "" || b.Video() == "" {
			t.Errorf("cameras are refused: %q, %q", a.Video(), b.Video())
		}
		a.Speak(440)
		b.Speak(700)
		hears(t, w, c, 440, 1100)
		hears(t, w, c, 700, 1100)
		hears(t, w, a, 700, 440)
		hears(t, w, b, 440, 700)
		leave(t, w, a, b, c)
	})
}

// bridge is what Asterisk tells of the bridge of a room.
func bridge(t *testing.T, w *pbxtest.World, room string) string {
	t.Helper()
	for line := range strings.Lines(w.CLI("bridge show all")) {
		if f := strings.Fields(line); len(f) > 1 && f[1] == room {
			return w.CLI("bridge show " + f[0])
		}
	}
	t.Fatalf("room %s has no bridge", room)
	return ""
}
