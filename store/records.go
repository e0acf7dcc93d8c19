package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// RecordsName is the file of what happened in calls, beside FileName. It is a file of its
// own because it grows a thousand times larger: its check at start would hold up the
// numbers, a search in it their commits, and a damage of it is no reason to give no numbers.
const RecordsName = "records.db"

// Records are the calls of the past and what happened in queues.
type Records struct {
	db   *sql.DB
	path string
}

// recordMigrations are those of RecordsName, by the rules of migrations.
var recordMigrations = []string{`
CREATE TABLE calls (               -- what is searched: narrow, because a search reads all of it
	n         INTEGER PRIMARY KEY,
	id        TEXT NOT NULL UNIQUE,-- uniqueid of the caller's channel
	start     INTEGER NOT NULL,    -- Unix milliseconds
	direction TEXT NOT NULL,       -- "" once it was erased: it may be read once more from Asterisk's log
	result    TEXT NOT NULL,
	numbers   TEXT NOT NULL,       -- of all who had to do with it, a space before and after each
	names     TEXT NOT NULL        -- theirs, in small letters
) STRICT;
CREATE INDEX calls_by_start ON calls (start, id);
CREATE TABLE call_texts (
	call INTEGER PRIMARY KEY REFERENCES calls (n) ON DELETE CASCADE,
	json TEXT NOT NULL
) STRICT;
CREATE TABLE queue_log (
	id    INTEGER PRIMARY KEY,     -- in the order in which it was written, whatever the clock said
	at    INTEGER NOT NULL,        -- Unix seconds
	state INTEGER NOT NULL,        -- 1: a login or pause, which may matter long after
	line  TEXT NOT NULL            -- as Asterisk wrote it
) STRICT;
CREATE INDEX queue_log_by_time ON queue_log (at);
CREATE INDEX queue_log_states ON queue_log (id) WHERE state = 1;
CREATE TABLE places (              -- how far Asterisk's files have been read
	feed  TEXT NOT NULL,
	file  TEXT NOT NULL,           -- inode and a digest of the first line
	place INTEGER NOT NULL,        -- bytes
	PRIMARY KEY (feed, file)
) STRICT;
`}

// OpenRecords opens or makes the file. A damaged one is laid aside, which the error says:
// the records are of use then, and empty.
func OpenRecords(ctx context.Context, path string) (*Records, error) {
	r, err := openRecords(ctx, path)
	if !errors.Is(explain(err), ErrDamaged) {
		return r, err
	}
	aside := path + ".damaged"
	for _, end := range []string{"-wal", "-shm"} {
		os.Remove(path + end)
	}
	if err := os.Rename(path, aside); err != nil {
		return nil, fmt.Errorf("lay the damaged %s aside: %w", path, err)
	}
	r, fresh := openRecords(ctx, path)
	if fresh != nil {
		return nil, fresh
	}
	return r, fmt.Errorf("the records of calls begin anew, what was there is %s: %w", aside, ErrDamaged)
}

func openRecords(ctx context.Context, path string) (*Records, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the records of calls in %s: %w", filepath.Dir(path), err)
	}
	f.Close()
	// NORMAL: a commit does not wait for the card. What a power cut takes is read again from
	// Asterisk's log, whose place is in the same commit; Settle comes before that is erased.
	q := url.Values{
		"_pragma": {"busy_timeout(2000)", "locking_mode(EXCLUSIVE)", "journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(1)", "secure_delete(1)"},
		"_txlock": {"immediate"},
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	r := &Records{db: db, path: path}
	if err := migrateBy(ctx, db, recordMigrations); err != nil {
		db.Close()
		return nil, fmt.Errorf("open %s: %w", path, explain(err))
	}
	return r, nil
}

// Close ends the use of the file.
func (r *Records) Close() error { return r.db.Close() }

// Place is how far a file has been read.
type Place struct {
	Feed, File string
	Bytes      int64
}

// QueueLine is one line of queue_log.
type QueueLine struct {
	At    time.Time
	State bool
	Line  string
}

// Add keeps calls and lines together with the places they were read to, or nothing. A call
// that is there, or was erased, stays as it is.
func (r *Records) Add(ctx context.Context, calls []CallRow, lines []QueueLine, places []Place) error {
	tx, err := r.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("keep records: %w", explain(err))
	}
	defer tx.Rollback()
	for _, c := range calls {
		var n int64
		err := tx.QueryRowContext(ctx, "INSERT INTO calls (id, start, direction, result, numbers, names) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING RETURNING n",
			c.ID, c.Start.UnixMilli(), c.Direction, c.Result, words(c.Numbers), strings.ToLower(strings.Join(c.Names, "\n"))).Scan(&n)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err == nil {
			_, err = tx.ExecContext(ctx, "INSERT INTO call_texts (call, json) VALUES (?, ?)", n, c.JSON)
		}
		if err != nil {
			return fmt.Errorf("keep call %s: %w", c.ID, explain(err))
		}
	}
	for _, l := range lines {
		if _, err := tx.ExecContext(ctx, "INSERT INTO queue_log (at, state, line) VALUES (?, ?, ?)", l.At.Unix(), l.State, l.Line); err != nil {
			return fmt.Errorf("keep a line of queue_log: %w", explain(err))
		}
	}
	for _, p := range places {
		if _, err := tx.ExecContext(ctx, "INSERT INTO places (feed, file, place) VALUES (?, ?, ?) ON CONFLICT (feed, file) DO UPDATE SET place = excluded.place",
			p.Feed, p.File, p.Bytes); err != nil {
			return fmt.Errorf("keep the place in %s: %w", p.Feed, explain(err))
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("keep records: %w", explain(err))
	}
	return nil
}

func words(all []string) string {
	var b strings.Builder
	for _, w := range all {
		if w != "" && !strings.Contains(b.String(), " "+w+" ") {
			b.WriteString(" " + w + " ")
		}
	}
	return b.String()
}

// Place is where reading a file goes on; 0 of one that was never read.
func (r *Records) Place(ctx context.Context, feed, file string) (int64, error) {
	var n int64
	err := r.db.QueryRowContext(ctx, "SELECT place FROM places WHERE feed = ? AND file = ?", feed, file).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, explain(err)
}

// Forget drops the place of a file that is gone.
func (r *Records) Forget(ctx context.Context, feed, file string) error {
	_, err := r.db.ExecContext(ctx, "DELETE FROM places WHERE feed = ? AND file = ?", feed, file)
	return explain(err)
}

// Settle waits until all that was kept is on the card.
func (r *Records) Settle(ctx context.Context) error {
	var busy, log, done int
	if err := r.db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &done); err != nil {
		return fmt.Errorf("settle the records: %w", explain(err))
	}
	if busy != 0 {
		return errors.New("settle the records: they are being read")
	}
	return nil
}

func (r *Records) texts(ctx context.Context, query string, args ...any) ([]string, error) {
	rows, err := r.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read records: %w", explain(err))
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, fmt.Errorf("read records: %w", explain(err))
		}
		out = append(out, s)
	}
	return out, explain(rows.Err())
}

// QueueLog gives the lines of a time, in order, after all logins and pauses before it.
func (r *Records) QueueLog(ctx context.Context, since, until time.Time) ([]string, error) {
	return r.texts(ctx, `SELECT line FROM queue_log WHERE at >= ?1 AND at < ?2
		OR state = 1 AND id < (SELECT coalesce(min(id), 0) FROM queue_log WHERE at >= ?1 AND at < ?2) ORDER BY id`, since.Unix(), until.Unix())
}
