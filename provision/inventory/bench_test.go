package inventory

import (
	"strings"
	"testing"

	"autocom/provision"
)

// One sighting through the rules of all makers, as each frame of the LAN brings one.
func BenchmarkWeigh(b *testing.B) {
	all := makers(b)
	for name, s := range map[string]provision.Sighting{
		"a phone by DHCP":  seen(dhcp, "001565aabb01", true, "message=discover", "option60=yealink", "option55=1,3,6,12,15,28,42,66,67,43,120", "hostname=SIP-T46S"),
		"a laptop by DHCP": seen(dhcp, "00155daabb01", true, "message=request", "option60=MSFT 5.0", "option55=1,3,6,15,31,33,43,44,46,47,119,121,249,252", "hostname=DESKTOP-4F2A1B"),
		"a phone by HTTP":  seen(http, "001565aabb01", true, "path=001565aabb01.cfg", yealinkUA),
		"a phone by PnP":   seen(pnp, "001565aabb01", true, yealinkEvent),
		"a switch by LLDP": seen(provision.SensorLLDP, "001a2faabb01", true, "class=4", "capability=bridge", "system-name=sw1", "system=Cisco IOS Software, C2960 Software (C2960-LANBASEK9-M), Version 15.0(2)SE"),
		"long and hostile": seen(dhcp, "001565aabb01", true, "option60="+strings.Repeat("ua-profile;vendor=", 14), "option55="+strings.Repeat("66,", 84), "hostname="+strings.Repeat("a", 255), "user-agent="+strings.Repeat("snom ", 51), "path="+strings.Repeat("0", 255), "event=ua-profile"+strings.Repeat(";vendor=", 29)),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Weigh(s, all)
			}
		})
	}
}
