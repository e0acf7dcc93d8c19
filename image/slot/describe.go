package slot

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"autocom/image"
)

// kernelImage copies the kernel. The Raspberry firmware reads gzip and raw, not zstd;
// gzip makes 48 MB 17 on a slow card. GRUB gets what Debian ships.
func kernelImage(to, from string, compress bool) error {
	if !compress {
		return copyPath(to, from)
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer out.Close()
	z, err := gzip.NewWriterLevel(out, gzip.BestCompression) // its header carries no time unless told
	if err != nil {
		return err
	}
	if _, err := io.Copy(z, in); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return out.Close()
}

// raspberryTrees are the models' names: 2710/2837 is Pi 3 and Zero 2 W, 2711 Pi 4, 2712 Pi 5.
var raspberryTrees = []string{"bcm2710-*.dtb", "bcm2837-*.dtb", "bcm2711-*.dtb", "bcm2712*.dtb"}

// raspberryFirmware lies at the root of the FAT. Pi 5 has its own in an EEPROM; the
// variants with camera (_x), debug (_db) and cut down (_cd) are left out.
var raspberryFirmware = []string{"bootcode.bin", "start.elf", "fixup.dat", "start4.elf", "fixup4.dat"}

// overlaysReadme must exist: the firmware takes overlays from the slot only then.
const overlaysReadme = "The Raspberry Pi firmware reads device tree overlays from this folder because this file exists.\n"

func raspberryFiles(k Kernel, slot, firmware string) error {
	if k.DeviceTrees == "" {
		return fmt.Errorf("kernel %s has no device trees for Raspberry boards in its packages", k.Release)
	}
	if k.Firmware == "" {
		return fmt.Errorf("no Raspberry firmware was fetched: the board's kernel list needs raspi-firmware")
	}
	trees := 0
	for _, pattern := range raspberryTrees {
		files, err := filepath.Glob(filepath.Join(k.DeviceTrees, pattern))
		if err != nil {
			return err
		}
		for _, f := range files {
			if err := copyPath(filepath.Join(slot, filepath.Base(f)), f); err != nil {
				return err
			}
			trees++
		}
	}
	if trees == 0 {
		return fmt.Errorf("kernel %s has no device tree named %s", k.Release, strings.Join(raspberryTrees, ", "))
	}
	overlays, err := filepath.Glob(filepath.Join(k.Firmware, "overlays/*.dtbo"))
	if err != nil {
		return err
	}
	for _, f := range overlays {
		if err := copyPath(filepath.Join(slot, "overlays", filepath.Base(f)), f); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Join(slot, "overlays"), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(slot, "overlays/README"), []byte(overlaysReadme), 0o644); err != nil {
		return err
	}
	for _, name := range raspberryFirmware {
		if err := copyPath(filepath.Join(firmware, name), filepath.Join(k.Firmware, name)); err != nil {
			return fmt.Errorf("take the Raspberry firmware: %w", err)
		}
	}
	// Broadcom's licence asks to travel with the binaries.
	return copyPath(filepath.Join(firmware, "LICENCE.firmware.txt"), filepath.Join(k.Base, "usr/share/doc/raspi-firmware/copyright"))
}

// describe writes slot.json: what init and verify check.
func describe(dir string, in Input) (image.SlotInfo, error) {
	r := in.Recipe
	info := image.SlotInfo{
		Version: r.Version, Board: r.Board.Name, Arch: r.Board.Arch, Kernel: in.Kernel.Release, Built: r.SourceDate,
	}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := os.Open(p)
		if err != nil {
			return err
		}
		defer f.Close()
		hash := sha256.New()
		size, err := io.Copy(hash, f)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		info.Files = append(info.Files, image.SlotFile{
			Name: filepath.ToSlash(rel), Size: size, SHA256: hex.EncodeToString(hash.Sum(nil)),
		})
		return nil
	})
	if err != nil {
		return image.SlotInfo{}, err
	}
	slices.SortFunc(info.Files, func(a, b image.SlotFile) int { return strings.Compare(a.Name, b.Name) })
	data, err := json.MarshalIndent(info, "", "  ")
	if err != nil {
		return image.SlotInfo{}, err
	}
	return info, os.WriteFile(filepath.Join(dir, "slot.json"), append(data, '\n'), 0o644)
}
