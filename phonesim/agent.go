package phonesim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"sync"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// Agent is a user agent of one account at a fixed address: a phone of which only the
// telephone is of interest, not how it found its settings. Several calls may run at once.
type Agent struct {
	line *line

	mu      sync.Mutex
	auto    bool
	rings   int
	lifted  chan *Call // by itself
	rung    []*Incoming
	subs    map[string]*Lamp // by Call-ID
	summary *sip.Request     // the last message-summary that came without a subscription
	closed  bool
}

// AgentOptions say what a phone can do. The zero value speaks A-law and presses keys by
// RFC 4733.
type AgentOptions struct {
	Codecs    []string // of "alaw", "ulaw", "g722", "opus", in its order; none: alaw
	Video     []string // of "h264", "vp8"; none: no video
	DTMF      string   // "rfc4733" or "info"; "" rfc4733
	SRTP      bool     // sound with the keys of SDP (RFC 4568)
	Trusts    string   // certificates, PEM, for the transport tls
	UserAgent string
	Headers   []string // of each call that it makes, as "Name: value"
}

// OpenAgent starts a user agent at here, which listens and has not registered yet.
func OpenAgent(a Account, here netip.AddrPort, o AgentOptions) (*Agent, error) {
	if len(o.Codecs) == 0 {
		o.Codecs = []string{"alaw"}
	}
	sounds, err := codecsOf(o.Codecs, soundCodecs)
	if err != nil {
		return nil, err
	}
	pictures, err := codecsOf(o.Video, videoCodecs)
	if err != nil {
		return nil, err
	}
	if o.SRTP {
		return nil, errors.New("this virtual phone does not speak SRTP yet")
	}
	if o.UserAgent == "" {
		o.UserAgent = "autocom-agent"
	}
	l, err := newLine(a, here, o.UserAgent, o.Trusts, slog.New(slog.DiscardHandler), nil)
	if err != nil {
		return nil, err
	}
	l.info = o.DTMF == "info"
	if l.headers, err = parseHeaders(o.Headers); err != nil {
		return nil, err
	}
	ag := &Agent{line: l, lifted: make(chan *Call, 16), subs: map[string]*Lamp{}}
	l.voice = func() (*voice, error) {
		v, err := openVoice(here.Addr(), sounds...)
		if err != nil {
			return nil, err
		}
		if len(pictures) > 0 {
			if v.picture, err = openPicture(here.Addr(), pictures); err != nil {
				v.close()
				return nil, err
			}
		}
		v.speak(0) // phones send silence from the start
		return v, nil
	}
	l.first, l.notify = ag.first, ag.notified
	return ag, l.open()
}

// Number is the label of its account.
func (a *Agent) Number() string { return a.line.account.Label }

func (a *Agent) String() string { return "agent " + a.line.account.User }

// Register sends one REGISTER, with the answer to the challenge.
func (a *Agent) Register(ctx context.Context) error {
	if err := a.line.register(ctx); err != nil {
		return fmt.Errorf("%s registers: %w", a, err)
	}
	return nil
}

// Unregister takes the registration back.
func (a *Agent) Unregister(ctx context.Context) error {
	l := a.line
	expiry := l.account.Expiry
	defer func() { l.account.Expiry = expiry }()
	l.account.Expiry = 0
	if err := l.register(ctx); err != nil {
		return fmt.Errorf("%s unregisters: %w", a, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.until = time.Time{}
	return nil
}

// Close hangs up all calls, takes the registration back and frees the address.
func (a *Agent) Close() error {
	a.mu.Lock()
	closed, rung, subs := a.closed, a.rung, a.subs
	subs = maps.Clone(subs)
	a.closed, a.rung = true, nil
	a.mu.Unlock()
	if closed {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), registerTimeout)
	defer cancel()
	for _, s := range subs {
		s.Close()
	}
	for _, i := range rung {
		i.Decline(ctx, sip.StatusTemporarilyUnavailable) // many have ended long ago
	}
	for ringing := true; ringing; {
		select {
		case d := <-a.line.rings:
			d.Respond(sip.StatusTemporarilyUnavailable, "Temporarily Unavailable", nil)
		default:
			ringing = false
		}
	}
	a.line.mu.Lock()
	var calls []*Call
	for _, c := range a.line.known {
		calls = append(calls, c)
	}
	registered := time.Now().Before(a.line.until)
	a.line.mu.Unlock()
	for _, c := range calls { // the far side may have gone without a word
		if c.dialled != nil {
			c.dialled.Cancel(ctx)
		} else {
			c.Hangup(ctx)
		}
	}
	var err error
	if registered {
		err = a.Unregister(ctx)
	}
	return errors.Join(err, a.line.close())
}

// Unplug stops at once and tells nobody, as a phone whose cable is pulled.
func (a *Agent) Unplug() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	return a.line.close()
}

// Call dials number and returns when it is answered; a refusal is a *Refused. The end of
// ctx gives the call up.
func (a *Agent) Call(ctx context.Context, number string) (*Call, error) {
	c, err := a.line.call(ctx, number)
	if err != nil {
		return nil, fmt.Errorf("%s calls %s: %w", a, number, err)
	}
	return c, nil
}

// Dial dials number and returns when it rings; a refusal is a *Refused.
func (a *Agent) Dial(ctx context.Context, number string) (*Outgoing, error) {
	o, err := a.line.dial(ctx, number)
	if err != nil {
		return nil, fmt.Errorf("%s calls %s: %w", a, number, err)
	}
	return o, nil
}

// first answers by itself what asks for it.
func (a *Agent) first(d *sipgo.DialogServerSession) bool {
	a.mu.Lock()
	on := a.auto
	a.rings++
	a.mu.Unlock()
	if !on || !intercom(d.InviteRequest) {
		return false
	}
	if c, err := a.line.take(d); err == nil {
		a.lifted <- c
	}
	return true
}
