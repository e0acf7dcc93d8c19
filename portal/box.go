package portal

import (
	"context"
	"net/netip"
	"time"

	"autocom/pbx"
)

// Box is the machine that the pages look after.
type Box interface {
	// Site is what of the settings the pages may choose, as it holds; no field is empty.
	Site() pbx.Site
	// Sensible says what is wrong with a choice; it is an ErrConflict.
	Sensible(pbx.Site) error
	// Choose keeps a choice. It takes effect a moment later, by a new beginning.
	Choose(context.Context, pbx.Site) error
	// Network is the box's address in the phones' LAN with its prefix, the zero Prefix
	// without one. Giving tells that the box gives out the LAN's addresses.
	Network() (at netip.Prefix, giving bool)
	// OtherDHCP asks for another server on the LAN, for a few seconds at most; known is
	// false when that cannot be told.
	OtherDHCP(context.Context) (server netip.Addr, known bool)
	// SetClock sets the clock forward by so much unless something better has set it; done
	// tells whether it did.
	SetClock(ctx context.Context, ahead time.Duration) (done bool)
}
