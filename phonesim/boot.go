package phonesim

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"
)

// Boot plugs phones in, lets each find its settings and register, and returns when all are
// through or ctx ends. They start at random moments within the time given, as a site does
// after a power cut. A phone that finds nothing goes on with the account it has, and tries
// again from the start while it has none.
func (w *Wire) Boot(ctx context.Context, phones []*Phone, within time.Duration) error {
	errs := make([]error, len(phones))
	var all sync.WaitGroup
	for i, p := range phones {
		start := time.Duration(0)
		if within > 0 {
			start = rand.N(within)
		}
		all.Go(func() {
			select {
			case <-time.After(start):
				errs[i] = w.boot(ctx, p)
			case <-ctx.Done():
				errs[i] = ctx.Err()
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

func (w *Wire) boot(ctx context.Context, p *Phone) error {
	if err := w.Plug(ctx, p); err != nil {
		return err
	}
	for {
		err := p.Provision(ctx)
		if err == nil || p.account() != nil {
			return p.Register(ctx)
		}
		p.Log.Info("phone boots again", "err", err)
		select {
		case <-ctx.Done():
			return err
		case <-time.After(p.Retry):
		}
	}
}

// PowerCut takes the power of all phones away at once; Boot brings them back.
func (w *Wire) PowerCut(phones []*Phone) error {
	for _, p := range phones { // none may go on while others are unplugged
		p.PullPlug()
	}
	var errs []error
	for _, p := range phones {
		errs = append(errs, w.Unplug(p))
	}
	return errors.Join(errs...)
}
