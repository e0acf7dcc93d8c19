package sniff

import (
	"encoding/binary"
	"fmt"
	"net"
	"syscall"

	"github.com/mdlayher/packet"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// maxFrame holds any DHCP message on Ethernet: RFC 2131 asks clients to take 576
// bytes, none sends more than one 1500-byte frame, with two VLAN tags.
const maxFrame = 2048

// conn is a packet socket that also tells the VLAN tag, which the kernel takes
// out of a frame before any packet socket sees it (packet(7), PACKET_AUXDATA).
type conn struct {
	*packet.Conn
	raw syscall.RawConn
	oob []byte
}

func open(ifi *net.Interface) (*conn, error) {
	filter, err := bpf.Assemble(filter)
	if err != nil {
		return nil, fmt.Errorf("assemble the packet filter: %w", err)
	}
	// All protocols, not just IPv4: a frame of a VLAN that the box is not in
	// reaches only those sockets.
	c, err := packet.Listen(ifi, packet.Raw, unix.ETH_P_ALL, &packet.Config{Filter: filter})
	if err != nil {
		return nil, fmt.Errorf("open a packet socket on %s (needs CAP_NET_RAW): %w", ifi.Name, err)
	}
	raw, err := c.SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) {
			if e := unix.SetsockoptInt(int(fd), unix.SOL_PACKET, unix.PACKET_AUXDATA, 1); e != nil {
				err = e
			}
		})
	}
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("ask for VLAN tags on %s: %w", ifi.Name, err)
	}
	return &conn{Conn: c, raw: raw, oob: make([]byte, unix.CmsgSpace(auxdataLen))}, nil
}

// auxdataLen is the size of struct tpacket_auxdata in linux/if_packet.h.
const auxdataLen = 20

// read gives one frame and its VLAN id, 0 when it had no tag.
func (c *conn) read(buf []byte) (n int, vlan uint16, err error) {
	var oobn int
	waitErr := c.raw.Read(func(fd uintptr) bool {
		n, oobn, _, _, err = unix.Recvmsg(int(fd), buf, c.oob, unix.MSG_DONTWAIT)
		return err != unix.EAGAIN && err != unix.EINTR
	})
	if waitErr != nil {
		return 0, 0, waitErr
	}
	if err != nil {
		return 0, 0, err
	}
	return n, vlanID(c.oob[:oobn]), nil
}

// vlanID reads the tag from the control messages of one frame.
func vlanID(oob []byte) uint16 {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return 0
	}
	for _, m := range messages {
		if m.Header.Level != unix.SOL_PACKET || m.Header.Type != unix.PACKET_AUXDATA || len(m.Data) < auxdataLen {
			continue
		}
		status := binary.NativeEndian.Uint32(m.Data[0:4])
		if status&unix.TP_STATUS_VLAN_VALID != 0 {
			return binary.NativeEndian.Uint16(m.Data[16:18]) & 0x0fff // tp_vlan_tci
		}
	}
	return 0
}

// Link-layer and IPv4 layout, as far as the filter needs it.
const (
	etherLen     = 14
	vlanLen      = 4
	pktOutgoing  = 4 // PACKET_OUTGOING of linux/if_packet.h
	portDHCP     = 67
	protocolUDP  = 17
	typeIPv4     = 0x0800
	typeVLAN     = 0x8100
	typeQinQ     = 0x88a8
	fragmentMask = 0x1fff
)

// filter lets pass what others send to UDP port 67, untagged or with one tag
// left in the frame (the kernel takes out the outer one only).
var filter = []bpf.Instruction{
	bpf.LoadExtension{Num: bpf.ExtType},
	bpf.JumpIf{Cond: bpf.JumpEqual, Val: pktOutgoing, SkipTrue: 20},
	bpf.LoadAbsolute{Off: 12, Size: 2},
	bpf.JumpIf{Cond: bpf.JumpEqual, Val: typeIPv4, SkipTrue: 3},
	bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: typeVLAN, SkipTrue: 17},
	bpf.LoadAbsolute{Off: 16, Size: 2},
	bpf.JumpIf{Cond: bpf.JumpEqual, Val: typeIPv4, SkipTrue: 7, SkipFalse: 15},
	// untagged
	bpf.LoadAbsolute{Off: etherLen + 9, Size: 1},
	bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: protocolUDP, SkipTrue: 13},
	bpf.LoadAbsolute{Off: etherLen + 6, Size: 2},
	bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: fragmentMask, SkipTrue: 11},
	bpf.LoadMemShift{Off: etherLen},
	bpf.LoadIndirect{Off: etherLen + 2, Size: 2},
	bpf.JumpIf{Cond: bpf.JumpEqual, Val: portDHCP, SkipTrue: 7, SkipFalse: 8},
	// tagged
	bpf.LoadAbsolute{Off: etherLen + vlanLen + 9, Size: 1},
	bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: protocolUDP, SkipTrue: 6},
	bpf.LoadAbsolute{Off: etherLen + vlanLen + 6, Size: 2},
	bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: fragmentMask, SkipTrue: 4},
	bpf.LoadMemShift{Off: etherLen + vlanLen},
	bpf.LoadIndirect{Off: etherLen + vlanLen + 2, Size: 2},
	bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: portDHCP, SkipTrue: 1},
	bpf.RetConstant{Val: maxFrame}, // 21
	bpf.RetConstant{Val: 0},        // 22
}
