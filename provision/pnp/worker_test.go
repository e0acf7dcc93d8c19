package pnp

import (
	"fmt"
	"net/netip"
	"testing"
)

func TestOnePhoneCannotTakeAllWorkers(t *testing.T) {
	var r Responder
	ip := netip.MustParseAddr("192.0.2.50")
	var begun []bool
	for i := range 4 {
		begun = append(begun, r.begin(question{ip, fmt.Sprint(i), "1 SUBSCRIBE"}))
	}
	if got := fmt.Sprint(begun); got != "[true true false false]" {
		t.Errorf("of one phone: %s", got)
	}
	if r.begin(question{ip, "0", "1 SUBSCRIBE"}) {
		t.Error("a repetition was begun")
	}
	r.end(question{ip, "0", "1 SUBSCRIBE"})
	if !r.begin(question{ip, "0", "2 SUBSCRIBE"}) {
		t.Error("the next question was not begun though one was over")
	}
	begunNow := 0
	for range 2 * maxWorkers {
		ip = ip.Next()
		if r.begin(question{ip, "x", "1 SUBSCRIBE"}) {
			begunNow++
		}
	}
	if want := maxWorkers - maxPerPhone; begunNow != want {
		t.Errorf("%d others begun, want %d", begunNow, want)
	}
}
