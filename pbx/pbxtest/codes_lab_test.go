//go:build lab

package pbxtest_test

import (
	"strings"
	"testing"
	"time"

	asteriskconf "autocom/asterisk-conf"
	"autocom/pbx"
	"autocom/pbx/pbxtest"
	"autocom/phonesim"
)

// The owner's own table of codes, dialled and pressed.
func TestOwnCodes(t *testing.T) {
	p := pbxtest.Plan("201", "202", "203")
	no := false
	for _, n := range []string{"201", "202", "203"} {
		pbxtest.Person(&p, "p"+n, "", func(x *pbx.Person) { x.Voicemail = &no }, n)
	}
	w := pbxtest.Open(t, p)
	one, two, three := w.Agent("201"), w.Agent("202"), w.Agent("203")

	pbxtest.Scenario(t, "the European code and the American one do the same", func(t *testing.T) {
		for _, codes := range [][2]string{{"*25", "*25"}, {"*78", "*79"}} {
			dials(t, one, codes[0]) // do not disturb
			pbxtest.Refuses(t, two, "201", 486)
			dials(t, one, codes[1])
			pbxtest.Rings(t, two, "201", one)
		}
	})

	pbxtest.Scenario(t, "a code that the owner changes works at once, and the old ones no longer", func(t *testing.T) {
		p := w.Plan()
		pbxtest.Put(&p, pbx.KindSettings, "codes", "", "", map[string]any{
			"dnd": []string{"*55"}, "pickup-number": []string{"*86+"}, "blind-transfer": []string{"*1"}})
		w.Apply(p)
		pbxtest.Refuses(t, one, "*25", 404)
		pbxtest.Rings(t, two, "201", one)
		dials(t, one, "*55")
		pbxtest.Refuses(t, two, "201", 486)
		dials(t, one, "*55")
		pbxtest.Rings(t, two, "201", one)

		ctx := within(t, 60*time.Second)
		out, _ := reach(ctx, t, one, two, "202")
		pbxtest.Refuses(t, three, "**202", 404)
		taken, err := three.Call(ctx, "*86202")
		if err != nil {
			t.Fatal(err)
		}
		a, err := out.Wait(ctx)
		if err != nil {
			t.Fatal(err)
		}
		talk(ctx, t, a, taken)

		if err := taken.Press(ctx, "##,,,202"); err != nil { // no transfer any more
			t.Fatal(err)
		}
		pbxtest.Silent(t, two, time.Second)
		talk(ctx, t, a, taken)
		if err := taken.Press(ctx, "*1,,,202"); err != nil {
			t.Fatal(err)
		}
		in, err := two.Ring(ctx)
		if err != nil {
			t.Fatal(err)
		}
		c, err := in.Answer(ctx)
		if err != nil {
			t.Fatal(err)
		}
		talk(ctx, t, a, c)
	})

	pbxtest.Scenario(t, "codes that would be mistaken for another or for a number are refused, and all stays as it was", func(t *testing.T) {
		for name, change := range map[string]struct {
			codes map[string]any
			says  string
		}{
			"another code":             {map[string]any{"dnd": []string{"*98="}}, "*98 of voicemail"},
			"one in a call":            {map[string]any{"transfer": []string{"*3"}}, "*3 of record"},
			"somebody's number":        {map[string]any{"park": []string{"202="}}, "number 202"},
			"an emergency number":      {map[string]any{"park": []string{"117="}}, "117"},
			"the beginning of numbers": {map[string]any{"speed-dial": []string{"2+"}}, "2 of speed-dial"},
		} {
			p := w.Plan()
			pbxtest.Put(&p, pbx.KindSettings, "codes", "", "", change.codes)
			if _, err := asteriskconf.Render(p); err == nil || !strings.Contains(err.Error(), change.says) {
				t.Errorf("%s: %v, want %q", name, err, change.says)
			}
		}
		dials(t, one, "*55")
		dials(t, one, "*55")
		pbxtest.Rings(t, two, "201", one)
	})
}

// dials calls a code, hears that it was taken, and hangs up.
func dials(t *testing.T, a *phonesim.Agent, code string) {
	t.Helper()
	ctx := within(t, 20*time.Second)
	c, err := a.Call(ctx, code)
	if err != nil {
		t.Fatalf("%s: %v", code, err)
	}
	if err := c.Hangup(ctx); err != nil {
		t.Errorf("%s: %v", code, err)
	}
}
