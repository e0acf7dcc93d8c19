package voicemail

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"autocom/pbx"
	"autocom/pbx/goldentest"
)

func office(objects ...pbx.Object) pbx.Plan {
	p := pbx.Plan{Language: "fr", Country: "CM", TimeZone: "Africa/Douala", Objects: objects}
	for _, n := range []string{"201", "202", "203"} {
		p.Endpoints = append(p.Endpoints, pbx.Endpoint{ID: "001565000" + n + "-1", Number: n, Name: "Poste " + n, Lang: "fr", Right: pbx.RightInternal})
	}
	return p
}

func object(kind, id, name, body string) pbx.Object {
	return pbx.Object{Kind: kind, ID: id, Name: name, Body: json.RawMessage(body)}
}

func text(f pbx.Fragments) string {
	var b bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(f.Files)) {
		b.WriteString("-- " + name + " --\n" + f.Files[name])
	}
	for _, id := range slices.Sorted(maps.Keys(f.Lines)) {
		b.WriteString("-- line " + id + " --\n")
		for _, s := range f.Lines[id] {
			b.WriteString(s.Key + " = " + s.Value + "\n")
		}
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	f, err := Render(office(
		object(pbx.KindPerson, "alice", `Alice "la chef"|; x`, `{"numbers":["201"],"language":"en","hidden":true,"email":"alice@example.org"}`),
		object(pbx.KindPerson, "bob", "Bob", `{"numbers":["202"],"voicemail":false}`),
		object(pbx.KindSettings, Feature, "", `{"pin":6,"ask_pin":true,"operator":{"kind":"number","id":"202"}}`),
	))
	if err != nil {
		t.Fatal(err)
	}
	got := text(f)
	goldentest.Text(t, "testdata/example.golden", got)
	if strings.Contains(got, "example.org") {
		t.Error("Asterisk is told an address, and would run a program to mail to it")
	}
}

func TestRefused(t *testing.T) {
	cases := []struct{ body, says string }{
		{`{"pin":3}`, "pin 3: a PIN has 4 to 10 digits"},
		{`{"pin":"1234"}`, `field "pin"`},
		{`{"messages":0}`, "messages 0"},
		{`{"messages":100000}`, "messages 100000"},
		{`{"shortest":-1}`, "shortest -1"},
		{`{"longest":1}`, "longest 1"},
		{`{"greeting":1000}`, "greeting 1000"},
		{`{"after_mail":"burn"}`, `after_mail "burn": use keep, heard or delete`},
		{`{"after_mail":"delete","no_sound":true}`, "would lose what was said"},
		{`{"operator":{"kind":"number","id":"299"}}`, `operator: number "299" does not exist`},
		{`{"operator":{"kind":"number","id":"201\n[x]"}}`, "does not exist"},
		{`{"operator":{"kind":"voicemail","id":"202"}}`, "202 has no voicemail"},
		{`{"mailcmd":"/bin/sh"}`, `there is no field "mailcmd"`},
	}
	for _, c := range cases {
		plan := office(object(pbx.KindSettings, Feature, "", c.body), object(pbx.KindPerson, "bob", "Bob", `{"numbers":["202"],"voicemail":false}`))
		if _, err := Render(plan); err == nil || !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), "settings voicemail: ") {
			t.Errorf("%s: %v, want %q", c.body, err, c.says)
		}
	}
	plan := office()
	plan.TimeZone = "UTC\nmailcmd = /bin/sh"
	if _, err := Render(plan); err == nil || !strings.Contains(err.Error(), "time zone") {
		t.Errorf("a time zone of two lines: %v", err)
	}
}

// What Asterisk runs before it takes a PIN.
func TestPIN(t *testing.T) {
	f, err := Render(office())
	if err != nil {
		t.Fatal(err)
	}
	script := t.TempDir() + "/pin.sh"
	if err := os.WriteFile(script, []byte(f.Files["voicemail_pin.sh"]), 0o600); err != nil {
		t.Fatal(err)
	}
	for pin, want := range map[string]string{
		"4821": "VALID", "0090": "VALID", "739150": "VALID", "1357": "VALID", "8806": "VALID",
		"2014": "INVALID", "7201": "INVALID", // hold the number
		"0000": "INVALID", "999999": "INVALID",
		"1234": "INVALID", "7890": "INVALID", "9876": "INVALID", "0123456789": "INVALID",
		"1212": "INVALID", "474747": "INVALID",
		"12*4": "INVALID", "1 23": "INVALID", "$(id)": "INVALID", "": "INVALID", "-e44": "INVALID",
	} {
		out, err := exec.Command("/bin/sh", script, "201", Context, "201", pin).CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != want {
			t.Errorf("%q is %s (%v), want %s", pin, got, err, want)
		}
	}
}
