package main

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Where init mounts things. All but the last are hidden under the new root later and
// live as long as it does.
const (
	cardDir   = "/card"   // p1, the FAT
	systemDir = "/system" // the slot's squashfs
	dataDir   = "/store"  // p2
	ramDir    = "/ram"    // what is changed while running
	rootDir   = "/stacked"
)

// Sizes that bound what runs away: of 1 GB on a Pi 3.
const (
	overlaySize = "size=96m,mode=0755"
	runSize     = "size=64m,mode=0755"
)

// mount makes the mount point and mounts; the error names both.
func mount(source, target, kind string, flags uintptr, options string) error {
	if err := os.MkdirAll(target, 0o755); err != nil {
		return err
	}
	if err := unix.Mount(source, target, kind, flags, options); err != nil {
		return fmt.Errorf("mount %s on %s as %s: %w", source, target, kind, err)
	}
	return nil
}

func mountKernel() error {
	const safe = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
	for _, m := range []struct {
		kind, target string
		flags        uintptr
		options      string
	}{
		{"proc", "/proc", safe, ""},
		{"sysfs", "/sys", safe, ""},
		{"devtmpfs", "/dev", unix.MS_NOSUID, "mode=0755"},
		{"tmpfs", "/run", unix.MS_NOSUID | unix.MS_NODEV, runSize},
	} {
		if err := mount(m.kind, m.target, m.kind, m.flags, m.options); err != nil {
			return err
		}
	}
	// Should the kernel die before the command line's panic=10 applies to it.
	_ = os.WriteFile("/proc/sys/kernel/panic", []byte("10"), 0)
	return nil
}

// mountFAT mounts p1 read-only. autocom.toml on it may hold a password until the first
// start has hashed it: root and group autocomd (902, overlay/users) read it, nobody else.
func mountFAT(dev string) error {
	err := mount(dev, cardDir, "vfat", unix.MS_RDONLY|unix.MS_NOATIME|unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "gid=902,dmask=0027,fmask=0137")
	if err != nil {
		return fmt.Errorf("the first partition of the card cannot be read: %w: write the image to the card again", err)
	}
	return nil
}

// mountSystem mounts a slot's squashfs through a loop device.
func mountSystem(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	control, err := os.OpenFile("/dev/loop-control", os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("the kernel has no loop devices: %w", err)
	}
	defer control.Close()
	n, err := unix.IoctlRetInt(int(control.Fd()), unix.LOOP_CTL_GET_FREE)
	if err != nil {
		return fmt.Errorf("find a loop device: %w", err)
	}
	dev := fmt.Sprintf("/dev/loop%d", n)
	loop, err := os.OpenFile(dev, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer loop.Close()
	config := unix.LoopConfig{Fd: uint32(f.Fd())}
	config.Info.Flags = unix.LO_FLAGS_READ_ONLY | unix.LO_FLAGS_AUTOCLEAR // gone when unmounted
	if err := unix.IoctlLoopConfigure(int(loop.Fd()), &config); err != nil {
		return fmt.Errorf("attach %s to %s: %w", file, dev, err)
	}
	if err := mount(dev, systemDir, "squashfs", unix.MS_RDONLY|unix.MS_NODEV, ""); err != nil {
		return fmt.Errorf("%s is damaged: %w", file, err)
	}
	return nil
}

// newRoot is the stacked root file system.
type newRoot struct{ dir string }

// overlayRoot lays bounded RAM over the squashfs and puts card and data into it.
func overlayRoot() (newRoot, error) {
	if err := mount("tmpfs", ramDir, "tmpfs", 0, overlaySize); err != nil {
		return newRoot{}, err
	}
	for _, d := range []string{"upper", "work"} {
		if err := os.Mkdir(filepath.Join(ramDir, d), 0o755); err != nil {
			return newRoot{}, err
		}
	}
	err := mount("overlay", rootDir, "overlay", unix.MS_NOATIME, "lowerdir="+systemDir+",upperdir="+ramDir+"/upper,workdir="+ramDir+"/work")
	if err != nil {
		return newRoot{}, err
	}
	for from, to := range map[string]string{cardDir: "boot", dataDir: "data"} {
		if err := mount(from, filepath.Join(rootDir, to), "none", unix.MS_BIND, ""); err != nil {
			return newRoot{}, err
		}
	}
	// The copy of the mount is writable or not on its own: /boot is not.
	err = mount("none", filepath.Join(rootDir, "boot"), "none",
		unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY|unix.MS_NOATIME|unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")
	return newRoot{rootDir}, err
}

// unstack undoes what a slot that failed has mounted, so that the other can be tried.
func unstack() {
	for _, d := range []string{rootDir + "/data", rootDir + "/boot", rootDir, ramDir, dataDir, systemDir + "/proc", systemDir + "/dev", systemDir} {
		_ = unix.Unmount(d, unix.MNT_DETACH) // most are not mounted
	}
}
