package office

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"autocom/pbx"
	"autocom/provision"
)

// Config is what the owner has chosen, and what the office is given to work with.
type Config struct {
	Site             provision.Site
	Mode             string                   // open, ask, closed
	Extensions       string                   // "201-299", or several ranges with commas
	Emergency        []string                 // of the country; neither they nor what they begin with are given
	Never            map[string]string        // other numbers never given → what they are: "298" → "a feature code"
	Window           time.Duration            // how long secrets may be fetched again after a reset
	Quarantine       time.Duration            // how long a released number rests
	ReservedFor      time.Duration            // how long a number waits for its phone's first REGISTER
	NewPerMinute     int                      // numbers given in a minute
	NewPerDay        int                      // numbers given in a day
	OpenReservations int                      // numbers told to phones that have not registered yet
	Pools            map[string]string        // "softphone", "adapter", "base" or a maker → a range of its own
	Reserved         map[provision.MAC]string // numbers kept for phones
	Encrypted        bool                     // phones that can, register by TLS with SRTP
	SoftphoneKey     string                   // that browser phones' passwords are made with; "" none can be
	CA               []byte                   // certificate of the box's own authority, PEM; its file is Site.CA

	Files Files
	// Check says why a plan cannot be: it is rendered, and thrown away. Host name and
	// secrets are not in it. nil: everything can.
	Check func(pbx.Plan) error
	Trail func(Audit) // is told of every file given or refused; it must not wait
	// Live waits until the exchange knows the accounts of revision; nil does not wait.
	Live func(ctx context.Context, revision Revision) error
	Log  *slog.Logger
}

// The modes of Config.Mode.
const (
	ModeOpen   = "open"   // strong evidence gets a number at once
	ModeAsk    = "ask"    // somebody clicks first
	ModeClosed = "closed" // no new phones
)

// Files renders the makers' files; provision/vendors does.
type Files interface {
	// Owner tells whose file a name is: the maker, and the MAC when it stands in the name.
	Owner(name string) (vendor string, mac provision.MAC, ok bool)
	// Render gives fs.ErrNotExist when the phone's maker has no such file.
	Render(p provision.Phone, name string) (provision.File, error)
	// PnPURL is what a SUBSCRIBE of the phone is answered; an error when its maker has no PnP.
	PnPURL(p provision.Phone) (string, error)
	// Lines tells how many accounts a model has; ok is false for a telephone with one.
	Lines(vendor, model string) (rule provision.LineRule, ok bool)
}

// DefaultReservedFor is how long a number waits for the first REGISTER.
const DefaultReservedFor = 30 * time.Minute

func (c *Config) check() (*numbering, error) {
	if !slices.Contains([]string{ModeOpen, ModeAsk, ModeClosed}, c.Mode) {
		return nil, fmt.Errorf("mode %q is unknown: write open, ask or closed", c.Mode)
	}
	if c.ReservedFor == 0 {
		c.ReservedFor = DefaultReservedFor
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Encrypted = c.Encrypted || c.Site.Encrypted
	c.Site.Encrypted = c.Encrypted
	return c.numbering()
}
