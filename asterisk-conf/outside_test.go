package asteriskconf

import (
	"encoding/json"
	"testing"

	"autocom/pbx"
)

// connected is small with a provider, a gateway and all that leads in and out.
func connected() pbx.Plan {
	p := small()
	for _, o := range []struct{ kind, id, body string }{
		{"trunk", "orange", `{"server":"sip.provider.example","user":"237222000000","password":"pass-word","callerid":"+237222000000","channels":4}`},
		{"trunk", "gsm", `{"preset":"dinstar","server":"192.168.1.60","callerid":"699000000"}`},
		{"trunk", "box", `{"preset":"goip","password":"a-long-password-1"}`},
		{"trunk", "fixed", `{"preset":"provider-address","server":"203.0.113.7","transport":"tcp","proxy":"203.0.113.8:5070"}`},
		{"route", "all", `{"classes":["national","mobile","international"],"trunks":["orange","gsm"]}`},
		{"route", "short", `{"patterns":[{"match":"8XX","class":"national"}],"trunks":["gsm"],"strip":1,"prepend":"9"}`},
		{"person", "aicha", `{"numbers":["201"],"class":"mobile","minutes":30}`},
		{"outside", "guard", `{"dial":"0699 11 22 33","person":"aicha"}`},
		{"inbound", "main", `{"trunk":"orange","did":"+237 222 000 000","to":{"kind":"number","id":"201"},"language":"en","prefix":"Orange"}`},
		{"inbound", "vip", `{"trunk":"orange","did":"222000000","caller":"+33","to":{"kind":"number","id":"202"}}`},
		{"inbound", "sim", `{"trunk":"gsm","to":{"kind":"outside","id":"guard"}}`},
		{"settings", "outside", `{"prefix":"0"}`},
	} {
		p.Objects = append(p.Objects, pbx.Object{Kind: o.kind, ID: o.id, Name: "Nom", Body: json.RawMessage(o.body)})
	}
	return p
}

func TestWaysOutsidePassCheck(t *testing.T) {
	files, err := Render(connected())
	if err != nil {
		t.Fatal(err)
	}
	if err := Check(files, sounds()); err != nil {
		t.Error(err)
	}
}
