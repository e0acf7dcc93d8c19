//go:build lab

package link

import (
	"net/netip"
	"testing"
	"time"

	"autocom/provision/link/linktest"
)

// In words: an address that somebody else uses is found to be in use.
func TestTaken(t *testing.T) {
	if !linktest.InNamespace(t) {
		return
	}
	phone, _ := linktest.TwoHosts(t)
	for _, tt := range []struct {
		ip   string
		want bool
	}{{"192.0.2.50", true}, {"192.0.2.77", false}, {"192.0.2.10", false}} { // the last one is our own
		start := time.Now()
		by, taken, err := Taken(t.Context(), "lan0", netip.MustParseAddr(tt.ip))
		if err != nil || taken != tt.want || taken && by != phone {
			t.Errorf("%s: %v by %v (%v), want %v by %v", tt.ip, taken, by, err, tt.want, phone)
		}
		if d := time.Since(start); !taken && d < probes*probeWait {
			t.Errorf("%s: taken for free after %v", tt.ip, d)
		}
	}
	if _, _, err := Taken(t.Context(), "lan9", netip.MustParseAddr("192.0.2.50")); err == nil {
		t.Error("no such interface, no error")
	}
}
