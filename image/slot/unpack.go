package slot

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"autocom/image"
)

// Kernel is what lies in the unpacked packages of kernel and firmware. Paths are
// absolute when Unpack was given an absolute directory.
type Kernel struct {
	Release     string // uname -r
	Image       string // vmlinuz, as Debian ships it: raw on arm64, bzImage on amd64
	Modules     string // directory with modules.dep, modules.alias …, and kernel/
	DeviceTrees string // directory of *.dtb, "" when the board has none
	Firmware    string // directory of the Raspberry firmware, "" when there is none
	GRUB        string // directory with GRUB's modules by platform, "" when there is none
	Base        string // directory in which all of it was unpacked
}

// unpacking is the prefix of what is not yet whole.
const unpacking = "unpacking-"

// Unpack opens the packages in debs under dir and computes the modules' indexes. What an
// earlier build unpacked is taken as it is. No script of a package is run.
//
// Boards of one root file system share dir, and may be built at the same time.
func Unpack(ctx context.Context, debs, dir string) (Kernel, error) {
	image.Sweep(filepath.Dir(dir), unpacking)
	if _, err := os.Stat(dir); err == nil {
		return find(dir)
	}
	if _, err := exec.LookPath("depmod"); err != nil {
		return Kernel{}, errors.New("missing: depmod: run image/setup.sh, which installs kmod")
	}
	packages, err := filepath.Glob(filepath.Join(debs, "*.deb"))
	if err != nil {
		return Kernel{}, err
	}
	if len(packages) == 0 {
		return Kernel{}, fmt.Errorf("unpack the kernel: no package in %s: build again with --fresh", debs)
	}
	temp, remove, err := image.Workplace(filepath.Dir(dir), unpacking)
	if err != nil {
		return Kernel{}, err
	}
	defer remove()
	for _, deb := range packages {
		if err := run(ctx, "dpkg-deb", "--extract", deb, temp); err != nil {
			return Kernel{}, fmt.Errorf("unpack %s: %w", filepath.Base(deb), err)
		}
	}
	// depmod looks in lib/modules; the packages hold usr/lib/modules.
	if err := os.Symlink("usr/lib", filepath.Join(temp, "lib")); err != nil {
		return Kernel{}, err
	}
	k, err := find(temp)
	if err != nil {
		return Kernel{}, err
	}
	if err := run(ctx, "depmod", "-b", temp, k.Release); err != nil {
		return Kernel{}, fmt.Errorf("index the modules of %s: %w", k.Release, err)
	}
	if err := os.Chmod(temp, 0o755); err != nil {
		return Kernel{}, err
	}
	// Another build of the same kernel may have been faster; its result is the same. (Go
	// counts ENOTEMPTY, which rename gives here, as ErrExist.)
	if err := os.Rename(temp, dir); err != nil && !errors.Is(err, fs.ErrExist) {
		return Kernel{}, err
	}
	return find(dir)
}

// find names the parts. Debian forky has device trees in linux-base-<abi>, drivers in linux-modules-<abi>.
func find(base string) (Kernel, error) {
	dirs, err := filepath.Glob(filepath.Join(base, "usr/lib/modules/*"))
	if err != nil {
		return Kernel{}, err
	}
	if len(dirs) != 1 {
		return Kernel{}, fmt.Errorf("the kernel packages hold %d kernels, not one, under %s/usr/lib/modules", len(dirs), base)
	}
	k := Kernel{Release: filepath.Base(dirs[0]), Modules: dirs[0], Image: filepath.Join(dirs[0], "vmlinuz"), Base: base}
	for _, must := range []string{k.Image, filepath.Join(k.Modules, "kernel")} {
		if _, err := os.Stat(must); err != nil {
			return Kernel{}, fmt.Errorf("the kernel packages lack a part: %w", err)
		}
	}
	for dir, field := range map[string]*string{
		filepath.Join(k.Modules, "dtb/broadcom"):      &k.DeviceTrees,
		filepath.Join(base, "usr/lib/raspi-firmware"): &k.Firmware,
		filepath.Join(base, "usr/lib/grub"):           &k.GRUB,
	} {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			*field = dir
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return Kernel{}, err
		}
	}
	return k, nil
}

// run executes a tool; its words become the error.
func run(ctx context.Context, name string, args ...string) error {
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(string(out)))
	}
	return nil
}
