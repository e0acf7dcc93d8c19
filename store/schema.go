package store

import (
	"context"
	"database/sql"
	"fmt"
)

// migrations[i] takes the schema from version i to i+1 (PRAGMA user_version).
// One that was ever released is never edited.
var migrations = []string{`
CREATE TABLE numbers (           -- the only table that gives out numbers
	number   TEXT PRIMARY KEY,
	device   TEXT NOT NULL,      -- holder, or last holder while in quarantine
	line     INTEGER NOT NULL,
	state    TEXT NOT NULL CHECK (state IN ('reserved', 'bound', 'quarantine')),
	given_at INTEGER NOT NULL,   -- Unix milliseconds
	freed_at INTEGER             -- start of the quarantine
) STRICT;
CREATE UNIQUE INDEX one_number_per_line ON numbers (device, line) WHERE state <> 'quarantine';
CREATE TABLE devices (
	id          TEXT PRIMARY KEY,
	token       TEXT NOT NULL,   -- secret part of the device's URL
	reserved_at INTEGER,
	json        TEXT NOT NULL
) STRICT;
CREATE TABLE lines (
	device TEXT NOT NULL REFERENCES devices (id) ON DELETE CASCADE,
	n      INTEGER NOT NULL,
	name   TEXT NOT NULL,
	secret TEXT NOT NULL,
	PRIMARY KEY (device, n)
) STRICT;
CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
INSERT INTO meta VALUES ('revision', 0);
`, `
-- Password of the phone's own web page. Lines may have no number from now on: phones
-- that wait for approval have an account, and nothing to ring it by.
ALTER TABLE devices ADD COLUMN admin TEXT NOT NULL DEFAULT '';
CREATE INDEX numbers_of_device ON numbers (device, line);
`, `
-- What people set up. An object's number stands in numbers too, with the device
-- "<kind>:<id>" and the line 0.
CREATE TABLE objects (
	kind   TEXT NOT NULL,
	id     TEXT NOT NULL,
	rev    INTEGER NOT NULL,     -- of the store, at its last change
	number TEXT NOT NULL,
	name   TEXT NOT NULL,
	json   TEXT NOT NULL,        -- body
	PRIMARY KEY (kind, id)
) STRICT;
`, `
-- What people changed, to be looked at and undone. Versions are whole objects, secrets
-- included; NULL is none. Old rows go (store/changes.go).
CREATE TABLE changes (
	n      INTEGER PRIMARY KEY AUTOINCREMENT,
	rev    INTEGER NOT NULL,
	at     INTEGER NOT NULL,     -- Unix milliseconds
	who    TEXT NOT NULL,
	kind   TEXT NOT NULL,
	id     TEXT NOT NULL,
	before TEXT,
	after  TEXT,
	undone INTEGER NOT NULL DEFAULT 0
) STRICT;
`, `
-- Who may come in. Of secrets only what proves them is kept: a hash of a password, a digest
-- of what a cookie, a token or an invitation holds.
CREATE TABLE accounts (
	name     TEXT PRIMARY KEY,   -- what is typed to log in, in small letters
	role     TEXT NOT NULL CHECK (role IN ('user', 'agent', 'supervisor', 'admin')),
	person   TEXT NOT NULL,      -- id of an object of the kind person; "" none
	language TEXT NOT NULL,      -- "" the browser's
	password TEXT NOT NULL,      -- argon2id, as RFC 9106's reference code writes it; "" none yet
	invite   BLOB,               -- SHA-256 of the link that lets its owner choose a password
	invited  INTEGER             -- until when; Unix milliseconds
) STRICT;
CREATE TABLE sessions (
	digest  BLOB PRIMARY KEY,    -- SHA-256 of the cookie
	account TEXT NOT NULL REFERENCES accounts (name) ON DELETE CASCADE,
	started INTEGER NOT NULL,    -- Unix milliseconds
	until   INTEGER NOT NULL,
	address TEXT NOT NULL,       -- from where it was opened
	program TEXT NOT NULL        -- the browser, as it calls itself
) STRICT;
CREATE TABLE tokens (            -- of programs that use the API
	id      TEXT PRIMARY KEY,
	digest  BLOB NOT NULL UNIQUE,
	name    TEXT NOT NULL,       -- what it is for
	role    TEXT NOT NULL CHECK (role IN ('user', 'agent', 'supervisor', 'admin')),
	writes  INTEGER NOT NULL,    -- 0: it may only read
	made    INTEGER NOT NULL,    -- Unix milliseconds
	made_by TEXT NOT NULL,
	used    INTEGER              -- last, to the day
) STRICT;
`, `
-- Attempts to get in that failed, the last thousand (portal/account).
CREATE TABLE refused (
	n       INTEGER PRIMARY KEY AUTOINCREMENT,
	at      INTEGER NOT NULL,    -- Unix milliseconds
	address TEXT NOT NULL,       -- from where; "" unknown
	account TEXT NOT NULL,       -- one that there is; "" none of that name
	code    INTEGER NOT NULL     -- 1: the setup code was tried
) STRICT;
`}

func migrate(ctx context.Context, db *sql.DB) error { return migrateBy(ctx, db, migrations) }

func migrateBy(ctx context.Context, db *sql.DB, migrations []string) error {
	var version int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if version > len(migrations) {
		return fmt.Errorf("schema %d is of a newer autocom, this one knows up to %d: install the newer version", version, len(migrations))
	}
	for v := version; v < len(migrations); v++ {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		// user_version is part of the transaction, so a plug pulled here repeats the step whole.
		_, err = tx.ExecContext(ctx, migrations[v]+fmt.Sprintf("PRAGMA user_version = %d;", v+1))
		if err != nil {
			tx.Rollback()
			return fmt.Errorf("bring the schema to version %d: %w", v+1, err)
		}
		if err := tx.Commit(); err != nil {
			return fmt.Errorf("bring the schema to version %d: %w", v+1, err)
		}
	}
	return nil
}
