package phonesim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// begun gives the INVITE of the call and its answer; out when we rang.
func (c *Call) begun() (req *sip.Request, res *sip.Response, out bool) {
	switch d := c.dialog.(type) {
	case *sipgo.DialogClientSession:
		return d.InviteRequest, d.InviteResponse, true
	case *sipgo.DialogServerSession:
		return d.InviteRequest, d.InviteResponse, false
	}
	return nil, nil, false
}

// ask sends a request inside the dialog and waits for its final answer.
func (c *Call) ask(ctx context.Context, req *sip.Request) (*sip.Response, error) {
	c.asking.Lock()
	defer c.asking.Unlock()
	if !c.Up() {
		return nil, fmt.Errorf("%s: the call has ended", req.Method)
	}
	res, err := c.dialog.Do(ctx, req)
	if err != nil || req.Method != sip.INVITE || res.StatusCode < 200 {
		return res, err
	}
	if res.IsSuccess() { // a refusal is acknowledged by its transaction
		if err := c.dialog.WriteRequest(sip.NewRequest(sip.ACK, c.target)); err != nil {
			return res, err
		}
	}
	return res, nil
}

// reinvite offers what the call is to be like from now on.
func (c *Call) reinvite(ctx context.Context) error {
	for {
		req := sip.NewRequest(sip.INVITE, c.target)
		req.SetBody(c.voice.offer())
		req.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
		res, err := c.ask(ctx, req)
		if err != nil {
			return err
		}
		if res.StatusCode == sip.StatusRequestPending { // both at once: RFC 3261 14.1
			select {
			case <-time.After(time.Duration(rand.IntN(1000)) * time.Millisecond):
				continue
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if !res.IsSuccess() {
			return &Refused{res.StatusCode, res.Reason}
		}
		c.show(res)
		return c.voice.agree(res.Body())
	}
}

// Hold says that we do not listen; the far side hears music, if the exchange has some.
func (c *Call) Hold(ctx context.Context) error { return c.holding(ctx, true) }

// Resume takes the call back.
func (c *Call) Resume(ctx context.Context) error { return c.holding(ctx, false) }

func (c *Call) holding(ctx context.Context, on bool) error {
	c.voice.hold(on)
	if err := c.reinvite(ctx); err != nil {
		c.voice.hold(!on)
		return err
	}
	return nil
}

// Held reports whether we hold the call.
func (c *Call) Held() bool {
	c.voice.mu.Lock()
	defer c.voice.mu.Unlock()
	return c.voice.holding
}

func (v *voice) hold(on bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.holding = on
}

// inform sends keys by INFO, as phones do that do not know RFC 4733.
func (c *Call) inform(ctx context.Context, text string) error {
	for _, r := range text {
		if r == ',' {
			select {
			case <-time.After(keyPause * 20 * time.Millisecond):
				continue
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		req := sip.NewRequest(sip.INFO, c.target)
		req.AppendHeader(sip.NewHeader("Content-Type", "application/dtmf-relay"))
		req.SetBody(fmt.Appendf(nil, "Signal=%c\r\nDuration=160\r\n", r))
		res, err := c.ask(ctx, req)
		if err != nil {
			return fmt.Errorf("press %s: %w", text, err)
		}
		if !res.IsSuccess() {
			return fmt.Errorf("press %s: %w", text, &Refused{res.StatusCode, res.Reason})
		}
	}
	return nil
}

// Press sends keys in the way of the phone: by RFC 4733, or by INFO. A comma is a pause of
// half a second.
func (c *Call) Press(ctx context.Context, keys string) error {
	if c.line.info {
		return c.inform(ctx, keys)
	}
	return c.voice.press(ctx, keys)
}

// Keys are those that the far side pressed so far, by RFC 4733.
func (c *Call) Keys() string {
	c.voice.mu.Lock()
	defer c.voice.mu.Unlock()
	return c.voice.keyed
}
