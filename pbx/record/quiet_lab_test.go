//go:build lab

package record_test

import (
	"testing"

	"autocom/pbx/pbxtest"
)

// TestQuietRecording has no announcement, and so begins the moment who is called answers.
func TestQuietRecording(t *testing.T) {
	w := pbxtest.Open(t, office(map[string]any{"announce": false}))
	ctx := w.Context()
	a, b, c := w.Agent("201"), w.Agent("202"), w.Agent("203")
	pbxtest.Scenario(t, "each call that is recorded without an announcement holds both voices", func(t *testing.T) {
		for range 4 {
			talk(ctx, t, a, b, "202")
			held(t, w)
		}
		talk(ctx, t, b, c, "203")
		held(t, w)
	})
}
