package phonesim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// Lamp is a subscription (RFC 6665): the lamp beside a key, or that of the mailbox.
type Lamp struct {
	agent  *Agent
	event  string // package
	accept string // its body
	number string

	id, tag string // Call-ID, our tag
	theirs  string // tag of the far side
	target  sip.Uri
	cseq    uint32
	stop    context.CancelFunc
	kept    sync.WaitGroup

	mu       sync.Mutex
	changed  chan struct{} // closed by the next NOTIFY
	state    string
	new, old int
	told     int // NOTIFYs read
	version  int
	err      error // of the last NOTIFY: it could not be read
}

// Names of the events that we subscribe to and of what their NOTIFYs hold.
const (
	eventDialog  = "dialog"          // RFC 4235
	eventMailbox = "message-summary" // RFC 3842
	dialogInfo   = "application/dialog-info+xml"
	simpleWaits  = "application/simple-message-summary"
)

// lampLife is the lifetime that we ask for.
const lampLife = 10 * time.Minute

// Watch lights a lamp by what the extension number does. It returns with the first state.
func (a *Agent) Watch(ctx context.Context, number string) (*Lamp, error) {
	l := a.lamp(eventDialog, dialogInfo, number)
	if err := l.begin(ctx); err != nil {
		return nil, fmt.Errorf("%s watches %s: %w", a, number, err)
	}
	return l, nil
}

// Mailbox is the lamp of our own mailbox. Where the exchange takes no subscription it
// hears of messages without one, as RFC 3842 4.1 lets a server do.
func (a *Agent) Mailbox(ctx context.Context) (*Lamp, error) {
	l := a.lamp(eventMailbox, simpleWaits, a.line.account.User)
	err := l.begin(ctx)
	if _, refused := err.(*Refused); refused {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.subs[l.id] = l
		if a.summary != nil {
			l.read(a.summary)
		}
		return l, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s watches its mailbox: %w", a, err)
	}
	return l, nil
}

func (a *Agent) lamp(event, accept, number string) *Lamp {
	l := &Lamp{agent: a, event: event, accept: accept, number: number, changed: make(chan struct{}), version: -1,
		id: fmt.Sprintf("%016x@%s", rand.Uint64(), a.line.here.Addr()), tag: fmt.Sprintf("%08x", rand.Uint32()), stop: func() {}}
	l.target = a.line.uri(number)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.subs[l.id] = l
	return l
}

// begin subscribes, waits for the first NOTIFY and keeps the subscription.
func (l *Lamp) begin(ctx context.Context) error {
	granted, err := l.subscribe(ctx, lampLife)
	if err != nil {
		l.agent.drop(l)
		return err
	}
	running, stop := context.WithCancel(context.Background())
	l.stop = stop
	l.kept.Go(func() {
		for {
			select {
			case <-running.Done():
				return
			case <-time.After(granted * 3 / 4):
			}
			again, cancel := context.WithTimeout(running, registerTimeout)
			if granted, err = l.subscribe(again, lampLife); err != nil {
				granted = 4 * time.Second // again soon
			}
			cancel()
		}
	})
	return l.until(ctx, "a first NOTIFY", func() bool { return l.told > 0 })
}

// subscribe sends a SUBSCRIBE, inside its dialog after the first; 0 ends it.
func (l *Lamp) subscribe(ctx context.Context, life time.Duration) (time.Duration, error) {
	line := l.agent.line
	req := sip.NewRequest(sip.SUBSCRIBE, l.target)
	req.SetTransport(sip.NetworkToUpper(line.account.Transport))
	from := sip.FromHeader{Address: line.uri(line.account.User), Params: sip.NewParams()}
	from.Params.Add("tag", l.tag)
	to := sip.ToHeader{Address: line.uri(l.number), Params: sip.NewParams()}
	if l.theirs != "" {
		to.Params.Add("tag", l.theirs)
	}
	id, expires := sip.CallIDHeader(l.id), sip.ExpiresHeader(life.Seconds())
	l.cseq++
	for _, h := range []sip.Header{&from, &to, &id, &sip.CSeqHeader{SeqNo: l.cseq, MethodName: sip.SUBSCRIBE}, &line.contact, &expires,
		sip.NewHeader("Event", l.event), sip.NewHeader("Accept", l.accept), sip.NewHeader("User-Agent", line.agent)} {
		req.AppendHeader(h)
	}
	res, err := line.client.Do(ctx, req)
	if err == nil && res.StatusCode == sip.StatusUnauthorized {
		l.cseq++
		res, err = line.client.DoDigestAuth(ctx, req, res, sipgo.DigestAuth{Username: line.account.Auth, Password: line.account.Password})
	}
	if err != nil {
		return 0, err
	}
	if !res.IsSuccess() {
		return 0, &Refused{res.StatusCode, res.Reason}
	}
	if t := res.To(); t != nil {
		l.theirs, _ = t.Params.Get("tag")
	}
	if c := res.Contact(); c != nil {
		l.target = c.Address
	}
	return granted(res, life), nil
}

