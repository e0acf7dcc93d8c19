package account

import (
	"context"
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"autocom/store"
)

// maxRefused bounds the attempts to get in that are remembered, here and on the card: who
// guesses for a month pushes out what was before, and fills nothing.
const maxRefused = 1000

// refusedEvery is how often the card hears of refused attempts: who guesses all day must not
// wear it out. A pulled plug takes what came since.
const refusedEvery = 10 * time.Second

// Refused is an attempt to get in that failed.
type Refused struct {
	At   time.Time  `json:"at"`
	From netip.Addr `json:"from,omitzero"`
	// Account is the one that was tried, when there is one of that name: people type
	// passwords into the wrong field.
	Account string `json:"account,omitempty"`
	Code    bool   `json:"code"` // the setup code was tried
}

// Refuse notes an attempt that failed; Keep writes it down.
func (b *Book) Refuse(x Refused) {
	b.mu.Lock()
	defer b.mu.Unlock()
	x.At = x.At.UTC().Truncate(time.Millisecond) // as the store gives it back
	if a, known := b.accounts[Key(x.Account)]; known {
		x.Account = a.Name
	} else {
		x.Account = ""
	}
	b.refuse(x)
	b.unkept = min(b.unkept+1, maxRefused)
	select {
	case b.refusals <- struct{}{}:
	default:
	}
}

func (b *Book) refuse(x Refused) {
	if len(b.refused) == maxRefused {
		b.refused = slices.Delete(b.refused, 0, 1)
	}
	b.refused = append(b.refused, x)
}

// Refused gives the attempts that failed, the newest first.
func (b *Book) Refused() []Refused {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := slices.Clone(b.refused)
	slices.Reverse(out)
	return out
}

// Keep is the task that writes refused attempts to the card, until ctx ends and what is left
// is written.
func (b *Book) Keep(ctx context.Context, log *slog.Logger) error {
	said := false
	for {
		select {
		case <-ctx.Done():
		case <-b.refusals:
		}
		if err := b.keepRefused(context.WithoutCancel(ctx)); err != nil && !said {
			log.Warn("refused logins are kept in memory alone", "error", err)
			said = true
		}
		select {
		case <-ctx.Done():
			return b.keepLast(ctx)
		case <-time.After(refusedEvery):
		}
	}
}

// keepLast writes what came while the card rested; that it cannot is no reason to complain
// at the end.
func (b *Book) keepLast(ctx context.Context) error {
	_ = b.keepRefused(context.WithoutCancel(ctx))
	return nil
}

// keepRefused writes what is not kept yet. What cannot be written waits for the next time.
func (b *Book) keepRefused(ctx context.Context) error {
	b.mu.Lock()
	fresh := slices.Clone(b.refused[len(b.refused)-b.unkept:])
	b.unkept = 0
	b.mu.Unlock()
	if len(fresh) == 0 {
		return nil
	}
	var list []store.Refused
	for _, x := range fresh {
		from := ""
		if x.From.IsValid() {
			from = x.From.String()
		}
		list = append(list, store.Refused{At: x.At, Address: from, Account: x.Account, Code: x.Code})
	}
	err := b.store.AddRefused(ctx, list, maxRefused)
	if err != nil {
		b.mu.Lock()
		b.unkept = min(b.unkept+len(fresh), len(b.refused))
		b.mu.Unlock()
	}
	return err
}

// remembered takes what the card has.
func (b *Book) remembered(list []store.Refused) {
	for _, x := range list {
		from, _ := netip.ParseAddr(x.Address) // "" stays unknown
		b.refuse(Refused{At: x.At.UTC(), From: from, Account: x.Account, Code: x.Code})
	}
}
