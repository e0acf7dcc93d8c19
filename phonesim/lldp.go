package phonesim

import (
	"encoding/binary"
	"fmt"
	"net"

	"github.com/mdlayher/packet"
)

// lldpType is the EtherType of LLDP, and lldpGroup where frames go that no bridge may
// forward (IEEE 802.1AB 7.1).
const lldpType = 0x88cc

var lldpGroup = net.HardwareAddr{0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e}

// Kinds of LLDP TLVs (IEEE 802.1AB 8.4) and of TIA-1057's inside kind 127.
const (
	lldpChassis      = 1
	lldpPort         = 2
	lldpTTL          = 3
	lldpName         = 5
	lldpDescription  = 6
	lldpCapabilities = 7
	lldpOwn          = 127

	medCapabilities = 1
	medPolicy       = 2
	medFirmware     = 6
	medSoftware     = 7
	medSerial       = 8
	medManufacturer = 9
	medModel        = 10
)

// Inventory is what a phone says of itself by LLDP-MED.
type Inventory struct {
	Manufacturer, Model, Firmware, Software, Serial string
	Class                                           byte // 3 is a phone, 4 a switch
}

// LLDP is the frame that the phone sends while it is plugged in: the chassis is its
// address on the network, the port its MAC, and the rest TIA-1057.
func (p *Phone) LLDP(inv Inventory) []byte {
	who := p.maker.dhcp()
	ip := p.Link().Addr.Addr()
	chassis := []byte{5, 1, 0, 0, 0, 0} // subtype network address, IPv4
	if ip.Is4() {
		copy(chassis[2:], ip.AsSlice())
	}
	if inv.Class == 0 {
		inv.Class = 3
	}
	f := append(append([]byte{}, lldpGroup...), p.MAC...)
	f = binary.BigEndian.AppendUint16(f, lldpType)
	f = tlv(f, lldpChassis, chassis)
	f = tlv(f, lldpPort, append([]byte{3}, p.MAC...)) // subtype MAC address
	f = tlv(f, lldpTTL, []byte{0, 180})
	f = tlv(f, lldpName, []byte(spell(who.hostname, p.MAC)))
	f = tlv(f, lldpDescription, []byte(inv.Manufacturer+" "+inv.Model))
	// Telephone, and bridge because of the socket for a computer.
	f = tlv(f, lldpCapabilities, []byte{0x00, 0x24, 0x00, 0x24})
	f = med(f, medCapabilities, []byte{0x00, 0x3f, inv.Class})
	f = med(f, medPolicy, []byte{1, 0x80, 0, 0}) // voice, the VLAN is unknown: tell me
	for _, v := range []struct {
		kind byte
		text string
	}{{medFirmware, inv.Firmware}, {medSoftware, inv.Software}, {medSerial, inv.Serial}, {medManufacturer, inv.Manufacturer}, {medModel, inv.Model}} {
		if v.text != "" {
			f = med(f, v.kind, []byte(v.text))
		}
	}
	return tlv(f, 0, nil)
}

// tlv adds one: seven bits of kind, nine of length.
func tlv(f []byte, kind uint16, value []byte) []byte {
	f = binary.BigEndian.AppendUint16(f, kind<<9|uint16(len(value)&0x1ff))
	return append(f, value[:len(value)&0x1ff]...)
}

// med adds one of TIA-1057.
func med(f []byte, kind byte, value []byte) []byte {
	return tlv(f, lldpOwn, append([]byte{0x00, 0x12, 0xbb, kind}, value...))
}

// Announce sends the phone's LLDP frame once; phones do so every 30 to 60 s. Only the
// other end of the cable sees it, unless its switch floods such frames.
func (p *Phone) Announce(inv Inventory) error { return p.send(lldpType, p.LLDP(inv)) }

// send puts a whole frame on the phone's cable.
func (p *Phone) send(kind int, frame []byte) error {
	dev, err := net.InterfaceByName(p.Link().Interface)
	if err != nil {
		return fmt.Errorf("%s has no cable: plug it in first: %w", p, err)
	}
	conn, err := packet.Listen(dev, packet.Raw, kind, nil)
	if err != nil {
		return fmt.Errorf("%s sends a frame: %w", p, err)
	}
	defer conn.Close()
	if _, err := conn.WriteTo(frame, &packet.Addr{HardwareAddr: frame[:6]}); err != nil {
		return fmt.Errorf("%s sends a frame: %w", p, err)
	}
	return nil
}
