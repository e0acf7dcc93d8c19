package pnp

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"autocom/provision"
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

// Somebody asks in the names of many: each keeps a worker for a moment, not for the
// seconds that a phone may need.
func TestAForgedQuestionIsAnsweredOnce(t *testing.T) {
	forger, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer forger.Close()
	source := forger.LocalAddr().(*net.UDPAddr).AddrPort()
	r := &Responder{
		Local:     func() netip.Addr { return netip.MustParseAddr("127.0.0.1") },
		Neighbour: func(netip.Addr) (provision.MAC, bool) { return provision.MAC{0, 0, 0x5e, 0, 0x53, 1}, true },
		Answer:    func(context.Context, provision.Sighting) (string, bool) { return "http://127.0.0.1/", true },
	}
	s := Subscribe{
		MAC: provision.MAC{0, 0, 0x5e, 0, 0x53, 2}, CallID: "1", CSeq: "1 SUBSCRIBE", From: "<sip:a@b>", To: "<sip:a@b>",
		Via: []string{"SIP/2.0/UDP 127.0.0.1:5060;rport;branch=z9hG4bK1"}, Event: "ua-profile",
	}
	began := time.Now()
	if err := r.serve(t.Context(), s, source); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("a worker was busy for %v", took)
	}
	if err := forger.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	var told []string
	for buf := make([]byte, maxDatagram); ; {
		n, err := forger.Read(buf)
		if err != nil {
			break
		}
		told = append(told, strings.Fields(string(buf[:n]))[0])
	}
	if got := fmt.Sprint(told); got != "[SIP/2.0 NOTIFY]" {
		t.Errorf("it was sent %s, want a 200 and one NOTIFY", got)
	}
}
