package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"autocom/image"
)

// card is the disk that the machine was started from.
type card struct {
	disk string // "mmcblk0"
	boot string // "/dev/mmcblk0p1"
	data string // "/dev/mmcblk0p2"
}

// disk is a candidate.
type disk struct {
	name   string // "sda"
	medium string // "mmc", "usb", "nvme", "other"
	table  mbr
	named  bool // p1 is a FAT32 with our label
}

// findCard loads drivers until the card is there. Drivers appear behind drivers (bus,
// regulator, host, disk), so that it looks again and again.
func findCard(o options, l *loader, patience time.Duration, say func(string, ...any)) (card, error) {
	began := time.Now()
	var disks []disk
	for time.Since(began) < patience {
		busy := l.coldPlug() > 0
		disks = lookForDisks()
		d, sure := choose(disks, o)
		if d != nil && (sure || !busy && time.Since(began) > settles(o)) {
			c, err := open(d.name)
			if err == nil {
				say("card %s, found after %d ms", d.name, time.Since(began).Milliseconds())
				return c, nil
			}
			if !errors.Is(err, os.ErrNotExist) { // the partitions appear after the disk
				return card{}, err
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	// Windows rewrites the signature of one of two equal cards.
	if d := onlyOurs(disks); d != nil {
		say("no card has the signature %08x: taking %s, the only one with our partitions", o.signature, d.name)
		return open(d.name)
	}
	return card{}, fmt.Errorf("no card with the signature %08x appeared within %v: %s: try another slot or reader, or write the image to the card again",
		o.signature, patience, describe(disks))
}

// settles is how long to look for a better card than the one found. Every card of one
// release has the same signature: an old one in the slot must not win over the USB disk
// that the firmware has started from, which takes up to 20 s to appear.
func settles(o options) time.Duration {
	if o.medium != "" {
		return 20 * time.Second
	}
	return time.Second
}

// choose picks the card by signature. Of two equal ones the boot medium wins; sure is
// false when another might still win.
func choose(disks []disk, o options) (_ *disk, sure bool) {
	var best *disk
	rank := func(d *disk) int {
		if d.medium == o.medium {
			return 0
		}
		return 1 + slices.Index([]string{"mmc", "usb", "nvme", "other"}, d.medium)
	}
	for i := range disks {
		d := &disks[i]
		if d.table.ours() && d.table.signature() == o.signature && (best == nil || rank(d) < rank(best)) {
			best = d
		}
	}
	return best, best != nil && o.medium != "" && best.medium == o.medium
}

// onlyOurs is the one disk with our partitions and our name in the first, nil when there
// are none or several. The partitions' types alone are those of any Raspberry card, whose
// table and files are not ours to change.
func onlyOurs(disks []disk) *disk {
	var found *disk
	for i := range disks {
		if disks[i].table.ours() && disks[i].named {
			if found != nil {
				return nil
			}
			found = &disks[i]
		}
	}
	return found
}

func describe(disks []disk) string {
	if len(disks) == 0 {
		return "no disk at all was found"
	}
	var list []string
	for _, d := range disks {
		list = append(list, fmt.Sprintf("%s has %08x", d.name, d.table.signature()))
	}
	return "disks found: " + strings.Join(list, ", ")
}

// lookForDisks reads the first sector of every disk. One that cannot be read yet is left
// out: it is asked again.
func lookForDisks() []disk {
	entries, _ := os.ReadDir("/sys/block") // absent before the first disk
	var disks []disk
	for _, e := range entries {
		name := e.Name()
		if slices.ContainsFunc([]string{"loop", "ram", "zram", "sr", "fd", "mtdblock"}, func(p string) bool { return strings.HasPrefix(name, p) }) {
			continue
		}
		d := disk{name: name, medium: "other"}
		where, _ := filepath.EvalSymlinks("/sys/block/" + name)
		switch {
		case strings.HasPrefix(name, "mmcblk"):
			d.medium = "mmc"
		case strings.HasPrefix(name, "nvme"):
			d.medium = "nvme"
		case strings.Contains(where, "/usb"):
			d.medium = "usb"
		}
		f, err := os.Open("/dev/" + name)
		if err != nil {
			continue
		}
		_, err = io.ReadFull(f, d.table[:])
		if err == nil && d.table.ours() {
			d.named = hasOurName(f, int64(d.table.entry(1).start)*sector)
		}
		f.Close()
		if err == nil {
			disks = append(disks, d)
		}
	}
	return disks
}

// hasOurName reads the volume label in a FAT32 boot sector: 11 bytes at 71, padded with
// spaces (Microsoft's FAT specification, BS_VolLab).
func hasOurName(r io.ReaderAt, at int64) bool {
	label := make([]byte, 11)
	if _, err := r.ReadAt(label, at+71); err != nil {
		return false
	}
	return strings.TrimRight(string(label), " ") == image.BootLabel
}

// open names the partitions of a disk.
func open(name string) (card, error) {
	c := card{disk: name}
	for n, dev := range map[int]*string{1: &c.boot, 2: &c.data} {
		sep := ""
		if last := name[len(name)-1]; '0' <= last && last <= '9' {
			sep = "p"
		}
		*dev = fmt.Sprintf("/dev/%s%s%d", name, sep, n)
		if _, err := os.Stat(*dev); err != nil {
			return card{}, err
		}
	}
	return c, nil
}

// grow makes p2 reach the end of the card: on disk by one write of one sector, which
// either happens or does not, then in the kernel. p1 is not mounted yet.
func (c card) grow(say func(string, ...any)) error {
	f, err := os.OpenFile("/dev/"+c.disk, os.O_RDWR|unix.O_SYNC, 0)
	if err != nil {
		return fmt.Errorf("open the card for writing: %w: is its lock switch on?", err)
	}
	defer f.Close()
	var table mbr
	if _, err := f.ReadAt(table[:], 0); err != nil {
		return fmt.Errorf("read the partition table: %w", err)
	}
	text, err := os.ReadFile("/sys/block/" + c.disk + "/size") // in 512-byte sectors, always
	if err != nil {
		return err
	}
	sectors, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return fmt.Errorf("read the card's size: %w", err)
	}
	table, changed, err := table.grown(sectors)
	if err != nil {
		return err
	}
	if changed {
		if _, err := f.WriteAt(table[:], 0); err != nil {
			return fmt.Errorf("write the partition table: %w", err)
		}
		if err := f.Sync(); err != nil {
			return fmt.Errorf("write the partition table: %w", err)
		}
		say("the data partition now has %d MiB", uint64(table.entry(2).count)*sector/mebi)
	}
	return resize(f, 2, table.entry(2))
}

// resize tells the kernel a partition's size, as blkpg(8) does; saying it twice is
// harmless.
func resize(disk *os.File, n int, e entry) error {
	// struct blkpg_partition of linux/blkpg.h, which x/sys does not have.
	part := struct {
		start, length int64
		number        int32
		device, name  [64]byte
	}{start: int64(e.start) * sector, length: int64(e.count) * sector, number: int32(n)}
	arg := unix.BlkpgIoctlArg{Op: unix.BLKPG_RESIZE_PARTITION, Datalen: int32(unsafe.Sizeof(part)), Data: (*byte)(unsafe.Pointer(&part))}
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, disk.Fd(), unix.BLKPG, uintptr(unsafe.Pointer(&arg)))
	if errno != 0 {
		return fmt.Errorf("tell the kernel the size of partition %d: %w", n, errno)
	}
	return nil
}
