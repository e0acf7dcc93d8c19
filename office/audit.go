package office

import (
	"net/netip"
	"time"

	"autocom/provision"
)

// Audit is one file that was given or refused.
type Audit struct {
	At       time.Time     `json:"at"`
	Device   string        `json:"device,omitempty"` // whose file it is, or who asked; "" for a stranger
	IP       netip.Addr    `json:"ip,omitzero"`
	MAC      provision.MAC `json:"mac,omitzero"` // of the address, when it is proved
	File     string        `json:"file"`
	Protocol string        `json:"protocol"`
	Secret   bool          `json:"secret"`  // with account keys
	Token    bool          `json:"token"`   // it was asked for under a token
	Outcome  string        `json:"outcome"` // OutcomeGiven, OutcomeRefused
	Why      string        `json:"why,omitempty"`
}

// The outcomes of Audit.
const (
	OutcomeGiven   = "given"
	OutcomeRefused = "refused"
)

// Alert is something that the owner should look at.
type Alert struct {
	At     time.Time     `json:"at"`
	Kind   string        `json:"kind"`
	Device string        `json:"device,omitempty"` // that it is about
	IP     netip.Addr    `json:"ip,omitzero"`      // from where
	MAC    provision.MAC `json:"mac,omitzero"`     // by whom
	Text   string        `json:"text"`
}

// The kinds of Alert.
const (
	AlertThief   = "thief"   // somebody asked for another's file
	AlertNames   = "names"   // one address asks for the files of many
	AlertBlocked = "blocked" // and is given nothing for a while
	AlertCode    = "code"    // wrong codes were dialled
	AlertPnP     = "pnp"     // somebody else answers phones by PnP
)
