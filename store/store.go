// Package store keeps what must survive a pulled plug: numbers, devices and
// lines go into one SQLite file, and what Commit has returned is on the card.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// FileName is the database's name in the data directory.
const FileName = "autocom.db"

// ErrDamaged says that the file is not a sound SQLite database. The file is left as it is.
var ErrDamaged = errors.New("the database is damaged")

// ErrNoNumber says that every candidate number is held or in quarantine.
var ErrNoNumber = errors.New("no number is free")

// Store is the open database. It has one connection: SQLite has one writer anyway,
// and readers are served from the office's memory.
type Store struct {
	db   *sql.DB
	path string
}

// Open opens or makes the database at path and brings its schema up to date.
// A damaged file gives ErrDamaged; it is neither changed nor deleted.
func Open(ctx context.Context, path string) (*Store, error) {
	// SQLite would make the file readable by all; it holds SIP passwords.
	// Its -wal and -shm files take over this mode.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open %s: the directory %s does not exist: make it or set paths.data", path, filepath.Dir(path))
	}
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	f.Close()

	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	s := &Store{db: db, path: path}
	if err := s.prepare(ctx); err != nil {
		db.Close()
		return nil, fmt.Errorf("open %s: %w", path, explain(err))
	}
	return s, nil
}

// dsn sets what every connection needs. EXCLUSIVE keeps a second autocomd out: it
// would give the same numbers from a memory of its own. FULL makes each commit wait
// for the card: with NORMAL a pulled plug may lose the last commits of a WAL
// database (https://www.sqlite.org/pragma.html#pragma_synchronous).
func dsn(path string) string {
	q := url.Values{
		"_pragma": {"busy_timeout(2000)", "locking_mode(EXCLUSIVE)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"},
		"_txlock": {"immediate"},
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

func (s *Store) prepare(ctx context.Context) error {
	var verdict string
	if err := s.db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("%w (%s)", ErrDamaged, verdict)
	}
	if err := migrate(ctx, s.db); err != nil {
		return err
	}
	// The first write takes the lock, and shows now whether the card can be written.
	_, err := s.db.ExecContext(ctx, "UPDATE meta SET value = value WHERE key = 'revision'")
	return err
}

// Close ends the use of the database; the WAL is folded into the main file.
func (s *Store) Close() error { return s.db.Close() }

// explain turns SQLite's codes into what a person can do.
func explain(err error) error {
	if errors.Is(err, ErrDamaged) {
		return fmt.Errorf("%w: nothing was changed; copy the file away, then restore a backup or start without it", err)
	}
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff { // the low byte is the primary code: https://www.sqlite.org/rescode.html
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w (%w): nothing was changed; copy the file away, then restore a backup or start without it", ErrDamaged, err)
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("the data partition is full: free some space: %w", err)
	case sqlite3.SQLITE_BUSY:
		return fmt.Errorf("another program holds the database: stop the other autocomd: %w", err)
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR:
		return fmt.Errorf("the card refuses to write: replace it, after a copy: %w", err)
	}
	return err
}

func millis(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMilli(), Valid: !t.IsZero()}
}

func fromMillis(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return time.UnixMilli(n.Int64).UTC()
}
