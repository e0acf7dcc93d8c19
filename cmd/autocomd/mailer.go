package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/textproto"
	"time"

	"autocom/pbx"
	"autocom/pbx/mail"
	"autocom/pbx/voicemail"
)

// Bounds of the mailer.
const (
	mailEvery   = time.Minute
	mailTooLate = 7 * 24 * time.Hour // what could not be sent for so long is no news
	mailFirst   = time.Minute        // after a try that failed, then twice as long, up to
	mailLongest = 30 * time.Minute
	mailSound   = 8 << 20 // a larger recording stays in the box: servers refuse letters of 20 MB
)

// mailer is the task that tells people by mail of new messages in their boxes. The boxes
// are its queue: what came while autocomd was stopped or the internet was away lies there,
// and the ledger knows what was sent.
type mailer struct {
	plan     func() pbx.Plan
	boxes    mailboxes
	after    func(ctx context.Context, number, id, what string) error // voicemail.Heard or Delete
	ledger   *ledger
	hostname string
	log      *slog.Logger
	now      func() time.Time
	wakes    chan struct{}

	failed  string        // what was last said of the server; "" it works
	using   mail.Settings // of the last try
	pause   time.Duration
	notTill time.Time
}

func newMailer(boxes mailboxes, path, hostname string, log *slog.Logger) *mailer {
	m := &mailer{plan: boxes.exchange.plan, boxes: boxes, ledger: openLedger(path, log), hostname: hostname, log: log, now: time.Now, wakes: make(chan struct{}, 1)}
	m.after = func(ctx context.Context, number, id, what string) error {
		if what == voicemail.Delete {
			return boxes.Delete(ctx, number, id)
		}
		return boxes.Heard(ctx, number, id, true)
	}
	return m
}

func (m *mailer) String() string { return "mail" }

// Run looks at the boxes when Asterisk says that a message came, and every minute.
func (m *mailer) Run(ctx context.Context) error {
	every := time.NewTicker(mailEvery)
	defer every.Stop()
	for {
		m.round(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-m.wakes:
		case <-every.C:
		}
	}
}

// round sends what is to be sent now.
func (m *mailer) round(ctx context.Context) {
	plan := m.plan()
	server, on, err := mail.Decode(plan)
	if err != nil || !on || server.Validate(plan) != nil {
		return // the office has refused such settings, or nobody wants mail
	}
	rules, err := voicemail.Decode(plan)
	if err != nil || rules.NoMail {
		return
	}
	if server != m.using {
		m.using, m.pause, m.notTill, m.failed = server, 0, time.Time{}, ""
	}
	wait := m.now().Before(m.notTill)
	for _, x := range plan.Extensions() {
		if x.Person.Email == "" || !x.HasVoicemail() {
			continue
		}
		list, err := m.boxes.spool.Messages(x.Number)
		if err != nil {
			m.log.Warn("a mailbox cannot be read", "number", x.Number, "error", err)
			continue
		}
		for i := len(list) - 1; i >= 0; i-- { // the oldest first
			msg := list[i]
			if ctx.Err() != nil {
				return
			}
			if msg.Folder != voicemail.New || m.now().Sub(msg.At) > mailTooLate {
				continue
			}
			key := x.Number + "/" + msg.ID
			switch note, known := m.ledger.get(key); {
			case known:
				m.tidy(ctx, x.Number, msg, key, note)
			case !wait:
				wait = !m.send(ctx, plan, server, rules, x, msg, key)
			}
		}
	}
	m.ledger.prune(m.now().Add(-mailTooLate - 24*time.Hour))
}

// tidy does what is to become of a message that was sent. One that is gone is gone.
func (m *mailer) tidy(ctx context.Context, number string, msg voicemail.Message, key string, note sent) {
	if note.State != stateSent || note.After == "" || note.After == voicemail.Keep {
		return
	}
	if err := m.after(ctx, number, msg.ID, note.After); err != nil {
		m.log.Debug("a message that was mailed stays for now", "number", number, "error", err)
		return
	}
	note.After = ""
	m.ledger.put(key, note)
}

