package flash

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Device is what a person should see before a disk is overwritten.
type Device struct {
	Name      string // "/dev/sdb"
	Model     string // "Multi-Card", "" when it does not tell
	Bytes     int64
	Removable bool // a card or a stick; not a built-in disk, not a hard disk on USB
}

// Look describes a device and refuses those that To would refuse for any image.
func Look(device string) (Device, error) {
	name, err := filepath.EvalSymlinks(device)
	if err != nil {
		return Device{}, fmt.Errorf("find the card: %w: is it in the reader?", err)
	}
	return check(os.DirFS("/"), name, 0)
}

// check reads /sys and /proc below root. need is in bytes.
func check(root fs.FS, name string, need int64) (Device, error) {
	base := path.Base(name)
	sys := "sys/block/" + base
	if !strings.HasPrefix(name, "/dev/") {
		return Device{}, fmt.Errorf("%s is no disk: name a device such as /dev/sdb (lsblk lists them)", name)
	}
	if _, err := fs.Stat(root, sys); errors.Is(err, fs.ErrNotExist) {
		if _, err := fs.Stat(root, "sys/class/block/"+base+"/partition"); err == nil {
			return Device{}, fmt.Errorf("%s is a partition: name the whole disk (lsblk shows which)", name)
		}
		return Device{}, fmt.Errorf("%s is no disk: name a device such as /dev/sdb (lsblk lists them)", name)
	}
	number := func(file string) int64 {
		n, _ := strconv.ParseInt(line(root, sys+"/"+file), 10, 64) // an absent file counts as 0
		return n
	}
	d := Device{Name: name, Model: line(root, sys+"/device/model"), Bytes: number("size") * 512}
	if d.Model == "" {
		d.Model = line(root, sys+"/device/name") // of SD cards
	}
	// Laptops and tablets have an mmcblk of type MMC soldered in: eMMC.
	d.Removable = number("removable") == 1 || line(root, sys+"/device/type") == "SD" || strings.HasPrefix(base, "loop")

	if err := inUse(root, name, sys); err != nil {
		return Device{}, err
	}
	switch {
	case number("ro") == 1:
		return Device{}, fmt.Errorf("%s is write-protected: slide the card's lock up", name)
	case d.Bytes == 0:
		return Device{}, fmt.Errorf("%s is empty: put the card into the reader", name)
	case d.Bytes < need:
		return Device{}, fmt.Errorf("%s holds %d MB and the image needs %d: take a larger card", name, d.Bytes/1e6, need/1e6)
	}
	return d, nil
}

// parts lists a disk and its partitions: kernel name and "major:minor".
func parts(root fs.FS, sys string) map[string]string {
	list := map[string]string{path.Base(sys): line(root, sys+"/dev")}
	entries, _ := fs.ReadDir(root, sys) // exists: check has looked
	for _, e := range entries {
		if _, err := fs.Stat(root, sys+"/"+e.Name()+"/partition"); err == nil {
			list[e.Name()] = line(root, sys+"/"+e.Name()+"/dev")
		}
	}
	return list
}

func inUse(root fs.FS, name, sys string) error {
	list := parts(root, sys)
	mounts, err := fs.ReadFile(root, "proc/self/mountinfo")
	if err != nil {
		return fmt.Errorf("read what is mounted: %w", err)
	}
	swaps, _ := fs.ReadFile(root, "proc/swaps") // a kernel without swap has none
	for _, part := range sorted(list) {
		for l := range strings.Lines(string(mounts)) {
			f := strings.Fields(l) // proc(5): 3 is major:minor, 5 the mount point
			if len(f) < 5 || f[2] != list[part] {
				continue
			}
			if at := f[4]; at == "/" || at == "/usr" || at == "/boot" || strings.HasPrefix(at, "/boot/") {
				return fmt.Errorf("%s is the disk that this computer runs from (%s is %s): name the card (lsblk lists the disks)", name, part, at)
			}
			return fmt.Errorf("/dev/%s is mounted on %s: unmount it first", part, f[4])
		}
		for l := range strings.Lines(string(swaps)) {
			if f := strings.Fields(l); len(f) > 0 && f[0] == "/dev/"+part {
				return fmt.Errorf("/dev/%s is swap space of this computer: name the card (lsblk lists the disks)", part)
			}
		}
		holders := sys + "/holders"
		if part != path.Base(sys) {
			holders = sys + "/" + part + "/holders"
		}
		if held, _ := fs.ReadDir(root, holders); len(held) > 0 {
			return fmt.Errorf("/dev/%s is in use by /dev/%s (RAID, LVM or encryption): name the card, or take that apart first", part, held[0].Name())
		}
	}
	return nil
}

func sorted(m map[string]string) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func line(root fs.FS, name string) string {
	b, _ := fs.ReadFile(root, name) // an absent attribute is ""
	return strings.TrimSpace(string(b))
}
