package phonesim

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// dialog is what a call needs of sipgo's two kinds of session.
type dialog interface {
	Bye(context.Context) error
	Close() error
	Context() context.Context
	Do(context.Context, *sip.Request) (*sip.Response, error)
	WriteRequest(*sip.Request) error
}

// Refused is a final answer that is no success: to a call, to a transfer.
type Refused struct {
	Code   int
	Reason string
}

func (r *Refused) Error() string { return fmt.Sprintf("%d %s", r.Code, r.Reason) }

// Call is one side of a conversation: it speaks a tone and keeps what it hears.
type Call struct {
	Ringing  time.Duration // to the first 180, 0 when none came
	Answered time.Duration // to the 200; of the caller's side only

	dialog  dialog
	voice   *voice
	line    *line
	id      string    // Call-ID
	dialled *Outgoing // that it came from; nil: the far side rang

	asking sync.Mutex // one request of ours inside the dialog at a time
	mu     sync.Mutex
	peer   shown
	target sip.Uri     // where requests inside the dialog go
	refers chan refers // what the far side says of a REFER of ours
}

// call dials and waits for the answer.
func (l *line) call(ctx context.Context, number string) (*Call, error) {
	o, err := l.dial(ctx, number)
	if err != nil {
		return nil, err
	}
	return o.wait(ctx)
}

// lift takes the next ringing call.
func (l *line) lift(ctx context.Context) (*Call, error) {
	d, err := l.ringing(ctx)
	if err != nil {
		return nil, err
	}
	return l.take(d)
}

// ringing is the next call that rings.
func (l *line) ringing(ctx context.Context) (*sipgo.DialogServerSession, error) {
	select {
	case d := <-l.rings:
		return d, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("no call arrived: %w", ctx.Err())
	}
}

// take answers a call.
func (l *line) take(d *sipgo.DialogServerSession) (*Call, error) {
	v, err := l.voice()
	if err != nil {
		return nil, errors.Join(err, d.Respond(sip.StatusInternalServerError, "No Sound", nil), d.Close())
	}
	if err := v.agree(d.InviteRequest.Body()); err != nil {
		v.close()
		return nil, errors.Join(err, d.Respond(sip.StatusNotAcceptableHere, "Not Acceptable Here", nil), d.Close())
	}
	c := &Call{dialog: d, voice: v, line: l, id: d.InviteRequest.CallID().Value(), refers: make(chan refers, 16),
		target: d.InviteRequest.Contact().Address, peer: shownBy(d.InviteRequest, d.InviteRequest.From().DisplayName, d.InviteRequest.From().Address.User)}
	l.know(c)
	if err := d.RespondSDP(v.answer()); err != nil { // waits for the ACK
		l.forget(c)
		v.close()
		return nil, errors.Join(fmt.Errorf("answer: %w", err), d.Close())
	}
	return c, nil
}

// decline refuses the next ringing call as busy.
func (l *line) decline(ctx context.Context) error {
	d, err := l.ringing(ctx)
	if err != nil {
		return err
	}
	return errors.Join(d.Respond(sip.StatusBusyHere, "Busy Here", nil), d.Close())
}

// know remembers a call for later requests inside its dialog.
func (l *line) know(c *Call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.known[c.id] = c
}

func (l *line) forget(c *Call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.known, c.id)
}

func (l *line) callOf(req *sip.Request) *Call {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.known[req.CallID().Value()]
}

// Speak sends a tone of hz until the call ends, or Quiet.
func (c *Call) Speak(hz float64) { c.voice.speak(hz) }

// Quiet sends silence, as a phone does whose owner listens.
func (c *Call) Quiet() { c.voice.speak(0) }

// Up reports whether the far side has not hung up.
func (c *Call) Up() bool { return c.dialog.Context().Err() == nil }

// Done is closed when either side has hung up.
func (c *Call) Done() <-chan struct{} { return c.dialog.Context().Done() }

// hearPatience is how much later than spoken sound may come: a busy machine delays
// the speaker, who then catches up; no phone's jitter buffer is meant by it.
const hearPatience = time.Second

// Hear measures the next d of sound. Sound that has not come hearPatience after its
// time is missing.
func (c *Call) Hear(ctx context.Context, d time.Duration, wanted, other float64) (Ear, error) {
	sound, n, err := c.listen(ctx, d)
	if err != nil {
		return Ear{}, err
	}
	e := hear(sound, wanted, other)
	e.Packets, e.Lost, e.Foreign = n.packets, max(n.lost, 0), n.foreign
	// Packets that never came are a gap too, though no frame of silence stands for them.
	if missing := d - e.Window; missing > e.Gap {
		e.Gap = missing
	}
	return e, nil
}

// Loudness measures the next d of sound, whatever it is: dB relative to full scale; a
// prompt or music is above -50, silence or nothing below.
func (c *Call) Loudness(ctx context.Context, d time.Duration) (float64, error) {
	sound, _, err := c.listen(ctx, d)
	if err != nil {
		return silence, err
	}
	return math.Min(0, dB(power(sound))), nil
}

// listen keeps the next d of sound.
func (c *Call) listen(ctx context.Context, d time.Duration) (sound []float64, n point, err error) {
	from := c.voice.since()
	wait, late := d, time.Now().Add(d+hearPatience)
	for {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, n, ctx.Err()
		}
		if sound, n = c.voice.after(from); len(sound) >= samplesOf(d) || time.Now().After(late) {
			return sound[:min(len(sound), samplesOf(d))], n, nil
		}
		wait = 20 * time.Millisecond
	}
}

func samplesOf(d time.Duration) int { return int(d * sampleRate / time.Second) }

// Hangup ends the call and closes its sockets.
func (c *Call) Hangup(ctx context.Context) error {
	var err error
	if c.Up() {
		if err = c.dialog.Bye(ctx); err != nil && !c.Up() { // both hung up at once
			err = nil
		}
	}
	c.voice.close()
	c.line.forget(c)
	return errors.Join(err, c.dialog.Close())
}
