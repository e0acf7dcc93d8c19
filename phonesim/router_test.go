package phonesim

import (
	"net"
	"net/netip"
	"testing"

	"github.com/insomniacslk/dhcp/dhcpv4"
)

func TestRouterGivesTheSameAddressAgainAndRefusesAnother(t *testing.T) {
	r := &Router{Addr: netip.MustParsePrefix("192.168.48.1/20")}
	mac := net.HardwareAddr{0, 0x15, 0x65, 0, 0, 1}
	ask := func(kind dhcpv4.MessageType, want, server string) *dhcpv4.DHCPv4 {
		t.Helper()
		m, err := dhcpv4.NewDiscovery(mac, dhcpv4.WithMessageType(kind))
		if err != nil {
			t.Fatal(err)
		}
		if want != "" {
			m.UpdateOption(dhcpv4.OptRequestedIPAddress(net.ParseIP(want)))
		}
		if server != "" {
			m.UpdateOption(dhcpv4.OptServerIdentifier(net.ParseIP(server)))
		}
		answer, err := r.answer(m)
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	for _, c := range []struct {
		what         string
		kind         dhcpv4.MessageType
		want, server string
		answer       string
	}{
		{"a phone discovers", dhcpv4.MessageTypeDiscover, "", "", "OFFER 192.168.48.100"},
		{"it discovers again", dhcpv4.MessageTypeDiscover, "", "", "OFFER 192.168.48.100"},
		{"it takes the offer", dhcpv4.MessageTypeRequest, "192.168.48.100", "192.168.48.1", "ACK 192.168.48.100"},
		{"it boots with its old address", dhcpv4.MessageTypeRequest, "192.168.48.100", "", "ACK 192.168.48.100"},
		{"it wants another's address", dhcpv4.MessageTypeRequest, "192.168.48.7", "", "NAK 0.0.0.0"},
		{"it takes another server's offer", dhcpv4.MessageTypeRequest, "192.168.48.100", "192.168.48.2", ""},
		{"it goes", dhcpv4.MessageTypeRelease, "", "", ""},
	} {
		got := ""
		if a := ask(c.kind, c.want, c.server); a != nil {
			got = a.MessageType().String() + " " + a.YourIPAddr.String()
		}
		if got != c.answer {
			t.Errorf("%s: answer %q, want %q", c.what, got, c.answer)
		}
	}
}

func TestRouterHasNoAddressLeft(t *testing.T) {
	r := &Router{Addr: netip.MustParsePrefix("192.168.1.1/24")}
	seen := map[netip.Addr]bool{}
	for i := range 155 { // 100 to 254
		ip, err := r.give(net.HardwareAddr{2, 0, 0, 0, 0, byte(i)})
		if err != nil || seen[ip] {
			t.Fatalf("lease %d: %v, %v", i, ip, err)
		}
		seen[ip] = true
	}
	if ip, err := r.give(net.HardwareAddr{2, 0, 0, 0, 1, 0}); err == nil {
		t.Errorf("gave %v, the broadcast address", ip)
	}
}
