package phonesim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/insomniacslk/dhcp/dhcpv4/nclient4"
)

// Phones repeat DISCOVER after 4 s and more (RFC 2131 4.1); ours are a little quicker.
const dhcpWait = 3 * time.Second

// lease asks for an address with frames of the phone's own (DISCOVER, OFFER,
// REQUEST, ACK) and with what its maker sends, until ctx ends.
func lease(ctx context.Context, dev string, mac net.HardwareAddr, id identity) (Link, error) {
	for {
		l, err := ask(ctx, dev, mac, id)
		if err == nil {
			return l, nil
		}
		if ctx.Err() != nil {
			return Link{}, fmt.Errorf("no DHCP server gave an address: %w", err)
		}
	}
}

func ask(ctx context.Context, dev string, mac net.HardwareAddr, id identity) (Link, error) {
	c, err := nclient4.New(dev, nclient4.WithHWAddr(mac), nclient4.WithTimeout(dhcpWait), nclient4.WithRetry(1))
	if err != nil {
		return Link{}, err
	}
	defer c.Close()
	got, err := c.Request(ctx, id.modifiers(mac)...)
	if err != nil {
		return Link{}, err
	}
	return readLease(dev, got.ACK)
}

// readLease takes from an ACK what a phone needs.
func readLease(dev string, ack *dhcpv4.DHCPv4) (Link, error) {
	ip, ok := netip.AddrFromSlice(ack.YourIPAddr.To4())
	mask := ack.SubnetMask()
	if !ok || ip.IsUnspecified() || mask == nil {
		return Link{}, errors.New("the lease has no address or no netmask")
	}
	bits, _ := mask.Size()
	l := Link{Interface: dev, Addr: netip.PrefixFrom(ip, bits), Lease: ack.IPAddressLeaseTime(0), BootFrom: ack.TFTPServerName(), options: ack.Options}
	if r := ack.Router(); len(r) > 0 {
		l.Router, _ = netip.AddrFromSlice(r[0].To4())
	}
	return l, nil
}
