package main

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"time"
)

// table is the MBR of an image: p1 4 to 516 MiB, p2 64 MiB after it.
func table(signature uint32) mbr {
	var m mbr
	binary.LittleEndian.PutUint32(m[440:], signature)
	put := func(n int, kind byte, start, count uint32) {
		b := m[446+16*(n-1):]
		b[4] = kind
		binary.LittleEndian.PutUint32(b[8:], start)
		binary.LittleEndian.PutUint32(b[12:], count)
	}
	put(1, 0x0c, 8192, 1048576)
	put(2, 0x83, 1056768, 131072)
	m[510], m[511] = 0x55, 0xaa
	return m
}

func TestTheDataPartitionGrowsToTheCardsEnd(t *testing.T) {
	const gib = 1 << 30 / sector
	third := table(1)
	copy(third[446+32:], []byte{0, 0, 0, 0, 0x83, 0, 0, 0, 0, 0, 0x20, 0, 0, 0x10, 0, 0}) // at 1 GiB
	for name, c := range map[string]struct {
		table   mbr
		sectors uint64
		end     uint64 // of p2; 0: nothing changes
		err     string
	}{
		"the image itself":              {table(1), 1187840, 0, ""},
		"a card of 2 GiB":               {table(1), 2 * gib, 2 * gib, ""},
		"an odd number of sectors":      {table(1), 2*gib + 777, 2 * gib, ""},
		"less than a MiB more":          {table(1), 1187840 + 2047, 0, ""},
		"a disk of 4 TiB":               {table(1), 8 << 30, 1<<32 - 2048, ""},
		"somebody's third partition":    {third, 4 * gib, 1 * gib, ""},
		"a card smaller than the image": {table(1), 1187840 - 2048, 0, "p2 ends 1 MiB beyond the card's end"},
		"somebody else's disk":          {mbr{}, 2 * gib, 0, "the partition table is not ours"},
	} {
		got, changed, err := c.table.grown(c.sectors)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) || changed {
				t.Errorf("%s: %v, want …%s", name, err, c.err)
			}
			continue
		}
		if err != nil || changed != (c.end != 0) {
			t.Errorf("%s: changed %v, %v", name, changed, err)
			continue
		}
		p2 := got.entry(2)
		if end := uint64(p2.start) + uint64(p2.count); c.end != 0 && end != c.end {
			t.Errorf("%s: p2 ends at %d, want %d", name, end, c.end)
		}
		// Nothing but p2's length and CHS end may differ.
		copy(got[446+16+5:446+16+8], c.table[446+16+5:])
		copy(got[446+16+12:446+32], c.table[446+16+12:])
		if got != c.table {
			t.Errorf("%s: more than p2's end has changed", name)
		}
		again, _, _ := c.table.grown(c.sectors)
		if _, changed, err := again.grown(c.sectors); changed || err != nil {
			t.Errorf("%s: grows twice: %v, %v", name, changed, err)
		}
	}
}

func TestWhichCard(t *testing.T) {
	const ours, other = 0x1a2b3c4d, 0x99999999
	sd := disk{"mmcblk0", "mmc", table(ours), true}
	usb := disk{"sda", "usb", table(ours), true}
	inner := disk{"nvme0n1", "nvme", table(other), true}
	foreign := disk{"sdb", "other", mbr{440: 0x4d, 441: 0x3c, 442: 0x2b, 443: 0x1a, 510: 0x55, 511: 0xaa}, false}
	for name, c := range map[string]struct {
		disks  []disk
		medium string
		want   string
		sure   bool
	}{
		"one card":                                 {[]disk{inner, sd}, "", "mmcblk0", false},
		"one card, and the firmware says so":       {[]disk{inner, sd}, "mmc", "mmcblk0", true},
		"two equal ones, started from USB":         {[]disk{sd, usb}, "usb", "sda", true},
		"two equal ones, started from the card":    {[]disk{usb, sd}, "mmc", "mmcblk0", true},
		"two equal ones, nobody says":              {[]disk{usb, sd}, "", "mmcblk0", false},
		"started from USB, which is not there yet": {[]disk{sd}, "usb", "mmcblk0", false},
		"only strangers":                           {[]disk{inner, foreign}, "", "", false},
		"nothing":                                  {nil, "mmc", "", false},
	} {
		got, sure := choose(c.disks, options{signature: ours, medium: c.medium})
		name2 := ""
		if got != nil {
			name2 = got.name
		}
		if name2 != c.want || sure != c.sure {
			t.Errorf("%s: %q sure %v, want %q sure %v", name, name2, sure, c.want, c.sure)
		}
	}
	if d := onlyOurs([]disk{foreign, inner}); d == nil || d.name != "nvme0n1" {
		t.Errorf("the only one with our partitions: %v", d)
	}
	if d := onlyOurs([]disk{sd, inner}); d != nil {
		t.Errorf("two with our partitions, took %s", d.name)
	}
	pi := disk{"mmcblk1", "mmc", table(other), false} // Raspberry Pi OS: the same types, another name
	if d := onlyOurs([]disk{pi}); d != nil {
		t.Errorf("somebody else's Raspberry card was taken: %s", d.name)
	}
	if wait := settles(options{medium: "usb"}); wait < 10*time.Second {
		t.Errorf("an equal card wins after %v, before a USB disk can appear", wait)
	}
	if got := describe([]disk{sd, inner}); got != "disks found: mmcblk0 has 1a2b3c4d, nvme0n1 has 99999999" {
		t.Error(got)
	}
}

func TestOurNameOnTheFAT(t *testing.T) {
	for label, want := range map[string]bool{"AUTOCOM    ": true, "bootfs     ": false, "AUTOCOM2   ": false} {
		sectors := make([]byte, 2*sector)
		copy(sectors[sector+71:], label)
		if got := hasOurName(bytes.NewReader(sectors), sector); got != want {
			t.Errorf("%q: ours %v, want %v", label, got, want)
		}
	}
	if hasOurName(bytes.NewReader(nil), sector) {
		t.Error("a disk that cannot be read is ours")
	}
}
