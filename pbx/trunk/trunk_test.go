package trunk

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"autocom/pbx"
	"autocom/pbx/goldentest"
)

func plan(bodies ...string) pbx.Plan {
	p := pbx.Plan{Language: "fr", Country: "CM", Address: netip.MustParseAddr("192.168.1.10")}
	for i, b := range bodies {
		p.Objects = append(p.Objects, pbx.Object{Kind: Kind, ID: string(rune('a' + i)), Body: json.RawMessage(b)})
	}
	return p
}

func TestPresetsAreUsable(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range Presets() {
		if seen[p.ID] || p.Name == "" || p.NoteEN == "" || p.NoteFR == "" {
			t.Errorf("%+v", p)
		}
		seen[p.ID] = true
		body := map[string]any{"preset": p.ID, "password": "a-long-password", "user": "me", "server": "192.168.1.60"}
		if p.Mode == Accept {
			delete(body, "server")
		}
		raw, _ := json.Marshal(body)
		_, err := Render(plan(string(raw)))
		if p.Unsupported != (err != nil) {
			t.Errorf("%s: %v", p.ID, err)
		}
	}
	for _, c := range [][3]string{{"goip", "", "goip"}, {"grandstream", "HT813", "grandstream-ht813"}, {"grandstream", "GXW4104", "grandstream-gxw"}, {"nobody", "", "gateway"}} {
		if got := ForMaker(c[0], c[1]).ID; got != c[2] {
			t.Errorf("%s %s gets %s", c[0], c[1], got)
		}
	}
}

func TestTrunksThatCannotBeAreRefused(t *testing.T) {
	for body, says := range map[string]string{
		`{"preset":"none"}`:                                                          `preset "none" does not exist`,
		`{"server":"x.example"}`:                                                     "the account's name is needed",
		`{"server":"x.example","user":"u"}`:                                          "password: it is needed",
		`{"server":"sip:x.example","user":"u","password":"p"}`:                       "without sip:",
		`{"server":"x.example\n[evil]","user":"u","password":"p"}`:                   "a host name or an address",
		`{"server":"x.example","user":"u\nset_var=A","password":"p"}`:                "user",
		`{"server":"x.example","user":"u","password":"p;x"}`:                         "password",
		`{"server":"x.example","user":"u","password":"p\nx"}`:                        "password",
		`{"server":"x.example","user":"u","password":"p","realm":"a b"}`:             "realm",
		`{"server":"x.example","user":"u","password":"p","proxy":"p;lr"}`:            "proxy",
		`{"server":"x.example","user":"u","password":"p","domain":"a;b"}`:            "domain",
		`{"server":"x.example","user":"u","password":"p","contact":"a@b"}`:           "contact",
		`{"server":"x.example","user":"u","password":"p","callerid":"201)T"}`:        "callerid",
		`{"server":"x.example","user":"u","password":"p","codecs":["g729"]}`:         "does not speak it: ask the provider for alaw",
		`{"server":"x.example","user":"u","password":"p","codecs":["x"]}`:            `codec "x"`,
		`{"server":"x.example","user":"u","password":"p","format":"x"}`:              "format",
		`{"server":"x.example","user":"u","password":"p","identity":"x"}`:            "identity",
		`{"server":"x.example","user":"u","password":"p","dtmf":"x"}`:                "dtmf",
		`{"server":"x.example","user":"u","password":"p","channels":-1}`:             "channels",
		`{"server":"x.example","user":"u","password":"p","ask":1}`:                   "ask 1",
		`{"server":"x.example","user":"u","password":"p","transport":"tls"}`:         "no certificate",
		`{"server":"x.example","user":"u","password":"p","transport":"x"}`:           "transport",
		`{"server":"x.example","user":"u","password":"p","encrypted":true}`:          "transport tls",
		`{"server":"x.example","user":"u","password":"p","addresses":["0.0.0.0/0"]}`: "at least 16 bits",
		`{"server":"x.example","user":"u","password":"p","wrong":1}`:                 `there is no field "wrong"`,
		`{"preset":"goip","password":"short"}`:                                       "at least 12 characters",
		`{"preset":"goip","password":"a-long-password","server":"1.2.3.4"}`:          "needs none",
		`{"preset":"provider-g729","server":"x.example","user":"u","password":"p"}`:  "G.729",
	} {
		if _, err := Render(plan(body)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", body, err, says)
		}
	}
	if _, err := Render(plan(`{"preset":"dinstar","server":"192.168.1.60"}`, `{"preset":"gateway","server":"192.168.1.60"}`)); err == nil || !strings.Contains(err.Error(), "are those of trunk a already") {
		t.Errorf("two trunks at one address: %v", err)
	}
}

func TestGolden(t *testing.T) {
	f, err := Render(plan(
		`{"server":"sip.provider.example","user":"237222000000","password":"pass-word","callerid":"+237222000000","channels":4,"proxy":"proxy.example:5070"}`,
		`{"preset":"dinstar","server":"192.168.1.60"}`,
		`{"preset":"goip","password":"a-long-password-1"}`,
		`{"preset":"provider-address","server":"203.0.113.7","transport":"tcp","addresses":["203.0.113.16/28"],"format":"digits"}`,
		`{"preset":"gateway","server":"192.168.1.61","off":true}`))
	if err != nil {
		t.Fatal(err)
	}
	goldentest.Fragments(t, "testdata/example.golden", f)
}
