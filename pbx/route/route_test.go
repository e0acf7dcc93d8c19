package route

import (
	"encoding/json"
	"strings"
	"testing"

	"autocom/pbx"
	"autocom/pbx/goldentest"
)

func object(kind, id, body string) pbx.Object {
	return pbx.Object{Kind: kind, ID: id, Body: json.RawMessage(body)}
}

func plan(country string, objects ...pbx.Object) pbx.Plan {
	return pbx.Plan{Language: "fr", Country: country, Objects: append(objects, object("trunk", "t", `{}`),
		object(pbx.KindPerson, "p", `{"numbers":["201"],"class":"mobile","minutes":10}`)),
		Endpoints: []pbx.Endpoint{{ID: "001565000001-1", Number: "201"}, {ID: "001565000002-1", Number: "202"}}}
}

func TestWhatCannotBeIsRefused(t *testing.T) {
	good := object(Kind, "r", `{"classes":["national","mobile"],"trunks":["t"]}`)
	for _, c := range []struct {
		country string
		o       pbx.Object
		says    string
	}{
		{"CM", object(Kind, "x", `{"classes":["national"]}`), "route x: it has no trunks"},
		{"CM", object(Kind, "x", `{"classes":["national"],"trunks":["u"]}`), "trunk u does not exist"},
		{"CM", object(Kind, "x", `{"classes":["national"],"trunks":["t","t"]}`), "trunk t is there twice"},
		{"CM", object(Kind, "x", `{"trunks":["t"]}`), "it carries no numbers"},
		{"CM", object(Kind, "x", `{"classes":["premium"],"trunks":["t"]}`), `class "premium"`},
		{"CM", object(Kind, "x", `{"classes":["guest"],"trunks":["t"]}`), `class "guest"`},
		{"ZZ", object(Kind, "x", `{"classes":["national"],"trunks":["t"]}`), "use patterns instead of classes"},
		{"CM", object(Kind, "x", `{"patterns":[{"match":"X.","class":"mobile"}],"trunks":["t"]}`), "of one length"},
		{"CM", object(Kind, "x", `{"patterns":[{"match":"6XX,1,System(x)","class":"mobile"}],"trunks":["t"]}`), "of one length"},
		{"CM", object(Kind, "x", `{"patterns":[{"match":"6XX","class":"internal"}],"trunks":["t"]}`), `class "internal"`},
		{"CM", object(Kind, "x", `{"classes":["national"],"trunks":["t"],"prepend":"0,T"}`), "prepend"},
		{"CM", object(Kind, "x", `{"classes":["national"],"trunks":["t"],"strip":99}`), "strip 99"},
		{"CM", object(KindOutside, "x", `{"dial":"699112233","person":"q"}`), `person "q" does not exist`},
		{"CM", object(KindOutside, "x", `{"dial":"12","person":"p"}`), "no route knows it"},
		{"CM", object(KindOutside, "x", `{"dial":"699112233,1,x","person":"p"}`), "no route knows it"},
		{"CM", object(KindOutside, "x", `{"dial":"00881612345678","person":"p"}`), "nobody may call it"},
		{"CM", object(pbx.KindSettings, "fraud", `{"night":"8-20"}`), "night"},
		{"CM", object(pbx.KindSettings, "fraud", `{"new":"x"}`), "new"},
		{"CM", object(pbx.KindSettings, "fraud", `{"countries":["+33"]}`), `country "+33"`},
		{"CM", object(pbx.KindSettings, "fraud", `{"longest":0}`), "longest"},
		{"CM", object(pbx.KindSettings, "fraud", `{"calls":-1}`), "calls"},
		{"CM", object(pbx.KindSettings, "outside", `{"prefix":"00"}`), "prefix"},
	} {
		objects := []pbx.Object{c.o}
		if c.o.Kind != Kind && c.country == "CM" {
			objects = append(objects, good)
		}
		if _, err := Render(plan(c.country, objects...)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.o.Body, err, c.says)
		}
	}
}

func TestGolden(t *testing.T) {
	f, err := Render(plan("ZZ",
		object(Kind, "a", `{"patterns":[{"match":"6XXX","class":"mobile"},{"match":"+44XXXXXXXXX","class":"international"}],"trunks":["t"],"strip":1,"prepend":"9"}`),
		object(KindOutside, "guard", `{"dial":"6 123","person":"p"}`),
		object(pbx.KindSettings, "fraud", `{"calls":3,"minutes":300,"countries":["33","1876"],"new":"tell"}`)))
	if err != nil {
		t.Fatal(err)
	}
	goldentest.Text(t, "testdata/example.golden", f.Files["extensions.conf"])
}
