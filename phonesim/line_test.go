package phonesim

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

// registrar is a fake server on ip:5060 that challenges every REGISTER.
type registrar struct {
	password string
	granted  string // Expires of the answer
	accepted atomic.Int32
	lastUA   atomic.Value
	from     atomic.Value // source of the last REGISTER
}

func (r *registrar) start(t *testing.T, ip string) {
	t.Helper()
	ua, err := sipgo.NewUA()
	if err != nil {
		t.Fatal(err)
	}
	s, err := sipgo.NewServer(ua)
	if err != nil {
		t.Fatal(err)
	}
	s.OnRegister(func(req *sip.Request, tx sip.ServerTransaction) {
		chal := digest.Challenge{Realm: "test", Nonce: "abc", Algorithm: "MD5", QOP: []string{"auth"}}
		res := sip.NewResponseFromRequest(req, 401, "Unauthorized", nil)
		res.AppendHeader(sip.NewHeader("WWW-Authenticate", chal.String()))
		if h := req.GetHeader("Authorization"); h != nil {
			cred, err := digest.ParseCredentials(h.Value())
			if err != nil {
				t.Error(err)
				return
			}
			want, err := digest.Digest(&chal, digest.Options{Method: "REGISTER", URI: cred.URI, Username: cred.Username, Password: r.password, Cnonce: cred.Cnonce, Count: cred.Nc})
			if err != nil {
				t.Error(err)
				return
			}
			res = sip.NewResponseFromRequest(req, 403, "Forbidden", nil)
			if want.Response == cred.Response {
				res = sip.NewResponseFromRequest(req, 200, "OK", nil)
				res.AppendHeader(sip.NewHeader("Expires", r.granted))
				r.lastUA.Store(req.GetHeader("User-Agent").Value())
				r.from.Store(req.Source())
				r.accepted.Add(1)
			}
		}
		if err := tx.Respond(res); err != nil {
			t.Error(err)
		}
	})
	ctx, cancel := context.WithCancel(context.Background())
	open := make(chan struct{})
	//lint:ignore SA1029 sipgo reads this key, which is a string of its own.
	go s.ListenAndServe(context.WithValue(ctx, sipgo.ListenReadyCtxKey, sipgo.ListenReadyFuncCtxValue(func(string, string) { close(open) })), "udp", ip+":5060")
	<-open
	t.Cleanup(func() { cancel(); ua.Close() })
}

func account(user, server string) Account {
	return Account{User: user, Auth: user, Password: "secret", Name: user, Server: server, Port: 5060, Transport: "udp", Expiry: time.Minute}
}

func TestPhoneRegistersAndKeepsRegistering(t *testing.T) {
	r := &registrar{password: "secret", granted: "1"} // a second: the phone must come back
	r.start(t, "127.0.31.1")
	p := NewYealink([]byte{0, 0x15, 0x65, 0, 0, 1})
	p.Attach(Link{Addr: netip.MustParsePrefix("127.0.31.2/8")})
	a := account("001565000001-1", "127.0.31.1")
	p.Memory.Account = &a
	if err := p.Register(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer p.PullPlug()
	if got := r.from.Load(); got != "127.0.31.2:5060" {
		t.Errorf("REGISTER came from %v, want 127.0.31.2:5060", got)
	}
	if got := r.lastUA.Load(); got != "Yealink SIP-T46S 66.86.0.15 00:15:65:00:00:01" {
		t.Errorf("User-Agent was %v", got)
	}
	time.Sleep(2 * time.Second)
	if n := r.accepted.Load(); n < 3 {
		t.Errorf("%d registrations in 2 s of a lifetime of 1 s, want 3 at least", n)
	}
	p.PullPlug()
	n := r.accepted.Load()
	time.Sleep(time.Second)
	if got := r.accepted.Load(); got != n || p.Registered() {
		t.Errorf("a phone without power registered %d more times", got-n)
	}
}

func TestPhoneSaysWhyItCannotRegister(t *testing.T) {
	r := &registrar{password: "another", granted: "60"}
	r.start(t, "127.0.32.1")
	p := NewSnom([]byte{0, 4, 0x13, 0, 0, 1})
	p.Attach(Link{Addr: netip.MustParsePrefix("127.0.32.2/8")})
	a := account("000413000001-1", "127.0.32.1")
	p.Memory.Account = &a
	defer p.PullPlug()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	err := p.Register(ctx)
	if err == nil || !strings.Contains(err.Error(), "403 Forbidden") {
		t.Errorf("error %v, want one with 403 Forbidden", err)
	}
}

// two opens two lines that ring each other without a server between.
func two(t *testing.T, a, b string) (*line, *line) {
	t.Helper()
	var out []*line
	for _, pair := range [][2]string{{a, b}, {b, a}} {
		l, err := openLine(account("phone", pair[1]), netip.AddrPortFrom(netip.MustParseAddr(pair[0]), sipPort), "test", "", slog.New(slog.DiscardHandler), nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.close() })
		out = append(out, l)
	}
	return out[0], out[1]
}

