package office

import (
	"net/netip"

	"autocom/provision"
)

// Command is one thing that happened or that somebody wants; Apply takes it.
type Command interface {
	apply(*change) error
}

// Sighted is a claim of a sensor.
type Sighted struct{ provision.Sighting }

// Fetched says that a device was given its own file.
type Fetched struct {
	ID     string
	Secret bool       // with account keys
	TLS    bool       // which told it to register by TLS with SRTP
	Server netip.Addr // the box's address in it
}

// Trusted says that a device has fetched the certificate of the box's own authority.
type Trusted struct{ ID string }

// Mistrusted says that a device which has the certificate does not believe it: what it was
// told by https is out of its reach.
type Mistrusted struct{ ID string }

// owned says that an address used the token of a device behind a router.
type owned struct {
	id, token string
	addr      netip.Addr
}

// furnish gives what devices of an older version of the store lack.
type furnish struct{}

// Registered says that the exchange has accepted a REGISTER of a SIP user with the
// password that its line has now.
type Registered struct{ SIPUser string }

// Present says that the exchange lists a registration of a SIP user. It may be older
// than the line's password: it binds no number and closes no window.
type Present struct{ SIPUser string }

// Unregistered says that a SIP user's registration ended or does not answer.
type Unregistered struct{ SIPUser string }

// GetNumber asks for the number of a softphone installation: a new one, or the
// one it has. Its device is SoftID(Token).
type GetNumber struct {
	Token string     // known to the installation alone, of newToken's strength
	Name  string     // what people call it
	Kind  string     // "linphone", or "softphone" for any other
	IP    netip.Addr // where it asked from
}

// Show opens the provisioning URL of a softphone installation again, under a new
// token: only the installation itself may ask.
type Show struct{ Token string }

// Approve gives a number to a phone that waits for a click, or that was refused.
type Approve struct{ ID string }

// Claim says that somebody dialled a code on the line of a phone that waits for
// approval: the right one is an Approve.
type Claim struct{ SIPUser, Code string }

// Replace gives a device the number that another holds: "this phone takes over 204".
// The old holder loses it at once, the new one gets new secrets and its window opens.
type Replace struct{ ID, Number string }

// Rename sets what people call a device: its label, and the caller's name.
type Rename struct{ ID, Name string }

// SetKeys sets the keys with lamps of a phone.
type SetKeys struct {
	ID   string
	Keys []provision.Key
}

// AddLine gives a base the account of one more handset.
type AddLine struct{ ID string }

// Reject refuses a device; a number that it holds is released.
type Reject struct{ ID string }

// Release takes back the number of a device: it rests for the quarantine.
type Release struct{ ID string }

// Reset says that a phone lost its account (second-hand, factory reset): it gets
// new secrets, which may be fetched for the window that opens now.
type Reset struct{ ID string }

// Moved says that the box has another address on the phones' LAN.
type Moved struct{ Address netip.Addr }

// Tick lets time pass: reservations that nobody used are freed, phones that
// waited for room get it.
type Tick struct {
	Blind bool // the exchange cannot be asked who is registered: nobody is overdue
}
