//go:build lab

package asteriskconf

import (
	"context"
	"math"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"autocom/asterisk-conf/asterisktest"
	"autocom/pbx"
)

// A resolver that swallows every question is what a box behind a dead uplink has:
// each question costs 10 s, so there must be none.
//
// In words: two phones call each other while no name server answers.
func TestTwoPhonesCallEachOtherWithoutDNS(t *testing.T) {
	questions := deadResolver(t)
	began := time.Now()
	a := start(t, labPlan(), asterisktest.Options{ResolvConf: "nameserver 127.0.0.53"})
	t.Logf("booted after %s", time.Since(began))
	plan := labPlan()
	heardByBob := make(chan float64, 1)
	one := newPhone(t, plan.Endpoints[0], alice, 5060, func(incoming) {})
	from := make(chan string, 1)
	two := newPhone(t, plan.Endpoints[1], bob, 5060, func(d incoming) {
		from <- d.InviteRequest.From().DisplayName + " " + d.InviteRequest.From().Address.User
		accept(t, 880, heardByBob)(d)
	})
	ctx := within(t, 20*time.Second)
	for _, p := range []*phone{one, two} {
		if err := p.register(ctx); err != nil {
			t.Fatal(err)
		}
	}
	began = time.Now()
	d, status, _, err := one.call(ctx, "202")
	took := time.Since(began)
	if err != nil {
		t.Fatalf("%v, status %d\n%s", err, status, a.Log())
	}
	t.Logf("call answered after %s", took)
	if took > time.Second {
		t.Errorf("call answered after %s, more than 1 s", took)
	}
	if got := next(ctx, t, from); got != "Aïcha 'la chef', Ñ 201" {
		t.Errorf("the called sees %q", got)
	}
	go d.play(d.Context(), 440)
	if hz := d.listen(); math.Abs(hz-880) > 20 {
		t.Errorf("the caller hears %.0f Hz, want 880", hz)
	}
	if hz := next(ctx, t, heardByBob); math.Abs(hz-440) > 20 {
		t.Errorf("the called hears %.0f Hz, want 440", hz)
	}
	if err := d.Bye(ctx); err != nil {
		t.Error(err)
	}
	if n := questions.Load(); n > 0 {
		t.Errorf("asterisk asked %d questions of a dead resolver", n)
	}
	clean(t, a)
}

// deadResolver reads questions on 127.0.0.53 and answers none.
func deadResolver(t *testing.T) *atomic.Int64 {
	t.Helper()
	hole, err := net.ListenPacket("udp", "127.0.0.53:53")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { hole.Close() })
	var questions atomic.Int64
	go func() {
		buf := make([]byte, 512)
		for {
			n, _, err := hole.ReadFrom(buf)
			if err != nil {
				return
			}
			questions.Add(1)
			t.Logf("question: %q", buf[min(12, n):n])
		}
	}()
	return &questions
}

// In words: a caller is told in the right way why a call does not come about.
func TestWhatACallerIsTold(t *testing.T) {
	plan := labPlan()
	a := start(t, plan, asterisktest.Options{})
	ctx := within(t, 60*time.Second)
	busy := func(d incoming) { d.Respond(486, "Busy Here", nil) }
	one := newPhone(t, plan.Endpoints[0], alice, 5060, busy)
	guest := newPhone(t, plan.Endpoints[2], carole, 5060, busy)
	for _, p := range []*phone{one, guest} {
		if err := p.register(ctx); err != nil {
			t.Fatal(err)
		}
	}
	cases := []struct {
		name   string
		from   *phone
		number string
		status int
		early  bool
		limit  time.Duration
	}{
		{"nobody is registered", one, "202", 480, false, time.Second},
		{"the called is busy", one, "201", 486, false, time.Second},
		{"no such number", one, "299", 404, false, time.Second},
		{"no such feature", one, "*99", 404, false, time.Second},
		{"a guest does not call inside", guest, "201", 404, false, time.Second},
		{"a guest hears the echo", guest, "*43", 200, false, time.Second},
		{"emergency without a line outside", guest, "117", 503, true, 20 * time.Second},
		{"emergency with the office prefix", one, "0112", 503, true, 20 * time.Second},
		{"a line's name is no number", one, "001565000001-1", 404, false, time.Second},
		{"an injection", one, "201,60,tT", 404, false, time.Second},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			began := time.Now()
			d, status, early, err := c.from.call(ctx, c.number)
			took := time.Since(began)
			if d != nil && err == nil {
				d.Bye(ctx)
			}
			if status != c.status || early != c.early {
				t.Errorf("status %d, early media %t, want %d, %t (%v)", status, early, c.status, c.early, err)
			}
			if took > c.limit {
				t.Errorf("took %s", took)
			}
		})
	}
	if !strings.Contains(a.Log(), "emergency call to 117 by 001565000003-1: no line to the outside") {
		t.Error("the log does not have the emergency call")
	}
	clean(t, a, "no line to the outside")
}

