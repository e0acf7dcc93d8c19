package phonesim

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// Outgoing is a call of ours that nobody has answered yet.
type Outgoing struct {
	call   *Call
	cancel context.CancelFunc

	rings chan struct{} // closed by the first 18x
	early chan struct{} // closed when sound came before the answer
	done  chan struct{} // closed when it is answered or not
	err   error         // of done

	tag string // the far side's, of the first answer that had one (RFC 3261 12.1.2); set before rings is closed
}

// dial sends the INVITE and returns when it rings, is answered or refused.
func (l *line) dial(ctx context.Context, number string) (*Outgoing, error) {
	v, err := l.voice()
	if err != nil {
		return nil, err
	}
	start := time.Now()
	headers := append([]sip.Header{sip.NewHeader("Content-Type", "application/sdp"),
		sip.NewHeader("User-Agent", l.agent), sip.NewHeader("Allow", allow)}, l.headers...)
	d, err := l.calls.Invite(ctx, l.uri(number), v.offer(), headers...)
	if err != nil {
		v.close()
		return nil, err
	}
	o := &Outgoing{rings: make(chan struct{}), early: make(chan struct{}), done: make(chan struct{}),
		call: &Call{voice: v, line: l, dialog: d, peer: shown{number: number}, refers: make(chan refers, 16)}}
	// An UPDATE may come while it rings, or before we have seen the answer (RFC 3311).
	o.call.id, o.call.dialled = d.InviteRequest.CallID().Value(), o
	l.know(o.call)
	waiting, cancel := context.WithCancel(context.Background())
	o.cancel = cancel
	go func() {
		defer close(o.done)
		defer cancel()
		if o.err = o.answered(waiting, d, start); o.err != nil {
			l.forget(o.call)
			v.close()
		}
	}()
	select {
	case <-o.rings:
	case <-o.done:
		if o.err != nil {
			return nil, o.err
		}
	case <-ctx.Done():
		o.cancel()
		<-o.done
		return nil, errors.Join(ctx.Err(), o.hangup())
	}
	return o, nil
}

// answered waits for the end of the ringing.
func (o *Outgoing) answered(ctx context.Context, d *sipgo.DialogClientSession, start time.Time) error {
	c := o.call
	var ring, sound sync.Once
	err := d.WaitAnswer(ctx, sipgo.AnswerOptions{
		Username: c.line.account.Auth, Password: c.line.account.Password,
		OnResponse: func(res *sip.Response) error {
			if res.StatusCode == sip.StatusRinging && c.Ringing == 0 {
				c.Ringing = time.Since(start)
			}
			if res.StatusCode > 100 && res.StatusCode < 300 {
				c.show(res)
			}
			if res.StatusCode > 100 && res.StatusCode < 200 {
				if tag, ok := res.To().Params.Get("tag"); ok && o.tag == "" {
					o.tag = tag
				}
				ring.Do(func() { close(o.rings) })
				if len(res.Body()) > 0 && c.voice.agree(res.Body()) == nil {
					sound.Do(func() { close(o.early) })
				}
			}
			return nil
		},
	})
	if err != nil {
		d.Close()
		var refused *sipgo.ErrDialogResponse
		if errors.As(err, &refused) {
			return &Refused{refused.Res.StatusCode, refused.Res.Reason}
		}
		return err
	}
	c.Answered = time.Since(start)
	if err := d.Ack(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	if contact := d.InviteResponse.Contact(); contact != nil {
		c.target = contact.Address
	}
	if err := c.voice.agree(d.InviteResponse.Body()); err != nil {
		ctx, cancel := context.WithTimeout(context.Background(), registerTimeout)
		defer cancel()
		return errors.Join(err, d.Bye(ctx), d.Close())
	}
	return nil
}

// wait returns when it is answered; the end of ctx gives the call up.
func (o *Outgoing) wait(ctx context.Context) (*Call, error) {
	select {
	case <-o.done:
	case <-ctx.Done():
		o.cancel()
		if <-o.done; o.err == nil { // answered at the same moment
			return nil, errors.Join(ctx.Err(), o.hangup())
		}
		return nil, errors.Join(ctx.Err(), o.err)
	}
	if o.err != nil {
		return nil, o.err
	}
	return o.call, nil
}

func (o *Outgoing) hangup() error {
	if o.err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), registerTimeout)
	defer cancel()
	return o.call.Hangup(ctx)
}

// Wait returns when the call is answered, or a *Refused when it is not. The end of ctx
// gives the call up.
func (o *Outgoing) Wait(ctx context.Context) (*Call, error) { return o.wait(ctx) }

// Cancel gives the call up while it rings.
func (o *Outgoing) Cancel(ctx context.Context) error {
	o.cancel()
	select {
	case <-o.done:
		return o.hangup()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Early waits for sound before the answer; the Call is for Hear and Loudness alone.
func (o *Outgoing) Early(ctx context.Context) (*Call, error) {
	select {
	case <-o.early:
		return o.call, nil
	case <-o.done:
		return nil, errors.Join(errors.New("the ringing ended without sound"), o.err)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
