//go:build lab

package lab

import (
	"net/http"
	"testing"
	"time"

	"autocom/phonesim"
)

// A thief on the LAN, with an address and an account of its own, tries every door as its
// victims, with their hardware addresses and without: it gets no secret and no token, the
// owner sees it, and its victims go on telephoning.
//
// In words: a thief on the network gets no secret of any phone, and the owner sees it.
func TestAThiefGetsNothing(t *testing.T) {
	o := open(t, usual)
	o.ready(30 * time.Second)
	victims := []*phonesim.Phone{one(t, "yealink"), one(t, "grandstream-gxp"), one(t, "fanvil")}
	for _, v := range victims {
		o.plug(v)
	}
	before := len(o.devices(victims[0]))
	raider, err := phonesim.New("snom", []byte{0x00, 0x04, 0x13, 9, 9, 9})
	if err != nil {
		t.Fatal(err)
	}
	o.plug(raider)
	thief := phonesim.Thief{Phone: raider, Box: o.at, Victims: victims}
	loot, err := thief.Raid(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d tries brought %d bytes and the addresses %v", loot.Tries, loot.Bytes, loot.URLs)
	for _, x := range loot.Thefts {
		t.Errorf("%s: it has something of %s: %d bytes", x.How, x.Whose, len(x.Answer))
	}
	var alerts []struct{ Kind, Text string }
	o.api(victims[0], http.MethodGet, "alerts", nil, &alerts)
	if len(alerts) == 0 {
		t.Errorf("the owner is not told of the thief\n%s", o.daemon.log())
	}
	for _, a := range alerts {
		t.Logf("alert %s: %s", a.Kind, a.Text)
	}
	if after := len(o.devices(victims[0])); after > before+5 {
		t.Errorf("%d devices became %d", before, after)
	}
	for _, v := range victims {
		if err := v.Refresh(t.Context()); err != nil {
			t.Errorf("after the raid: %v", err)
		}
	}
	o.talk(victims[0], victims[1])
	o.talk(victims[2], victims[0])
}
