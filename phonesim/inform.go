package phonesim

import (
	"context"
	"fmt"
	"maps"
	"net"
	"syscall"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"golang.org/x/sys/unix"
)

// Inform asks DHCP servers by DHCPINFORM (RFC 2131 3.4) for what the lease did not bring,
// and adds what comes within wait to the phone's Link. No answer is no error.
func (p *Phone) Inform(ctx context.Context, wait time.Duration) error {
	link := p.Link()
	if !link.Addr.IsValid() || link.Interface == "" {
		return fmt.Errorf("%s has no cable: plug it in first", p)
	}
	ip := link.Addr.Addr()
	m, err := dhcpv4.NewInform(p.MAC, ip.AsSlice(), p.maker.dhcp().modifiers(p.MAC)...)
	if err != nil {
		return err
	}
	// The broadcast must leave by the phone's own cable, which the main routing table does not know.
	conf := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var set error
		err := c.Control(func(fd uintptr) {
			if set = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_BROADCAST, 1); set == nil {
				set = unix.BindToDevice(int(fd), link.Interface)
			}
		})
		if err != nil {
			return err
		}
		return set
	}}
	conn, err := conf.ListenPacket(ctx, "udp4", ":68") // a broadcast may be the answer
	if err != nil {
		return fmt.Errorf("%s asks by DHCPINFORM: %w", p, err)
	}
	defer conn.Close()
	buf := make([]byte, 2000)
	var again time.Time
	for until := time.Now().Add(wait); ; {
		if now := time.Now(); !now.Before(again) { // what was not answered is repeated
			if now.After(until) || ctx.Err() != nil {
				return ctx.Err()
			}
			if _, err := conn.WriteTo(m.ToBytes(), &net.UDPAddr{IP: net.IPv4bcast, Port: 67}); err != nil {
				return fmt.Errorf("%s asks by DHCPINFORM: %w", p, err)
			}
			again = now.Add(time.Second)
		}
		conn.SetReadDeadline(again)
		n, _, err := conn.ReadFrom(buf)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			time.Sleep(time.Until(again)) // at once when the cable is gone
			continue
		}
		ack, err := dhcpv4.FromBytes(buf[:n])
		if err != nil || ack.TransactionID != m.TransactionID || ack.MessageType() != dhcpv4.MessageTypeAck {
			continue
		}
		p.mu.Lock()
		options := maps.Clone(ack.Options)
		maps.Copy(options, p.link.options) // what the lease brought counts more
		p.link.options = options
		if p.link.BootFrom == "" {
			p.link.BootFrom = ack.TFTPServerName()
		}
		p.mu.Unlock()
		p.mark("DHCPINFORM answered", time.Now())
		return nil
	}
}
