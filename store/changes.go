package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"autocom/pbx"
)

// Change is one that somebody made to an object. Both versions hold secrets, as the objects do.
type Change struct {
	N      int64 // 0: not kept yet
	Rev    int64 // of the object after it; of a deletion that of the one before
	At     time.Time
	Who    string
	Kind   string
	ID     string
	Before *pbx.Object // nil: there was none
	After  *pbx.Object // nil: it was deleted
	Undone bool
}

// keepChanges bounds how many are kept: each holds two versions of an object.
const keepChanges = 300

// NoteChange keeps a change; undoes is the one that it takes back, 0 for none.
func (t *Tx) NoteChange(c Change, undoes int64) error {
	before, err := versionJSON(c.Before)
	if err != nil {
		return fmt.Errorf("keep what was before %s %s: %w", c.Kind, c.ID, err)
	}
	after, err := versionJSON(c.After)
	if err != nil {
		return fmt.Errorf("keep what was after %s %s: %w", c.Kind, c.ID, err)
	}
	err = t.exec("INSERT INTO changes (rev, at, who, kind, id, before, after) VALUES (?, ?, ?, ?, ?, ?, ?)",
		c.Rev, c.At.UnixMilli(), c.Who, c.Kind, c.ID, before, after)
	if err != nil {
		return fmt.Errorf("note the change of %s %s: %w", c.Kind, c.ID, err)
	}
	if undoes != 0 {
		if err := t.exec("UPDATE changes SET undone = 1 WHERE n = ?", undoes); err != nil {
			return fmt.Errorf("note that change %d is undone: %w", undoes, err)
		}
	}
	return t.exec("DELETE FROM changes WHERE n <= (SELECT max(n) FROM changes) - ?", keepChanges)
}

func versionJSON(o *pbx.Object) (sql.NullString, error) {
	if o == nil {
		return sql.NullString{}, nil
	}
	text, err := json.Marshal(o)
	return sql.NullString{String: string(text), Valid: true}, err
}

// Changes gives the last ones, newest first.
func (s *Store) Changes(ctx context.Context, limit int) ([]Change, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT n, rev, at, who, kind, id, before, after, undone FROM changes ORDER BY n DESC LIMIT ?", limit)
	if err != nil {
		return nil, fmt.Errorf("read changes of %s: %w", s.path, explain(err))
	}
	defer rows.Close()
	var out []Change
	for rows.Next() {
		var c Change
		var at int64
		var before, after sql.NullString
		if err := rows.Scan(&c.N, &c.Rev, &at, &c.Who, &c.Kind, &c.ID, &before, &after, &c.Undone); err != nil {
			return nil, fmt.Errorf("read changes of %s: %w", s.path, explain(err))
		}
		c.At = time.UnixMilli(at).UTC()
		for text, to := range map[*sql.NullString]**pbx.Object{&before: &c.Before, &after: &c.After} {
			if !text.Valid {
				continue
			}
			*to = &pbx.Object{}
			if err := json.Unmarshal([]byte(text.String), *to); err != nil {
				return nil, fmt.Errorf("change %d of %s: %w", c.N, s.path, err)
			}
		}
		out = append(out, c)
	}
	return out, explain(rows.Err())
}
