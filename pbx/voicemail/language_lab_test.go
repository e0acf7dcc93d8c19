//go:build lab

package voicemail_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/pbx/pbxtest"
	"autocom/phonesim"
)

// words are files without their language.
func words(files string) string {
	var out []string
	for line := range strings.Lines(files) {
		word, _, _ := strings.Cut(line, " ")
		out = append(out, strings.TrimPrefix(word, "digits/"))
	}
	return strings.Join(out, " ")
}

// saying is something that is said in an own call.
type saying struct {
	by        *phonesim.Agent
	app, want string
}

func TestLanguages(t *testing.T) {
	plan := pbxtest.Plan("201", "202")
	plan.TimeZone = "Africa/Douala"
	pbxtest.Person(&plan, "john", "John", func(p *pbx.Person) { p.Language = "en" }, "202")
	o := open(t, plan)
	french, english := o.Agent("201"), o.Agent("202")
	n := 7000
	// say makes all calls at once, each to an extension that says something and hangs up.
	say := func(t *testing.T, all ...saying) {
		t.Helper()
		o.forget()
		first, calls := n+1, []*phonesim.Call{}
		for _, s := range all {
			n++
			for i, step := range []string{"Answer()", s.app, "Hangup()"} {
				o.CLI(fmt.Sprintf("dialplan add extension %d,%d,%s into ac-ext", n, i+1, step))
			}
			c, err := s.by.Call(within(t, 20*time.Second), fmt.Sprint(n))
			if err != nil {
				t.Fatal(err)
			}
			calls = append(calls, c)
		}
		for i, c := range calls {
			over(t, c)
			if got := words(o.plays.LinesOf(fmt.Sprint(first + i))); got != all[i].want {
				t.Errorf("%s: %q, want %q", all[i].app, got, all[i].want)
			}
		}
	}

	pbxtest.Scenario(t, "French numbers are said as the French say them", func(t *testing.T) {
		var all []saying
		for number, want := range map[int]string{
			21: "20 et 1", 71: "60 et 11", 77: "60 17", 80: "80", 81: "80 1", 91: "80 11", 99: "80 19",
			100: "hundred", 101: "hundred 1", 200: "2 hundred", 1971: "thousand 9 hundred 60 et 11", 0: "0",
		} {
			all = append(all, saying{french, fmt.Sprintf("SayNumber(%d)", number), want})
		}
		say(t, all...)
	})

	pbxtest.Scenario(t, "dates and times are said in the person's language and the site's zone", func(t *testing.T) {
		const at = 1795457622 // Monday 23 November 2026, 18:13:42 UTC: 19:13 in Douala
		say(t, saying{french, fmt.Sprintf("SayUnixTime(%d,Africa/Douala,AdBY'digits/at'kM)", at), "day-1 20 3 mon-10 2 thousand 20 6 at 19 oclock 13"},
			saying{english, fmt.Sprintf("SayUnixTime(%d,Africa/Douala,ABdY'digits/at'IMp)", at), "day-1 mon-10 20 h-3 2 thousand 20 6 at 7 13 p-m"})
	})

	pbxtest.Scenario(t, "the clock says the date and the time, twenty-four hours in French, twelve in English", func(t *testing.T) {
		first := o.call(t, french, "*60")
		second, err := english.Call(within(t, 20*time.Second), "*60")
		if err != nil {
			t.Fatal(err)
		}
		over(t, first)
		over(t, second)
		said := o.plays.LinesTo("201")
		if got := words(said); !strings.HasPrefix(got, "day-") || !strings.Contains(got, " at ") || !strings.Contains(got, " oclock") || strings.Contains(got, "-m") {
			t.Errorf("the French clock says %q", got)
		}
		if strings.Contains(said, "Allison") {
			t.Errorf("an English word in\n%s", said)
		}
		said = o.plays.LinesTo("202")
		if got := words(said); !strings.HasPrefix(got, "day-") || !strings.HasSuffix(got, "-m") {
			t.Errorf("the English clock says %q", got)
		}
		if strings.Contains(said, "June") {
			t.Errorf("a French word in\n%s", said)
		}
	})
}
