//go:build lab

package transfer_test

import (
	"testing"
	"time"

	"autocom/pbx/pbxtest"
	"autocom/phonesim"
)

// Digits come as events in the sound (RFC 4733), or as INFO requests beside it.
func TestTransfersByDigitsInBothWays(t *testing.T) {
	w := office(t)
	pbxtest.Scenario(t, "a phone that sends digits within the sound transfers by them, without a word and after one", func(t *testing.T) {
		byDigits(t, w, "202", "rfc4733")
	})
	pbxtest.Scenario(t, "a phone that sends digits beside the sound transfers by them, without a word and after one", func(t *testing.T) {
		byDigits(t, w, "204", "info")
	})
}

// byDigits has number transfer a caller twice, in one way of sending digits.
func byDigits(t *testing.T, w *pbxtest.World, number, way string) {
	ctx := within(t, 60*time.Second)
	one, by, three := w.Agent("201"), w.AgentWith(number, phonesim.AgentOptions{DTMF: way}), w.Agent("203")

	a, b := connect(ctx, t, one, by)
	press(ctx, t, b, "##,,,203")
	c := answer(ctx, t, rings(ctx, t, three))
	talk(t, a, c)
	ended(ctx, t, "who transferred", b)
	a.Hangup(ctx)
	ended(ctx, t, "the third", c)

	a, b = connect(ctx, t, one, by)
	press(ctx, t, b, "*2,,,203")
	c = answer(ctx, t, rings(ctx, t, three))
	talk(t, b, c)
	press(ctx, t, b, "*4") // transfer-done: nobody hangs up
	ended(ctx, t, "who transferred", b)
	talk(t, a, c)
}
