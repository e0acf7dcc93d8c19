package queue

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"autocom/pbx"
	"autocom/pbx/goldentest"
)

// office has extensions 201 to 204: Ada (201) supervises, Bob (202) and Eve (203) are
// agents, nobody is behind 204.
func office(objects ...pbx.Object) pbx.Plan {
	plan := pbx.Plan{Language: "en"}
	for _, n := range []string{"201", "202", "203", "204"} {
		plan.Endpoints = append(plan.Endpoints, pbx.Endpoint{ID: "0015650000" + n[1:] + "-1", Number: n, Right: pbx.RightInternal})
	}
	plan.Objects = append(plan.Objects,
		object(pbx.KindPerson, "ada", "", map[string]any{"numbers": []string{"201"}, "supervisor": true}),
		object(pbx.KindPerson, "bob", "", map[string]any{"numbers": []string{"202"}, "agent": true}),
		object(pbx.KindPerson, "eve", "", map[string]any{"numbers": []string{"203"}, "agent": true}),
	)
	plan.Objects = append(plan.Objects, objects...)
	return plan
}

func object(kind, id, number string, body any) pbx.Object {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return pbx.Object{Kind: kind, ID: id, Number: number, Body: text}
}

type fields map[string]any

func TestWhatQueuesAdd(t *testing.T) {
	plan := office(
		object(Kind, "sales", "600", fields{
			"members": []fields{{"number": "204", "penalty": 1}}, "agents": []fields{{"person": "bob"}, {"person": "eve", "penalty": 2}},
			"strategy": "rrmemory", "wrapup": 10, "autopause": "all", "hold_time": true, "prefix": "Sales:", "language": "fr",
			"max_callers": 5, "max_wait": 120, "join_empty": "busy", "leave_empty": "never", "record": true,
			"full": fields{"kind": "number", "id": "204"}, "keys": fields{"0": fields{"kind": "number", "id": "201"}},
		}),
		object(Kind, "plain", "", fields{"members": []fields{{"number": "201"}}}),
	)
	got, err := Render(plan)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, name := range []string{"queues.conf", "extensions.conf"} {
		text.WriteString("-- " + name + " --\n" + strings.TrimLeft(got.Files[name], "\n"))
	}
	text.WriteString("-- lines --\n")
	for _, e := range plan.Endpoints {
		for _, s := range got.Lines[e.ID] {
			text.WriteString(e.ID + " " + s.Key + " = " + s.Value + "\n")
		}
	}
	goldentest.Text(t, "testdata/queues.golden", text.String())
}

func TestWhatIsRefused(t *testing.T) {
	member := []fields{{"number": "204"}}
	cases := []struct {
		why  string
		body fields
		says string
	}{
		{"nobody", fields{}, "nobody is rung"},
		{"a number of nobody", fields{"members": []fields{{"number": "299"}}}, `member "299": there is no such extension`},
		{"twice", fields{"members": []fields{{"number": "204"}, {"number": "204"}}}, "member 204 is there twice"},
		{"an agent who is a member", fields{"members": []fields{{"number": "202"}}, "agents": []fields{{"person": "bob"}}}, "number 202 is in the queue already"},
		{"no person", fields{"agents": []fields{{"person": "max"}}}, `agent "max": there is no such person`},
		{"no agent", fields{"agents": []fields{{"person": "ada"}}}, "this person is no agent"},
		{"penalty", fields{"members": []fields{{"number": "204", "penalty": 11}}}, "penalty 11: 0 to 10"},
		{"strategy", fields{"members": member, "strategy": "roundrobin"}, "strategy \"roundrobin\": use ringall"},
		{"a strategy that is a key of the file", fields{"members": member, "strategy": "ringall\nmember => PJSIP/x"}, "use ringall"},
		{"ring", fields{"members": member, "ring": 1}, "ring 1: 5 to 300 seconds"},
		{"target", fields{"members": member, "service_target": 101}, "service_target 101: 1 to 100 percent"},
		{"prefix that is an option", fields{"members": member, "prefix": "A${X}"}, "at most 16 letters"},
		{"prefix that is a line", fields{"members": member, "prefix": "A\nexten"}, "at most 16 letters"},
		{"prompt", fields{"members": member, "join": "x,y)"}, `join: prompt "x,y)" does not exist`},
		{"music", fields{"members": member, "music": "a,b"}, "music"},
		{"key", fields{"members": member, "keys": fields{"12": fields{"kind": "hangup"}}}, "one digit"},
		{"where a key leads", fields{"members": member, "keys": fields{"1": fields{"kind": "number", "id": "999"}}}, "key 1: number \"999\" does not exist"},
		{"overflow", fields{"members": member, "full": fields{"kind": "menu", "id": "none"}}, "full: menu none does not exist"},
		{"an unknown field", fields{"members": member, "ringing": 5}, "there is no field"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			_, err := Render(office(object(Kind, "sales", "600", c.body)))
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "queue sales: ") {
				t.Errorf("%v, want queue sales: … %s", err, c.says)
			}
		})
	}
}

