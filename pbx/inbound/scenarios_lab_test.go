//go:build lab

package inbound_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/pbxtest"
	"autocom/phonesim"
)

func TestMain(m *testing.M) { pbxtest.Main(m) }

// The languages that the box speaks, as Asterisk names their prompts.
var french, english = pbx.Prompts("fr"), pbx.Prompts("en")

// A French house with a number for callers who speak English, a menu in each language, and
// one person who speaks English.
func TestLanguagesOfCalls(t *testing.T) {
	p := pbxtest.Plan("201", "202")
	pbxtest.Person(&p, "john", "John", func(x *pbx.Person) { x.Language = "en" }, "202")
	pbxtest.Trunk(&p, "201")
	box := pbx.Destination{Kind: pbx.ToVoicemail, ID: "201"}
	pbxtest.Put(&p, pbx.KindInbound, "english", "", "English", map[string]any{"trunk": "line", "did": "222000001", "language": "en", "to": box})
	pbxtest.Put(&p, pbx.KindInbound, "french", "", "Français", map[string]any{"trunk": "line", "did": "222000002", "to": box})
	for _, lang := range []string{"fr", "en"} {
		pbxtest.Put(&p, "menu", lang, map[string]string{"fr": "611", "en": "612"}[lang], "Menu "+lang, map[string]any{
			"keys": map[string]pbx.Destination{"1": box}, "language": lang, "wait": 1, "tries": 2})
	}
	w := pbxtest.Open(t, p)
	played := w.WriteDown()
	// only calls a number, presses keys when the call is up, and wants that the box says the
	// words in a language, and nothing in another one.
	only := func(t *testing.T, from *phonesim.Agent, number, keys, language string, words ...string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
		defer cancel()
		played.Forget()
		c, err := from.Call(ctx, number)
		if err != nil {
			t.Fatal(err)
		}
		if keys != "" {
			pbxtest.Eventually(t, 10*time.Second, func() error { return said(played, "beep", language) })
			if err := c.Press(ctx, keys); err != nil {
				t.Fatal(err)
			}
		}
		for _, word := range words {
			pbxtest.Eventually(t, 20*time.Second, func() error { return said(played, word, language) })
		}
		for line := range strings.Lines(played.Lines()) {
			if !strings.HasSuffix(line, " "+language+"\n") {
				t.Errorf("%s calls %s and hears %q, want %s", from.Number(), number, line, language)
			}
		}
		if err := c.Hangup(ctx); err != nil {
			t.Error(err)
		}
	}
	// The number of the box is read digit by digit.
	greeting := []string{"vm-theperson", "digits/2", "digits/0", "digits/1", "vm-isunavail"}

	pbxtest.Scenario(t, "callers from outside hear the language of the number that they called", func(t *testing.T) {
		world := w.Outside("677123456")
		only(t, world, "222000001", "", english, greeting...)
		only(t, world, "222000002", "", french, greeting...)
	})

	pbxtest.Scenario(t, "a menu speaks its language, and so does all that follows", func(t *testing.T) {
		one := w.Agent("201")
		only(t, one, "612", "9,,,,,,,,1", english, append([]string{"pbx-invalid"}, greeting...)...)
		only(t, one, "611", "9,,,,,,,,1", french, append([]string{"pbx-invalid"}, greeting...)...)
		only(t, w.Agent("202"), "611", "1", french, greeting...)
	})

	pbxtest.Scenario(t, "people of one house hear each their own language", func(t *testing.T) {
		only(t, w.Agent("201"), "*99201", "", french, greeting...)
		only(t, w.Agent("202"), "*99201", "", english, greeting...)
	})
}

// said reports whether a file was played in a language.
func said(p *pbxtest.Played, file, language string) error {
	if all := p.Lines(); !strings.Contains("\n"+all, "\n"+file+" "+language+"\n") {
		return fmt.Errorf("%s is not played in %s:\n%s", file, language, all)
	}
	return nil
}
