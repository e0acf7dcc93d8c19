//go:build lab

package blacklist_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/blacklist"
	"autocom/pbx/pbxtest"
)

func TestMain(m *testing.M) { pbxtest.Main(m) }

func TestBlacklist(t *testing.T) {
	plan := pbxtest.Plan("201", "202")
	box := false
	pbxtest.Person(&plan, "aicha", "Aïcha", func(p *pbx.Person) { p.Voicemail = &box; p.Supervisor = true }, "201")
	pbxtest.Person(&plan, "bob", "Bob", func(p *pbx.Person) { p.Voicemail = &box }, "202")
	pbxtest.Trunk(&plan, "201")
	pbxtest.Put(&plan, blacklist.Kind, "robots", "", "Robots", blacklist.List{Numbers: []string{"677000001", "+33899*"}})
	w := pbxtest.Open(t, plan)
	a, b := w.Agent("201"), w.Agent("202")
	calls := func(t *testing.T, from string, refused bool) {
		t.Helper()
		world := w.Outside(from)
		if refused {
			pbxtest.Refuses(t, world, "222334455", 486)
		} else {
			pbxtest.Rings(t, world, "222334455", a)
		}
		if err := world.Close(); err != nil {
			t.Error(err)
		}
	}

	pbxtest.Scenario(t, "a caller on the black list finds the line busy, others ring, however the number is written", func(t *testing.T) {
		calls(t, "677000002", false)
		calls(t, "677000001", true)
		calls(t, "+237677000001", true)
		calls(t, "00237677000001", true)
		calls(t, "+33899123456", true)
		calls(t, "+33898123456", false)
		calls(t, "anonymous", false)
	})

	pbxtest.Scenario(t, "a supervisor refuses the last caller from outside by a code, nobody else does", func(t *testing.T) {
		calls(t, "677000003", false)
		add := func(from string) string {
			t.Helper()
			ctx, cancel := context.WithTimeout(w.Context(), 40*time.Second)
			defer cancel()
			c, err := w.Agent(from).Call(ctx, "*30")
			if err != nil {
				return w.CLI("database show ac black")
			}
			for c.Up() && ctx.Err() == nil {
				c.Press(ctx, "1,,")
				select {
				case <-c.Done():
				case <-time.After(time.Second):
				}
			}
			return w.CLI("database show ac black")
		}
		pbxtest.Rings(t, b, "201", a)
		if list := add("202"); strings.Contains(list, "677000003") {
			t.Errorf("202 is no supervisor:\n%s", list)
		}
		calls(t, "677000003", false)
		if list := add("201"); !strings.Contains(list, "237677000003") {
			t.Errorf("not on the list:\n%s", list)
		}
		calls(t, "677000003", true)
		pbxtest.Rings(t, b, "201", a)
	})

	pbxtest.Scenario(t, "after an emergency call everybody gets through", func(t *testing.T) {
		calls(t, "677000001", true)
		w.CLI(fmt.Sprintf("database put ac/emergency last %d", time.Now().Unix()))
		calls(t, "677000001", false)
		w.CLI(fmt.Sprintf("database put ac/emergency last %d", time.Now().Unix()-1801))
		calls(t, "677000001", true)
	})

	pbxtest.Scenario(t, "who hides the number is refused, and told so", func(t *testing.T) {
		p := w.Plan()
		pbxtest.Put(&p, blacklist.Kind, "hidden", "", "Masqués", blacklist.List{Anonymous: true})
		pbxtest.Put(&p, pbx.KindSettings, "blacklist", "", "", blacklist.Settings{Answer: blacklist.AnswerPrompt})
		w.Apply(p)
		world := w.Outside("anonymous")
		o, err := world.Dial(w.Context(), "222334455")
		if err != nil {
			t.Fatal(err)
		}
		early, err := o.Early(w.Context())
		if err != nil {
			t.Fatal(err)
		}
		pbxtest.Eventually(t, 10*time.Second, func() error {
			dB, err := early.Loudness(w.Context(), 300*time.Millisecond)
			if err == nil && dB < -50 {
				err = fmt.Errorf("%.1f dB: nothing is said", dB)
			}
			return err
		})
		if c, err := o.Wait(w.Context()); err == nil {
			t.Errorf("answered: %v", c)
		}
		pbxtest.Silent(t, a, 100*time.Millisecond)
	})
}
