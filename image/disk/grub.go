package disk

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"autocom/image"
)

// modules that GRUB has in itself: what reading the FAT and one configuration takes, so
// that no module is ever loaded from the card.
var modules = []string{"part_msdos", "fat", "normal", "configfile", "linux", "loadenv", "test", "echo", "gzio", "search", "sleep", "reboot"}

// platform is one way by which a machine starts GRUB.
type platform struct {
	name   string // GRUB's: directory of modules, and -O of grub-mkimage
	file   string // on the FAT; "" is BIOS
	prefix string
	extra  []string
}

// platforms of a Debian architecture.
var platforms = map[string][]platform{
	"amd64": {
		// An empty disk name is the disk that the BIOS has started.
		{"i386-pc", "", "(,msdos1)/grub", []string{"biosdisk"}},
		// all_video: with none, some firmware leaves the kernel without a screen.
		{"x86_64-efi", "EFI/BOOT/BOOTX64.EFI", "/grub", []string{"all_video"}},
	},
	"arm64": {
		{"arm64-efi", "EFI/BOOT/BOOTAA64.EFI", "/grub", []string{"all_video"}},
	},
}

// grub puts GRUB on the disk as grub-install would, without devices or root: EFI programs
// and configuration on the FAT, boot.img and core.img before it.
func grub(ctx context.Context, tree map[string]content, slot image.Slot, r image.Recipe, temp string) (loader, error) {
	known := platforms[r.Board.Arch]
	if len(known) == 0 {
		return loader{}, fmt.Errorf("GRUB is not known for architecture %q of board %s", r.Board.Arch, r.Board.Name)
	}
	var l loader
	for _, p := range known {
		dir := filepath.Join(slot.Firmware, p.name)
		if _, err := os.Stat(filepath.Join(dir, "kernel.img")); slot.Firmware == "" || err != nil {
			return loader{}, fmt.Errorf("GRUB for %s is missing: add its package (grub-pc-bin, grub-efi-amd64-bin, grub-efi-arm64-bin) to the kernel list of board %s", p.name, r.Board.Name)
		}
		to := filepath.Join(temp, p.name)
		args := append([]string{"-O", p.name, "-d", dir, "-p", p.prefix, "-o", to}, modules...)
		if err := run(ctx, r.SourceDate, "grub-mkimage", append(args, p.extra...)...); err != nil {
			return loader{}, fmt.Errorf("make GRUB for %s: %w", p.name, err)
		}
		if p.file != "" {
			tree[p.file] = content{file: to}
			continue
		}
		var err error
		if l.core, err = os.ReadFile(to); err != nil {
			return loader{}, err
		}
		if l.boot, err = bootSector(filepath.Join(dir, "boot.img")); err != nil {
			return loader{}, err
		}
	}
	tree["grub/grub.cfg"] = content{data: []byte(grubConfig(r))}
	tree["grub/grubenv"] = content{data: grubEnv("a")}
	return l, nil
}

// bootSector takes the code of boot.img. Its last bytes are the partition table's place.
// boot.img reads core.img from the sector number at 0x5c, which is 1 unless changed, and
// the disk from 0x64, 0xff for "the one that was started" (GRUB, boot/i386/pc/boot.S).
func bootSector(file string) ([]byte, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if len(b) != sector || b[0x5c] != 1 || b[0x64] != 0xff {
		return nil, fmt.Errorf("%s is not the boot sector that this program knows", file)
	}
	b = b[:440]
	// grub-install disables a check for floppies the same way: some BIOSes call a USB
	// disk 0x00 (GRUB, util/setup.c, GRUB_BOOT_MACHINE_DRIVE_CHECK).
	copy(b[0x66:], []byte{0x90, 0x90})
	return b, nil
}

// grubConfig starts the slot named in grubenv, or the other one when its kernel is gone.
func grubConfig(r image.Recipe) string {
	return strings.ReplaceAll(`# grubenv beside this file names the slot: a or b.
load_env --file $prefix/grubenv slot
if [ "$slot" = b ]; then set other=a; else set slot=a; set other=b; fi
if [ ! -f /$slot/vmlinuz -o ! -f /$slot/initramfs ]; then set slot=$other; fi
if [ ! -f /$slot/vmlinuz ]; then
  echo "autocom: this card has no kernel in /a or /b: write the image to it again."
  sleep 60
  reboot
fi
linux /$slot/vmlinuz CMDLINE autocom.slot=$slot
initrd /$slot/initramfs
boot
`, "CMDLINE", cmdline(r))
}

// grubEnv is an environment block: 1024 bytes, filled with # (GRUB, lib/envblk.h).
func grubEnv(slot string) []byte {
	b := bytes.Repeat([]byte("#"), 1024)
	copy(b, "# GRUB Environment Block\nslot="+slot+"\n")
	return b
}
