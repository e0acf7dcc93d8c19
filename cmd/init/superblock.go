package main

import (
	"bytes"
	"encoding/binary"
	"time"

	"autocom/image"
)

// Where ext4 keeps its superblock (kernel, Documentation/filesystems/ext4/super.rst),
// and its copies in the file systems that init makes: blocks of 4 KiB, groups of 32768
// blocks, sparse_super.
const (
	superblockAt   = 1024
	superblockSize = 1024
	groupBytes     = 32768 * 4096
)

// superblock is as much of one as init reads.
type superblock struct {
	label   string
	size    int64     // bytes
	written time.Time // last write or mount, by the clock of that moment
}

// readSuperblock returns ok = false when these 1024 bytes are none.
func readSuperblock(b []byte) (_ superblock, ok bool) {
	if len(b) < superblockSize || binary.LittleEndian.Uint16(b[56:]) != 0xef53 {
		return superblock{}, false
	}
	label, _, _ := bytes.Cut(b[120:136], []byte{0})
	blocks := int64(binary.LittleEndian.Uint32(b[4:])) | int64(binary.LittleEndian.Uint32(b[336:]))<<32
	seconds := max(binary.LittleEndian.Uint32(b[44:]), binary.LittleEndian.Uint32(b[48:]))
	return superblock{
		label:   string(label),
		size:    blocks << (10 + binary.LittleEndian.Uint32(b[24:])&7),
		written: time.Unix(int64(seconds), 0),
	}, true
}

// copiesAt lists where a file system of that size keeps copies of its superblock: in
// group 1 and in those whose number is a power of 3, 5 or 7.
func copiesAt(size int64) []int64 {
	groups := []int64{1}
	for _, base := range []int64{3, 5, 7} {
		for n := base; n*groupBytes < size; n *= base {
			groups = append(groups, n)
		}
	}
	var at []int64
	for _, n := range groups {
		if n*groupBytes+superblockSize <= size {
			at = append(at, n*groupBytes)
		}
	}
	return at
}

// verdict is what to do with the data partition.
type verdict int

const (
	keep    verdict = iota // ours: check and mount
	mend                   // ours, but the first superblock is gone: mend from a copy
	format                 // nothing of ours was ever finished here
	refuse                 // somebody else's file system
	freshly                // just flashed: forget older copies, then format
)

// judge decides from the first bytes of p2 and the copies of superblocks found in it.
// What was once labelled autocom-data is kept, whatever else is wrong.
func judge(head []byte, copies [][]byte) verdict {
	s, ok := readSuperblock(head[superblockAt:])
	switch {
	case ok && s.label == image.DataLabel:
		return keep
	case bytes.HasPrefix(head, []byte(image.DataMarker)):
		return freshly
	case ok && s.label == image.DataLabelNew:
		return format // the plug was pulled during the first start
	case ok:
		return refuse
	}
	for _, c := range copies {
		if s, ok := readSuperblock(c); ok && s.label == image.DataLabel {
			return mend
		}
	}
	return format
}
