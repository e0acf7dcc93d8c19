package office

import (
	"encoding/json"
	"slices"
	"testing"

	"autocom/pbx"
)

// A browser rings with a number for as long as the number is whose it was, never longer.
func TestABrowserRingsWithItsOwnersNumber(t *testing.T) {
	d := open(t, func(c *Config) { c.SoftphoneKey = "a key of the box" })
	const token = "a token of one installation"
	d.do(GetNumber{Token: token, Kind: "linphone"})
	put := func(kind, id, name string, body any) {
		t.Helper()
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		d.do(PutObject{Object: pbx.Object{Kind: kind, ID: id, Name: name, Body: text}})
	}
	own := SoftID(token)
	number := d.Devices()[0].Number()
	put(pbx.KindPerson, "awa", "Awa", pbx.Person{Numbers: []string{"250"}})
	put(pbx.KindSoftphone, "soft-1", "Awa", pbx.Softphone{Number: "250", Person: "awa"})
	put(pbx.KindSoftphone, "soft-2", "", pbx.Softphone{Number: number, Device: own})
	put(pbx.KindSoftphone, "soft-3", "", pbx.Softphone{Number: "250", Person: "somebody else"})
	put(pbx.KindSoftphone, "soft-4", "", pbx.Softphone{Number: "299", Device: own})
	put(pbx.KindSoftphone, "soft-5", "", pbx.Softphone{Number: "250"})
	browsers := func() []string {
		var out []string
		for _, e := range d.Plan().Endpoints {
			if e.Web {
				out = append(out, e.ID+" "+e.Number)
			}
		}
		return out
	}
	if got, want := browsers(), []string{"soft-1-1 250", "soft-2-1 " + number}; !slices.Equal(got, want) {
		t.Errorf("browsers %q, want %q", got, want)
	}
	// Both phones of a number ring, each on a line of its own.
	if x, _ := d.Plan().Extension(number); !slices.Equal(x.Lines, []string{own + "-1", "soft-2-1"}) && !slices.Equal(x.Lines, []string{"soft-2-1", own + "-1"}) {
		t.Errorf("%s rings %q", number, x.Lines)
	}
	user, password := d.BrowserLine("soft-1")
	again, same := d.BrowserLine("soft-1")
	if _, other := d.BrowserLine("soft-2"); user != "soft-1-1" || len(password) != 32 || again != user || same != password || other == password {
		t.Errorf("user %q, passwords of %d signs, equal: %v, %v", user, len(password), same == password, other == password)
	}
	for _, e := range d.Plan().Endpoints {
		if e.ID == "soft-1-1" && e.Secret != password {
			t.Error("the exchange has another password than the page")
		}
	}

	d.do(Release{own})
	put(pbx.KindPerson, "awa", "Awa", pbx.Person{Numbers: []string{"251"}})
	if got := browsers(); len(got) != 0 {
		t.Errorf("numbers have gone to others, and still ring %q", got)
	}
}

func TestNoKeyNoBrowsers(t *testing.T) {
	d := open(t, nil)
	if user, password := d.BrowserLine("soft-1"); user != "" || password != "" {
		t.Errorf("a line without a key: %q", user)
	}
}
