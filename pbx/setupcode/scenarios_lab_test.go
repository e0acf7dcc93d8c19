//go:build lab

package setupcode_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/pbxtest"
	"autocom/pbx/setupcode"
	"autocom/pbx/speeddial"
)

func TestMain(m *testing.M) { pbxtest.Main(m) }

// said is what a caller hears of the code 2718 2818, twice, in French.
func said(lang string) string {
	once := ""
	for _, digit := range "27182818" {
		once += "digits/" + string(digit) + " " + lang + "\n"
	}
	return once + once
}

func TestTheSetupCodeByTelephone(t *testing.T) {
	plan := pbxtest.Plan("201", "202", "203")
	plan.Endpoints[2].Right = pbx.RightGuest
	plan.Setup = pbx.Setup{Code: "27182818", Lines: []string{plan.Endpoints[0].ID}}
	pbxtest.Put(&plan, speeddial.Kind, "carole", "", "Carole", speeddial.SpeedDial{Digits: "02", Dial: "202"})
	w := pbxtest.Open(t, plan)
	first, other, guest := w.Agent("201"), w.Agent("202"), w.Agent("203")
	played := w.WriteDown()

	pbxtest.Scenario(t, "the first phone dials *00 and hears the setup code twice, while there is no administrator", func(t *testing.T) {
		call, err := first.Call(w.Context(), pbx.SetupDial)
		if err != nil {
			t.Fatal(err)
		}
		call.Quiet()
		select {
		case <-call.Done():
		case <-time.After(60 * time.Second):
			t.Fatal("the exchange does not hang up")
		}
		if got, want := played.Lines(), said(pbx.Prompts("fr")); got != want {
			t.Errorf("it hears %q, want %q", got, want)
		}
	})

	pbxtest.Scenario(t, "no other phone hears the setup code, and short numbers that begin like it go on", func(t *testing.T) {
		played.Forget()
		pbxtest.Refuses(t, other, pbx.SetupDial, 404)
		pbxtest.Refuses(t, guest, pbx.SetupDial, 404)
		pbxtest.Rings(t, first, "*002", other)
		if got := played.Lines(); strings.Contains(got, "digits/") {
			t.Errorf("somebody heard %q", got)
		}
	})

	pbxtest.Scenario(t, "what Asterisk writes of a call does not hold the setup code, also when the caller hangs up in the middle", func(t *testing.T) {
		played.Forget()
		call, err := first.Call(w.Context(), pbx.SetupDial)
		if err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(30 * time.Second); played.Lines() == ""; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("nothing is said")
			}
		}
		if err := call.Hangup(w.Context()); err != nil {
			t.Fatal(err)
		}
		records := filepath.Join(w.Data(), "asterisk-state", "log", "calls.csv")
		for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
			text, _ := os.ReadFile(records)
			if strings.Count(string(text), `"LINKEDID_END"`) >= 2 {
				for _, secret := range []string{"2718", "2818", "SayDigits"} {
					if strings.Contains(string(text), secret) {
						t.Errorf("the records of calls hold %q:\n%s", secret, text)
					}
				}
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("no records of the calls: %s", text)
			}
		}
		if strings.Contains(w.Log(), "2718") || strings.Contains(w.Log(), "2818") {
			t.Error("the log of Asterisk holds the code")
		}
	})

	pbxtest.Scenario(t, "once there is an administrator nobody hears the setup code", func(t *testing.T) {
		plan.Setup = pbx.Setup{}
		w.Apply(plan)
		played.Forget()
		pbxtest.Refuses(t, first, pbx.SetupDial, 404)
		pbxtest.Refuses(t, other, pbx.SetupDial, 404)
		if got := played.Lines(); strings.Contains(got, "digits/") {
			t.Errorf("somebody heard %q", got)
		}
		body, err := os.ReadFile(filepath.Join(w.Data(), "asterisk", "current", setupcode.File))
		if err != nil || strings.Contains(string(body), "2718") || strings.Contains(string(body), setupcode.Mark) {
			t.Errorf("the files of Asterisk hold the code: %v", err)
		}
	})
}
