package pnp

import (
	"errors"
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// groupConn is a socket bound to 224.0.1.75:5060 that hears one interface only.
type groupConn struct {
	*net.UDPConn
	member unix.IPMreqn
}

// join opens the socket by hand: net.ListenPacket binds a multicast address to
// the wildcard, which collides with Asterisk on port 5060 of the LAN address.
func join(name string) (*groupConn, error) {
	ifi, err := net.InterfaceByName(name)
	if err != nil {
		return nil, fmt.Errorf("find interface %s: %w", name, err)
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("open a socket for SIP PnP: %w", err)
	}
	member := unix.IPMreqn{Multiaddr: Group.As4(), Ifindex: int32(ifi.Index)}
	if err := setup(fd, &member); err != nil {
		return nil, errors.Join(fmt.Errorf("listen on %s:%d of %s: %w", Group, Port, name, err), unix.Close(fd))
	}
	file := os.NewFile(uintptr(fd), "sip-pnp")
	conn, err := net.FilePacketConn(file) // duplicates the descriptor
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("listen on %s:%d of %s: %w", Group, Port, name, err)
	}
	return &groupConn{UDPConn: conn.(*net.UDPConn), member: member}, nil
}

func setup(fd int, member *unix.IPMreqn) error {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return err
	}
	// Without it a socket hears groups that others joined on other interfaces:
	// nothing from the uplink may reach us.
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_ALL, 0); err != nil {
		return err
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Port: Port, Addr: Group.As4()}); err != nil {
		return err
	}
	return unix.SetsockoptIPMreqn(fd, unix.IPPROTO_IP, unix.IP_ADD_MEMBERSHIP, member)
}

// rejoin leaves and joins, so that a new IGMP report is sent.
func (g *groupConn) rejoin() error {
	raw, err := g.SyscallConn()
	if err != nil {
		return err
	}
	var opErr error
	err = raw.Control(func(fd uintptr) {
		// Leaving fails when the interface went away; joining tells.
		_ = unix.SetsockoptIPMreqn(int(fd), unix.IPPROTO_IP, unix.IP_DROP_MEMBERSHIP, &g.member)
		opErr = unix.SetsockoptIPMreqn(int(fd), unix.IPPROTO_IP, unix.IP_ADD_MEMBERSHIP, &g.member)
	})
	return errors.Join(err, opErr)
}
