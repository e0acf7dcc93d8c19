package account

import (
	"context"
	"time"

	"autocom/store"
)

// Login checks a name and a password.
func (b *Book) Login(ctx context.Context, name, password string) (Account, error) {
	b.mu.Lock()
	a := b.accounts[Key(name)]
	b.mu.Unlock()
	if len(password) > maxPassword {
		return Account{}, ErrWrong
	}
	good, old, err := b.hasher.check(ctx, password, a.Password)
	if err != nil {
		return Account{}, err
	}
	if !good {
		return Account{}, ErrWrong
	}
	if old {
		if hash, err := b.hasher.hash(ctx, password); err == nil {
			// Not kept: the old one is good for the next time too.
			_ = b.change(ctx, a.Name, func(x *store.Account) error {
				if x.Password == a.Password {
					x.Password = hash
				}
				return nil
			})
		}
	}
	return shown(a), nil
}

// Establish makes the first administrator; ErrTaken when there is one that can log in.
func (b *Book) Establish(ctx context.Context, name, language, password string) (Account, error) {
	x := store.Account{Name: Key(name), Role: Admin.String(), Language: language}
	if !nameForm.MatchString(x.Name) {
		return Account{}, ErrName
	}
	if err := weak(password, x.Name); err != nil {
		return Account{}, err
	}
	hash, err := b.hasher.hash(ctx, password)
	if err != nil {
		return Account{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, a := range b.accounts {
		if able(a) {
			return Account{}, ErrTaken
		}
	}
	x.Password = hash
	if err := b.put(ctx, x); err != nil {
		return Account{}, err
	}
	return shown(x), nil
}

// SetPassword gives an account another password and ends its sessions, and its invitation.
func (b *Book) SetPassword(ctx context.Context, name, password string) error {
	return b.setPassword(ctx, name, password, func(store.Account) error { return nil })
}

// setPassword does so when may still agrees after the time that hashing takes.
func (b *Book) setPassword(ctx context.Context, name, password string, may func(store.Account) error) error {
	if err := weak(password, Key(name)); err != nil {
		return err
	}
	hash, err := b.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	err = b.change(ctx, name, func(x *store.Account) error {
		if err := may(*x); err != nil {
			return err
		}
		x.Password, x.Invite, x.Invited = hash, nil, time.Time{}
		return nil
	})
	if err != nil {
		return err
	}
	return b.EndAll(ctx, name)
}
