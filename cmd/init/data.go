package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"autocom/image"
)

// errData marks what is wrong with the data partition, which both slots share.
var errData = errors.New("the data partition cannot be used")

// openData checks, mends or makes the data partition with the system's own tools, mounts
// it on dataDir and lets its file system fill it.
func (m *machine) openData() error {
	for _, d := range []string{"dev", "proc"} { // the tools open the one and read mounts in the other
		if err := mount("/"+d, filepath.Join(systemDir, d), "none", unix.MS_BIND, ""); err != nil {
			return err
		}
		defer unix.Unmount(filepath.Join(systemDir, d), unix.MNT_DETACH)
	}
	if err := m.prepareData(m.card.data); err != nil {
		return fmt.Errorf("%w: %s: %w", errData, m.card.data, err)
	}
	if err := mount(m.card.data, dataDir, "ext4", unix.MS_NOATIME|unix.MS_NOSUID|unix.MS_NODEV, "errors=remount-ro"); err != nil {
		return fmt.Errorf("%w: %w: copy it with a PC before anything else is tried", errData, err)
	}
	if err := m.fill(m.card.data); err != nil {
		m.console.say("the data file system keeps its size: %v", err)
	}
	return nil
}

func (m *machine) prepareData(dev string) error {
	head, copies, err := readData(dev)
	if err != nil {
		return err
	}
	switch judge(head, copies) {
	case keep:
		s, _ := readSuperblock(head[superblockAt:])
		m.lastUse = s.written
		return m.check(dev)
	case mend:
		m.console.say("the data partition's superblock is gone: mending it from a copy")
		for _, block := range []string{"32768", "98304", "163840"} { // groups 1, 3, 5
			if err = m.fsck("-y", "-b", block, "-B", "4096", dev); err == nil {
				return nil
			}
		}
		return err
	case refuse:
		s, _ := readSuperblock(head[superblockAt:])
		return fmt.Errorf("it holds a file system named %q that autocom did not make: name it %s to use it (e2label), or write the image to the card again", s.label, image.DataLabel)
	case freshly:
		if err := forget(dev); err != nil {
			return err
		}
	}
	return m.makeData(dev)
}

// readData reads the first bytes of the partition and what stands where copies of the
// superblock would.
func readData(dev string) (head []byte, copies [][]byte, err error) {
	f, err := os.Open(dev)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	head = make([]byte, superblockAt+superblockSize)
	if _, err := f.ReadAt(head, 0); err != nil {
		return nil, nil, fmt.Errorf("read: %w", err)
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, nil, err
	}
	for _, at := range copiesAt(size) {
		c := make([]byte, superblockSize)
		if _, err := f.ReadAt(c, at); err == nil {
			copies = append(copies, c)
		}
	}
	return head, copies, nil
}

// forget wipes the copies of superblocks that an earlier autocom has left on a card that
// was flashed again, while the marker still says that it was. A copy left behind would
// make an interrupted first start look like a damaged old partition.
func forget(dev string) error {
	f, err := os.OpenFile(dev, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	for _, at := range copiesAt(size) {
		if _, err := f.WriteAt(make([]byte, superblockSize), at); err != nil {
			return fmt.Errorf("wipe an old superblock: %w", err)
		}
	}
	return f.Sync()
}

// makeData formats. The label says autocom-new until a first mount has been synced: a
// pulled plug before that means formatting again, after it never.
func (m *machine) makeData(dev string) error {
	m.console.say("making the data partition")
	// 4 KiB blocks also where mke2fs would take 1 KiB (a small card in a test): copiesAt.
	// The inode tables are filled later by the kernel: seconds instead of minutes.
	err := m.tool("mkfs.ext4", "-F", "-q", "-b", "4096", "-m", "1", "-L", image.DataLabelNew,
		"-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard", dev)
	if err != nil {
		return err
	}
	if err := mount(dev, dataDir, "ext4", unix.MS_NOATIME, ""); err != nil {
		return err
	}
	unix.Sync()
	if err := unix.Unmount(dataDir, 0); err != nil {
		return fmt.Errorf("unmount the new data partition: %w", err)
	}
	if err := m.tool("e2label", dev, image.DataLabel); err != nil {
		return err
	}
	unix.Sync()
	return nil
}

// check repairs what can be repaired without a question, then answers yes to the rest:
// nobody is there to ask.
func (m *machine) check(dev string) error {
	if err := m.fsck("-p", dev); err == nil {
		return nil
	}
	return m.fsck("-y", dev)
}

// fsck runs e2fsck(8): its exit codes 1 to 3 say that it has repaired something.
func (m *machine) fsck(args ...string) error {
	err := m.tool("e2fsck", args...)
	var exit *exec.ExitError
	if errors.As(err, &exit) && 1 <= exit.ExitCode() && exit.ExitCode() <= 3 {
		return nil
	}
	return err
}

// tool runs a program of the slot's system, inside it.
func (m *machine) tool(name string, args ...string) error {
	cmd := exec.Command("/usr/sbin/"+name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: systemDir}
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"}
	out, err := cmd.CombinedOutput()
	out = bytes.TrimSpace(out)
	if len(out) > 0 {
		m.console.say("%s: %s", name, out)
	}
	if err != nil {
		return fmt.Errorf("%s: %w: %.300s", name, err, out)
	}
	return nil
}

// ioctlResize is EXT4_IOC_RESIZE_FS, _IOW('f', 16, __u64) of linux/ext4.h.
const ioctlResize = 0x40086610

// fill grows the mounted file system to its partition. The kernel does it through the
// journal, where resize2fs, which sees only the mounts of its chroot, would take the file
// system for unmounted.
func (m *machine) fill(dev string) error {
	head, _, err := readData(dev)
	if err != nil {
		return err
	}
	s, ok := readSuperblock(head[superblockAt:])
	text, err := os.ReadFile("/sys/class/block/" + filepath.Base(dev) + "/size")
	if err != nil || !ok {
		return errors.Join(err, errors.New("its superblock cannot be read"))
	}
	sectors, err := strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64)
	if err != nil {
		return err
	}
	blocks := uint64(sectors * sector / 4096)
	if int64(blocks)*4096 < s.size+16*mebi { // ext4 leaves a last group too small for its tables unused
		return nil
	}
	f, err := os.Open(dataDir)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), ioctlResize, uintptr(unsafe.Pointer(&blocks))); errno != 0 {
		return fmt.Errorf("grow the data file system: %w", errno)
	}
	m.console.say("the data file system has grown to %d MiB", blocks*4096/mebi)
	return nil
}
