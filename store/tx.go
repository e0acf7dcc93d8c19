package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"autocom/provision"
)

// Tx is one change of the state: all of it becomes durable with Commit, or nothing.
type Tx struct {
	ctx    context.Context
	tx     *sql.Tx
	wrote  bool
	broken error // SQLite ended the transaction by itself: nothing may be written any more
}

// Begin starts a change; a second one waits until the first has ended.
func (s *Store) Begin(ctx context.Context) (*Tx, error) {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("begin a change of %s: %w", s.path, explain(err))
	}
	return &Tx{ctx: ctx, tx: tx}, nil
}

// Commit makes the change durable and returns the new revision of the state.
func (t *Tx) Commit() (revision int64, err error) {
	if t.broken != nil {
		t.tx.Rollback() // of nothing: it gives the connection back
		return 0, t.broken
	}
	err = t.tx.QueryRowContext(t.ctx, "UPDATE meta SET value = value + 1 WHERE key = 'revision' RETURNING value").Scan(&revision)
	if err != nil {
		t.tx.Rollback()
		return 0, fmt.Errorf("count the revision: %w", explain(err))
	}
	if err := t.tx.Commit(); err != nil {
		return 0, fmt.Errorf("commit revision %d: %w", revision, explain(err))
	}
	return revision, nil
}

// Wrote reports whether there is something to commit.
func (t *Tx) Wrote() bool { return t.wrote }

// Rollback drops the change.
func (t *Tx) Rollback() error { return t.tx.Rollback() }

// Part runs do so that its error undoes only what do wrote: several commands can
// share one commit (one wait for the card) and still fail alone.
//
// A full or broken card may end the whole transaction instead
// (https://www.sqlite.org/lang_transaction.html, "Response To Errors Within A
// Transaction"): what came after would be written at once, each statement for
// itself. Then this part, all that follow and Commit fail.
func (t *Tx) Part(do func() error) error {
	if err := t.exec("SAVEPOINT part"); err != nil {
		return err
	}
	wrote := t.wrote
	cause := do()
	if cause == nil {
		return t.end("RELEASE part", nil)
	}
	t.wrote = wrote
	return errors.Join(cause, t.end("ROLLBACK TO part", cause), t.end("RELEASE part", cause))
}

// end runs what can fail only when there is no transaction any more.
func (t *Tx) end(query string, cause error) error {
	err := t.exec(query)
	if err != nil && t.broken == nil {
		t.broken = fmt.Errorf("nothing of this change is kept: %w", errors.Join(cause, err))
	}
	return err
}

// PutDevice writes the device and its lines; numbers are given by Reserve alone.
func (t *Tx) PutDevice(d provision.Device) error {
	text, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("keep device %s: %w", d.ID, err)
	}
	err = t.exec(`INSERT INTO devices (id, token, admin, reserved_at, json) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET token = excluded.token, admin = excluded.admin,
			reserved_at = excluded.reserved_at, json = excluded.json`,
		d.ID, d.Token, d.Admin, millis(d.ReservedAt), string(text))
	if err != nil {
		return fmt.Errorf("keep device %s: %w", d.ID, err)
	}
	if err := t.exec("DELETE FROM lines WHERE device = ?", d.ID); err != nil {
		return fmt.Errorf("keep lines of device %s: %w", d.ID, err)
	}
	for _, l := range d.Lines {
		if err := t.exec("INSERT INTO lines (device, n, name, secret) VALUES (?, ?, ?, ?)", d.ID, l.N, l.Name, l.Secret); err != nil {
			return fmt.Errorf("keep line %d of device %s: %w", l.N, d.ID, err)
		}
	}
	return nil
}

// DropDevice forgets a device that holds no number.
func (t *Tx) DropDevice(id string) error { return t.exec("DELETE FROM devices WHERE id = ?", id) }

// Reserve gives the first candidate that nobody holds to a line, and says which.
// A number in quarantine is free again from since on, counted by when it was freed.
// ErrNoNumber when there is none.
func (t *Tx) Reserve(device string, line int, candidates iter.Seq[string], now, freedBefore time.Time) (string, error) {
	if err := t.exec("DELETE FROM numbers WHERE state = 'quarantine' AND freed_at <= ?", freedBefore.UnixMilli()); err != nil {
		return "", fmt.Errorf("end quarantines: %w", err)
	}
	taken, err := t.Numbers()
	if err != nil {
		return "", fmt.Errorf("list numbers: %w", err)
	}
	for number := range candidates {
		if taken[number] != "" {
			continue
		}
		// The primary key and the index one_number_per_line are the real guards.
		err := t.exec("INSERT INTO numbers (number, device, line, state, given_at) VALUES (?, ?, ?, 'reserved', ?)",
			number, device, line, now.UnixMilli())
		if err != nil {
			return "", fmt.Errorf("reserve %s for %s: %w", number, device, err)
		}
		return number, nil
	}
	return "", ErrNoNumber
}

// NumberState is how firmly a number is held.
type NumberState string

// The states of a number.
const (
	Reserved   NumberState = "reserved"
	Bound      NumberState = "bound"
	Quarantine NumberState = "quarantine"
)

// Numbers gives every number that is not free.
func (t *Tx) Numbers() (map[string]NumberState, error) {
	if t.broken != nil {
		return nil, t.broken
	}
	rows, err := t.tx.QueryContext(t.ctx, "SELECT number, state FROM numbers")
	if err != nil {
		return nil, explain(err)
	}
	defer rows.Close()
	taken := map[string]NumberState{}
	for rows.Next() {
		var n string
		var s NumberState
		if err := rows.Scan(&n, &s); err != nil {
			return nil, explain(err)
		}
		taken[n] = s
	}
	return taken, explain(rows.Err())
}

// Bind makes the number of a line its own until it is released.
func (t *Tx) Bind(device string, line int) error {
	return t.exec("UPDATE numbers SET state = 'bound' WHERE device = ? AND line = ? AND state = 'reserved'", device, line)
}

// TakeBack takes the numbers of a device. The reserved ones never rang, so anybody may
// have them next; nobody gets the bound ones for a while, because people still call them.
func (t *Tx) TakeBack(device string, now time.Time) error {
	return t.takeBack("device = ?", now, device)
}

// TakeBackLine takes the number of one line likewise.
func (t *Tx) TakeBackLine(device string, line int, now time.Time) error {
	return t.takeBack("device = ? AND line = ?", now, device, line)
}

func (t *Tx) takeBack(whose string, now time.Time, args ...any) error {
	if err := t.exec("DELETE FROM numbers WHERE state = 'reserved' AND "+whose, args...); err != nil {
		return err
	}
	return t.exec("UPDATE numbers SET state = 'quarantine', freed_at = ? WHERE state = 'bound' AND "+whose,
		append([]any{now.UnixMilli()}, args...)...)
}

// Vacate makes a number free at once, whoever has it and though it may rest.
func (t *Tx) Vacate(number string) error {
	return t.exec("DELETE FROM numbers WHERE number = ?", number)
}

func (t *Tx) exec(query string, args ...any) error {
	if t.broken != nil {
		return t.broken
	}
	result, err := t.tx.ExecContext(t.ctx, query, args...)
	if err != nil {
		return explain(err)
	}
	if rows, _ := result.RowsAffected(); rows > 0 && len(args) > 0 { // a savepoint has none of its own
		t.wrote = true
	}
	return nil
}
