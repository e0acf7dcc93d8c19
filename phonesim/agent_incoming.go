package phonesim

import (
	"context"
	"errors"
	"fmt"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// Incoming is a call that rings.
type Incoming struct {
	FromNumber, FromName string

	dialog *sipgo.DialogServerSession
	line   *line
}

// Ring waits for the next call that rings here.
func (a *Agent) Ring(ctx context.Context) (*Incoming, error) {
	d, err := a.line.ringing(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", a, err)
	}
	who := shownBy(d.InviteRequest, d.InviteRequest.From().DisplayName, d.InviteRequest.From().Address.User)
	i := &Incoming{FromNumber: who.number, FromName: who.name, dialog: d, line: a.line}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.rung = append(a.rung, i)
	return i, nil
}

// Rang counts the calls that rang here so far, answered or not.
func (a *Agent) Rang() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.rings
}

// Header is the value of a header of the INVITE, "" when it has none.
func (i *Incoming) Header(name string) string {
	if h := i.dialog.InviteRequest.GetHeader(name); h != nil {
		return h.Value()
	}
	return ""
}

// SDP is the offer, as it came.
func (i *Incoming) SDP() string { return string(i.dialog.InviteRequest.Body()) }

// Answer lifts the handset.
func (i *Incoming) Answer(ctx context.Context) (*Call, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return i.line.take(i.dialog)
}

// Decline refuses the call: 486 is busy, 603 is "no".
func (i *Incoming) Decline(ctx context.Context, code int) error {
	if i.dialog.LoadState() >= sip.DialogStateEstablished {
		return nil
	}
	reason := map[int]string{480: "Temporarily Unavailable", 486: "Busy Here", 603: "Decline"}[code]
	return errors.Join(i.dialog.Respond(code, reason, nil), i.dialog.Close())
}

// Redirect refuses the call and names another number of the exchange for it (RFC 3261
// 21.3.3), as a phone does that forwards by itself.
func (i *Incoming) Redirect(ctx context.Context, number string) error {
	to := sip.NewHeader("Contact", "<sip:"+number+"@"+i.dialog.InviteRequest.Source()+">")
	return errors.Join(i.dialog.Respond(302, "Moved Temporarily", nil, to), i.dialog.Close())
}

// Gone is closed when the call rings no more here: the caller gave up, somebody else
// answered, or the call that we took has ended.
func (i *Incoming) Gone() <-chan struct{} { return i.dialog.Context().Done() }
