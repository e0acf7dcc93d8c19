package office

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/netip"
	"strings"
	"testing"

	"autocom/pbx"
	"autocom/provision"
)

// An application rings with a person's number for as long as the number is theirs, and its
// file has the password that the exchange has.
func TestAnApplicationRingsWithItsOwnersNumber(t *testing.T) {
	var told []Audit
	d := open(t, func(c *Config) {
		c.SoftphoneKey = "a key of the box"
		c.Trail = func(a Audit) { told = append(told, a) }
	})
	put := func(kind, id string, body any) {
		t.Helper()
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		d.do(PutObject{Object: pbx.Object{Kind: kind, ID: id, Name: "Awa", Body: text}})
	}
	put(pbx.KindPerson, "awa", pbx.Person{Numbers: []string{"250"}})
	put(pbx.KindPerson, "bob", pbx.Person{Numbers: []string{"251"}})
	one, two := NewAppID(), NewAppID()
	put(pbx.KindApp, one, pbx.App{Person: "awa", Number: "250"})
	put(pbx.KindApp, two, pbx.App{Person: "awa", Number: "251"}) // another's
	e, ok := d.endpoint(one + "-1")
	if !ok || e.Number != "250" || e.Web || len(e.Secret) != 32 || one == two {
		t.Fatalf("%+v, %v", e, ok)
	}
	if _, ok := d.endpoint(two + "-1"); ok {
		t.Error("an application rings with another's number")
	}
	at := netip.MustParseAddr("192.168.1.77")
	f, err := d.AppFile(one, at)
	if err != nil || !strings.Contains(string(f.Body), e.Secret) || !strings.Contains(string(f.Body), one+"-1") || strings.Contains(string(f.Body), "linphone.vcf") {
		t.Errorf("%v\n%s", err, f.Body)
	}
	if len(told) != 1 || told[0].IP != at || told[0].Device != one || !told[0].Secret {
		t.Errorf("the trail: %+v", told)
	}
	for _, id := range []string{two, "soft-none", "001565aa0001"} {
		if _, err := d.AppFile(id, at); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the file of %s: %v", id, err)
		}
	}
	if user, n, ok := provision.ParseSIPUser(one + "-1"); !ok || user != one || n != 1 {
		t.Errorf("its SIP user is %q %d", user, n)
	}
	put(pbx.KindPerson, "awa", pbx.Person{Numbers: []string{"252"}})
	if _, ok := d.endpoint(one + "-1"); ok {
		t.Error("the number has gone to somebody else, and still rings")
	}
	if _, err := d.AppFile(one, at); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("and its file is given: %v", err)
	}
}
