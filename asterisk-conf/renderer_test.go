package asteriskconf

import (
	"encoding/json"
	"net/netip"
	"reflect"
	"slices"
	"testing"

	"autocom/pbx"
)

// What a Renderer gives is what Render gives, whatever was asked for before.
func TestARendererGivesNoStaleFile(t *testing.T) {
	group := pbx.Object{Kind: "group", ID: "sales", Number: "610", Name: "Sales", Body: json.RawMessage(`{"members":["2001"]}`)}
	louder := group
	louder.Body = json.RawMessage(`{"members":["2001","2002"]}`)
	var r Renderer
	base := many(20)
	plans := []pbx.Plan{base}
	with := func(change func(*pbx.Plan)) {
		p := base
		p.Endpoints, p.Objects = slices.Clone(base.Endpoints), slices.Clone(base.Objects)
		change(&p)
		plans = append(plans, p)
	}
	with(func(p *pbx.Plan) { p.Objects = append(p.Objects, group) })
	with(func(p *pbx.Plan) { p.Objects = append(p.Objects, louder) })
	with(func(p *pbx.Plan) { p.ManagerSecret = "another-secret-of-the-same-length-0" })
	with(func(p *pbx.Plan) { p.Endpoints[3].Name = "Somebody else" })
	with(func(p *pbx.Plan) { p.Endpoints[3].Secret = "zyxwvutsrqponmlkjihgfedcba987654" })
	with(func(p *pbx.Plan) { p.Language = "en" })
	with(func(p *pbx.Plan) { p.Ghosts = []string{"2999"} })
	with(func(p *pbx.Plan) { p.Address = netip.MustParseAddr("192.168.7.7") })
	with(func(p *pbx.Plan) { p.Endpoints = p.Endpoints[1:] })
	for range 3 {
		slices.Reverse(plans)
		for i, p := range plans {
			want, err := Render(p)
			if err != nil {
				t.Fatal(i, err)
			}
			got, err := r.Render(p)
			if err != nil {
				t.Fatal(i, err)
			}
			for name := range want {
				if string(got[name]) != string(want[name]) {
					t.Errorf("plan %d: %s is not as Render makes it", i, name)
				}
			}
			if len(got) != len(want) {
				t.Errorf("plan %d: %d files, want %d", i, len(got), len(want))
			}
		}
	}
}

// The same plan is rendered once, at another revision too; what differs in one object runs
// few templates; and no more is kept than a few plans.
func TestARendererRendersWhatTheChangeTouches(t *testing.T) {
	var r Renderer
	render := func(p pbx.Plan) {
		t.Helper()
		if _, err := r.Render(p); err != nil {
			t.Fatal(err)
		}
	}
	p := many(20)
	render(p)
	all := r.Templates()
	p.Revision++
	render(p)
	if r.Renders() != 1 || r.Templates() != all {
		t.Errorf("the same plan: %d plans and %d templates, want 1 and %d", r.Renders(), r.Templates(), all)
	}
	p.Objects = append(slices.Clone(p.Objects), pbx.Object{Kind: "group", ID: "sales", Number: "610", Name: "Sales", Body: json.RawMessage(`{"members":["2001"]}`)})
	render(p)
	if ran := r.Templates() - all; ran > 5 || r.Renders() != 2 {
		t.Errorf("a group more: %d templates of %d were run, in %d renderings", ran, all, r.Renders())
	}
	for n := range 10 {
		p.Name = string(rune('A' + n))
		p.Endpoints = slices.Clone(p.Endpoints)
		p.Endpoints[0].Name = p.Name
		render(p)
	}
	if len(r.last) > kept {
		t.Errorf("%d plans are kept", len(r.last))
	}
}

// Every field of a plan counts: one that is added is compared too.
func TestAPlanIsComparedInEveryField(t *testing.T) {
	for i := range reflect.TypeFor[pbx.Plan]().NumField() {
		f := reflect.TypeFor[pbx.Plan]().Field(i)
		if k := f.Type.Kind(); k == reflect.Func || k == reflect.Chan || k == reflect.UnsafePointer {
			t.Errorf("%s is a %s: what it does is not seen when plans are compared", f.Name, k)
		}
	}
}
