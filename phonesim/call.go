package phonesim

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// dialog is what a call needs of sipgo's two kinds of session.
type dialog interface {
	Bye(context.Context) error
	Close() error
	Context() context.Context
}

// Call is one side of a conversation: it speaks a tone and keeps what it hears.
type Call struct {
	Ringing  time.Duration // to the first 180, 0 when none came
	Answered time.Duration // to the 200; of the caller's side only

	dialog dialog
	voice  *voice
	line   *line
	id     string // Call-ID
}

// call dials and waits for the answer.
func (l *line) call(ctx context.Context, number string) (_ *Call, err error) {
	v, err := openVoice(l.here.Addr())
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			v.close()
		}
	}()
	start := time.Now()
	c := &Call{voice: v, line: l}
	d, err := l.calls.Invite(ctx, l.uri(number), offer(v.local()), sip.NewHeader("Content-Type", "application/sdp"),
		sip.NewHeader("User-Agent", l.agent), sip.NewHeader("Allow", allow))
	if err != nil {
		return nil, err
	}
	err = d.WaitAnswer(ctx, sipgo.AnswerOptions{
		Username: l.account.Auth, Password: l.account.Password,
		OnResponse: func(res *sip.Response) error {
			if res.StatusCode == sip.StatusRinging && c.Ringing == 0 {
				c.Ringing = time.Since(start)
			}
			return nil
		},
	})
	if err != nil {
		d.Close()
		var refused *sipgo.ErrDialogResponse
		if errors.As(err, &refused) {
			return nil, fmt.Errorf("%d %s", refused.Res.StatusCode, refused.Res.Reason)
		}
		return nil, err
	}
	c.Answered = time.Since(start)
	if err := d.Ack(ctx); err != nil {
		return nil, err
	}
	far, err := readSDP(d.InviteResponse.Body())
	if err != nil {
		return nil, errors.Join(err, d.Bye(ctx), d.Close())
	}
	v.reach(far)
	c.dialog, c.id = d, d.InviteRequest.CallID().Value()
	l.know(c.id, v)
	return c, nil
}

// lift takes the next ringing call.
func (l *line) lift(ctx context.Context) (*Call, error) {
	var d *sipgo.DialogServerSession
	select {
	case d = <-l.rings:
	case <-ctx.Done():
		return nil, fmt.Errorf("no call arrived: %w", ctx.Err())
	}
	far, err := readSDP(d.InviteRequest.Body())
	if err != nil {
		return nil, errors.Join(err, d.Respond(sip.StatusNotAcceptableHere, "Not Acceptable Here", nil), d.Close())
	}
	v, err := openVoice(l.here.Addr())
	if err != nil {
		return nil, errors.Join(err, d.Respond(sip.StatusInternalServerError, "No Sound", nil), d.Close())
	}
	v.reach(far)
	id := d.InviteRequest.CallID().Value()
	l.know(id, v)
	if err := d.RespondSDP(offer(v.local())); err != nil { // waits for the ACK
		v.close()
		return nil, errors.Join(fmt.Errorf("answer: %w", err), d.Close())
	}
	return &Call{dialog: d, voice: v, line: l, id: id}, nil
}

// decline refuses the next ringing call as busy.
func (l *line) decline(ctx context.Context) error {
	select {
	case d := <-l.rings:
		return errors.Join(d.Respond(sip.StatusBusyHere, "Busy Here", nil), d.Close())
	case <-ctx.Done():
		return fmt.Errorf("no call arrived: %w", ctx.Err())
	}
}

// know remembers a call's sound for a later re-INVITE.
func (l *line) know(id string, v *voice) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.voices[id] = v
}

// Speak sends a tone of hz until the call ends.
func (c *Call) Speak(hz float64) { c.voice.speak(hz) }

// Up reports whether the far side has not hung up.
func (c *Call) Up() bool { return c.dialog.Context().Err() == nil }

// hearPatience is how much later than spoken sound may come: a busy machine delays
// the speaker, who then catches up; no phone's jitter buffer is meant by it.
const hearPatience = time.Second

// Hear measures the next d of sound. Sound that has not come hearPatience after its
// time is missing.
func (c *Call) Hear(ctx context.Context, d time.Duration, wanted, other float64) (Ear, error) {
	from := c.voice.since()
	wait, late := d, time.Now().Add(d+hearPatience)
	var sound []float64
	var n point
	for {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return Ear{}, ctx.Err()
		}
		if sound, n = c.voice.after(from); len(sound) >= samplesOf(d) || time.Now().After(late) {
			break
		}
		wait = 20 * time.Millisecond
	}
	sound = sound[:min(len(sound), samplesOf(d))]
	e := hear(sound, wanted, other)
	e.Packets, e.Lost, e.Foreign = n.packets, max(n.lost, 0), n.foreign
	// Packets that never came are a gap too, though no frame of silence stands for them.
	if missing := d - e.Window; missing > e.Gap {
		e.Gap = missing
	}
	return e, nil
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
	c.line.mu.Lock()
	delete(c.line.voices, c.id)
	c.line.mu.Unlock()
	return errors.Join(err, c.dialog.Close())
}
