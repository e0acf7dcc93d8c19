package office

import (
	"context"
	"fmt"
	"io/fs"

	"autocom/provision"
)

// Inform gives what a DHCPINFORM of a classified phone may be answered with.
func (o *Office) Inform(ctx context.Context, s provision.Sighting) (provision.Phone, bool) {
	return provision.Phone{}, false
}

// Password gives the user and the password of a phone's own web page.
func (o *Office) Password(id string) (user, password string, err error) {
	return "", "", fmt.Errorf("device %q: %w", id, fs.ErrNotExist)
}

// Trail gives the last n files given or refused, newest first.
func (o *Office) Trail(n int) []Audit { return nil }

// Alerts gives what the owner should look at, newest first.
func (o *Office) Alerts() []Alert { return nil }

// NoteAlert takes an alert of another part.
func (o *Office) NoteAlert(a Alert) {}

// Stale gives the registered phones whose own file differs from the one they have.
func (o *Office) Stale() []provision.Device { return nil }
