// Package slot turns a root file system, the overlay and the unpacked kernel into a slot:
// the directory that becomes a/ on the card.
//
// The root file system goes from tar to squashfs through a filter in memory: no root, no
// loop device, no directory of 15 000 files owned by the wrong user.
package slot

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"

	"autocom/image"
)

// File is one entry laid over the root file system: a file, a directory or a link.
type File struct {
	Path     string // without a leading slash: "etc/hosts"
	Dir      bool
	Link     string // target of a symbolic link, "" for a file
	Data     []byte
	Mode     int64 // as chmod(1) has it: 01775
	UID, GID int
}

// Input is what a slot is made of.
type Input struct {
	Recipe    image.Recipe
	Root      image.Rootfs
	Kernel    Kernel
	Overlay   []File // laid over the root, later ones win
	Initramfs string // path
	Dir       string // to fill; must not exist
}

// Make fills in.Dir. Same input, same bytes. On error it leaves nothing.
func Make(ctx context.Context, in Input) (_ image.Slot, err error) {
	if err := os.Mkdir(in.Dir, 0o755); err != nil {
		return image.Slot{}, err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(in.Dir)
		}
	}()
	s := image.Slot{Dir: filepath.Join(in.Dir, "slot")}
	if err := os.Mkdir(s.Dir, 0o755); err != nil {
		return image.Slot{}, err
	}
	if err := squash(ctx, in, filepath.Join(s.Dir, "system.squashfs")); err != nil {
		return image.Slot{}, err
	}
	if err := copyPath(filepath.Join(s.Dir, "initramfs"), in.Initramfs); err != nil {
		return image.Slot{}, fmt.Errorf("take the initramfs: %w", err)
	}
	s.Firmware = in.Kernel.GRUB
	raspberry := in.Recipe.Board.Boot == "raspberry"
	if err := kernelImage(filepath.Join(s.Dir, "vmlinuz"), in.Kernel.Image, raspberry); err != nil {
		return image.Slot{}, fmt.Errorf("take the kernel: %w", err)
	}
	if raspberry {
		s.Firmware = filepath.Join(in.Dir, "firmware")
		if err := raspberryFiles(in.Kernel, s.Dir, s.Firmware); err != nil {
			return image.Slot{}, err
		}
	}
	s.Info, err = describe(s.Dir, in)
	return s, err
}

// squash makes system.squashfs: root, kept modules, overlay.
func squash(ctx context.Context, in Input, to string) error {
	if _, err := exec.LookPath("tar2sqfs"); err != nil {
		return errors.New("missing: tar2sqfs: run image/setup.sh, which installs squashfs-tools-ng")
	}
	f, err := os.Open(in.Root.Tar)
	if err != nil {
		return err
	}
	defer f.Close()
	t, err := readTree(f)
	if err != nil {
		return err
	}
	for _, pattern := range append(leaks, unwanted...) {
		t.remove(pattern)
	}
	temp, err := os.MkdirTemp(in.Dir, "modules-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	if err := modules(ctx, in.Kernel, in.Recipe.Board.Modules, temp); err != nil {
		return err
	}
	if err := t.addTree(filepath.Join(temp, "lib"), "usr/lib"); err != nil {
		return err
	}
	// Empty, not absent: systemd could not mount the card's own over an absent one.
	t.put(bytesFile("etc/machine-id", nil, 0o444, 0, 0))
	for _, f := range in.Overlay {
		switch {
		case f.Dir:
			e := directory(f.Path, f.Mode)
			e.header.Uid, e.header.Gid = f.UID, f.GID
			t.put(e)
		case f.Link != "":
			t.put(link(f.Path, f.Link))
		default:
			t.put(bytesFile(f.Path, f.Data, f.Mode, f.UID, f.GID))
		}
	}
	if err := t.whole(); err != nil {
		return err
	}

	// Level 9 takes 6 s of a processor and makes 143 MB; level 15 takes 40 and makes 135.
	cmd := exec.CommandContext(ctx, "tar2sqfs", "--quiet", "--no-skip", "--compressor", "zstd", "--comp-extra", "level=9", "--block-size", "262144",
		"--num-jobs", strconv.Itoa(runtime.NumCPU()),
		"--defaults", "mtime="+strconv.FormatInt(in.Recipe.SourceDate.Unix(), 10), to)
	var words bytes.Buffer
	cmd.Stdout, cmd.Stderr = &words, &words
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start tar2sqfs: %w", err)
	}
	writeErr := t.write(stdin, in.Recipe.SourceDate)
	closeErr := stdin.Close()
	waitErr := cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case waitErr != nil:
		return fmt.Errorf("pack the squashfs: tar2sqfs: %w: %s", waitErr, bytes.TrimSpace(words.Bytes()))
	}
	return errors.Join(writeErr, closeErr)
}

// whole looks for parents that are no directories, as when the overlay puts a file under
// a link of the distribution's (/lib is one): squashfs would hide or refuse it.
func (t *tree) whole() error {
	for _, name := range t.names() {
		for dir := filepath.Dir(name); dir != "." && dir != "/"; dir = filepath.Dir(dir) {
			if e := t.entries[dir]; e.header.Typeflag != tar.TypeDir {
				return fmt.Errorf("overlay: %s lies under %s, which is no directory in the root file system", name, dir)
			}
		}
	}
	return nil
}