// send mails one message. It reports whether the server is worth another letter now.
func (m *mailer) send(ctx context.Context, plan pbx.Plan, server mail.Settings, rules voicemail.Settings, x pbx.Extension, msg voicemail.Message, key string) bool {
	var sound []byte
	if !rules.NoSound {
		var err error
		if sound, err = m.boxes.spool.Sound(x.Number, msg.ID); err != nil {
			return true // it went while we looked: another round knows
		}
		if len(sound) > mailSound {
			sound = nil
		}
	}
	note := sent{At: msg.At, State: stateUnsure, After: rules.AfterMail}
	if sound == nil && note.After == voicemail.Delete {
		note.After = voicemail.Keep // nobody has heard it
	}
	sender := mail.Sender{Settings: server, Hostname: m.hostname, Last: func() error { return m.ledger.put(key, note) }}
	err := sender.Send(ctx, notice(plan, server, x, msg, sound))
	var refused *mail.RefusedError
	var answer *textproto.Error
	switch {
	case err == nil:
		note.State = stateSent
		m.log.Info("a message was mailed", "number", x.Number)
		m.worked()
	case errors.As(err, &refused):
		note.State = stateRefused
		m.log.Warn("a message was not mailed, and will not be", "number", x.Number, "error", err)
		m.worked()
	case errors.As(err, &answer):
		m.ledger.drop(key) // it said no: it does not have it
		m.fail(err)
		return false
	default:
		if n, known := m.ledger.get(key); known && n.State == stateUnsure {
			m.log.Warn("the connection ended while a message was mailed: it is not sent again, so that nobody gets it twice", "number", x.Number, "error", err)
		}
		m.fail(err)
		return false
	}
	if err := m.ledger.put(key, note); err != nil {
		m.fail(err)
		return false
	}
	m.tidy(ctx, x.Number, msg, key, note)
	return true
}

// fail waits longer each time. The log has each reason once.
func (m *mailer) fail(err error) {
	m.pause = min(max(2*m.pause, mailFirst), mailLongest)
	m.notTill = m.now().Add(m.pause)
	if m.failed != err.Error() {
		m.failed = err.Error()
		m.log.Warn("messages are not mailed now; they wait in their boxes", "error", err)
	}
}

func (m *mailer) worked() { m.pause, m.failed, m.notTill = 0, "", time.Time{} }

// notice is the letter about a message, in the language of its person.
func notice(plan pbx.Plan, server mail.Settings, x pbx.Extension, msg voicemail.Message, sound []byte) mail.Letter {
	zone, err := time.LoadLocation(plan.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	at := msg.At.In(zone)
	length := fmt.Sprintf("%d:%02d", int(msg.Duration.Minutes()), int(msg.Duration.Seconds())%60)
	w := mailWords[x.Person.Language]
	if w.hello == "" {
		w = mailWords["fr"]
	}
	who := cmp.Or(msg.From, w.unknown)
	if msg.FromName != "" && msg.FromName != msg.From {
		who = msg.FromName + " (" + who + ")"
	}
	text := fmt.Sprintf(w.hello+"\n\n"+w.told+"\n", x.Name, who, length, at.Format(w.date))
	if sound != nil {
		text += w.attached + "\n"
	}
	if code := plan.Code("voicemail"); code != "" {
		text += fmt.Sprintf(w.listen, code) + "\n"
	}
	return mail.Letter{
		From: server.From, FromName: plan.Name, To: x.Person.Email, ToName: x.Name,
		Subject: fmt.Sprintf(w.subject, who, length), Text: text + "\n-- \n" + plan.Name + "\n",
		ID: x.Number + "/" + msg.ID, Date: at, Sound: sound, Name: "message-" + x.Number + "-" + at.Format("2006-01-02-1504") + ".wav",
	}
}

// mailWords are the letter by language. told has who, how long, when.
var mailWords = map[string]struct{ subject, hello, told, attached, listen, unknown, date string }{
	"fr": {"Message vocal de %s, %s", "Bonjour %s,", "%s vous a laissé un message vocal (durée %s) le %s.",
		"Il est joint à ce courrier.", "Pour l'écouter de votre téléphone, composez le %s.", "numéro masqué", "02/01/2006 à 15:04"},
	"en": {"Voice message from %s, %s", "Hello %s,", "%s left you a voice message (length %s) on %s.",
		"It is attached.", "To listen to it from your phone, dial %s.", "a withheld number", "2 January 2006 at 15:04"},
}
