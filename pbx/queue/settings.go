package queue

import (
	"fmt"
	"regexp"

	"autocom/pbx"
)

// SettingsID is the id of the settings that all queues share.
const SettingsID = "agents"

// Settings are the reasons for which agents pause, and what supervisors may.
type Settings struct {
	Reasons []Reason `json:"reasons"`
	// ListenNotice is heard by both sides when a supervisor begins to listen: "beep", a
	// prompt, or "" for nothing. Many countries ask for it; who sets up the site must know.
	ListenNotice string `json:"listen_notice"`
	// ListenToSupervisors lets supervisors listen to each other.
	ListenToSupervisors bool `json:"listen_to_supervisors,omitempty"`
}

// Reason is why an agent pauses.
type Reason struct {
	Code string `json:"code"` // one digit that is dialled after the code of pausing
	Name string `json:"name"` // as lists and reports show it
}

// Reasons that are not dialled with a digit.
const (
	WrapupReason = "wrapup"     // the agent still works on the last call
	AutoReason   = "Auto-Pause" // Asterisk's own word: a call was not answered
)

var reasonCode = regexp.MustCompile(`^[1-9]$`)

// DecodeSettings reads the settings of a plan.
func DecodeSettings(plan pbx.Plan) (Settings, error) {
	s := Settings{ListenNotice: "beep", Reasons: []Reason{{"1", "break"}, {"2", "lunch"}, {"3", "meeting"}, {"4", "training"}}}
	if plan.Language == "fr" {
		s.Reasons = []Reason{{"1", "pause"}, {"2", "repas"}, {"3", "réunion"}, {"4", "formation"}}
	}
	o, ok := plan.Object(pbx.KindSettings, SettingsID)
	if !ok {
		return s, nil
	}
	if err := pbx.Decode(o, &s); err != nil {
		return s, err
	}
	seen := map[string]bool{}
	for _, r := range s.Reasons {
		switch {
		case !reasonCode.MatchString(r.Code):
			return s, fmt.Errorf("settings %s: reason %q: its code is one digit from 1 to 9", SettingsID, r.Code)
		case r.Name == "" || pbx.CleanName(r.Name) != r.Name || len(r.Name) > 40:
			return s, fmt.Errorf("settings %s: reason %s: its name has 1 to 40 letters, digits, spaces and signs that need no quotes", SettingsID, r.Code)
		case r.Name == WrapupReason || r.Name == AutoReason:
			return s, fmt.Errorf("settings %s: reason %s: the exchange itself says %q of agents: choose another name", SettingsID, r.Code, r.Name)
		case seen[r.Code] || seen[r.Name]:
			return s, fmt.Errorf("settings %s: reason %s %q is there twice", SettingsID, r.Code, r.Name)
		}
		seen[r.Code], seen[r.Name] = true, true
	}
	if s.ListenNotice != "beep" {
		if _, err := plan.Prompt(s.ListenNotice); err != nil {
			return s, fmt.Errorf("settings %s: listen_notice: %w", SettingsID, err)
		}
	}
	return s, nil
}
