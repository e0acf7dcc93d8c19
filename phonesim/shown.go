package phonesim

import "github.com/emiago/sipgo/sip"

// shown is who the other side is, as the screen shows it.
type shown struct{ number, name string }

// message is a SIP request or response.
type message interface{ GetHeader(string) sip.Header }

// shownBy reads who is asserted to be there (RFC 3325, and the older Remote-Party-ID);
// else it is who is given.
func shownBy(m message, name, number string) shown {
	for _, header := range []string{"P-Asserted-Identity", "Remote-Party-ID"} {
		h := m.GetHeader(header)
		if h == nil {
			continue
		}
		var uri sip.Uri
		params := sip.NewParams()
		if who, err := sip.ParseAddressValue(h.Value(), &uri, &params); err == nil {
			return shown{number: uri.User, name: who}
		}
	}
	return shown{number: number, name: name}
}

// show keeps who is asserted to be there now.
func (c *Call) show(m message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.peer = shownBy(m, c.peer.name, c.peer.number)
}

// Peer is who the other side is, by the last identity shown.
func (c *Call) Peer() (number, name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.peer.number, c.peer.name
}
