package phonesim

import (
	"context"
	"errors"
	"strings"
)

// replaces writes the Refer-To of a dialog (RFC 3891 3, escaped as RFC 3261 19.1.2 asks).
func (c *Call) replaces(number, id, remote, local string) string {
	to := c.line.uri(number)
	escape := strings.NewReplacer(";", "%3B", "=", "%3D", "@", "%40", "?", "%3F", "&", "%26", ":", "%3A", "/", "%2F", "+", "%2B")
	return "<" + to.String() + "?Replaces=" + escape.Replace(id+";to-tag="+remote+";from-tag="+local) + ">"
}

// ReferToRinging connects the far side with a call of ours that nobody has answered yet, as
// phones do whose owner presses the transfer key a second time while it rings (RFC 5589 7.6
// has the phone wait or begin anew; makers send Replaces of the early dialog all the same).
// Our call ends as Refer's does; the ringing one is the exchange's from then on.
func (c *Call) ReferToRinging(ctx context.Context, o *Outgoing) error {
	req, _, _ := o.call.begun()
	local, _ := req.From().Params.Get("tag")
	if o.tag == "" || local == "" {
		return errors.New("the other call has no dialog yet")
	}
	number, _ := o.call.Peer()
	return c.refer(ctx, c.replaces(number, o.call.id, o.tag, local))
}
