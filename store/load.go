package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"autocom/pbx"
	"autocom/provision"
)

// State is everything kept, as the office reads it once at start.
type State struct {
	Revision int64
	Devices  []provision.Device // with lines, secrets and tokens; sorted by id
	Given    []time.Time        // when the held numbers were given out, oldest first
	Objects  []pbx.Object       // by kind and id
}

// Load reads the whole state. Registrations are of the moment and not kept:
// no line comes back as registered.
func (s *Store) Load(ctx context.Context) (State, error) {
	var st State
	if err := s.db.QueryRowContext(ctx, "SELECT value FROM meta WHERE key = 'revision'").Scan(&st.Revision); err != nil {
		return st, fmt.Errorf("read %s: %w", s.path, explain(err))
	}
	lines, err := s.lines(ctx)
	if err != nil {
		return st, fmt.Errorf("read lines of %s: %w", s.path, explain(err))
	}
	if st.Devices, err = s.devices(ctx, lines); err != nil {
		return st, fmt.Errorf("read devices of %s: %w", s.path, explain(err))
	}
	if st.Given, err = s.given(ctx); err != nil {
		return st, fmt.Errorf("read numbers of %s: %w", s.path, explain(err))
	}
	if st.Objects, err = s.objects(ctx); err != nil {
		return st, fmt.Errorf("read objects of %s: %w", s.path, explain(err))
	}
	return st, nil
}

func (s *Store) lines(ctx context.Context) (map[string][]provision.Line, error) {
	rows, err := s.db.QueryContext(ctx, `
		SELECT l.device, l.n, l.name, l.secret, coalesce(n.number, '')
		FROM lines l LEFT JOIN numbers n ON n.device = l.device AND n.line = l.n AND n.state <> 'quarantine'
		ORDER BY l.device, l.n`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	lines := map[string][]provision.Line{}
	for rows.Next() {
		var id string
		var l provision.Line
		if err := rows.Scan(&id, &l.N, &l.Name, &l.Secret, &l.Number); err != nil {
			return nil, err
		}
		lines[id] = append(lines[id], l)
	}
	return lines, rows.Err()
}

func (s *Store) devices(ctx context.Context, lines map[string][]provision.Line) ([]provision.Device, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT id, token, admin, reserved_at, json FROM devices ORDER BY id")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var devices []provision.Device
	for rows.Next() {
		var id, token, admin, text string
		var reserved sql.NullInt64
		if err := rows.Scan(&id, &token, &admin, &reserved, &text); err != nil {
			return nil, err
		}
		var d provision.Device
		if err := json.Unmarshal([]byte(text), &d); err != nil {
			return nil, fmt.Errorf("device %s: %w", id, err)
		}
		d.ID, d.Token, d.Admin, d.ReservedAt, d.Lines = id, token, admin, fromMillis(reserved), lines[id]
		devices = append(devices, d)
	}
	return devices, rows.Err()
}

func (s *Store) given(ctx context.Context) ([]time.Time, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT given_at FROM numbers WHERE line > 0 ORDER BY given_at")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var given []time.Time
	for rows.Next() {
		var at sql.NullInt64
		if err := rows.Scan(&at); err != nil {
			return nil, err
		}
		given = append(given, fromMillis(at))
	}
	return given, rows.Err()
}
