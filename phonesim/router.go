package phonesim

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/insomniacslk/dhcp/dhcpv4/server4"
)

// Router is an office's router as far as phones see it: a DHCP server that knows
// nothing of telephones. A hardware address gets the same address again.
type Router struct {
	Interface string
	Addr      netip.Prefix // its own; leases are the 100th address of the network and up
	Log       *slog.Logger
	Options   map[uint8][]byte // further ones that its owner has typed in, as 66

	mu     sync.Mutex
	leases map[string]netip.Addr
}

// firstLease is the place of the first lease in the network.
const firstLease = 100

// leaseTime is what office routers give.
const leaseTime = 12 * time.Hour

// Run serves until ctx ends.
func (r *Router) Run(ctx context.Context) error {
	s, err := server4.NewServer(r.Interface, &net.UDPAddr{IP: net.IPv4zero, Port: 67}, r.serve)
	if err != nil {
		return fmt.Errorf("serve DHCP on %s: %w", r.Interface, err)
	}
	stop := context.AfterFunc(ctx, func() { s.Close() })
	defer stop()
	if err := s.Serve(); ctx.Err() == nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("serve DHCP on %s: %w", r.Interface, err)
	}
	return nil
}

// Lease tells which address a hardware address has; the zero Addr when none.
func (r *Router) Lease(mac net.HardwareAddr) netip.Addr {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.leases[mac.String()]
}

func (r *Router) serve(conn net.PacketConn, _ net.Addr, m *dhcpv4.DHCPv4) {
	answer, err := r.answer(m)
	if err != nil {
		r.Log.Info("router drops a DHCP message", "mac", m.ClientHWAddr.String(), "err", err)
		return
	}
	if answer == nil {
		return
	}
	// A broadcast reaches a client that has no address yet.
	if _, err := conn.WriteTo(answer.ToBytes(), &net.UDPAddr{IP: net.IPv4bcast, Port: 68}); err != nil {
		r.Log.Info("router cannot answer", "mac", m.ClientHWAddr.String(), "err", err)
	}
}

// answer is the deciding part (RFC 2131 4.3).
func (r *Router) answer(m *dhcpv4.DHCPv4) (*dhcpv4.DHCPv4, error) {
	if m.OpCode != dhcpv4.OpcodeBootRequest {
		return nil, nil
	}
	kind := dhcpv4.MessageTypeOffer
	switch m.MessageType() {
	case dhcpv4.MessageTypeDiscover:
	case dhcpv4.MessageTypeRequest:
		kind = dhcpv4.MessageTypeAck
		if id := m.ServerIdentifier(); id != nil && !id.Equal(r.Addr.Addr().AsSlice()) {
			return nil, nil // for another server
		}
	default:
		return nil, nil
	}
	ip, err := r.give(m.ClientHWAddr)
	if err != nil {
		return nil, err
	}
	if want := m.RequestedIPAddress(); kind == dhcpv4.MessageTypeAck && want != nil && !want.Equal(ip.AsSlice()) {
		return dhcpv4.NewReplyFromRequest(m, dhcpv4.WithMessageType(dhcpv4.MessageTypeNak),
			dhcpv4.WithServerIP(r.Addr.Addr().AsSlice()), dhcpv4.WithOption(dhcpv4.OptServerIdentifier(r.Addr.Addr().AsSlice())))
	}
	self := r.Addr.Addr().AsSlice()
	var typed []dhcpv4.Modifier
	for code, value := range r.Options {
		typed = append(typed, dhcpv4.WithOption(dhcpv4.OptGeneric(dhcpv4.GenericOptionCode(code), value)))
	}
	return dhcpv4.NewReplyFromRequest(m, append(typed,
		dhcpv4.WithMessageType(kind),
		dhcpv4.WithYourIP(ip.AsSlice()),
		dhcpv4.WithOption(dhcpv4.OptServerIdentifier(self)),
		dhcpv4.WithRouter(self),
		dhcpv4.WithDNS(self),
		dhcpv4.WithNetmask(net.CIDRMask(r.Addr.Bits(), 32)),
		dhcpv4.WithLeaseTime(uint32(leaseTime.Seconds())))...)
}

// give finds the address of mac, or the next free one.
func (r *Router) give(mac net.HardwareAddr) (netip.Addr, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ip, ok := r.leases[mac.String()]; ok {
		return ip, nil
	}
	if r.leases == nil {
		r.leases = map[string]netip.Addr{}
	}
	base := r.Addr.Masked().Addr().As4()
	n := binary.BigEndian.Uint32(base[:]) + firstLease + uint32(len(r.leases))
	ip := netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
	if next := ip.Next(); !r.Addr.Contains(next) { // the last address is the broadcast
		return netip.Addr{}, errors.New("no address is left")
	}
	r.leases[mac.String()] = ip
	return ip, nil
}
