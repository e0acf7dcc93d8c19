package asteriskconf

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"autocom/pbx"
	"autocom/pbx/announcement"
	"autocom/pbx/blacklist"
	"autocom/pbx/conference"
	"autocom/pbx/directory"
	"autocom/pbx/emergency"
	"autocom/pbx/group"
	"autocom/pbx/hours"
	"autocom/pbx/inbound"
	"autocom/pbx/mail"
	"autocom/pbx/menu"
	"autocom/pbx/music"
	"autocom/pbx/paging"
	"autocom/pbx/parking"
	"autocom/pbx/prompt"
	"autocom/pbx/queue"
	"autocom/pbx/record"
	"autocom/pbx/route"
	"autocom/pbx/speeddial"
	"autocom/pbx/trunk"
	"autocom/pbx/voicemail"
)

// everything is an office in which every text that somebody can write is written, by kind
// and, for settings, id: what it is decoded into, and a body in which all of it is used.
var everything = []struct {
	kind, id, number string
	into             any
	body             string
}{
	{"trunk", "orange", "", trunk.Trunk{}, `{"server":"sip.provider.example","user":"237222000000","login":"me","password":"pass-word","realm":"provider.example","domain":"provider.example","contact":"222000000","mode":"register","transport":"udp","codecs":["alaw"],"dtmf":"rfc4733","format":"plus","identity":"pai","callerid":"+237222000000","channels":4}`},
	{"trunk", "gsm", "", trunk.Trunk{}, `{"preset":"dinstar","server":"192.168.1.60","callerid":"699000000"}`},
	{"trunk", "fixed", "", trunk.Trunk{}, `{"preset":"provider-address","server":"203.0.113.7","addresses":["203.0.113.9"],"proxy":"203.0.113.8:5070"}`},
	{"route", "all", "", route.Route{}, `{"classes":["national","mobile","international"],"trunks":["orange","gsm"]}`},
	{"route", "short", "", route.Route{}, `{"patterns":[{"match":"8XX","class":"national"}],"trunks":["gsm"],"strip":1,"prepend":"9"}`},
	{"prompt", "bonjour", "", prompt.Prompt{}, `{"text":"Bonjour"}`},
	{"music", "attente", "", music.Music{}, `{"files":["valse"],"order":"name"}`},
	{"person", "aicha", "", pbx.Person{}, `{"numbers":["201"],"language":"fr","class":"mobile","email":"a@example.org","music":"attente","forward":"mobile","pickup":["vente"],"supervisor":true,"record":"outside","minutes":30,"follow":{"numbers":["202","699112233"]}}`},
	{"person", "bob", "", pbx.Person{}, `{"numbers":["202"],"agent":true}`},
	{"outside", "guard", "", route.Outside{}, `{"dial":"0699 11 22 33","person":"aicha"}`},
	{"inbound", "main", "", inbound.Inbound{}, `{"trunk":"orange","did":"+237 222 000 000","caller":"+33","to":{"kind":"number","id":"201"},"language":"en","prefix":"Orange","music":"attente"}`},
	{"group", "vente", "601", group.Group{}, `{"members":["201","202"],"strategy":"all","prefix":"Vente","music":"attente","then":{"kind":"voicemail","id":"201"}}`},
	{"queue", "support", "602", queue.Queue{}, `{"members":[{"number":"201"}],"agents":[{"person":"bob"}],"strategy":"leastrecent","autopause":"yes","language":"fr","music":"attente","join":"bonjour","periodic":"bonjour","announce":"bonjour","full":{"kind":"group","id":"vente"},"join_empty":"paused","leave_empty":"absent","empty":{"kind":"group","id":"vente"},"max_wait":60,"timeout":{"kind":"hangup","id":""},"keys":{"1":{"kind":"group","id":"vente"}},"prefix":"Aide"}`},
	{"menu", "accueil", "603", menu.Menu{}, `{"prompt":"bonjour","keys":{"1":{"kind":"queue","id":"support"}},"language":"fr","invalid":{"kind":"group","id":"vente"},"silent":{"kind":"group","id":"vente"},"direct":true}`},
	{"hours", "jour", "604", hours.Hours{}, `{"week":[{"days":["mon"],"from":"08:00","to":"12:00"}],"holidays":[{"name":"Noel","from":"2026-12-24","to":"2026-12-25"}],"open":{"kind":"group","id":"vente"},"closed":{"kind":"group","id":"vente"},"holiday":{"kind":"group","id":"vente"},"switch":"1","phones":["201"]}`},
	{"announcement", "avis", "605", announcement.Announcement{}, `{"prompt":"bonjour","language":"fr","then":{"kind":"group","id":"vente"}}`},
	{"directory", "noms", "606", directory.Directory{}, `{"language":"fr","then":{"kind":"group","id":"vente"}}`},
	{"conference", "salle", "607", conference.Conference{}, `{"pin":"1234","leader_pin":"4321","announce":"names","music":"attente","video":"none","language":"fr","record":true}`},
	{"paging", "cour", "608", paging.Paging{}, `{"members":["201","202"]}`},
	{"speeddial", "taxi", "", speeddial.SpeedDial{}, `{"digits":"01","dial":"699112233"}`},
	{"speeddial", "porte", "", speeddial.SpeedDial{}, `{"digits":"02","then":{"kind":"group","id":"vente"}}`},
	{"blacklist", "intrus", "", blacklist.List{}, `{"numbers":["+33899123456","+3389*"]}`},
	{"settings", "outside", "", pbx.Outside{}, `{"prefix":"0"}`},
	{"settings", "fraud", "", route.Fraud{}, `{"night":"20:00-06:00","countries":["33"],"new":"block"}`},
	{"settings", "parking", "", parking.Parking{}, `{"prefix":"P","music":"attente"}`},
	{"settings", "emergency", "", emergency.Settings{}, `{"members":["201"],"trunks":["gsm"]}`},
	{"settings", "mail", "", mail.Settings{}, `{"host":"smtp.example.org","tls":"tls","user":"me","password":"pass","from":"a@example.org"}`},
	{"settings", "agents", "", queue.Settings{}, `{"reasons":[{"code":"1","name":"Pause"}],"listen_notice":"bonjour"}`},
	{"settings", "recording", "", record.Settings{}, `{"sound":"conf-now-recording","format":"wav"}`},
	{"settings", "music", "", music.Settings{}, `{"default":"attente"}`},
	{"settings", "voicemail", "", voicemail.Settings{}, `{"operator":{"kind":"group","id":"vente"},"after_mail":"heard"}`},
	{"settings", "blacklist", "", blacklist.Settings{}, `{"answer":"busy"}`},
	{"settings", "codes", "", map[string][]string{}, `{"echo":["*43"]}`},
}

