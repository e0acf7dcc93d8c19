package store

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// CallRow is one call to keep. What may be searched for is in fields of its own.
type CallRow struct {
	ID        string
	Start     time.Time
	Direction string
	Result    string
	Numbers   []string
	Names     []string
	JSON      string
}

// CallFilter says which calls are wanted; what is zero does not matter.
type CallFilter struct {
	Number    string // somebody's, whole
	Name      string // a part of somebody's
	Since     time.Time
	Until     time.Time // the first instant that does not belong to it
	Direction string
	Results   []string
	Queue     string // id of the queue in which the caller waited first
	Before    string // id of the last call of the page before
	Limit     int
}

// Calls gives calls, the youngest first, as JSON.
func (r *Records) Calls(ctx context.Context, f CallFilter) ([]string, error) {
	where, args := []string{"direction <> ''"}, []any{}
	and := func(condition string, values ...any) {
		where, args = append(where, condition), append(args, values...)
	}
	if f.Number != "" {
		and(`numbers LIKE ? ESCAPE '\'`, "% "+like(f.Number)+" %")
	}
	if f.Name != "" {
		and(`names LIKE ? ESCAPE '\'`, "%"+like(strings.ToLower(f.Name))+"%")
	}
	if !f.Since.IsZero() {
		and("start >= ?", f.Since.UnixMilli())
	}
	if !f.Until.IsZero() {
		and("start < ?", f.Until.UnixMilli())
	}
	if f.Direction != "" {
		and("direction = ?", f.Direction)
	}
	if len(f.Results) > 0 {
		marks := strings.TrimSuffix(strings.Repeat("?,", len(f.Results)), ",")
		var values []any
		for _, v := range f.Results {
			values = append(values, v)
		}
		and("result IN ("+marks+")", values...)
	}
	from := "calls"
	if f.Queue != "" {
		from = "calls JOIN call_texts x ON x.call = n"
		and("json_extract(x.json, '$.queue') = ?", f.Queue)
	}
	if f.Before != "" {
		and("(start, id) < (SELECT start, id FROM calls WHERE id = ?)", f.Before)
	}
	found := "SELECT n, start, id FROM " + from + " WHERE " + strings.Join(where, " AND ") + " ORDER BY start DESC, id DESC"
	if f.Limit > 0 {
		found += fmt.Sprintf(" LIMIT %d", f.Limit)
	}
	return r.texts(ctx, "SELECT t.json FROM ("+found+") AS f JOIN call_texts t ON t.call = f.n ORDER BY f.start DESC, f.id DESC", args...)
}

// like has a text mean itself in LIKE.
func like(s string) string { return strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(s) }

// Call gives one; ok is false when there is none.
func (r *Records) Call(ctx context.Context, id string) (text string, ok bool, err error) {
	all, err := r.texts(ctx, "SELECT json FROM call_texts WHERE call = (SELECT n FROM calls WHERE id = ?)", id)
	if err != nil || len(all) == 0 {
		return "", false, err
	}
	return all[0], true, nil
}

// SetCall changes what is kept of a call.
func (r *Records) SetCall(ctx context.Context, id, text string) error {
	_, err := r.db.ExecContext(ctx, "UPDATE call_texts SET json = ? WHERE call = (SELECT n FROM calls WHERE id = ?)", text, id)
	return explain(err)
}

// DropCall erases a call: of it remains that there was one, so that Asterisk's log does not
// bring it back.
func (r *Records) DropCall(ctx context.Context, id string) error {
	tx, err := r.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("erase call %s: %w", id, explain(err))
	}
	defer tx.Rollback()
	for _, query := range []string{
		"DELETE FROM call_texts WHERE call = (SELECT n FROM calls WHERE id = ?)",
		"UPDATE calls SET direction = '', result = '', numbers = '', names = '' WHERE id = ?",
	} {
		if _, err := tx.ExecContext(ctx, query, id); err != nil {
			return fmt.Errorf("erase call %s: %w", id, explain(err))
		}
	}
	return explain(tx.Commit())
}
