// Package conference turns rooms into bridges, menus and a way in: a number where several
// people speak, let in by a PIN, led by who knows the leader's.
package conference

import (
	"fmt"
	"regexp"

	"autocom/pbx"
)

// Kind is the kind of its objects.
const Kind = "conference"

// Announcements of who comes and goes.
const (
	AnnounceNone  = "none"  // nothing is heard
	AnnounceBeep  = "beep"  // a tone
	AnnounceCount = "count" // a tone, and who enters is told how many are there
	AnnounceNames = "names" // who enters says a name, which the others hear
)

// Ways to show the faces.
const (
	VideoNone = "none"
	VideoSFU  = "sfu" // each browser gets the pictures of all others; desk phones hear and speak
)

// Conference is the body of an object of this kind.
type Conference struct {
	PIN       string `json:"pin,omitempty"`        // 4 to 10 digits; "" nobody is asked, or who gives none is a member
	LeaderPIN string `json:"leader_pin,omitempty"` // 4 to 10 digits, others than PIN; "" nobody leads
	Wait      bool   `json:"wait,omitempty"`       // members hear music until the leader is there
	End       bool   `json:"end,omitempty"`        // it ends when the last leader leaves
	Announce  string `json:"announce"`             // AnnounceBeep
	Music     string `json:"music,omitempty"`      // heard alone or while waiting; "" the site's
	Max       int    `json:"max"`                  // people at once: 20
	Record    bool   `json:"record,omitempty"`     // from the first to the last; everybody is told
	Muted     bool   `json:"muted,omitempty"`      // members come in muted, and unmute themselves by 1
	Video     string `json:"video"`                // VideoNone
	Language  string `json:"language,omitempty"`   // "fr", "en"; "" each hears their own
}

// limit bounds a room: a Raspberry Pi 3 mixes 30 voices.
const limit = 60

// PIN is the form of a room's PIN: what three tries of a stranger do not find.
var PIN = regexp.MustCompile(`^[0-9]{4,10}$`)

// Decode reads an object, with the defaults for what it leaves out.
func Decode(o pbx.Object) (Conference, error) {
	c := Conference{Announce: AnnounceBeep, Max: 20, Video: VideoNone}
	return c, pbx.Decode(o, &c)
}

// Validate says what is wrong with a room in a plan. It never repeats a PIN.
func (c Conference) Validate(plan pbx.Plan) error {
	switch {
	case c.PIN != "" && !PIN.MatchString(c.PIN):
		return fmt.Errorf("pin: 4 to 10 digits, or none")
	case c.LeaderPIN != "" && !PIN.MatchString(c.LeaderPIN):
		return fmt.Errorf("leader_pin: 4 to 10 digits, or none")
	case c.LeaderPIN != "" && c.LeaderPIN == c.PIN:
		return fmt.Errorf("pin and leader_pin are the same: everybody would lead")
	case c.Wait && c.LeaderPIN == "":
		return fmt.Errorf("wait: nobody can be the leader that they would wait for: give a leader_pin")
	case c.End && c.LeaderPIN == "":
		return fmt.Errorf("end: nobody can be the leader whose leaving would end it: give a leader_pin")
	case c.Announce != AnnounceNone && c.Announce != AnnounceBeep && c.Announce != AnnounceCount && c.Announce != AnnounceNames:
		return fmt.Errorf("announce %q: use %s, %s, %s or %s", c.Announce, AnnounceNone, AnnounceBeep, AnnounceCount, AnnounceNames)
	case c.Max < 2 || c.Max > limit:
		return fmt.Errorf("max %d: 2 to %d people", c.Max, limit)
	case c.Video != VideoNone && c.Video != VideoSFU:
		return fmt.Errorf("video %q: use %s or %s", c.Video, VideoNone, VideoSFU)
	case c.Language != "" && pbx.Prompts(c.Language) == "":
		return fmt.Errorf("language %q: use fr or en", c.Language)
	}
	return plan.CheckMusic(c.Music)
}