// The plug is pulled right after the phone registered: Asterisk does not know yet.
//
// In words: a phone whose plug was pulled is given up after seconds.
func TestAPhoneWithoutItsPlug(t *testing.T) {
	plan := labPlan()
	start(t, plan, asterisktest.Options{})
	ctx := within(t, 30*time.Second)
	one := newPhone(t, plan.Endpoints[0], alice, 5060, nil)
	two := newPhone(t, plan.Endpoints[1], bob, 5070, nil)
	if err := one.register(ctx); err != nil {
		t.Fatal(err)
	}
	if err := two.register(ctx); err != nil {
		t.Fatal(err)
	}
	two.unplug()
	// Without a socket the kernel would tell Asterisk that nobody is there.
	deaf, err := net.ListenPacket("udp", bob+":5070")
	for ; err != nil; deaf, err = net.ListenPacket("udp", bob+":5070") {
		if ctx.Err() != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	defer deaf.Close()
	began := time.Now()
	_, status, _, _ := one.call(ctx, "202")
	took := time.Since(began)
	t.Logf("status %d after %s", status, took)
	if status != 480 || took > 8*time.Second {
		t.Errorf("status %d after %s, want 480 within 8 s", status, took)
	}
}

// In words: two phones with one number ring together.
func TestTwoLinesOfANumberRingTogether(t *testing.T) {
	plan := labPlan()
	a := start(t, plan, asterisktest.Options{})
	ctx := within(t, 30*time.Second)
	rang := make(chan string, 2)
	ring := func(name string) func(incoming) {
		return func(d incoming) {
			d.Respond(180, "Ringing", nil)
			rang <- name
			<-d.Context().Done()
		}
	}
	one := newPhone(t, plan.Endpoints[0], alice, 5060, nil)
	desk := newPhone(t, plan.Endpoints[1], bob, 5060, ring("desk"))
	soft := newPhone(t, plan.Endpoints[3], carole, 5062, ring("soft"))
	for _, p := range []*phone{one, desk, soft} {
		if err := p.register(ctx); err != nil {
			t.Fatal(err)
		}
	}
	calling, hangup := context.WithCancel(ctx)
	go one.call(calling, "202")
	got := []string{next(ctx, t, rang), next(ctx, t, rang)}
	hangup()
	slices.Sort(got)
	if !slices.Equal(got, []string{"desk", "soft"}) {
		t.Errorf("rang %v", got)
	}
	clean(t, a)
}

// In words: a text message makes no phone ring.
func TestATextMessageRingsNobody(t *testing.T) {
	plan := labPlan()
	start(t, plan, asterisktest.Options{})
	ctx := within(t, 20*time.Second)
	one := newPhone(t, plan.Endpoints[0], alice, 5060, nil)
	rang := make(chan struct{}, 1)
	two := newPhone(t, plan.Endpoints[1], bob, 5060, func(incoming) { rang <- struct{}{} })
	for _, p := range []*phone{one, two} {
		if err := p.register(ctx); err != nil {
			t.Fatal(err)
		}
	}
	status, err := one.message(ctx, "202", "bonjour")
	if status != 404 {
		t.Errorf("status %d, %v", status, err)
	}
	select {
	case <-rang:
		t.Error("the phone rang")
	case <-time.After(500 * time.Millisecond):
	}
}

// In words: strangers on the network get nothing.
func TestStrangersGetNothing(t *testing.T) {
	plan := labPlan()
	start(t, plan, asterisktest.Options{})
	ctx := within(t, 30*time.Second)
	wrong := plan.Endpoints[0]
	wrong.Secret = "not-the-secret-of-phone-1"
	unknown := pbx.Endpoint{ID: "201", Secret: "201"}
	outside := plan.Endpoints[1]
	for name, p := range map[string]*phone{
		"wrong secret":        newPhone(t, wrong, alice, 5060, nil),
		"a number as account": newPhone(t, unknown, bob, 5060, nil),
		"a public address":    newPhone(t, outside, "203.0.113.5", 5060, nil),
	} {
		short, cancel := context.WithTimeout(ctx, 5*time.Second)
		if err := p.register(short); err == nil {
			t.Errorf("%s: registered", name)
		}
		cancel()
	}
}
