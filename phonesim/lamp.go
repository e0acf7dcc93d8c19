package phonesim

import (
	"github.com/emiago/sipgo/sip"
)

// Lamp is a subscription: the lamp beside a key, or that of the mailbox.
type Lamp struct{}

// Close ends the subscription.
func (l *Lamp) Close() error { return nil }

func (a *Agent) notified(event string, req *sip.Request) {}
