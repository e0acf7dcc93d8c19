package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Refused is an attempt to get in that failed.
type Refused struct {
	At      time.Time
	Address string // from where; "" unknown
	Account string // that was tried, when there is one of that name
	Code    bool   // the setup code was tried
}

// AddRefused keeps attempts, oldest first, and forgets all but the newest most.
func (s *Store) AddRefused(ctx context.Context, list []Refused, most int) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("write %s: %w", s.path, explain(err))
	}
	defer tx.Rollback() // of nothing, after Commit
	for _, x := range list {
		if _, err := tx.ExecContext(ctx, "INSERT INTO refused (at, address, account, code) VALUES (?, ?, ?, ?)", millis(x.At), x.Address, x.Account, x.Code); err != nil {
			return fmt.Errorf("write %s: %w", s.path, explain(err))
		}
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM refused WHERE n <= (SELECT max(n) FROM refused) - ?", most); err != nil {
		return fmt.Errorf("write %s: %w", s.path, explain(err))
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("write %s: %w", s.path, explain(err))
	}
	return nil
}

// refused reads the attempts, oldest first.
func (s *Store) refused(ctx context.Context) (out []Refused, err error) {
	err = s.each(ctx, "SELECT at, address, account, code FROM refused ORDER BY n", func(scan func(...any) error) error {
		var x Refused
		var at sql.NullInt64
		err := scan(&at, &x.Address, &x.Account, &x.Code)
		x.At = fromMillis(at)
		out = append(out, x)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read refused logins of %s: %w", s.path, explain(err))
	}
	return out, nil
}
