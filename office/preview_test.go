package office

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"autocom/pbx"

	"github.com/google/go-cmp/cmp"
)

func TestAPreviewChangesNothing(t *testing.T) {
	o := open(t, func(c *Config) {
		c.Check = func(p pbx.Plan) error {
			if _, ok := p.Object("menu", "bad"); ok {
				return errors.New("menu bad: it makes no sense")
			}
			return nil
		}
	})
	o.do(PutObject{Object: object("group", "sales", "610", `{"ring":20}`), By: "admin"})
	revision := o.revision
	change := PutObject{Object: object("group", "sales", "611", `{"ring":30}`)}
	before, after, same, err := o.Preview(t.Context(), change)
	if err != nil || same {
		t.Fatal(same, err)
	}
	a, _ := before.Object("group", "sales")
	b, _ := after.Object("group", "sales")
	if a.Number != "610" || b.Number != "611" || string(b.Body) != `{"ring":30}` {
		t.Errorf("before %+v, after %+v", a, b)
	}
	if now, _ := o.Object("group", "sales"); o.revision != revision || now.Number != "610" {
		t.Errorf("revision %d → %d, %+v", revision, o.revision, now)
	}
	if _, _, same, err := o.Preview(t.Context(), PutObject{Object: a}); !same || err != nil {
		t.Errorf("the same again: %v, %v", same, err)
	}
	for what, tt := range map[string]struct {
		c    arranging
		want error
	}{
		"what makes no sense":  {PutObject{Object: object("menu", "bad", "", `{}`)}, ErrRefused},
		"a revision of before": {PutObject{Object: object("group", "sales", "", `{}`), IfRev: 99}, ErrChanged},
		"deleting nothing":     {DropObject{Kind: "menu", ID: "none"}, fs.ErrNotExist},
		"a number of another":  {PutObject{Object: object("menu", "main", "610", `{}`)}, ErrRefused},
	} {
		if _, _, _, err := o.Preview(t.Context(), tt.c); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", what, err, tt.want)
		}
	}
	if _, after, _, err := o.Preview(t.Context(), DropObject{Kind: "group", ID: "sales"}); err != nil || len(after.All("group")) != 0 {
		t.Errorf("a deletion: %v %v", after.All("group"), err)
	}
}

// undo does what Undoing says.
func (d *desk) undo(n int64) error {
	_, c, err := d.Undoing(d.t.Context(), n, "admin")
	if err != nil {
		return err
	}
	return d.tried(c)
}

func TestTheLastChangeIsUndone(t *testing.T) {
	o := open(t, nil)
	o.do(PutObject{Object: object("group", "sales", "610", `{"ring":20}`), By: "admin"})
	o.do(PutObject{Object: object("group", "sales", "611", `{"ring":30}`), By: "awa"})
	o.do(PutObject{Object: object("softphone", "x", "", `{}`)}) // the box's own
	told := func() string {
		t.Helper()
		list, err := o.Changes(t.Context(), 50)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, c := range list {
			s := c.Who + ":"
			if c.Before != nil {
				s += c.Before.Number
			}
			s += ">"
			if c.After != nil {
				s += c.After.Number
			}
			if c.Last {
				s += " last"
			}
			if c.Undone {
				s += " undone"
			}
			out = append(out, s)
		}
		return strings.Join(out, ", ")
	}
	if diff := cmp.Diff("awa:610>611 last, admin:>610", told()); diff != "" {
		t.Error(diff)
	}
	if err := o.undo(1); !errors.Is(err, ErrChanged) {
		t.Errorf("an older change: %v", err)
	}
	if err := o.undo(7); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no change: %v", err)
	}
	if err := o.undo(2); err != nil {
		t.Fatal(err)
	}
	if x, _ := o.Object("group", "sales"); x.Number != "610" || string(x.Body) != `{"ring":20}` {
		t.Errorf("undone to %+v", x)
	}
	if diff := cmp.Diff("admin:611>610 last, awa:610>611 undone, admin:>610", told()); diff != "" {
		t.Error(diff)
	}
	if err := o.undo(2); !errors.Is(err, ErrChanged) {
		t.Errorf("twice: %v", err)
	}
	o.do(DropObject{Kind: "group", ID: "sales", By: "admin"})
	if err := o.undo(4); err != nil { // the deletion
		t.Fatal(err)
	}
	if x, there := o.Object("group", "sales"); !there || x.Number != "610" {
		t.Errorf("brought back: %+v", x)
	}
	if err := o.undo(5); err != nil { // bringing it back
		t.Fatal(err)
	}
	if _, there := o.Object("group", "sales"); there {
		t.Error("what is new is deleted by undoing")
	}
}
