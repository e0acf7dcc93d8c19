package office

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
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
	CA               []byte                   // certificate of the box's own authority, PEM; its file is Site.CA

	Files Files
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
	return parseNumbering(c.Extensions, c.Emergency, c.Never)
}

// numbering is the range of numbers that may be given.
type numbering struct {
	text   string
	ranges [][2]int
	width  int // digits
}

// maxNumbers bounds a range: a hand-typed 1-99999999 is a mistake.
const maxNumbers = 10000

func parseNumbering(text string, emergency []string, never map[string]string) (*numbering, error) {
	n := &numbering{text: text}
	total := 0
	for part := range strings.SplitSeq(text, ",") {
		from, to, ok := strings.Cut(strings.TrimSpace(part), "-")
		if !ok {
			to = from
		}
		lo, hi, err := bounds(from, to)
		if err != nil {
			return nil, fmt.Errorf("extensions %q: %w", text, err)
		}
		if n.width == 0 {
			n.width = len(from)
		}
		if len(from) != n.width {
			return nil, fmt.Errorf("extensions %q: all numbers need the same count of digits", text)
		}
		n.ranges = append(n.ranges, [2]int{lo, hi})
		total += hi - lo + 1
	}
	if total > maxNumbers {
		return nil, fmt.Errorf("extensions %q: %d numbers are more than %d: choose a smaller range", text, total, maxNumbers)
	}
	slices.SortFunc(n.ranges, func(a, b [2]int) int { return a[0] - b[0] })
	return n, n.refuse(emergency, never)
}

func bounds(from, to string) (lo, hi int, err error) {
	if len(from) < 2 || len(from) > 6 || len(from) != len(to) || from[0] == '0' || from > to {
		return 0, 0, fmt.Errorf("%s-%s is no range: write two numbers of 2 to 6 digits, the lower first, as in 201-299", from, to)
	}
	for i := range len(from) {
		if from[i] < '0' || from[i] > '9' || to[i] < '0' || to[i] > '9' {
			return 0, 0, fmt.Errorf("%s-%s is no range: only digits, as in 201-299", from, to)
		}
		lo, hi = lo*10+int(from[i]-'0'), hi*10+int(to[i]-'0')
	}
	return lo, hi, nil
}

// refuse names the first number of the range that must never be given.
func (n *numbering) refuse(emergency []string, never map[string]string) error {
	for number := range n.all {
		what := never[number]
		if e := pbx.EmergencyCollision(number, emergency); e != "" {
			what = "the emergency number " + e
			if number != e {
				what = "mixed up with " + what
			}
		}
		if what != "" {
			return fmt.Errorf("extensions %q contain %s, which is %s: choose a range without it, as 201-299", n.text, number, what)
		}
	}
	return nil
}

// all yields the numbers from the lowest on.
func (n *numbering) all(yield func(string) bool) {
	for _, r := range n.ranges {
		for i := r[0]; i <= r[1]; i++ {
			if !yield(fmt.Sprintf("%0*d", n.width, i)) {
				return
			}
		}
	}
}
