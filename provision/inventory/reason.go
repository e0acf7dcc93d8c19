package inventory

// What a person is told of a device that is not served. The pages translate these.
const (
	// Unproved is the reason of a phone that can be given no file where it is.
	Unproved = "it is behind a router, or nothing proved its hardware address: connect it to the network of this box, or ask for a number on the page"

	reasonNoMAC     = "no hardware address is known yet"
	reasonMulticast = "its hardware address is a group address, which no phone owns"
	reasonLocal     = "its hardware address was made up, as smartphones and virtual machines do: ask for a number on the page of this box instead"
	reasonNoMaker   = "it behaves like a phone, but its maker is not known here"
	reasonWaits     = "it waits for somebody's approval"
	reasonClosed    = "no new phones are taken: the mode is closed"
)
