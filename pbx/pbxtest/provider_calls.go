package pbxtest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// Answers says how calls end: the code for each number; 0 rings for ever.
func (p *Provider) Answers(f func(number string) int) {
	p.mu.Lock()
	p.answers = f
	p.mu.Unlock()
}

// AnswersWith gives every call the same code.
func (p *Provider) AnswersWith(code int) { p.Answers(func(string) int { return code }) }

// Carried are all calls that have come so far.
func (p *Provider) Carried() []Carried {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Carried(nil), p.carried...)
}

// Forget empties what Carried and Next give.
func (p *Provider) Forget() {
	p.mu.Lock()
	p.carried = nil
	p.mu.Unlock()
	for len(p.here) > 0 {
		<-p.here
	}
	for len(p.ended) > 0 {
		<-p.ended
	}
}

// Next is the next call that comes.
func (p *Provider) Next(ctx context.Context) (Carried, error) {
	select {
	case c := <-p.here:
		return c, nil
	case <-ctx.Done():
		return Carried{}, fmt.Errorf("no call reaches the provider %s: %w", p.Addr, ctx.Err())
	}
}

// Ended waits until an answered call is over.
func (p *Provider) Ended(ctx context.Context) (Carried, error) {
	select {
	case c := <-p.ended:
		return c, nil
	case <-ctx.Done():
		return Carried{}, fmt.Errorf("no call ends at the provider %s: %w", p.Addr, ctx.Err())
	}
}

// HangUp ends every answered call.
func (p *Provider) HangUp(ctx context.Context) {
	p.mu.Lock()
	var all []*sipgo.DialogServerSession
	for _, d := range p.sessions {
		all = append(all, d)
	}
	p.mu.Unlock()
	for _, d := range all {
		d.Bye(ctx)
	}
}

// ProviderCall is an answered call from a provider into the house.
type ProviderCall struct{ d *sipgo.DialogClientSession }

// Done is closed when it is over.
func (c *ProviderCall) Done() <-chan struct{} { return c.d.Context().Done() }

// Hangup ends it.
func (c *ProviderCall) Hangup(ctx context.Context) error { return c.d.Bye(ctx) }

// Call rings the box: number is what was called outside, from who calls. A registered
// trunk is called at its Contact, as registrars do. code is the last answer.
func (p *Provider) Call(ctx context.Context, number, from string) (c *ProviderCall, code int) {
	p.t.Helper()
	p.mu.Lock()
	to := sip.Uri{Scheme: "sip", User: number, Host: Box, Port: 5060}
	if p.registered {
		to = *p.contact.Clone()
		to.User = number
	}
	p.mu.Unlock()
	req := sip.NewRequest(sip.INVITE, to)
	f := sip.FromHeader{Address: sip.Uri{Scheme: "sip", User: from, Host: p.Addr.Addr().String()}, Params: sip.NewParams()}
	f.Params.Add("tag", fmt.Sprintf("t%d", time.Now().UnixNano()))
	req.AppendHeader(&f)
	req.AppendHeader(sip.NewHeader("Content-Type", "application/sdp"))
	req.SetBody([]byte(p.sdp()))
	d, err := p.out.WriteInvite(ctx, req)
	if err != nil {
		p.t.Errorf("provider calls %s: %v", number, err)
		return nil, 0
	}
	err = d.WaitAnswer(ctx, sipgo.AnswerOptions{})
	if err != nil {
		var refused *sipgo.ErrDialogResponse
		if errors.As(err, &refused) {
			return nil, refused.Res.StatusCode
		}
		return nil, 0
	}
	if err := d.Ack(ctx); err != nil {
		p.t.Errorf("provider acknowledges: %v", err)
	}
	return &ProviderCall{d}, d.InviteResponse.StatusCode
}
