package phonesim

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// Link is a phone's place on the network: what DHCP gave it, or what it took itself.
type Link struct {
	Interface string
	Addr      netip.Prefix
	Router    netip.Addr // the zero Addr when there is none
	BootFrom  string     // option 66 of the lease, "" when absent
	Lease     time.Duration
}

// browser is an HTTP client that leaves through the phone's own address, knows no
// proxy and keeps no connection: phones of this kind do not.
func (l Link) browser() *http.Client {
	dial := net.Dialer{LocalAddr: &net.TCPAddr{IP: l.Addr.Addr().AsSlice()}, Timeout: 5 * time.Second}
	return &http.Client{
		Timeout: 15 * time.Second,
		Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				return dial.DialContext(ctx, network, addr)
			},
		},
	}
}
