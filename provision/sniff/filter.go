package sniff

import "golang.org/x/net/bpf"

// Link-layer and IPv4 layout, as far as the filters need it.
const (
	etherLen     = 14
	vlanLen      = 4
	pktOutgoing  = 4 // PACKET_OUTGOING of linux/if_packet.h
	portDHCP     = 67
	protocolUDP  = 17
	typeIPv4     = 0x0800
	typeVLAN     = 0x8100
	typeQinQ     = 0x88a8
	typeLLDP     = 0x88cc
	fragmentMask = 0x1fff
)

// dhcpFilter lets pass what others send to UDP port 67.
var dhcpFilter = append(ofType(typeIPv4, 11),
	bpf.LoadIndirect{Off: etherLen + 9, Size: 1},
	bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: protocolUDP, SkipTrue: 10},
	bpf.LoadIndirect{Off: etherLen + 6, Size: 2},
	bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: fragmentMask, SkipTrue: 8},
	bpf.LoadIndirect{Off: etherLen, Size: 1}, // the length of the IPv4 header, in words
	bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: 0x0f},
	bpf.ALUOpConstant{Op: bpf.ALUOpShiftLeft, Val: 2},
	bpf.ALUOpX{Op: bpf.ALUOpAdd},
	bpf.TAX{},
	bpf.LoadIndirect{Off: etherLen + 2, Size: 2},
	bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: portDHCP, SkipTrue: 1},
	bpf.RetConstant{Val: maxFrame},
	bpf.RetConstant{Val: 0},
)

// lldpFilter lets pass the LLDP frames of others.
var lldpFilter = append(ofType(typeLLDP, 0),
	bpf.RetConstant{Val: maxFrame},
	bpf.RetConstant{Val: 0},
)

// ofType begins a filter for one EtherType: untagged, or with up to two VLAN tags
// left in the frame (the kernel takes out the outer one of a frame that has any). What
// follows has the length of those tags in X; after so many instructions comes the one
// that lets a frame pass, and then the one that drops it.
func ofType(kind uint32, follow uint8) []bpf.Instruction {
	drop := follow + 1 // from the end of this part
	tagged := func(off, left uint32) []bpf.Instruction {
		return []bpf.Instruction{
			bpf.JumpIf{Cond: bpf.JumpEqual, Val: typeVLAN, SkipTrue: 1},
			bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: typeQinQ, SkipTrue: uint8(left) + drop},
			bpf.LoadConstant{Dst: bpf.RegX, Val: off - 12},
			bpf.LoadAbsolute{Off: off, Size: 2},
		}
	}
	out := []bpf.Instruction{
		bpf.LoadExtension{Num: bpf.ExtType},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: pktOutgoing, SkipTrue: 13 + drop},
		bpf.LoadConstant{Dst: bpf.RegX, Val: 0},
		bpf.LoadAbsolute{Off: 12, Size: 2},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: kind, SkipTrue: 10},
	}
	out = append(out, tagged(12+vlanLen, 8)...)
	out = append(out, bpf.JumpIf{Cond: bpf.JumpEqual, Val: kind, SkipTrue: 5})
	out = append(out, tagged(12+2*vlanLen, 3)...)
	return append(out, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: kind, SkipTrue: drop})
}
