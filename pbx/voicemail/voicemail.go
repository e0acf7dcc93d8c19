// Package voicemail turns the people of a plan into mailboxes: a box for every extension
// whose person wants one, the codes that open it and leave messages in it, and the lamp on
// its phones.
//
// Asterisk owns what is in a box: messages, greetings and the PIN lie in its spool
// (Spool), and rendering again touches none of it. A new box has no PIN: it opens from its
// own phones, which are asked to record a name and set one, and from nowhere else.
package voicemail

import (
	"fmt"

	"autocom/pbx"
)

// Feature is the id of the settings object.
const Feature = "voicemail"

// Context is the mailboxes' context, as in 201@autocom.
const Context = "autocom"

// Spool is where the boxes lie, below Asterisk's spool directory: Spool/201/INBOX.
const Spool = "voicemail/" + Context

// Settings hold for the boxes of the whole site.
type Settings struct {
	PIN       int             `json:"pin"`                 // fewest digits of a PIN
	AskPIN    bool            `json:"ask_pin,omitempty"`   // own phones need the PIN too, once it is set
	Messages  int             `json:"messages"`            // a folder of a box holds at most
	Shortest  int             `json:"shortest"`            // seconds; what is shorter is not kept
	Longest   int             `json:"longest"`             // seconds
	Greeting  int             `json:"greeting"`            // seconds that a greeting may last
	NoReview  bool            `json:"no_review,omitempty"` // callers cannot listen to what they said
	Operator  pbx.Destination `json:"operator,omitzero"`   // where 0 leads a caller who hears the greeting
	NoMail    bool            `json:"no_mail,omitempty"`   // nobody gets mail
	NoSound   bool            `json:"no_sound,omitempty"`  // mail tells of the message and does not carry it
	AfterMail string          `json:"after_mail"`          // what becomes of a message that was mailed: Keep, Heard or Delete
}

// What becomes of a message that was mailed.
const (
	Keep   = "keep"
	Heard  = "heard"
	Delete = "delete"
)

// Decode reads the settings, with the defaults for what they leave out.
func Decode(plan pbx.Plan) (Settings, error) {
	s := Settings{PIN: 4, Messages: 100, Shortest: 2, Longest: 180, Greeting: 60, AfterMail: Keep}
	o, ok := plan.Object(pbx.KindSettings, Feature)
	if !ok {
		return s, nil
	}
	return s, pbx.Decode(o, &s)
}

// Validate says what is wrong with the settings.
func (s Settings) Validate(pbx.Plan) error {
	switch {
	case s.PIN < 4 || s.PIN > 10:
		return fmt.Errorf("pin %d: a PIN has 4 to 10 digits at least", s.PIN)
	case s.Messages < 1 || s.Messages > 1000:
		return fmt.Errorf("messages %d: a box holds 1 to 1000", s.Messages)
	case s.Shortest < 0 || s.Shortest > 30:
		return fmt.Errorf("shortest %d: 0 to 30 seconds", s.Shortest)
	case s.Longest < 10 || s.Longest > 1800:
		return fmt.Errorf("longest %d: 10 to 1800 seconds", s.Longest)
	case s.Shortest >= s.Longest:
		return fmt.Errorf("shortest %d and longest %d: no message would be kept: make longest larger", s.Shortest, s.Longest)
	case s.Greeting < 5 || s.Greeting > 600:
		return fmt.Errorf("greeting %d: 5 to 600 seconds", s.Greeting)
	case s.AfterMail != Keep && s.AfterMail != Heard && s.AfterMail != Delete:
		return fmt.Errorf("after_mail %q: use %s, %s or %s", s.AfterMail, Keep, Heard, Delete)
	case s.AfterMail == Delete && s.NoSound:
		return fmt.Errorf("after_mail %s with no_sound would lose what was said: mail the sound or keep the messages", Delete)
	}
	return nil
}