func TestTwoLinesHearEachOther(t *testing.T) {
	a, b := two(t, "127.0.33.1", "127.0.33.2")
	lifted := make(chan *Call, 1)
	go func() {
		c, err := b.lift(t.Context())
		if err != nil {
			t.Error(err)
		}
		lifted <- c
	}()
	ca, err := a.call(t.Context(), "201")
	if err != nil {
		t.Fatal(err)
	}
	cb := <-lifted
	ca.Speak(callerHz)
	cb.Speak(calleeHz)
	conv := &Conversation{From: "a", To: "b", Caller: ca, Callee: cb}
	time.Sleep(200 * time.Millisecond)
	h, err := conv.Measure(t.Context(), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Err(); err != nil {
		t.Error(err)
	}
	if h.Caller.Packets < 45 || h.Caller.Packets > 55 {
		t.Errorf("%d packets in a second, want about 50", h.Caller.Packets)
	}
	if err := conv.Hangup(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestOneWayAudioIsNotClear(t *testing.T) {
	a, b := two(t, "127.0.34.1", "127.0.34.2")
	lifted := make(chan *Call, 1)
	go func() { c, _ := b.lift(t.Context()); lifted <- c }()
	ca, err := a.call(t.Context(), "201")
	if err != nil {
		t.Fatal(err)
	}
	cb := <-lifted
	if cb == nil {
		t.Fatal("the call was not lifted")
	}
	ca.Speak(callerHz) // the other side is mute
	conv := &Conversation{From: "a", To: "b", Caller: ca, Callee: cb}
	time.Sleep(200 * time.Millisecond)
	h, err := conv.Measure(t.Context(), 500*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if h.Caller.Clear() || !h.Callee.Clear() {
		t.Errorf("caller %s, callee %s: want only the callee to hear", h.Caller, h.Callee)
	}
	if err := conv.Hangup(t.Context()); err != nil {
		t.Error(err)
	}
}

// ready makes a phone of a line as if it had registered.
func ready(l *line) *Phone {
	p := NewSnom([]byte{0, 4, 0x13, 0, 0, 9})
	p.lines, l.until = map[int]*line{1: l}, time.Now().Add(time.Minute)
	return p
}

func TestRingsTellsWhoseNumberItIs(t *testing.T) {
	a, b := two(t, "127.0.36.11", "127.0.36.12")
	caller, callee := ready(a), ready(b)
	if err := Rings(t.Context(), caller, callee, "201"); err != nil {
		t.Error(err)
	}
	// A third phone is not the one that rings.
	c, _ := two(t, "127.0.36.13", "127.0.36.14")
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if err := Rings(ctx, caller, ready(c), "201"); err == nil || !strings.Contains(err.Error(), "does not ring") {
		t.Errorf("error %v, want that it does not ring", err)
	}
}

func TestNobodyLifts(t *testing.T) {
	a, _ := two(t, "127.0.35.1", "127.0.35.2")
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if _, err := a.call(ctx, "201"); !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the end of patience", err)
	}
}
