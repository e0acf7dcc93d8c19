// Package flash turns an image and a device into a card: written, read back and compared,
// and startable only at the very end.
package flash

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

const (
	mebi  = 1 << 20
	chunk = 4 * mebi // the erase block of most cards
)

// To writes an image (.img or .img.zst) to a device such as /dev/sdb. It refuses devices
// that are mounted, in use, part of the running system, or too small, and says what to do.
//
// The first MiB, with the partition table and the boot code, is erased first and written
// last: a card that was interrupted or is bad starts nothing. So does a card whose image
// is not what the IMAGE.sha256 beside it says. done counts both passes.
func To(ctx context.Context, imagePath, device string, progress func(done, total int64)) error {
	from, err := openImage(imagePath)
	if err != nil {
		return err
	}
	defer from.Close()
	name, err := filepath.EvalSymlinks(device) // /dev/disk/by-id/…
	if err != nil {
		return fmt.Errorf("find the card: %w: is it in the reader?", err)
	}
	if _, err := check(os.DirFS("/"), name, from.size); err != nil {
		return err
	}
	// O_EXCL on a disk: nobody may mount it from now on (open(2)).
	f, err := os.OpenFile(name, os.O_RDWR|unix.O_EXCL, 0)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("open %s: %w: run the same command with sudo", device, err)
	case errors.Is(err, unix.EBUSY):
		return fmt.Errorf("%s is in use: close the programs that use it and unmount it first", device)
	case err != nil:
		return fmt.Errorf("open %s: %w", device, err)
	}
	defer f.Close()
	if err := transfer(ctx, from, disk{f}, progress); err != nil {
		return fmt.Errorf("write %s to %s: %w", filepath.Base(imagePath), device, err)
	}
	// So that the desktop sees the new partitions without pulling the card; not vital.
	_, _, _ = unix.Syscall(unix.SYS_IOCTL, f.Fd(), unix.BLKRRPART, 0)
	if err := f.Close(); err != nil {
		return fmt.Errorf("close %s: %w", device, err)
	}
	return nil
}

// medium is what is written to: a disk, or in tests memory.
type medium interface {
	io.ReaderAt
	io.WriterAt
	Sync() error
	// Forget makes the next reads come from the medium, not from a cache.
	Forget() error
}

// disk is a block device.
type disk struct{ *os.File }

func (d disk) Forget() error {
	if err := unix.IoctlSetInt(int(d.Fd()), unix.BLKFLSBUF, 0); err != nil {
		return fmt.Errorf("empty the cache before reading back: %w", err)
	}
	return nil
}

// transfer writes everything but the first MiB, reads it back, then writes the first MiB
// and reads that back.
func transfer(ctx context.Context, from *source, to medium, progress func(done, total int64)) error {
	size := from.size
	total := 2 * size
	var done int64
	count := func(n int) {
		done += int64(n)
		if progress != nil {
			progress(done, total)
		}
	}
	head := make([]byte, min(mebi, size))
	if _, err := io.ReadFull(from, head); err != nil {
		return fmt.Errorf("read the image: %w", err)
	}
	if _, err := to.WriteAt(make([]byte, len(head)), 0); err != nil {
		return wornOut(err)
	}

	want, whole, buffer := sha256.New(), sha256.New(), make([]byte, chunk)
	whole.Write(head)
	for at := int64(len(head)); at < size; {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("%w: %w", err, ErrUnfinished)
		}
		b := buffer[:min(chunk, size-at)]
		if _, err := io.ReadFull(from, b); err != nil {
			return fmt.Errorf("read the image: %w", err)
		}
		want.Write(b)
		whole.Write(b)
		if _, err := to.WriteAt(b, at); err != nil {
			return wornOut(err)
		}
		at += int64(len(b))
		count(len(b))
	}
	if from.sum != nil && !bytes.Equal(from.sum, whole.Sum(nil)) {
		return errChanged
	}
	if err := to.Sync(); err != nil {
		return wornOut(err)
	}

	if err := to.Forget(); err != nil {
		return err
	}
	got := sha256.New()
	for at := int64(len(head)); at < size; {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("%w: %w", err, ErrUnfinished)
		}
		b := buffer[:min(chunk, size-at)]
		if _, err := to.ReadAt(b, at); err != nil {
			return fmt.Errorf("read back: %w", err)
		}
		got.Write(b)
		at += int64(len(b))
		count(len(b))
	}
	if string(got.Sum(nil)) != string(want.Sum(nil)) {
		return errBad
	}

	if _, err := to.WriteAt(head, 0); err != nil {
		return wornOut(err)
	}
	if err := to.Sync(); err != nil {
		return wornOut(err)
	}
	count(len(head))
	if err := to.Forget(); err != nil {
		return err
	}
	back := make([]byte, len(head))
	if _, err := to.ReadAt(back, 0); err != nil {
		return fmt.Errorf("read back: %w", err)
	}
	if string(back) != string(head) {
		return errBad
	}
	count(len(head))
	return nil
}

// ErrUnfinished is in the error of To when ctx ended after the card's start was erased.
var ErrUnfinished = errors.New("the card starts nothing now: write it again")

// errChanged is an image that its sum does not describe.
var errChanged = errors.New("the image is not what the .sha256 beside it says: download both again; the card starts nothing now")

// errBad is a card that does not give back what was written: worn out, or smaller than it
// claims to be.
var errBad = errors.New("the card does not hold what was written: it is worn out or false, take another")

func wornOut(err error) error {
	return fmt.Errorf("%w: try once more, then take another card", err)
}
