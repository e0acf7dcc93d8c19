// Package initramfs turns init's program and a kernel's modules into the archive that the
// boot loader hands to the kernel, and reads the index of modules in it for init.
//
// No initramfs generator runs: the archive is cpio, written by u-root's package, one zstd
// frame, the same bytes for the same input.
package initramfs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/u-root/u-root/pkg/cpio"
	"github.com/ulikunitz/xz"

	"autocom/image"
)

// directories that init mounts things on; the kernel's own initramfs has none but these.
var directories = []string{"boot", "dev", "lib", "lib/modules", "proc", "root", "run", "sys"}

// Pack writes the initramfs of a board to w. modulesDir is the directory named after the
// kernel's release, with what depmod(8) wrote and kernel/. extra are further files by
// their path without a leading slash.
func Pack(w io.Writer, initBinary, modulesDir string, board image.Board, extra map[string][]byte) error {
	program, err := os.ReadFile(initBinary)
	if err != nil {
		return fmt.Errorf("pack the initramfs of %s: %w", board.Name, err)
	}
	files, err := moduleFiles(modulesDir)
	if err != nil {
		return fmt.Errorf("pack the initramfs of %s: %w", board.Name, err)
	}
	maps.Copy(files, extra)

	records := []cpio.Record{
		// The kernel opens it as init's standard output before init can mount anything.
		cpio.CharDev("dev/console", 0o600, 5, 1),
		cpio.StaticFile("init", string(program), 0o755),
	}
	made := map[string]bool{}
	for _, d := range directories {
		made[d] = true
	}
	for name, data := range files {
		for d := path.Dir(name); d != "."; d = path.Dir(d) {
			made[d] = true
		}
		records = append(records, cpio.StaticFile(name, string(data), 0o644))
	}
	for d := range made {
		records = append(records, cpio.Directory(d, 0o755))
	}
	slices.SortFunc(records, func(a, b cpio.Record) int { return strings.Compare(a.Name, b.Name) })
	cpio.MakeAllReproducible(records)

	// One goroutine: with more, the borders of blocks depend on the machine.
	z, err := zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	archive := cpio.Newc.Writer(z)
	if err := cpio.WriteRecords(archive, records); err != nil {
		return fmt.Errorf("write the initramfs: %w", err)
	}
	if err := cpio.WriteTrailer(archive); err != nil {
		return fmt.Errorf("write the initramfs: %w", err)
	}
	return z.Close()
}

// moduleFiles are the chosen modules, unpacked, and an index of only these, by their
// path in the archive. Packed modules inside a packed archive are not smaller, and cost
// init 5 s of its 7 on a slow board.
func moduleFiles(dir string) (map[string][]byte, error) {
	x, err := ReadIndex(os.DirFS(dir))
	if err != nil {
		return nil, err
	}
	chosen, err := Chosen(x)
	if err != nil {
		return nil, err
	}
	to := path.Join("lib/modules", filepath.Base(dir))
	files := map[string][]byte{}
	var dep, aliases, soft strings.Builder
	for _, m := range chosen {
		data, err := readModule(filepath.Join(dir, x.File(m)))
		if err != nil {
			return nil, err
		}
		name := plain(x.File(m))
		files[path.Join(to, name)] = data
		dep.WriteString(name + ":")
		for _, n := range x.needs[m] {
			dep.WriteString(" " + plain(x.File(n)))
		}
		dep.WriteString("\n")
		for kind, list := range map[string][]string{"pre:": x.pre[m], "post:": x.post[m]} {
			if len(list) > 0 {
				fmt.Fprintf(&soft, "softdep %s %s %s\n", m, kind, strings.Join(list, " "))
			}
		}
	}
	for _, a := range x.aliases {
		if _, is := slices.BinarySearch(chosen, a.module); is {
			fmt.Fprintf(&aliases, "alias %s %s\n", a.pattern, a.module)
		}
	}
	files[path.Join(to, "modules.dep")] = []byte(dep.String())
	files[path.Join(to, "modules.alias")] = []byte(aliases.String())
	files[path.Join(to, "modules.softdep")] = []byte(sortedLines(soft.String()))
	return files, nil
}

// sortedLines undoes the order of a map.
func sortedLines(s string) string {
	return strings.Join(slices.Sorted(strings.Lines(s)), "")
}

// plain cuts the name of the compression: x.ko.xz becomes x.ko.
func plain(file string) string {
	before, _, _ := strings.Cut(file, ".ko")
	return before + ".ko"
}

func readModule(file string) ([]byte, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var r io.Reader
	switch ext := filepath.Ext(file); ext {
	case ".ko":
		return data, nil
	case ".xz":
		r, err = xz.NewReader(bytes.NewReader(data))
	case ".zst":
		r, err = zstd.NewReader(bytes.NewReader(data))
	default:
		return nil, fmt.Errorf("unpack %s: no known compression %s", file, ext)
	}
	if err != nil {
		return nil, fmt.Errorf("unpack %s: %w", file, err)
	}
	data, err = io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("unpack %s: %w", file, err)
	}
	// An ELF header, or depmod's index and the files are of two kernels.
	if !bytes.HasPrefix(data, []byte("\x7fELF")) {
		return nil, errors.New(file + " is no kernel module: unpack the kernel's packages again")
	}
	return data, nil
}
