package inspect

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/u-root/u-root/pkg/cpio"
)

// readSlots reads every slot.json.
func (x *examination) readSlots() {
	for _, name := range []string{"a", "b"} {
		text, err := x.boot.read(name + "/slot.json")
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		s := Slot{Name: name}
		if err == nil {
			err = json.Unmarshal(text, &s.info)
		}
		if err != nil {
			x.problem("slot "+name, "slot.json cannot be read: %v", err)
			continue
		}
		s.Version, s.Board, s.Arch, s.Kernel, s.Built = s.info.Version, s.info.Board, s.info.Arch, s.info.Kernel, s.info.Built
		s.SystemBytes = x.boot.size(name + "/system.squashfs")
		s.KernelBytes = x.boot.size(name + "/vmlinuz")
		s.InitBytes = x.boot.size(name + "/initramfs")
		if system, err := openSystem(x.boot, name+"/system.squashfs"); err != nil {
			x.problem("slot "+name, "system.squashfs cannot be read: %v", err)
		} else {
			x.systems[name] = system
			s.Packages, s.Files = count(system)
		}
		x.report.Slots = append(x.report.Slots, s)
	}
	if len(x.report.Slots) == 0 {
		x.problem("slots", "there is neither a/slot.json nor b/slot.json: the card has no system")
	} else if !hasSlot(x.report.Slots, x.report.Starts) {
		x.problem("slots", "the boot loader starts slot %q, which is not there", x.report.Starts)
	}
}

func hasSlot(slots []Slot, name string) bool {
	for _, s := range slots {
		if s.Name == name {
			return true
		}
	}
	return false
}

// checkSlot compares a slot with its slot.json and looks into its parts.
func (x *examination) checkSlot(s *Slot) {
	part := "slot " + s.Name
	named := map[string]bool{s.Name + "/slot.json": true, s.Name + "/cmdline.txt": true} // the disk's, not the slot's
	for _, f := range s.info.Files {
		name := s.Name + "/" + f.Name
		named[strings.ToLower(name)] = true
		h := sha256.New()
		n, err := x.boot.copy(h, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			x.problem(part, "%s is missing, slot.json names it", f.Name)
		case err != nil:
			x.problem(part, "%s cannot be read: %v", f.Name, err)
		case n != f.Size:
			x.problem(part, "%s has %d bytes, slot.json says %d", f.Name, n, f.Size)
		case hex.EncodeToString(h.Sum(nil)) != f.SHA256:
			x.problem(part, "%s is damaged: its hash is not the one in slot.json", f.Name)
		}
	}
	for lower, name := range x.boot.names {
		if strings.HasPrefix(lower, s.Name+"/") && !named[lower] {
			x.problem(part, "%s is not named in slot.json: no update would know of it", strings.TrimPrefix(name, s.Name+"/"))
		}
	}
	for _, must := range []string{"vmlinuz", "initramfs", "system.squashfs"} {
		if !named[s.Name+"/"+must] {
			x.problem(part, "slot.json names no %s", must)
		}
	}
	if err := checkKernel(x.boot, s); err != nil {
		x.problem(part, "%v", err)
	}
	if err := checkInitramfs(x.boot, s); err != nil {
		x.problem(part, "initramfs: %v", err)
	}
	if system := x.systems[s.Name]; system != nil {
		for _, text := range leftovers(system, s.Kernel) {
			x.problem(part, "%s", text)
		}
	}
}

// checkKernel: Raspberry firmware loads a raw or a gzip kernel, no zstd and no EFI zboot.
func checkKernel(f *files, s *Slot) error {
	if !f.has("config.txt") {
		return nil
	}
	b, err := f.read(s.Name + "/vmlinuz")
	if err != nil {
		return err
	}
	raw := len(b) > 64 && string(b[56:60]) == "ARM\x64" // kernel, Documentation/arch/arm64/booting.rst
	if !raw && !bytes.HasPrefix(b, []byte{0x1f, 0x8b}) {
		return errors.New("vmlinuz is neither a raw arm64 kernel nor gzip: Raspberry firmware would not start it")
	}
	return nil
}

// checkInitramfs unpacks it and looks for init and the modules of the slot's kernel.
func checkInitramfs(f *files, s *Slot) error {
	b, err := f.read(s.Name + "/initramfs")
	if err != nil {
		return err
	}
	z, err := zstd.NewReader(bytes.NewReader(b))
	if err != nil {
		return err
	}
	defer z.Close()
	plain, err := io.ReadAll(io.LimitReader(z, 1<<30))
	if err != nil {
		return fmt.Errorf("damaged: %w", err)
	}
	archive, err := cpio.ArchiveFromReader(cpio.Newc.Reader(bytes.NewReader(plain)))
	if err != nil {
		return fmt.Errorf("damaged: %w", err)
	}
	for _, must := range []string{"init", "lib/modules/" + s.Kernel + "/modules.dep"} {
		if _, ok := archive.Files[must]; !ok {
			return fmt.Errorf("it has no %s: init could not start with kernel %s", must, s.Kernel)
		}
	}
	return nil
}

// extract copies a file of the FAT to a temporary file.
func extract(f *files, name string) (*os.File, error) {
	temp, err := os.CreateTemp("", "autocom-system-")
	if err != nil {
		return nil, err
	}
	_ = os.Remove(temp.Name()) // gone when closed, also after a crash
	if _, err := f.copy(temp, name); err != nil {
		temp.Close()
		return nil, err
	}
	return temp, nil
}
