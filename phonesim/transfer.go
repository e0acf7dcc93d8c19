package phonesim

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// refers is what the far side says of the call that our REFER made (RFC 3515 2.4.5).
type refers struct {
	code   int
	reason string
}

// progress reads a NOTIFY of a REFER: a status line as message/sipfrag (RFC 3420).
func (c *Call) progress(req *sip.Request) {
	line, _, _ := bytes.Cut(req.Body(), []byte("\n"))
	rest, ok := strings.CutPrefix(strings.TrimSpace(string(line)), "SIP/2.0 ")
	code, reason, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(code)
	if !ok || err != nil {
		c.line.log.Info("phone cannot read a NOTIFY of its REFER", "line", clip(string(line)))
		return
	}
	select {
	case c.refers <- refers{n, reason}:
	default: // nobody waits any more
	}
}

// referPatience is how long after the end of a call the last NOTIFY of its transfer may come.
const referPatience = 2 * time.Second

// leave hangs up after a transfer that succeeded, as RFC 5589 6.1 has it; the sound is
// closed by Hangup.
func (c *Call) leave(ctx context.Context) error {
	if err := c.dialog.Bye(ctx); err != nil && c.Up() {
		return fmt.Errorf("hang up after the transfer: %w", err)
	}
	return nil
}

// Refer hands the far side over to number, unannounced (RFC 5589 6). It returns when the
// exchange says that it is done, and this call has ended; or a *Refused, and it goes on.
// The two must have been connected for a moment: nobody transfers in the instant of the answer.
func (c *Call) Refer(ctx context.Context, number string) error {
	to := c.line.uri(number)
	return c.refer(ctx, "<"+to.String()+">")
}

// ReferURI is Refer to any address, as "sip:202@203.0.113.9".
func (c *Call) ReferURI(ctx context.Context, uri string) error { return c.refer(ctx, "<"+uri+">") }

// ReferTo connects the far side with that of another call of ours, and both of our calls
// end (RFC 5589 7, RFC 3891).
func (c *Call) ReferTo(ctx context.Context, other *Call) error {
	id, local, remote, err := other.tags()
	if err != nil {
		return err
	}
	number, _ := other.Peer()
	return c.refer(ctx, c.replaces(number, id, remote, local))
}

func (c *Call) refer(ctx context.Context, to string) error {
	req := sip.NewRequest(sip.REFER, c.target)
	req.AppendHeader(sip.NewHeader("Refer-To", to))
	by := c.line.uri(c.line.account.User)
	req.AppendHeader(sip.NewHeader("Referred-By", "<"+by.String()+">"))
	res, err := c.ask(ctx, req)
	if err != nil {
		return fmt.Errorf("transfer: %w", err)
	}
	if res.StatusCode != sip.StatusAccepted {
		return &Refused{res.StatusCode, res.Reason}
	}
	gone := c.Done()
	var late <-chan time.Time
	for {
		select {
		case r := <-c.refers:
			switch {
			case r.code >= 300:
				return &Refused{r.code, r.reason}
			case r.code >= 200:
				return c.leave(ctx)
			}
		case <-gone:
			gone, late = nil, time.After(referPatience)
		case <-late:
			return fmt.Errorf("transfer: the call ended and nobody said what became of it")
		case <-ctx.Done():
			return fmt.Errorf("transfer: %w", ctx.Err())
		}
	}
}

// Replaces is the value of a header of that name that takes this call over, as the far side
// understands it (RFC 3891 3).
func (c *Call) Replaces() (string, error) {
	id, local, remote, err := c.tags()
	return id + ";to-tag=" + remote + ";from-tag=" + local, err
}

// tags tell a dialog: Call-ID, our tag, theirs (RFC 3261 12).
func (c *Call) tags() (id, local, remote string, err error) {
	req, res, out := c.begun()
	if req == nil || res == nil || res.To() == nil {
		return "", "", "", fmt.Errorf("the other call was never answered")
	}
	from, _ := req.From().Params.Get("tag")
	to, _ := res.To().Params.Get("tag")
	if out {
		return c.id, from, to, nil
	}
	return c.id, to, from, nil
}
