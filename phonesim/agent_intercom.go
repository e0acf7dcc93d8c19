package phonesim

import (
	"context"
	"fmt"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// AutoAnswer says whether the phone obeys a caller who asks it to answer by itself: by
// Call-Info with answer-after, or by Alert-Info.
func (a *Agent) AutoAnswer(on bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.auto = on
}

// Lifted waits for the next call that the phone answered by itself.
func (a *Agent) Lifted(ctx context.Context) (*Call, error) {
	select {
	case c := <-a.lifted:
		return c, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%s answered nothing by itself: %w", a, ctx.Err())
	}
}

// intercom reports a call that wants to be answered without a hand: makers read one of
// these forms (RFC 5373 is read by none).
func intercom(req *sip.Request) bool {
	for _, h := range req.GetHeaders("Call-Info") {
		if strings.Contains(strings.ReplaceAll(strings.ToLower(h.Value()), " ", ""), ";answer-after=0") {
			return true
		}
	}
	for _, h := range req.GetHeaders("Alert-Info") {
		v := strings.ToLower(h.Value())
		if strings.Contains(v, "info=alert-autoanswer") || strings.Contains(v, "auto answer") || strings.Contains(v, "intercom") {
			return true
		}
	}
	return false
}
