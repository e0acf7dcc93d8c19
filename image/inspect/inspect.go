// Package inspect turns a disk image into a report of what is on it, and into the list of
// what is wrong with it.
//
// It shares no code with the builder: what disk writes, inspect reads with go-diskfs,
// fsck.vfat and its own knowledge of the layout.
package inspect

import (
	"fmt"
	"os"
	"time"

	"autocom/image"
)

// Report is what an image says about itself.
type Report struct {
	Path      string       `json:"path"`
	Bytes     int64        `json:"bytes"`
	Signature string       `json:"signature"` // of the MBR, 8 hex digits
	Boot      Partition    `json:"boot"`
	Data      Partition    `json:"data"`
	DataState string       `json:"data_state"` // "fresh", "autocom-data" or what is there instead
	Slots     []Slot       `json:"slots"`
	Starts    string       `json:"starts"`           // the slot that the boot loader starts: "a" or "b"
	Boards    []BoardFiles `json:"boards,omitempty"` // Raspberry images only
}

// Partition is an entry of the MBR, in bytes.
type Partition struct {
	Start int64 `json:"start"`
	Size  int64 `json:"size"`
	Type  byte  `json:"type"`
}

// Slot is one slot of the boot partition.
type Slot struct {
	Name        string    `json:"name"`
	Version     string    `json:"version"`
	Board       string    `json:"board"`
	Arch        string    `json:"arch"`
	Kernel      string    `json:"kernel"`
	Built       time.Time `json:"built"`
	Packages    int       `json:"packages"`     // installed, by dpkg's status
	Files       int       `json:"files"`        // in system.squashfs
	SystemBytes int64     `json:"system_bytes"` // of system.squashfs
	KernelBytes int64     `json:"kernel_bytes"`
	InitBytes   int64     `json:"initramfs_bytes"`
	info        image.SlotInfo
}

// Problem is one reason not to give an image to anybody.
type Problem struct {
	Part string `json:"part"` // "partition table", "FAT", "slot a" …
	Text string `json:"text"` // a sentence
}

func (p Problem) String() string { return p.Part + ": " + p.Text }

// examination is an image being read, with what has been found.
type examination struct {
	report   Report
	problems []Problem
	file     *os.File
	boot     *files             // nil when the FAT cannot be read
	systems  map[string]*system // of the slots, by name; those that can be read
}

func (x *examination) problem(part, format string, args ...any) {
	x.problems = append(x.problems, Problem{part, fmt.Sprintf(format, args...)})
}

// Open reports on an image. It fails on what is no image of ours.
func Open(path string) (*Report, error) {
	x, err := examine(path)
	if err != nil {
		return nil, err
	}
	defer x.close()
	return &x.report, nil
}

// Verify reports on an image and lists its problems; an image without any is fit to be
// given away. err is for what prevents looking: no such file, a missing tool.
func Verify(path string) (*Report, []Problem, error) {
	x, err := examine(path)
	if err != nil {
		return nil, nil, err
	}
	defer x.close()
	if err := x.checkFAT(); err != nil {
		return nil, nil, err
	}
	if x.boot != nil {
		x.checkLoader()
		for i := range x.report.Slots {
			x.checkSlot(&x.report.Slots[i])
		}
		x.checkSecrets()
	}
	return &x.report, x.problems, nil
}

// examine reads everything that both need. What is wrong becomes a problem where the rest
// can still be read.
func examine(path string) (*examination, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the image: %w", err)
	}
	x := &examination{file: f, report: Report{Path: path}, systems: map[string]*system{}}
	if err := x.readTable(); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s is no image of autocom: %w", path, err)
	}
	x.readData()
	x.boot, err = openFAT(f, x.report.Boot)
	if err != nil {
		x.problem("FAT", "it cannot be read: %v", err)
		return x, nil
	}
	x.readLoader()
	x.readSlots()
	return x, nil
}

func (x *examination) close() {
	for _, s := range x.systems {
		s.close()
	}
	x.file.Close()
}
