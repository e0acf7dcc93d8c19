// Package disk turns a slot into a disk image: partition table and signature, a FAT with
// the boot loader and the slot, and room for the data partition.
//
// No root and no loop device are needed: mkfs.vfat and mtools write into a plain file.
// Same input, same bytes.
package disk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"

	"autocom/image"
)

const (
	mebi       = 1 << 20
	sector     = 512
	bootStart  = 4 * mebi // erase blocks of cards are 4 MiB; core.img lies before it
	dataSize   = 64 * mebi
	pathOfSlot = "a"
)

// LayoutOf says where things lie on a recipe's disk.
func LayoutOf(r image.Recipe) image.Layout {
	boot := image.Partition{Start: bootStart, Size: int64(r.BootPartitionMiB) * mebi, Type: 0x0c}
	return image.Layout{
		Signature: r.DiskSignature,
		Boot:      boot,
		Data:      image.Partition{Start: boot.Start + boot.Size, Size: dataSize, Type: 0x83},
	}
}

// Assemble writes the image to out, which appears under its name only when it is whole.
// files lie at the root of the FAT besides what the board's boot loader brings.
//
// slot.Firmware holds the Raspberry firmware, or for GRUB the directories of modules of
// its packages: i386-pc, x86_64-efi, arm64-efi.
func Assemble(ctx context.Context, out string, slot image.Slot, r image.Recipe, files map[string][]byte) (_ image.Image, err error) {
	if err := checkTools(r.Board); err != nil {
		return image.Image{}, err
	}
	layout := LayoutOf(r)
	part := out + ".part"
	f, err := os.Create(part)
	if err != nil {
		return image.Image{}, fmt.Errorf("write the image: %w", err)
	}
	defer func() {
		f.Close()
		if err != nil {
			_ = os.Remove(part)
		}
	}()
	size := layout.Data.Start + layout.Data.Size
	if err := f.Truncate(size); err != nil {
		return image.Image{}, fmt.Errorf("write the image: %w", err)
	}

	temp, err := os.MkdirTemp(filepath.Dir(out), "assembling-")
	if err != nil {
		return image.Image{}, err
	}
	defer os.RemoveAll(temp)
	tree := map[string]content{}
	if err := addDir(tree, pathOfSlot, slot.Dir); err != nil {
		return image.Image{}, fmt.Errorf("take the slot: %w", err)
	}
	loader, err := bootLoader(ctx, tree, slot, r, temp)
	if err != nil {
		return image.Image{}, err
	}
	maps.Copy(tree, contents(files))

	if err := writeFAT(ctx, part, layout, tree, temp, r.SourceDate); err != nil {
		return image.Image{}, err
	}
	if err := writeTable(f, layout, loader); err != nil {
		return image.Image{}, err
	}
	if _, err := f.WriteAt([]byte(image.DataMarker), layout.Data.Start); err != nil {
		return image.Image{}, fmt.Errorf("write the image: %w", err)
	}
	sum, err := hash(ctx, f, size)
	if err != nil {
		return image.Image{}, err
	}
	if err := f.Sync(); err != nil {
		return image.Image{}, fmt.Errorf("write the image: %w", err)
	}
	if err := os.Rename(part, out); err != nil {
		return image.Image{}, err
	}
	return image.Image{Path: out, Layout: layout, Size: size, SHA256: sum}, nil
}

// loader is what a boot loader wants outside the FAT; empty for the Raspberry firmware.
type loader struct {
	boot []byte // the MBR's 440 bytes of code
	core []byte // from LBA 1
}

func bootLoader(ctx context.Context, tree map[string]content, slot image.Slot, r image.Recipe, temp string) (loader, error) {
	switch r.Board.Boot {
	case "raspberry":
		return loader{}, raspberry(tree, slot, r)
	case "grub":
		return grub(ctx, tree, slot, r, temp)
	}
	return loader{}, fmt.Errorf("board %s has boot = %q: it is \"raspberry\" or \"grub\"", r.Board.Name, r.Board.Boot)
}

// hash reads the image back from its start, stopping when ctx is done.
func hash(ctx context.Context, f *os.File, size int64) (string, error) {
	h := sha256.New()
	for at := int64(0); at < size; at += 16 * mebi {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		if _, err := io.Copy(h, io.NewSectionReader(f, at, min(16*mebi, size-at))); err != nil {
			return "", fmt.Errorf("read the image back: %w", err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
