//go:build lab

package voicemail_test

import (
	"fmt"
	"strings"
	"testing"

	"autocom/pbx"
	"autocom/pbx/pbxtest"
	"autocom/phonesim"
)

// words are the files of one call without their language.
func (o *office) words() string {
	var out []string
	for line := range strings.Lines(o.played()) {
		word, _, _ := strings.Cut(line, " ")
		out = append(out, strings.TrimPrefix(word, "digits/"))
	}
	return strings.Join(out, " ")
}

func TestLanguages(t *testing.T) {
	plan := pbxtest.Plan("201", "202")
	plan.TimeZone = "Africa/Douala"
	pbxtest.Person(&plan, "john", "John", func(p *pbx.Person) { p.Language = "en" }, "202")
	o := open(t, plan)
	french, english := o.Agent("201"), o.Agent("202")
	n := 0
	// says dials an extension that says something and hangs up.
	says := func(t *testing.T, a *phonesim.Agent, app, want string) {
		t.Helper()
		n++
		number := fmt.Sprint(7000 + n)
		for i, step := range []string{"Answer()", app, "Hangup()"} {
			o.CLI(fmt.Sprintf("dialplan add extension %s,%d,%s into ac-ext", number, i+1, step))
		}
		over(t, o.call(t, a, number))
		if got := o.words(); got != want {
			t.Errorf("%s: %q, want %q", app, got, want)
		}
	}

	pbxtest.Scenario(t, "French numbers are said as the French say them", func(t *testing.T) {
		for number, want := range map[int]string{
			21: "20 et 1", 71: "60 et 11", 77: "60 17", 80: "80", 81: "80 1", 91: "80 11", 99: "80 19",
			100: "hundred", 101: "hundred 1", 200: "2 hundred", 1971: "thousand 9 hundred 60 et 11", 0: "0",
		} {
			says(t, french, fmt.Sprintf("SayNumber(%d)", number), want)
		}
	})

	pbxtest.Scenario(t, "dates and times are said in the person's language and the site's zone", func(t *testing.T) {
		const at = 1795457622 // Monday 23 November 2026, 18:13:42 UTC: 19:13 in Douala
		says(t, french, fmt.Sprintf("SayUnixTime(%d,Africa/Douala,AdBY'digits/at'kM)", at), "day-1 20 3 mon-10 2 thousand 20 6 at 19 oclock 13")
		says(t, english, fmt.Sprintf("SayUnixTime(%d,Africa/Douala,ABdY'digits/at'IMp)", at), "day-1 mon-10 20 h-3 2 thousand 20 6 at 7 13 p-m")
	})

	pbxtest.Scenario(t, "the clock says the date and the time, twenty-four hours in French, twelve in English", func(t *testing.T) {
		c := o.call(t, french, "*60")
		over(t, c)
		if got := o.words(); !strings.HasPrefix(got, "day-") || !strings.Contains(got, " at ") || !strings.Contains(got, " oclock") || strings.Contains(got, "-m") {
			t.Errorf("the French clock says %q", got)
		}
		if strings.Contains(o.played(), "Allison") {
			t.Errorf("an English word in\n%s", o.played())
		}
		over(t, o.call(t, english, "*60"))
		if got := o.words(); !strings.HasPrefix(got, "day-") || !strings.HasSuffix(got, "-m") {
			t.Errorf("the English clock says %q", got)
		}
		if strings.Contains(o.played(), "June") {
			t.Errorf("a French word in\n%s", o.played())
		}
	})
}
