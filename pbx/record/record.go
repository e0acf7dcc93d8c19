// Package record turns who is to be recorded into the dialplan that does it: the subroutine
// ac-record, which every treatment of a call goes through, and the digits that record a
// call while it is held.
//
// A recording is a mono WAV of 8 kHz, 16 bits: 57.6 MB an hour, played by every browser; or
// the same in GSM 06.10 ("small"): 5.9 MB an hour, for players alone. Nothing is written
// before somebody has answered. Emergency calls do not come here and are never recorded:
// nothing may stand between a caller in need and the answer, not even an announcement.
package record

import (
	"embed"
	"fmt"
	"strings"

	"autocom/pbx"
)

// Kind is the name of this part of the exchange; it has no objects, only settings.
const Kind = "recording"

// Dir is where recordings lie, seen by Asterisk and autocomd; relative to /data: "recordings".
const Dir = "/data/recordings"

//go:embed files/*.tmpl
var files embed.FS

// Settings are the site's wishes, object "settings recording".
type Settings struct {
	Announce  *bool  `json:"announce,omitempty"`    // both sides hear that the call is recorded; absent: yes
	Sound     string `json:"sound,omitempty"`       // what they hear; "": the exchange's own words
	Demand    *bool  `json:"demand,omitempty"`      // people may record a call by a code; absent: yes
	Format    string `json:"format,omitempty"`      // "wav" (57.6 MB an hour), "small" (5.9 MB an hour); "": wav
	Days      int    `json:"days,omitempty"`        // kept so long; 0: 90
	MaxMB     int    `json:"max_mb,omitempty"`      // together; the oldest go first; 0: 2000
	MinFreeMB int    `json:"min_free_mb,omitempty"` // nothing new is recorded when less is free on the card; 0: 300
}

// Defaults of Settings.
const (
	DefaultDays      = 90
	DefaultMaxMB     = 2000
	DefaultMinFreeMB = 300
)

// Read gives the site's settings with the defaults filled in.
func Read(plan pbx.Plan) (Settings, error) {
	var s Settings
	if o, ok := plan.Object(pbx.KindSettings, Kind); ok {
		if err := pbx.Decode(o, &s); err != nil {
			return s, err
		}
	}
	if err := s.Validate(plan); err != nil {
		return s, err
	}
	yes := true
	if s.Announce == nil {
		s.Announce = &yes
	}
	if s.Demand == nil {
		s.Demand = &yes
	}
	s.Format = or(s.Format, "wav")
	s.Days, s.MaxMB, s.MinFreeMB = or(s.Days, DefaultDays), or(s.MaxMB, DefaultMaxMB), or(s.MinFreeMB, DefaultMinFreeMB)
	return s, nil
}

func or[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}

// Validate says in a sentence what is wrong.
func (s Settings) Validate(pbx.Plan) error {
	switch {
	case s.Format != "" && s.Format != "wav" && s.Format != "small":
		return fmt.Errorf("settings recording: format %q: use wav or small", s.Format)
	case s.Days < 0 || s.Days > 3650:
		return fmt.Errorf("settings recording: days %d: 1 to 3650, or 0 for %d", s.Days, DefaultDays)
	case s.MaxMB < 0 || s.MaxMB > 1<<20:
		return fmt.Errorf("settings recording: max_mb %d: 1 to %d, or 0 for %d", s.MaxMB, 1<<20, DefaultMaxMB)
	case s.MinFreeMB < 0 || s.MinFreeMB > 1<<20:
		return fmt.Errorf("settings recording: min_free_mb %d: 1 to %d, or 0 for %d", s.MinFreeMB, 1<<20, DefaultMinFreeMB)
	case s.Sound != "" && !pbx.ObjectID.MatchString(s.Sound):
		return fmt.Errorf("settings recording: sound %q: the name of one of Asterisk's sounds is expected, as in conf-now-recording", s.Sound)
	}
	return nil
}

// KindRecords names the settings of call records: "settings records".
const KindRecords = "records"

// Records are the site's wishes about what is kept of calls.
type Records struct {
	Days int `json:"days,omitempty"` // calls and what happened in queues are erased after; 0: 365
}

// DefaultRecordDays is how long records are kept when nobody has said.
const DefaultRecordDays = 365

// ReadRecords gives them with the defaults filled in.
func ReadRecords(plan pbx.Plan) (Records, error) {
	var r Records
	if o, ok := plan.Object(pbx.KindSettings, KindRecords); ok {
		if err := pbx.Decode(o, &r); err != nil {
			return r, err
		}
	}
	if r.Days < 0 || r.Days > 3650 {
		return r, fmt.Errorf("settings records: days %d: 1 to 3650, or 0 for %d", r.Days, DefaultRecordDays)
	}
	r.Days = or(r.Days, DefaultRecordDays)
	return r, nil
}

// words are what both sides hear: Asterisk's own prompts have no better, in both languages.
const words = "conf-now-recording"

// Render gives the subroutines, and each line its digits.
func Render(plan pbx.Plan) (pbx.Fragments, error) {
	s, err := Read(plan)
	if err != nil {
		return pbx.Fragments{}, err
	}
	if _, err := ReadRecords(plan); err != nil {
		return pbx.Fragments{}, err
	}
	v := view{Dir: Dir, Ext: "wav", Words: or(s.Sound, words), Announce: *s.Announce}
	if s.Format == "small" {
		v.Ext = "wav49"
	}
	for _, x := range plan.Extensions() {
		if x.Person.Record != "" {
			v.Who = append(v.Who, who{x.Number, x.Person.Record})
		}
	}
	if code := plan.Code("record"); *s.Demand && code != "" {
		if strings.Trim(code, "0123456789*#") != "" {
			return pbx.Fragments{}, fmt.Errorf("settings codes: record: %q cannot be dialled", code)
		}
		v.Code = code
	}
	out, err := plan.Fill(files, v)
	if err != nil || v.Code == "" {
		return out, err
	}
	out.Lines = map[string][]pbx.Setting{}
	for _, e := range plan.Endpoints {
		if e.Right != pbx.RightGuest {
			out.Lines[e.ID] = []pbx.Setting{{Key: "set_var", Value: "DYNAMIC_FEATURES=record"}}
		}
	}
	return out, nil
}

// view is what the templates see.
type view struct {
	Dir, Ext, Words, Code string
	Announce              bool
	Who                   []who
}

// who is a number whose calls are recorded: "always" or "outside".
type who struct{ Number, What string }