func TestSettings(t *testing.T) {
	cases := []struct {
		why  string
		body fields
		says string
	}{
		{"two digits", fields{"reasons": []fields{{"code": "12", "name": "x"}}}, "its code is one digit"},
		{"a name with a comma", fields{"reasons": []fields{{"code": "1", "name": "x,y"}}}, "its name has 1 to 40"},
		{"twice", fields{"reasons": []fields{{"code": "1", "name": "x"}, {"code": "1", "name": "y"}}}, "is there twice"},
		{"notice", fields{"listen_notice": "nothing"}, "listen_notice: prompt \"nothing\" does not exist"},
	}
	for _, c := range cases {
		if _, err := Render(office(object(pbx.KindSettings, SettingsID, "", c.body))); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %s", c.why, err, c.says)
		}
	}
}

// Only lines of people who may have these variables; a guest's phone none.
func TestWhoseLinesSayWhat(t *testing.T) {
	plan := office(object(Kind, "sales", "600", fields{"members": []fields{{"number": "204"}}}))
	plan.Endpoints[3].Right = pbx.RightGuest
	got, err := Render(plan)
	if err != nil {
		t.Fatal(err)
	}
	if s := got.Lines["001565000004-1"]; s != nil {
		t.Errorf("a guest's line has %v", s)
	}
	if s := got.Lines["001565000001-1"]; !slices.Contains(s, pbx.Setting{Key: "set_var", Value: "AC_SUPERVISOR=1"}) ||
		slices.Contains(s, pbx.Setting{Key: "set_var", Value: "SPYGROUP=201"}) {
		t.Errorf("the supervisor's line has %v", s)
	}
	plan.Objects = slices.DeleteFunc(plan.Objects, func(o pbx.Object) bool { return o.ID == "ada" })
	if got, _ = Render(plan); strings.Contains(got.Files["extensions.conf"], "ChanSpy") {
		t.Error("nobody supervises, and somebody may listen")
	}
}

// A number whose phone is gone stays in the queue's object, and is not rung.
func TestAMemberWithoutAPhone(t *testing.T) {
	plan := office(object(Kind, "sales", "600", fields{"members": []fields{{"number": "299"}, {"number": "204"}}}))
	plan.Ghosts = []string{"299"}
	got, err := Render(plan)
	if err != nil {
		t.Fatal(err)
	}
	if text := got.Files["queues.conf"]; strings.Contains(text, "299") || !strings.Contains(text, "member => Local/204@") {
		t.Error(text)
	}
}

func TestWhatSupervisorsMay(t *testing.T) {
	text := func(body fields) string {
		t.Helper()
		got, err := Render(office(object(pbx.KindSettings, SettingsID, "", body), object(pbx.KindPrompt, "notice", "", fields{})))
		if err != nil {
			t.Fatal(err)
		}
		return got.Files["extensions.conf"]
	}
	if s := text(fields{"listen_notice": ""}); strings.Contains(s, "ac-spy-notice") || !strings.Contains(s, "ChanSpy") {
		t.Error("something is heard though nothing should be")
	}
	if s := text(fields{"listen_notice": "notice"}); !strings.Contains(s, "Gosub(ac-prompt-notice,s,1(beep))") {
		t.Error("the prompt is not played")
	}
	const target = "[ac-spy-target]\nexten => 201,1,Return()"
	if s := text(fields{}); strings.Contains(s, target) {
		t.Error("a supervisor is listened to")
	}
	if s := text(fields{"listen_to_supervisors": true}); !strings.Contains(s, target) {
		t.Error("nobody listens to a supervisor though they may")
	}
}

// Where a queue leads when it is full or empty and nobody said: where those go who have
// waited too long.
func TestOverflowFollowsTheTimeout(t *testing.T) {
	got, err := Render(office(object(Kind, "sales", "600", fields{"members": []fields{{"number": "204"}}, "timeout": fields{"kind": "number", "id": "203"}})))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(got.Files["extensions.conf"], "Goto(ac-number,203,1)"); n != 3 {
		t.Errorf("%d ways lead to 203:\n%s", n, got.Files["extensions.conf"])
	}
}
