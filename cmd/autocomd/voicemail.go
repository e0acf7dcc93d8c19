package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"autocom/pbx/ami"
	"autocom/pbx/voicemail"
	"autocom/portal"
)

// mailboxes shows what Asterisk's boxes hold. What changes in a box that somebody has,
// Asterisk does itself, and puts the lamps right; autocomd removes a whole box when its
// number gets another holder (tenants).
type mailboxes struct {
	exchange *exchange
	spool    voicemail.Boxes
}

func newMailboxes(e *exchange, data string) mailboxes {
	return mailboxes{e, voicemail.Boxes{Dir: filepath.Join(data, "asterisk-state/spool", voicemail.Spool)}}
}

// exists is nil when a number has a box.
func (b mailboxes) exists(number string) error {
	if x, ok := b.exchange.plan().Extension(number); !ok || !x.HasVoicemail() {
		return fmt.Errorf("mailbox of %q: %w", number, fs.ErrNotExist)
	}
	return nil
}

// Messages are those of a box, the last one first.
func (b mailboxes) Messages(number string) ([]portal.Message, error) {
	if err := b.exists(number); err != nil {
		return nil, err
	}
	list, err := b.spool.Messages(number)
	out := []portal.Message{}
	for _, m := range list {
		out = append(out, portal.Message{ID: m.ID, From: m.From, Name: m.FromName, At: m.At, Seconds: int(m.Duration / time.Second), Heard: m.Folder != voicemail.New})
	}
	return out, err
}

// Sound is a message as a WAV file.
func (b mailboxes) Sound(number, id string) ([]byte, error) {
	if err := b.exists(number); err != nil {
		return nil, err
	}
	return b.spool.Sound(number, id)
}

// Heard puts a message among the heard ones, or among the new ones again.
func (b mailboxes) Heard(ctx context.Context, number, id string, heard bool) error {
	m, err := b.find(number, id)
	if err != nil || (m.Folder != voicemail.New) == heard {
		return err
	}
	to := voicemail.New
	if heard {
		to = voicemail.Old
	}
	return b.ask(ctx, "VoicemailMove", number, m, ami.Field{Key: "ToFolder", Value: to})
}

// Delete removes a message.
func (b mailboxes) Delete(ctx context.Context, number, id string) error {
	m, err := b.find(number, id)
	if err != nil {
		return err
	}
	return b.ask(ctx, "VoicemailRemove", number, m)
}

func (b mailboxes) find(number, id string) (voicemail.Message, error) {
	if err := b.exists(number); err != nil {
		return voicemail.Message{}, err
	}
	return b.spool.Find(number, id)
}

// ask has Asterisk do something to a message. It answers "Success" even when it failed, and
// says in words which (app_voicemail, manager_voicemail_move).
func (b mailboxes) ask(ctx context.Context, action, number string, m voicemail.Message, more ...ami.Field) error {
	if !b.exchange.Up() {
		return fmt.Errorf("%w: the telephone exchange is not there now: try again", portal.ErrConflict)
	}
	fields := append([]ami.Field{{Key: "Context", Value: voicemail.Context}, {Key: "Mailbox", Value: number}, {Key: "Folder", Value: m.Folder}, {Key: "ID", Value: m.ID}}, more...)
	answer, err := b.exchange.client.Do(ctx, ami.Action{Name: action, Fields: fields})
	if err != nil {
		return err
	}
	if !strings.Contains(answer.Get("Message"), "successful") {
		if _, err := b.spool.Find(number, m.ID); errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return fmt.Errorf("%w: the message is in use: somebody listens to the box; try again", portal.ErrConflict)
	}
	// The count of the lamps is told again whatever Asterisk thought of it.
	_, err = b.exchange.client.Do(ctx, ami.Action{Name: "VoicemailRefresh", Fields: []ami.Field{{Key: "Context", Value: voicemail.Context}, {Key: "Mailbox", Value: number}}})
	return err
}
