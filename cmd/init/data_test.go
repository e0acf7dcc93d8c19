package main

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"autocom/image"
)

// ext4 is the first superblock of a file system of that label.
func ext4(label string) []byte {
	b := make([]byte, superblockSize)
	binary.LittleEndian.PutUint16(b[56:], 0xef53)
	copy(b[120:136], label)
	binary.LittleEndian.PutUint32(b[4:], 130048) // blocks
	binary.LittleEndian.PutUint32(b[24:], 2)     // of 4 KiB
	binary.LittleEndian.PutUint32(b[44:], 1793000000)
	binary.LittleEndian.PutUint32(b[48:], 1793000009)
	return b
}

func TestWhatToDoWithTheDataPartition(t *testing.T) {
	nothing := make([]byte, superblockSize)
	head := func(start string, superblock []byte) []byte {
		return append(append([]byte(start), make([]byte, superblockAt-len(start))...), superblock...)
	}
	for name, c := range map[string]struct {
		head   []byte
		copies [][]byte
		want   verdict
	}{
		"just flashed":                           {head(image.DataMarker, nothing), nil, freshly},
		"flashed over an older card":             {head(image.DataMarker, nothing), [][]byte{ext4(image.DataLabel)}, freshly},
		"in use":                                 {head("", ext4(image.DataLabel)), [][]byte{ext4(image.DataLabel)}, keep},
		"in use, and a marker from nowhere":      {head(image.DataMarker, ext4(image.DataLabel)), nil, keep},
		"the plug was pulled before the label":   {head("", ext4(image.DataLabelNew)), [][]byte{ext4(image.DataLabelNew)}, format},
		"the plug was pulled during mkfs":        {head("", nothing), [][]byte{nothing, nothing}, format},
		"pulled during mkfs, copies are written": {head("", nothing), [][]byte{ext4(image.DataLabelNew)}, format},
		"the first superblock is gone":           {head("", nothing), [][]byte{nothing, ext4(image.DataLabel)}, mend},
		"somebody else's":                        {head("", ext4("rootfs")), nil, refuse},
		"somebody else's without a name":         {head("", ext4("")), nil, refuse},
		"a label that only begins like ours":     {head("", ext4(image.DataLabel+"-2")), nil, refuse},
	} {
		if got := judge(c.head, c.copies); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestSuperblock(t *testing.T) {
	got, ok := readSuperblock(ext4("autocom-data"))
	if want := (superblock{"autocom-data", 130048 * 4096, time.Unix(1793000009, 0)}); !ok || got != want {
		t.Errorf("%+v, %v, want %+v", got, ok, want)
	}
	for _, b := range [][]byte{nil, make([]byte, 100), make([]byte, superblockSize)} {
		if _, ok := readSuperblock(b); ok {
			t.Errorf("%d bytes were taken for a superblock", len(b))
		}
	}
}

// mke2fs -n on a device of 8 GiB lists these copies: 32768, 98304, 163840, 229376,
// 294912, 819200, 884736, 1605632.
func TestCopiesOfTheSuperblock(t *testing.T) {
	var blocks []int64
	for _, at := range copiesAt(8 << 30) {
		blocks = append(blocks, at/4096)
	}
	slices.Sort(blocks)
	if want := []int64{32768, 98304, 163840, 229376, 294912, 819200, 884736, 1605632}; !slices.Equal(blocks, want) {
		t.Errorf("%v, want %v", blocks, want)
	}
	if got := copiesAt(64 << 20); len(got) != 0 {
		t.Errorf("a file system of one group has copies at %v", got)
	}
}

func TestTheClockNeverGoesBack(t *testing.T) {
	at := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	built := at("2026-11-01")
	for name, c := range map[string]struct {
		now    string
		stamps []time.Time
		want   string
	}{
		"a Pi without a clock, first start": {"1970-01-01", nil, "2026-11-01"},
		"a Pi that ran until yesterday":     {"1970-01-01", []time.Time{at("2027-03-04"), {}}, "2027-03-04"},
		"a PC with a clock":                 {"2027-03-05", []time.Time{at("2027-03-04")}, "2027-03-05"},
		"an old stamp":                      {"1970-01-01", []time.Time{at("2025-01-01")}, "2026-11-01"},
		"a stamp of a clock gone wild":      {"1970-01-01", []time.Time{at("2099-01-01")}, "2026-11-01"},
	} {
		if got := startClock(at(c.now), built, c.stamps...); !got.Equal(at(c.want)) {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
}
