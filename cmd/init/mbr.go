package main

import (
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	sector = 512
	mebi   = 1 << 20
)

// mbr is the first sector of a disk.
type mbr [sector]byte

// entry is one of the four partitions of an MBR, in sectors.
type entry struct {
	kind         byte // 0x0c FAT32, 0x83 Linux, 0 none
	start, count uint32
}

func (m *mbr) valid() bool { return m[510] == 0x55 && m[511] == 0xaa }

// signature is the disk signature; Windows writes its own over it when two disks of one
// PC have the same.
func (m *mbr) signature() uint32 { return binary.LittleEndian.Uint32(m[440:]) }

func (m *mbr) entry(n int) entry {
	b := m[446+16*(n-1):]
	return entry{b[4], binary.LittleEndian.Uint32(b[8:]), binary.LittleEndian.Uint32(b[12:])}
}

// ours says whether the table has the two partitions of an autocom card.
func (m *mbr) ours() bool {
	p1, p2 := m.entry(1), m.entry(2)
	return m.valid() && p1.kind == 0x0c && p2.kind == 0x83 && p1.start > 0 && p2.start >= p1.start+p1.count && p2.count > 0
}

// grown is the MBR with p2 up to the end of a disk of that many sectors, or up to the
// next partition that someone made. changed is false when p2 is there already. The end is
// a whole MiB, so that file system blocks stay aligned; nothing but p2's entry changes.
func (m mbr) grown(sectors uint64) (_ mbr, changed bool, _ error) {
	if !m.ours() {
		return m, false, errors.New("the partition table is not ours")
	}
	p2 := m.entry(2)
	end := min(sectors, 1<<32-1) // an MBR counts to 2 TiB
	for n := 3; n <= 4; n++ {
		if p := m.entry(n); p.kind != 0 && p.start > p2.start {
			end = min(end, uint64(p.start))
		}
	}
	end = end / (mebi / sector) * (mebi / sector)
	have := uint64(p2.start) + uint64(p2.count)
	if have > sectors {
		return m, false, fmt.Errorf("p2 ends %d MiB beyond the card's end: the card is too small for the image, take one of 1 GB or more", (have-sectors)*sector/mebi)
	}
	if end <= have {
		return m, false, nil
	}
	b := m[446+16:]
	binary.LittleEndian.PutUint32(b[12:], uint32(end-uint64(p2.start)))
	copy(b[5:8], []byte{0xfe, 0xff, 0xff}) // the CHS end of everything beyond 8 GB
	return m, true, nil
}
