package store

import (
	"context"
	"fmt"
	"time"

	"autocom/pbx"
)

func (s *Store) objects(ctx context.Context) ([]pbx.Object, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT kind, id, rev, number, name, json FROM objects ORDER BY kind, id")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []pbx.Object
	for rows.Next() {
		var o pbx.Object
		var body string
		if err := rows.Scan(&o.Kind, &o.ID, &o.Rev, &o.Number, &o.Name, &body); err != nil {
			return nil, err
		}
		o.Body = []byte(body)
		all = append(all, o)
	}
	return all, rows.Err()
}

// PutObject writes an object and has it hold its number, which must be free or resting.
func (t *Tx) PutObject(o pbx.Object, now time.Time) error {
	if err := t.freeNumbers(o.Kind, o.ID); err != nil {
		return err
	}
	if o.Number != "" {
		if err := t.exec("DELETE FROM numbers WHERE number = ? AND state = 'quarantine'", o.Number); err != nil {
			return fmt.Errorf("end the rest of %s: %w", o.Number, err)
		}
		err := t.exec("INSERT INTO numbers (number, device, line, state, given_at) VALUES (?, ?, 0, 'bound', ?)",
			o.Number, holder(o.Kind, o.ID), now.UnixMilli())
		if err != nil {
			return fmt.Errorf("give %s to %s %s: %w", o.Number, o.Kind, o.ID, err)
		}
	}
	err := t.exec(`INSERT INTO objects (kind, id, rev, number, name, json) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (kind, id) DO UPDATE SET rev = excluded.rev, number = excluded.number, name = excluded.name, json = excluded.json`,
		o.Kind, o.ID, o.Rev, o.Number, o.Name, string(o.Body))
	if err != nil {
		return fmt.Errorf("keep %s %s: %w", o.Kind, o.ID, err)
	}
	return nil
}

// DropObject forgets an object; its number is free at once.
func (t *Tx) DropObject(kind, id string) error {
	if err := t.freeNumbers(kind, id); err != nil {
		return err
	}
	return t.exec("DELETE FROM objects WHERE kind = ? AND id = ?", kind, id)
}

func (t *Tx) freeNumbers(kind, id string) error {
	if err := t.exec("DELETE FROM numbers WHERE device = ? AND line = 0", holder(kind, id)); err != nil {
		return fmt.Errorf("free the number of %s %s: %w", kind, id, err)
	}
	return nil
}

// holder is how the table of numbers calls an object.
func holder(kind, id string) string { return kind + ":" + id }

// Object gives one; ok is false when there is none.
func (s *Store) Object(ctx context.Context, kind, id string) (o pbx.Object, ok bool, err error) {
	all, err := s.objects(ctx)
	if err != nil {
		return o, false, fmt.Errorf("read objects of %s: %w", s.path, explain(err))
	}
	for _, o := range all {
		if o.Kind == kind && o.ID == id {
			return o, true, nil
		}
	}
	return o, false, nil
}
