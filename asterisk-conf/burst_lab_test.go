//go:build lab

package asteriskconf

import (
	"context"
	"sync"
	"testing"
	"time"

	"autocom/asterisk-conf/asterisktest"
	"autocom/pbx"
	"autocom/pbx/ami"
)

// After a power cut of the building 500 phones come back together: each registers
// at its first try, and the manager tells of each.
//
// In words: five hundred phones log in together, each at its first try.
func TestFiveHundredPhonesRegisterTogether(t *testing.T) {
	plan := lab500()
	a := start(t, plan, asterisktest.Options{})
	var mu sync.Mutex
	told := map[string]bool{}
	c := manager(t, plan, func(e ami.Event) {
		if contact, ok := ami.DecodeContact(e); ok && contact.Registered() {
			mu.Lock()
			told[contact.AOR] = true
			mu.Unlock()
		}
	})
	p := newPhone(t, pbx.Endpoint{ID: "burst"}, alice, 5060, func(incoming) {})
	ctx := within(t, 60*time.Second)
	began := time.Now()
	var tasks sync.WaitGroup
	queue := make(chan pbx.Endpoint)
	for range 64 {
		tasks.Go(func() {
			for e := range queue {
				if err := p.registerLine(ctx, e); err != nil {
					t.Errorf("%s: %v", e.ID, err)
				}
			}
		})
	}
	for _, e := range plan.Endpoints {
		queue <- e
	}
	close(queue)
	tasks.Wait()
	t.Logf("500 registrations in %s, resident %s", time.Since(began), resident(t, a.PID()))
	contacts, err := c.Contacts(ctx)
	if err != nil || len(contacts) != 500 {
		t.Errorf("%d contacts, %v", len(contacts), err)
	}
	for ctx.Err() == nil {
		mu.Lock()
		n := len(told)
		mu.Unlock()
		if n == 500 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if ctx.Err() != nil || c.Dropped() > 0 {
		t.Errorf("the manager told of %d phones and lost %d events", len(told), c.Dropped())
	}
	clean(t, a, "Taskprocessor 'stasis/m:devicestate:all")
}

// registerLine registers another line from the same socket.
func (p *phone) registerLine(ctx context.Context, e pbx.Endpoint) error {
	other := *p
	other.e = e
	return other.registerAs(ctx, e.ID)
}
