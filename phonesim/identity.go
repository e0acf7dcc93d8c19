package phonesim

// identity is what a phone says of itself by DHCP (RFC 2132).
type identity struct {
	class    string // option 60; "" when not sent
	wants    []byte // option 55, in the phone's order
	hostname string // option 12
}
