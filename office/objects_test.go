package office

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"autocom/pbx"
	"autocom/provision"

	"github.com/google/go-cmp/cmp"
)

func object(kind, id, number, body string) pbx.Object {
	return pbx.Object{Kind: kind, ID: id, Number: number, Name: strings.ToUpper(id), Body: json.RawMessage(body)}
}

func (d *desk) tried(c Command) error {
	_, err := d.Apply(d.t.Context(), c)
	return err
}

// plugged is the n-th phone after it was seen.
func (d *desk) plugged(n int) provision.Device {
	s := d.phone(n)
	d.do(Sighted{s})
	return d.device(s.MAC.String())
}

func TestObjectsLast(t *testing.T) {
	o := open(t, nil)
	put := func(x pbx.Object, ifRev int64) error { return o.tried(PutObject{Object: x, IfRev: ifRev}) }
	if err := put(object("queue", "sales", "401", `{"ring":20}`), -1); err != nil {
		t.Fatal(err)
	}
	first, ok := o.Object("queue", "sales")
	if !ok || first.Rev == 0 {
		t.Fatalf("%+v %v", first, ok)
	}
	for _, c := range []struct {
		what string
		err  error
		want error
	}{
		{"there already", put(object("queue", "sales", "401", `{}`), -1), ErrRefused},
		{"an old revision", put(object("queue", "sales", "401", `{}`), first.Rev+7), ErrChanged},
		{"the number of another", put(object("queue", "night", "401", `{}`), 0), ErrRefused},
		{"an emergency number", put(object("queue", "night", "112", `{}`), 0), ErrRefused},
		{"no id", put(object("queue", "Sales!", "", `{}`), 0), ErrRefused},
		{"no JSON", put(object("queue", "night", "", `{`), 0), ErrRefused},
		{"unknown", o.tried(DropObject{Kind: "queue", ID: "none"}), fs.ErrNotExist},
		{"drop an old revision", o.tried(DropObject{Kind: "queue", ID: "sales", IfRev: first.Rev + 7}), ErrChanged},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v, want %v", c.what, c.err, c.want)
		}
	}
	if err := put(object("queue", "sales", "402", `{"ring":30}`), first.Rev); err != nil {
		t.Fatal(err)
	}
	second, _ := o.Object("queue", "sales")
	if second.Rev <= first.Rev {
		t.Errorf("revision %d after %d", second.Rev, first.Rev)
	}
	o.reopen()
	if diff := cmp.Diff([]pbx.Object{second}, o.Objects("queue")); diff != "" {
		t.Errorf("after a restart (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]pbx.Object{second}, o.Plan().Objects); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	if err := o.tried(DropObject{Kind: "queue", ID: "sales", IfRev: second.Rev}); err != nil {
		t.Fatal(err)
	}
	if err := o.tried(PutObject{Object: object("queue", "night", "402", `{}`)}); err != nil {
		t.Errorf("a number that a dropped object had: %v", err)
	}
}

// What does not make sense in the whole plan is refused by its words, and leaves no trace.
func TestThePlanIsAsked(t *testing.T) {
	o := open(t, func(c *Config) {
		c.Check = func(p pbx.Plan) error {
			for _, x := range p.All("menu") {
				if _, ok := p.Object("queue", "sales"); !ok {
					return fmt.Errorf("menu %s: queue sales does not exist", x.ID)
				}
			}
			return nil
		}
	})
	if err := o.tried(PutObject{Object: object("menu", "main", "", `{}`)}); err == nil || !strings.Contains(err.Error(), "menu main: queue sales does not exist") {
		t.Errorf("a menu that leads nowhere: %v", err)
	}
	for _, c := range []Command{
		PutObject{Object: object("queue", "sales", "", `{}`)}, PutObject{Object: object("menu", "main", "", `{}`)},
	} {
		if err := o.tried(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.tried(DropObject{Kind: "queue", ID: "sales"}); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "menu main") {
		t.Errorf("dropped what a menu needs: %v", err)
	}
}

func TestNumbersOfObjectsAreNobodyElses(t *testing.T) {
	o := open(t, nil)
	if err := o.tried(PutObject{Object: object("queue", "sales", "201", `{}`)}); err != nil {
		t.Fatal(err)
	}
	d := o.plugged(1)
	if d.Number() != "202" {
		t.Errorf("the first phone got %s, and 201 is the queue's", d.Number())
	}
	if err := o.tried(Replace{d.ID, "201"}); !errors.Is(err, ErrRefused) {
		t.Errorf("a phone took the queue's number: %v", err)
	}
	if err := o.tried(PutObject{Object: object("queue", "night", d.Number(), `{}`)}); !errors.Is(err, ErrRefused) {
		t.Errorf("a queue took the phone's number: %v", err)
	}
}

// A group goes on when one of its phones is gone: its number stays in the plan, silent.
func TestGhosts(t *testing.T) {
	o := open(t, nil)
	d := o.plugged(1)
	if err := o.tried(PutObject{Object: object("group", "all", "300", `{"members":["`+d.Number()+`","300"]}`)}); err != nil {
		t.Fatal(err)
	}
	if g := o.Plan().Ghosts; len(g) != 0 {
		t.Errorf("ghosts %v while everybody is there", g)
	}
	if err := o.tried(Release{d.ID}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{d.Number()}, o.Plan().Ghosts); diff != "" {
		t.Errorf("ghosts (-want +got):\n%s", diff)
	}
}

// A phone shows its person's name and speaks their language, and is asked to fetch its file
// again when either changes.
func TestAPhoneShowsItsPerson(t *testing.T) {
	o := open(t, nil)
	s := o.phone(1)
	o.do(Sighted{s})
	token := o.device(s.MAC.String()).Token
	read := func() string {
		t.Helper()
		f, err := o.ask(s, token, "001565aa0001.cfg")
		if err != nil {
			t.Fatal(err)
		}
		return string(f.Body)
	}
	if body := read(); !strings.Contains(body, "account.1.display_name = 201") {
		t.Fatalf("without a person:\n%s", body)
	}
	before := read()
	o.do(PutObject{Object: pbx.Object{Kind: "person", ID: "awa", Name: "Awa Ndiaye", Body: json.RawMessage(`{"numbers":["201"],"language":"en"}`)}})
	body := read()
	if !strings.Contains(body, "account.1.display_name = Awa Ndiaye") {
		t.Errorf("her name is not shown:\n%s", body)
	}
	if strings.Contains(before, "lang.gui = English") || !strings.Contains(body, "lang.gui = English") {
		t.Error("her phone does not speak English, or did before")
	}
}

func TestTheDirectory(t *testing.T) {
	o := open(t, nil)
	one, two := o.plugged(1), o.plugged(2)
	person := func(id, number, more string) {
		t.Helper()
		if err := o.tried(PutObject{Object: object(pbx.KindPerson, id, "", `{"numbers":["`+number+`"]`+more+`}`), IfRev: -1}); err != nil {
			t.Fatal(err)
		}
	}
	person("aicha", one.Number(), "")
	person("bob", two.Number(), `,"hidden":true`)
	if err := o.tried(PutObject{Object: object("conference", "board", "600", `{}`), IfRev: -1}); err != nil {
		t.Fatal(err)
	}
	want := []provision.Entry{{Number: one.Number(), Name: "AICHA"}, {Number: "600", Name: "BOARD"}}
	if diff := cmp.Diff(want, o.Directory()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
