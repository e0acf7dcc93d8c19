package phonesim

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Heard is the outcome of a conversation, measured at both ears.
type Heard struct {
	From     string        `json:"from"` // number of the caller
	To       string        `json:"to"`
	Ringing  time.Duration `json:"ringing"`  // from the INVITE to the first 180
	Answered time.Duration `json:"answered"` // from the INVITE to the 200
	Caller   Ear           `json:"caller"`
	Callee   Ear           `json:"callee"`
}

// Err says which side did not hear the other clearly; nil when both did.
func (h Heard) Err() error {
	var errs []error
	for who, ear := range map[string]Ear{"the caller " + h.From: h.Caller, "the called " + h.To: h.Callee} {
		if !ear.Clear() {
			errs = append(errs, fmt.Errorf("%s does not hear the other: %s", who, ear))
		}
	}
	return errors.Join(errs...)
}

// The tones of the two sides: no multiple of each other, and a whole number of
// periods in the windows used.
const (
	callerHz = 440
	calleeHz = 660
)

// Conversation is an answered call between two of our phones.
type Conversation struct {
	From, To         string
	Caller, Callee   *Call
	ringing, answers time.Duration
}

// Dial lets caller ring the number to, where callee lifts; then both speak.
func Dial(ctx context.Context, caller, callee Party, to string) (*Conversation, error) {
	if err := errors.Join(caller.ready(), callee.ready()); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	type answer struct {
		call *Call
		err  error
	}
	lifted := make(chan answer, 1)
	waiting, giveUp := context.WithCancel(ctx)
	defer giveUp()
	go func() {
		c, err := callee.lift(waiting)
		lifted <- answer{c, err}
	}()
	from := caller.Number()
	a, err := caller.call(ctx, to)
	if err != nil {
		giveUp()
		if b := <-lifted; b.call != nil {
			err = errors.Join(err, b.call.Hangup(context.WithoutCancel(ctx)))
		}
		return nil, fmt.Errorf("%s calls %s: %w", from, to, err)
	}
	b := <-lifted
	if b.err != nil {
		return nil, fmt.Errorf("%s calls %s: answered, but not by %s: %w", from, to, callee, errors.Join(b.err, a.Hangup(ctx)))
	}
	a.Speak(callerHz)
	b.call.Speak(calleeHz)
	return &Conversation{From: from, To: to, Caller: a, Callee: b.call, ringing: a.Ringing, answers: a.Answered}, nil
}

// Rings checks that the number to rings at callee, which refuses the call: quicker
// than Talk where many numbers are asked after.
func Rings(ctx context.Context, caller, callee Party, to string) error {
	if err := errors.Join(caller.ready(), callee.ready()); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	waiting, giveUp := context.WithCancel(ctx)
	defer giveUp()
	refused := make(chan error, 1)
	go func() { refused <- callee.decline(waiting) }()
	c, err := caller.call(ctx, to)
	if err == nil {
		err = errors.Join(errors.New("somebody else answered"), c.Hangup(ctx))
	}
	giveUp()
	if missed := <-refused; missed != nil {
		return fmt.Errorf("%s calls %s, and %s does not ring: %w", caller.Number(), to, callee, err)
	}
	return nil
}

// Measure listens at both ears during d. Let the first half second pass before
// the first measure: the phones start to speak one after the other.
func (c *Conversation) Measure(ctx context.Context, d time.Duration) (Heard, error) {
	h := Heard{From: c.From, To: c.To, Ringing: c.ringing, Answered: c.answers}
	other := make(chan error, 1)
	go func() {
		var err error
		h.Callee, err = c.Callee.Hear(ctx, d, callerHz, calleeHz)
		other <- err
	}()
	var err error
	h.Caller, err = c.Caller.Hear(ctx, d, calleeHz, callerHz)
	return h, errors.Join(err, <-other)
}

// Hangup ends the call at the caller's side; the called phone must notice by itself.
func (c *Conversation) Hangup(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	err := c.Caller.Hangup(ctx)
	select {
	case <-c.Callee.dialog.Context().Done():
	case <-ctx.Done():
		err = errors.Join(err, fmt.Errorf("%s was not told that %s hung up", c.To, c.From))
	}
	return errors.Join(err, c.Callee.Hangup(ctx))
}

// Talk lets caller ring to, callee answer, each speak its own tone for two
// seconds, and hangs up. The error says what a person would complain about.
func Talk(ctx context.Context, caller, callee Party, to string) (Heard, error) {
	c, err := Dial(ctx, caller, callee, to)
	if err != nil {
		return Heard{From: caller.Number(), To: to}, err
	}
	select {
	case <-time.After(500 * time.Millisecond):
	case <-ctx.Done():
	}
	h, err := c.Measure(ctx, 2*time.Second)
	if err = errors.Join(err, c.Hangup(context.WithoutCancel(ctx))); err != nil {
		return h, fmt.Errorf("%s calls %s: %w", h.From, to, err)
	}
	if err := h.Err(); err != nil {
		return h, fmt.Errorf("%s calls %s: %w", h.From, to, err)
	}
	return h, nil
}