// notified reads a NOTIFY of the event. One without a subscription is for every lamp of
// the mailbox.
func (a *Agent) notified(event string, req *sip.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if l := a.subs[req.CallID().Value()]; l != nil && l.event == event {
		l.read(req)
		return
	}
	if event != eventMailbox {
		return
	}
	a.summary = req
	for _, l := range a.subs {
		if l.event == event && l.theirs == "" {
			l.read(req)
		}
	}
}

// read takes what a NOTIFY says.
func (l *Lamp) read(req *sip.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	body := req.Body()
	if len(body) == 0 { // RFC 6665 4.1.3: the end, or nothing to say yet
		if s := req.GetHeader("Subscription-State"); s != nil && strings.HasPrefix(s.Value(), "terminated") {
			l.state, l.err = "", fmt.Errorf("the exchange ended the subscription: %s", clip(s.Value()))
			l.tell()
		}
		return
	}
	l.err = nil
	switch t := req.ContentType(); {
	case t == nil || !strings.HasPrefix(strings.ToLower(t.Value()), l.accept):
		l.err = fmt.Errorf("a NOTIFY of %s holds no %s", l.event, l.accept)
	case l.event == eventDialog:
		d, err := readDialogInfo(body)
		switch {
		case err != nil:
			l.err = err
		case d.user() != l.number:
			l.err = fmt.Errorf("a NOTIFY of %s tells of %s", l.number, clip(d.Entity))
		case d.Version <= l.version: // RFC 4235 4.3: an old one that was late
			return
		default:
			l.version, l.state = d.Version, d.busiest()
		}
	default:
		l.new, l.old, l.err = readWaits(body)
	}
	l.tell()
}

// tell wakes who waits. The caller holds mu.
func (l *Lamp) tell() {
	l.told++
	close(l.changed)
	l.changed = make(chan struct{})
}

// until waits for ok, which is called with mu held.
func (l *Lamp) until(ctx context.Context, what string, ok func() bool) error {
	for {
		l.mu.Lock()
		done, changed, err, state := ok(), l.changed, l.err, fmt.Sprintf("%q, %d new and %d old messages", l.state, l.new, l.old)
		l.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			if err != nil {
				return err
			}
			return fmt.Errorf("lamp of %s: %s did not come, it is %s: %w", l.number, what, state, ctx.Err())
		}
	}
}

// State is "terminated" when nothing rings and nobody speaks there, "early" when it
// rings, "confirmed" when somebody speaks.
func (l *Lamp) State() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state
}

// Wait waits for a state.
func (l *Lamp) Wait(ctx context.Context, state string) error {
	return l.until(ctx, state, func() bool { return l.err == nil && l.state == state })
}

// Messages are those in the mailbox.
func (l *Lamp) Messages() (new, old int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.new, l.old
}

// WaitMessages waits until that many are new.
func (l *Lamp) WaitMessages(ctx context.Context, new int) error {
	return l.until(ctx, fmt.Sprintf("%d new messages", new), func() bool { return l.err == nil && l.told > 0 && l.new == new })
}

// Close ends the subscription.
func (l *Lamp) Close() error {
	l.stop()
	l.kept.Wait()
	l.agent.drop(l)
	if l.theirs == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), registerTimeout)
	defer cancel()
	_, err := l.subscribe(ctx, 0)
	l.theirs = ""
	return err
}

func (a *Agent) drop(l *Lamp) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.subs, l.id)
}
