package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/net/ipv4"
)

// boxName is the name that the card's README.txt gives the page.
const boxName = "autocom.local"

// namePatience is how long the box may take to answer for its name.
const namePatience = 30 * time.Second

// named asks by multicast DNS for the box's name, as a browser's computer does: one question
// from a port of its own, which is answered to that port (RFC 6762 5.1, 6.7).
func (t *trial) named(ctx context.Context) (string, error) {
	link, err := net.InterfaceByName(t.router.Interface)
	if err != nil {
		return "", err
	}
	conn, err := net.ListenUDP("udp4", nil)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if err := ipv4.NewPacketConn(conn).SetMulticastInterface(link); err != nil {
		return "", err
	}
	question := dnsmessage.Message{Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(boxName + "."), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}}}
	ask, err := question.Pack()
	if err != nil {
		return "", err
	}
	var at netip.Addr
	err = eventually(ctx, namePatience, func() error {
		if _, err := conn.WriteToUDP(ask, &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353}); err != nil {
			return err
		}
		if at, err = addressIn(conn); err == nil && at != t.box {
			err = fmt.Errorf("%s is said to be %s, and is %s", boxName, at, t.box)
		}
		return err
	})
	return at.String(), err
}

// addressIn reads the first IPv4 address of the next answer.
func addressIn(conn *net.UDPConn) (netip.Addr, error) {
	if err := conn.SetReadDeadline(time.Now().Add(2 * time.Second)); err != nil {
		return netip.Addr{}, err
	}
	b := make([]byte, 1500)
	n, err := conn.Read(b)
	if err != nil {
		return netip.Addr{}, err
	}
	var answer dnsmessage.Message
	if err := answer.Unpack(b[:n]); err != nil {
		return netip.Addr{}, err
	}
	for _, r := range answer.Answers {
		if a, ok := r.Body.(*dnsmessage.AResource); ok {
			return netip.AddrFrom4(a.A), nil
		}
	}
	return netip.Addr{}, errors.New("an answer without an address")
}
