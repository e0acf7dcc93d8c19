package calls

import "time"

// Directions of a call, seen from the house.
const (
	Internal = "internal"
	In       = "in"
	Out      = "out"
)

// Ends of a call: what became of it for who called.
const (
	Answered  = "answered"  // somebody was spoken to
	Voicemail = "voicemail" // nobody answered, the mailbox did
	Busy      = "busy"      // SIP 486, Q.850 cause 17
	Missed    = "missed"    // nobody answered, or the caller gave up before
	Failed    = "failed"    // there was no way: no line, no phone, a refusal
	Service   = "service"   // no person was asked for: echo, own mailbox, a code
)

// Party is one side of a call.
type Party struct {
	Number string `json:"number"`
	Name   string `json:"name"`
	Line   string `json:"line,omitempty"` // SIP account; "" unknown
}

// Step is something that happened on the way.
type Step struct {
	At    time.Time `json:"at"`
	What  string    `json:"what"` // asked, queue, answered, joined, transferred, voicemail, conference, parked, pickup, forwarded, left
	Who   Party     `json:"who"`
	Where string    `json:"where,omitempty"` // the queue, the room, the box, the slot
}

// Call is one call as a person would tell it.
type Call struct {
	ID         string    `json:"id"`
	Start      time.Time `json:"start"`
	Answer     time.Time `json:"answer"` // zero: nobody
	End        time.Time `json:"end"`
	Wait       float64   `json:"wait"` // seconds until somebody answered, or until the end
	Talk       float64   `json:"talk"` // seconds during which at least two people were connected
	Direction  string    `json:"direction"`
	Result     string    `json:"result"`
	From       Party     `json:"from"`
	Dialled    string    `json:"dialled"`
	Number     string    `json:"number"` // of the house that was asked for; "" none
	AnsweredBy Party     `json:"answered_by"`
	Transfers  []Party   `json:"transfers"` // who spoke after the first who answered
	Queue      string    `json:"queue,omitempty"`
	Conference string    `json:"conference,omitempty"`
	Box        string    `json:"box,omitempty"`   // of voicemail
	Trunk      string    `json:"trunk,omitempty"` // of the first leg to or from outside
	Cause      int       `json:"cause"`           // Q.850, of the caller's leg
	Cut        bool      `json:"cut,omitempty"`   // Asterisk ended in the middle of it: End is the last that was heard
	Recordings []string  `json:"recordings"`      // files
	Steps      []Step    `json:"steps"`
}

// Duration is how long the caller's leg was up.
func (c Call) Duration() time.Duration { return c.End.Sub(c.Start) }
