//go:build lab

package lab

import (
	"context"
	"net"
	"net/http"
	"testing"
	"time"

	"autocom/phonesim"
)

// A phone that waits for approval may call for help and hear itself, nobody can call
// it, and its code or a click gives it a number without anybody touching it.
//
// In words: a phone that nobody has approved waits, and a code or a click gives it a number.
func TestAPhoneWaitsForApproval(t *testing.T) {
	asking := usual
	asking.settings = "[phones]\nmode = \"ask\"\n"
	o := open(t, asking)
	o.ready(30 * time.Second)
	one := phonesim.NewYealink(net.HardwareAddr{0x80, 0x5e, 0xc0, 8, 0, 1})
	two := phonesim.NewSnom(net.HardwareAddr{0x00, 0x04, 0x13, 8, 0, 2})
	for _, p := range []*phonesim.Phone{one, two} {
		o.plug(p)
		d := o.device(one, p)
		if d.State != "pending" || d.Extension != "" || len(d.Code) != 6 {
			t.Fatalf("%s is %s with number %q and code %q: %s", p, d.State, d.Extension, d.Code, d.Reason)
		}
	}
	o.echoes(one)
	if _, err := one.Call(t.Context(), "201"); err == nil {
		t.Error("a phone that waits calls inside")
	}

	wrong := "111111"
	if o.device(one, one).Code == wrong {
		wrong = "222222"
	}
	o.dials(one, "*01"+wrong)
	if d := o.device(one, one); d.Extension != "" {
		t.Fatalf("a wrong code gave number %s", d.Extension)
	}
	o.dials(one, "*01"+o.device(one, one).Code) // read aloud by who sees the page
	o.api(one, http.MethodPost, "devices/"+two.MAC.String()+"/approve", nil, nil)
	for _, p := range []*phonesim.Phone{one, two} {
		o.until(20*time.Second, p.String()+" has a number of its own", func() bool {
			d := o.device(one, p)
			return d.Extension != "" && d.Allocation == "bound" && d.State == "registered"
		})
		number := o.device(one, p).Extension
		// It is told to read its file again, which names it.
		o.until(20*time.Second, p.String()+" shows its number", func() bool { return p.Number() == number })
	}
	o.talk(one, two)
	o.talk(two, one)
}

// dials calls a number that answers by itself, and listens until it hangs up.
func (o *office) dials(p *phonesim.Phone, number string) {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(o.t.Context(), 30*time.Second)
	defer cancel()
	call, err := p.Call(ctx, number)
	if err != nil {
		o.t.Fatalf("%s dials %s: %v\n%s", p, number, err, o.asterisk().Log())
	}
	for call.Up() && ctx.Err() == nil {
		time.Sleep(50 * time.Millisecond)
	}
	if ctx.Err() != nil {
		o.t.Errorf("%s dials %s: nobody hangs up", p, number)
	}
}

// echoes calls the echo and hears itself.
func (o *office) echoes(p *phonesim.Phone) {
	o.t.Helper()
	call, err := p.Call(o.t.Context(), "*43")
	if err != nil {
		o.t.Fatalf("%s calls the echo: %v\n%s", p, err, o.asterisk().Log())
	}
	defer call.Hangup(o.t.Context())
	call.Speak(440)
	for start := time.Now(); time.Since(start) < 35*time.Second; { // the announcement comes first
		if ear, err := call.Hear(o.t.Context(), time.Second, 440, 660); err == nil && ear.Clear() {
			return
		}
	}
	o.t.Errorf("%s does not hear itself", p)
}
