package store

import (
	"context"
	"fmt"
	"time"
)

// Bounds of the records, however long they are to be kept: about 1.7 GB and 0.6 GB.
const (
	maxCalls      = 1000000
	maxQueueLines = 5000000
)

// Expire erases what is older than before, but not logins and pauses, which may last; and of
// the rest what is beyond the bounds.
func (r *Records) Expire(ctx context.Context, before time.Time) (int64, error) {
	var n int64
	for _, q := range []struct {
		query string
		arg   any
	}{
		{"DELETE FROM calls WHERE start < ?", before.UnixMilli()},
		{"DELETE FROM queue_log WHERE at < ? AND state = 0", before.Unix()},
		{"DELETE FROM calls WHERE n <= (SELECT max(n) FROM calls) - ?", maxCalls},
		{"DELETE FROM queue_log WHERE id <= (SELECT max(id) FROM queue_log) - ?", maxQueueLines},
	} {
		result, err := r.db.ExecContext(ctx, q.query, q.arg)
		if err != nil {
			return n, fmt.Errorf("erase old records: %w", explain(err))
		}
		some, _ := result.RowsAffected()
		n += some
	}
	return n, nil
}
