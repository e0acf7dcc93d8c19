package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Account is who may log in to the pages.
type Account struct {
	Name     string
	Role     string
	Person   string // id of an object; "" none
	Language string
	Password string    // its hash; "" none yet
	Invite   []byte    // digest of the link to choose a password with; nil none
	Invited  time.Time // until when
}

// Session is a browser that has logged in.
type Session struct {
	Digest  []byte // of the cookie
	Account string
	Started time.Time
	Until   time.Time
	Address string
	Program string
}

// Token is a program that may use the API.
type Token struct {
	ID     string
	Digest []byte // of what it sends
	Name   string
	Role   string
	Writes bool
	Made   time.Time
	MadeBy string
	Used   time.Time // the zero Time: never
}

// Doors is all that lets somebody in.
type Doors struct {
	Accounts []Account // by name
	Sessions []Session // by when they started
	Tokens   []Token   // by when they were made
	Refused  []Refused // attempts that failed, oldest first
}

// LoadDoors reads who may come in.
func (s *Store) LoadDoors(ctx context.Context) (d Doors, err error) {
	err = s.each(ctx, "SELECT name, role, person, language, password, invite, invited FROM accounts ORDER BY name", func(scan func(...any) error) error {
		var a Account
		var invited sql.NullInt64
		err := scan(&a.Name, &a.Role, &a.Person, &a.Language, &a.Password, &a.Invite, &invited)
		a.Invited = fromMillis(invited)
		d.Accounts = append(d.Accounts, a)
		return err
	})
	if err != nil {
		return d, fmt.Errorf("read accounts of %s: %w", s.path, explain(err))
	}
	err = s.each(ctx, "SELECT digest, account, started, until, address, program FROM sessions ORDER BY started", func(scan func(...any) error) error {
		var x Session
		var started, until sql.NullInt64
		err := scan(&x.Digest, &x.Account, &started, &until, &x.Address, &x.Program)
		x.Started, x.Until = fromMillis(started), fromMillis(until)
		d.Sessions = append(d.Sessions, x)
		return err
	})
	if err != nil {
		return d, fmt.Errorf("read sessions of %s: %w", s.path, explain(err))
	}
	err = s.each(ctx, "SELECT id, digest, name, role, writes, made, made_by, used FROM tokens ORDER BY made, id", func(scan func(...any) error) error {
		var x Token
		var made, used sql.NullInt64
		err := scan(&x.ID, &x.Digest, &x.Name, &x.Role, &x.Writes, &made, &x.MadeBy, &used)
		x.Made, x.Used = fromMillis(made), fromMillis(used)
		d.Tokens = append(d.Tokens, x)
		return err
	})
	if err != nil {
		return d, fmt.Errorf("read tokens of %s: %w", s.path, explain(err))
	}
	d.Refused, err = s.refused(ctx)
	return d, err
}

func (s *Store) each(ctx context.Context, query string, row func(scan func(...any) error) error) error {
	rows, err := s.db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// PutAccount writes an account. What it says is no part of the office's state: its revision
// stays.
func (s *Store) PutAccount(ctx context.Context, a Account) error {
	return s.write(ctx, `INSERT INTO accounts (name, role, person, language, password, invite, invited) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET role = excluded.role, person = excluded.person, language = excluded.language,
			password = excluded.password, invite = excluded.invite, invited = excluded.invited`,
		a.Name, a.Role, a.Person, a.Language, a.Password, a.Invite, millis(a.Invited))
}

// DropAccount forgets an account and its sessions.
func (s *Store) DropAccount(ctx context.Context, name string) error {
	return s.write(ctx, "DELETE FROM accounts WHERE name = ?", name)
}

// PutSession writes a session; one that is there lives until the new time.
func (s *Store) PutSession(ctx context.Context, x Session) error {
	return s.write(ctx, `INSERT INTO sessions (digest, account, started, until, address, program) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (digest) DO UPDATE SET until = excluded.until`,
		x.Digest, x.Account, millis(x.Started), millis(x.Until), x.Address, x.Program)
}

// DropSession ends a session.
func (s *Store) DropSession(ctx context.Context, digest []byte) error {
	return s.write(ctx, "DELETE FROM sessions WHERE digest = ?", digest)
}

// PutToken writes a token.
func (s *Store) PutToken(ctx context.Context, x Token) error {
	return s.write(ctx, `INSERT INTO tokens (id, digest, name, role, writes, made, made_by, used) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET used = excluded.used`,
		x.ID, x.Digest, x.Name, x.Role, x.Writes, millis(x.Made), x.MadeBy, millis(x.Used))
}

// DropToken revokes a token.
func (s *Store) DropToken(ctx context.Context, id string) error {
	return s.write(ctx, "DELETE FROM tokens WHERE id = ?", id)
}

func (s *Store) write(ctx context.Context, query string, args ...any) error {
	if _, err := s.db.ExecContext(ctx, query, args...); err != nil {
		return fmt.Errorf("write %s: %w", s.path, explain(err))
	}
	return nil
}
