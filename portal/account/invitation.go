package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"io/fs"
	"time"

	"autocom/store"
)

// inviteFor is how long a link to choose a password is good: over a weekend.
const inviteFor = 3 * 24 * time.Hour

// Invite makes a link's secret that lets an account choose its password, once. What was
// made before is void; the password so far stays good until then.
func (b *Book) Invite(ctx context.Context, name string) (secret string, until time.Time, err error) {
	secret, until = rand.Text(), b.now().Add(inviteFor)
	digest := sha256.Sum256([]byte(secret))
	err = b.change(ctx, name, func(x *store.Account) error {
		x.Invite, x.Invited = digest[:], until
		return nil
	})
	return secret, until, err
}

// Invited gives the account that an invitation is for.
func (b *Book) Invited(secret string) (Account, bool) {
	digest := sha256.Sum256([]byte(secret))
	now := b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, a := range b.accounts {
		if invited(a, digest, now) {
			return shown(a), true
		}
	}
	return Account{}, false
}

func invited(a store.Account, digest [32]byte, now time.Time) bool {
	return len(a.Invite) == 32 && [32]byte(a.Invite) == digest && now.Before(a.Invited)
}

// Accept has the invited choose a password, once.
func (b *Book) Accept(ctx context.Context, secret, password string) (Account, error) {
	a, ok := b.Invited(secret)
	if !ok {
		return a, fs.ErrNotExist
	}
	digest := sha256.Sum256([]byte(secret))
	err := b.setPassword(ctx, a.Name, password, func(x store.Account) error {
		if !invited(x, digest, b.now()) {
			return fs.ErrNotExist
		}
		return nil
	})
	if err != nil {
		return a, err
	}
	a, _ = b.Account(a.Name)
	return a, nil
}
