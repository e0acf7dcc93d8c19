package phonesim

import (
	"encoding/hex"
	"net"
	"strings"

	"github.com/insomniacslk/dhcp/dhcpv4"
)

// identity is what a thing says of itself by DHCP (RFC 2132). In class and hostname
// {mac} and {MAC} stand for the address in lower and upper case.
type identity struct {
	class    string // option 60, binary of some makers; "" when not sent
	wants    []byte // option 55, in the phone's order
	hostname string // option 12; "" when not sent
}

// spell puts a hardware address into text the ways that makers know.
func spell(text string, mac net.HardwareAddr) string {
	low := hex.EncodeToString(mac)
	dashes := strings.ToUpper(strings.ReplaceAll(mac.String(), ":", "-"))
	return strings.NewReplacer("{mac}", low, "{MAC}", strings.ToUpper(low), "{m:a:c}", mac.String(), "{M-A-C}", dashes).Replace(text)
}

// modifiers puts the maker's options into a message.
func (id identity) modifiers(mac net.HardwareAddr) []dhcpv4.Modifier {
	m := []dhcpv4.Modifier{dhcpv4.WithOption(dhcpv4.OptGeneric(dhcpv4.OptionParameterRequestList, id.wants))}
	if id.hostname != "" {
		m = append(m, dhcpv4.WithOption(dhcpv4.OptHostName(spell(id.hostname, mac))))
	}
	if id.class != "" {
		m = append(m, dhcpv4.WithOption(dhcpv4.OptClassIdentifier(spell(id.class, mac))))
	}
	return m
}
