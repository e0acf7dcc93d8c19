// Package image holds the words of the builder: a Recipe for a Board becomes a
// Rootfs, the Rootfs and the overlay a Slot, and Slots a disk Image in a Layout.
//
// It imports only the standard library; the steps are its subfolders, each taking
// what the step before returned and nothing else.
package image

import "time"

// Board is a kind of machine: data of image/recipe/boards/<name>/board.toml.
type Board struct {
	Name     string   // "rpi", "pc", "virt"
	Arch     string   // Debian architecture: "arm64", "amd64"
	Boot     string   // "raspberry" (firmware reads config.txt) or "grub"
	Kernel   []string // packages that are unpacked, never installed: kernel, modules, firmware
	Packages []string // installed besides those of the base
	Modules  []string // module directories and names kept, as in "kernel/drivers/net"
	Cmdline  string   // kernel command line, without what init adds
	Claims   []string // machines that the image may claim
	Files    map[string][]byte
}

// Recipe is what `autocom build` is asked for.
type Recipe struct {
	Base             string   // "debian"
	Suite            string   // "forky"
	Mirror           string   // "" is mmdebstrap's own default
	Components       []string // "main", "non-free-firmware"
	CheckValidUntil  bool     // false for a frozen or mirrored suite; signatures are always checked
	Packages         []string
	Board            Board
	Version          string    // of the image: "0.1.0"
	SourceDate       time.Time // no file is younger
	DiskSignature    uint32    // derived from the recipe, never 0
	BootPartitionMiB int       // 512
}

// Package is one Debian package in a root file system.
type Package struct {
	Name, Version, Arch string
	License             string
}

// Rootfs is an installed root file system, still as a tar, and the unpacked packages beside it.
type Rootfs struct {
	Tar      string // path; numeric owners, no leftovers of the build machine
	Debs     string // directory of .deb files fetched with it and not installed: kernel, firmware
	Hash     string // content key: same key, same bytes
	Packages []Package
}

// SlotFile is one file of a slot, with what verify and init check.
type SlotFile struct {
	Name   string `json:"name"` // relative to the slot: "vmlinuz", "dtb/x.dtb"
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// SlotInfo is slot.json.
type SlotInfo struct {
	Version string     `json:"version"`
	Board   string     `json:"board"`
	Arch    string     `json:"arch"`
	Kernel  string     `json:"kernel"` // uname -r
	Built   time.Time  `json:"built"`
	Files   []SlotFile `json:"files"`
}

// Slot is a directory ready to become a/ on the FAT: vmlinuz, initramfs,
// system.squashfs, device trees and slot.json.
type Slot struct {
	Dir      string
	Info     SlotInfo
	Firmware string // directory of files for the root of the FAT, "" when the board needs none
}

// Partition is one entry of the MBR.
type Partition struct {
	Start, Size int64 // bytes
	Type        byte  // 0x0c FAT32 LBA, 0x83 Linux
}

// Layout is where things lie on the disk.
type Layout struct {
	Signature uint32
	Boot      Partition // FAT32, label AUTOCOM
	Data      Partition // ext4, label autocom-new then autocom-data; init grows it to the card
}

// Image is a finished disk image and what lies beside it.
type Image struct {
	Path   string // autocom-<board>-<version>.img
	Layout Layout
	Size   int64
	SHA256 string
	Bmap   string
}

// On-disk names that builder, init and verify share.
const (
	BootLabel    = "AUTOCOM"
	DataLabelNew = "autocom-new"
	DataLabel    = "autocom-data"
	// DataMarker stands at the start of a flashed p2, before ext4's superblock, until init
	// has formatted it. Writers that skip a bmap's zero blocks would else leave an older
	// card's file system there.
	DataMarker = "autocom: init makes the data partition here\n"
)
