// Command init is process 1 of the initramfs: it loads drivers, finds the card it was
// started from, picks the slot, checks or makes the data partition, stacks the root file
// system and hands over to systemd.
//
// The plug may be pulled at any line of this program: every step is either repeated
// harmlessly at the next start or one write of one sector.
package main

import (
	"errors"
	"fmt"
	"log"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long the card may take to appear. USB disks of old PCs need 20 s.
const patience = 60 * time.Second

func main() {
	if os.Getpid() != 1 {
		fmt.Fprintln(os.Stderr, "init: this is process 1 of autocom's initramfs and does nothing else: start the image with `autocom run`")
		os.Exit(2)
	}
	m := &machine{}
	err := m.boot() // returns only when it could not hand over
	m.giveUp(err)
}

// machine is what init has found out so far; giveUp uses as much of it as there is.
type machine struct {
	options options
	console console
	guard   *watchdog
	card    card
	fat     bool // p1 is mounted on cardDir
	slot    string
	release string    // uname -r
	lastUse time.Time // of the data partition, as its superblock says
}

// boot is the straight line.
func (m *machine) boot() (err error) {
	defer func() {
		// A dead process 1 is a kernel panic, which tells nobody anything.
		if r := recover(); r != nil {
			err = fmt.Errorf("init has a mistake, please report it: %v: %s", r, debug.Stack())
		}
	}()
	if err := mountKernel(); err != nil {
		return err
	}
	m.console.open()
	if m.options, err = readOptions("/proc/cmdline", "/proc/device-tree/chosen"); err != nil {
		return err
	}
	if m.release, err = release(); err != nil {
		return err
	}
	load, err := newLoader(m.release)
	if err != nil {
		return err
	}
	m.guard = &watchdog{}
	if !m.options.unguarded {
		m.guard = startWatchdog(load, m.console.say)
	}
	if m.card, err = findCard(m.options, load, patience, m.console.say); err != nil {
		return err
	}
	if err := m.card.grow(m.console.say); err != nil {
		m.console.say("the data partition keeps its size: %v", err)
	}
	load.fileSystems()
	if err := mountFAT(m.card.boot); err != nil {
		return err
	}
	m.fat = true

	var refused []error
	for _, slot := range slotOrder(m.options.slot, slotsOn(cardDir)) {
		m.slot = slot
		root, err := m.stack(slot)
		if err == nil {
			err = m.handOver(root)
		}
		refused = append(refused, fmt.Errorf("slot %s: %w", slot, err))
		m.console.say("slot %s: %v", slot, err)
		if errors.Is(err, errData) {
			break // the other slot would meet the same partition
		}
		unstack()
	}
	if len(refused) == 0 {
		return fmt.Errorf("the card has no slot a/ or b/ with a slot.json: write the image to it again")
	}
	return errors.Join(refused...)
}

// stack mounts a slot's system, the data partition and the RAM over it.
func (m *machine) stack(slot string) (newRoot, error) {
	info, err := readSlot(cardDir, slot)
	if err != nil {
		return newRoot{}, err
	}
	if info.Kernel != m.release {
		return newRoot{}, &otherKernel{slot: slot, has: info.Kernel, runs: m.release}
	}
	if err := mountSystem(cardDir + "/" + slot + "/system.squashfs"); err != nil {
		return newRoot{}, err
	}
	if err := m.openData(); err != nil {
		return newRoot{}, err
	}
	root, err := overlayRoot()
	if err != nil {
		return newRoot{}, err
	}
	return root, root.settle(info, m.lastUse, m.console.say)
}

// handOver gives the machine to systemd. It returns only on error.
func (m *machine) handOver(root newRoot) error {
	m.console.say("slot %s, kernel %s: starting", m.slot, m.release)
	m.guard.handOver(root.dir)
	log.SetFlags(0)
	log.SetOutput(&m.console) // u-root's steps
	return root.enter()
}

func release() (string, error) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "", fmt.Errorf("ask the kernel for its release: %w", err)
	}
	return unix.ByteSliceToString(u.Release[:]), nil
}

// trimNUL cuts what device-tree properties end with.
func trimNUL(b []byte) string { return strings.TrimRight(string(b), "\x00\n") }