// all is the plan of everything.
func all() pbx.Plan {
	p := small()
	for _, x := range everything {
		p.Objects = append(p.Objects, pbx.Object{Kind: x.kind, ID: x.id, Number: x.number, Name: "Nom", Body: json.RawMessage(x.body)})
	}
	return p
}

// texts are the paths of all texts of a type, as its JSON has them: "keys.*.id".
func texts(t reflect.Type, path string, out map[string]bool) {
	switch t.Kind() {
	case reflect.String:
		out[path] = true
	case reflect.Slice, reflect.Map, reflect.Pointer:
		next := path + ".*"
		if t.Kind() == reflect.Pointer {
			next = path
		}
		texts(t.Elem(), next, out)
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name != "-" && f.IsExported() {
				if f.Anonymous && name == "" {
					texts(f.Type, path, out)
				} else {
					texts(f.Type, path+"."+name, out)
				}
			}
		}
	}
}

// written are the paths of the texts of a body.
func written(v any, path string, out map[string]bool) {
	switch v := v.(type) {
	case string:
		out[path] = true
	case []any:
		for _, x := range v {
			written(x, path+".*", out)
		}
	case map[string]any:
		for name, x := range v {
			written(x, path+"."+name, out)
		}
	}
}

// A field that somebody adds is tried too: it must be in a body of everything.
func TestEverythingHasEveryText(t *testing.T) {
	if _, err := Render(all()); err != nil {
		t.Fatal(err)
	}
	wanted, have := map[string]bool{}, map[string]bool{}
	for _, x := range everything {
		at := x.kind
		if at == pbx.KindSettings {
			at += " " + x.id
		}
		texts(reflect.TypeOf(x.into), at, wanted)
		var body any
		if err := json.Unmarshal([]byte(x.body), &body); err != nil {
			t.Fatalf("%s %s: %v", x.kind, x.id, err)
		}
		written(body, at, have)
	}
	for path := range wanted {
		found := false
		for got := range have {
			found = found || like(path, got)
		}
		if !found {
			t.Errorf("no body has the text %s", path)
		}
	}
}

// like compares paths; "*" is any one part.
func like(pattern, path string) bool {
	a, b := strings.Split(pattern, "."), strings.Split(path, ".")
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != "*" && a[i] != b[i] {
			return false
		}
	}
	return true
}
