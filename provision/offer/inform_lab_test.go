//go:build lab

package offer

import (
	"context"
	"net"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/insomniacslk/dhcp/dhcpv4/nclient4"

	"autocom/provision"
	"autocom/provision/link/linktest"
)

// A real client asks on a real wire, while a real dnsmasq has port 67 and knows nothing of telephones.
//
// In words: a phone that has an address from elsewhere is told where its settings are, beside the address server.
func TestInformBesideDnsmasq(t *testing.T) {
	if !linktest.InNamespace(t) {
		return
	}
	mac, atPhone := linktest.TwoHosts(t)
	i := testInform("http://192.0.2.10/")
	before := i.Answer
	i.Answer = func(ctx context.Context, s provision.Sighting) (provision.Phone, bool) {
		p, ok := before(ctx, s)
		return p, ok && s.Proved && s.MAC == mac && s.IP == phoneIP
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- i.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	l := lan()
	dir := t.TempDir()
	l.Interface, l.LeaseFile = "lan0", filepath.Join(dir, "leases")
	serve(t, dir, site(), l) // it answers DHCPINFORM too: ours has option 43 of another form
	var ack *dhcpv4.DHCPv4
	var err error
	atPhone(func() {
		var c *nclient4.Client
		if c, err = nclient4.New("phone0", nclient4.WithTimeout(time.Second), nclient4.WithRetry(5)); err != nil {
			return
		}
		defer c.Close()
		for range 5 {
			ack, err = c.Inform(ctx, net.IP(phoneIP.AsSlice()), dhcpv4.WithOption(dhcpv4.OptClassIdentifier("yealink")),
				dhcpv4.WithRequestedOptions(dhcpv4.OptionTFTPServerName, dhcpv4.OptionVendorSpecificInformation))
			if err == nil && string(ack.Options.Get(dhcpv4.OptionVendorSpecificInformation)) == "\x01\x01x" {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("answer: %v", ack.Summary())
	for deadline := time.Now().Add(2 * time.Second); i.Counters().Answered == 0 && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	if c := i.Counters(); c.Questions == 0 || c.Answered == 0 || c.Failed != 0 {
		t.Errorf("%+v", c)
	}
	var got *dhcpv4.DHCPv4
	atPhone(func() { got, err = lease(net.HardwareAddr(mac[:]), "yealink") })
	if err != nil || !netip.MustParsePrefix("192.0.2.0/24").Contains(netip.AddrFrom4([4]byte(got.YourIPAddr.To4()))) {
		t.Errorf("dnsmasq beside it gives no address: %v", err)
	}
}

// Nobody else answers: what the phone gets is ours.
//
// In words: a phone that has an address from elsewhere is told where its settings are when nobody else answers.
func TestInformAlone(t *testing.T) {
	if !linktest.InNamespace(t) {
		return
	}
	_, atPhone := linktest.TwoHosts(t)
	i := testInform("http://192.0.2.10/")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- i.Run(ctx) }()
	defer func() { cancel(); <-done }()
	var ack *dhcpv4.DHCPv4
	var err error
	atPhone(func() {
		var c *nclient4.Client
		if c, err = nclient4.New("phone0", nclient4.WithTimeout(500*time.Millisecond), nclient4.WithRetry(5)); err != nil {
			return
		}
		defer c.Close()
		ack, err = c.Inform(ctx, net.IP(phoneIP.AsSlice()), dhcpv4.WithOption(dhcpv4.OptClassIdentifier("yealink")),
			dhcpv4.WithRequestedOptions(dhcpv4.OptionTFTPServerName, dhcpv4.OptionVendorSpecificInformation))
	})
	if err != nil {
		t.Fatal(err)
	}
	if ack.TFTPServerName() != "http://192.0.2.10/" || !ack.YourIPAddr.IsUnspecified() || ack.Options.Has(dhcpv4.OptionIPAddressLeaseTime) {
		t.Errorf("the answer: %v", ack.Summary())
	}
}
