package sniff

import (
	"encoding/binary"
	"fmt"
	"net"
	"syscall"

	"github.com/mdlayher/packet"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"autocom/provision"
)

// maxFrame holds any DHCP or LLDP frame of Ethernet, with its VLAN tags: none of
// either protocol is in parts.
const maxFrame = 2048

// conn is a packet socket that also tells the VLAN tag, which the kernel takes
// out of a frame before any packet socket sees it (packet(7), PACKET_AUXDATA).
type conn struct {
	*packet.Conn
	raw syscall.RawConn
	oob []byte
}

// open listens to what passes the filter, and has the card take in frames to the groups.
func open(ifi *net.Interface, filter []bpf.Instruction, groups []provision.MAC) (*conn, error) {
	program, err := bpf.Assemble(filter)
	if err != nil {
		return nil, fmt.Errorf("assemble the packet filter: %w", err)
	}
	// All protocols, not just one: a frame of a VLAN that the box is not in
	// reaches only those sockets.
	c, err := packet.Listen(ifi, packet.Raw, unix.ETH_P_ALL, &packet.Config{Filter: program})
	if err != nil {
		return nil, fmt.Errorf("open a packet socket on %s (needs CAP_NET_RAW): %w", ifi.Name, err)
	}
	raw, err := c.SyscallConn()
	if err == nil {
		controlErr := raw.Control(func(fd uintptr) { err = prepare(int(fd), ifi.Index, groups) })
		if controlErr != nil {
			err = controlErr
		}
	}
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("prepare the packet socket on %s: %w", ifi.Name, err)
	}
	return &conn{Conn: c, raw: raw, oob: make([]byte, unix.CmsgSpace(auxdataLen))}, nil
}

func prepare(fd, index int, groups []provision.MAC) error {
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_AUXDATA, 1); err != nil {
		return fmt.Errorf("ask for VLAN tags: %w", err)
	}
	for _, group := range groups {
		m := unix.PacketMreq{Ifindex: int32(index), Type: unix.PACKET_MR_MULTICAST, Alen: uint16(len(group))}
		copy(m.Address[:], group[:])
		if err := unix.SetsockoptPacketMreq(fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &m); err != nil {
			return fmt.Errorf("join the group %s: %w", group, err)
		}
	}
	return nil
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
