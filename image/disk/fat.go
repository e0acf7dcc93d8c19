package disk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"autocom/image"
)

// content is a file of the FAT: bytes, or a file on this machine.
type content struct {
	data []byte
	file string
}

func contents(files map[string][]byte) map[string]content {
	tree := map[string]content{}
	for name, data := range files {
		tree[name] = content{data: data}
	}
	return tree
}

// addDir adds the files of a directory under a prefix.
func addDir(tree map[string]content, prefix, dir string) error {
	return filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		tree[path.Join(prefix, filepath.ToSlash(rel))] = content{file: p}
		return nil
	})
}

// writeFAT makes the file system at its place in the image. Directories and files go in
// sorted order, so that the same tree gives the same clusters.
func writeFAT(ctx context.Context, img string, l image.Layout, tree map[string]content, temp string, date time.Time) error {
	if err := fits(tree, l.Boot.Size); err != nil {
		return err
	}
	start := strconv.FormatInt(l.Boot.Start/sector, 10)
	// 4 KiB clusters: 130 000 of them, far from the 65 525 below which it would be a FAT16.
	err := run(ctx, date, "mkfs.vfat", "--invariant", "-F", "32", "-s", "8", "-n", image.BootLabel,
		"-i", fmt.Sprintf("%08x", l.Signature), "-h", start, "--offset", start, img, strconv.FormatInt(l.Boot.Size/1024, 10))
	if err != nil {
		return fmt.Errorf("make the FAT: %w", err)
	}
	drive := fmt.Sprintf("%s@@%d", img, l.Boot.Start)
	if dirs := directories(tree); len(dirs) > 0 {
		if err := run(ctx, date, "mmd", append([]string{"-i", drive}, dirs...)...); err != nil {
			return fmt.Errorf("make the FAT's directories: %w", err)
		}
	}
	for i, name := range slices.Sorted(maps.Keys(tree)) {
		c := tree[name]
		from := c.file
		if from == "" {
			from = filepath.Join(temp, "file-"+strconv.Itoa(i))
			if err := os.WriteFile(from, c.data, 0o644); err != nil {
				return err
			}
		}
		// Without -m the copy's time is SOURCE_DATE_EPOCH.
		if err := run(ctx, date, "mcopy", "-i", drive, from, "::"+name); err != nil {
			return fmt.Errorf("copy %s to the FAT: %w", name, err)
		}
	}
	return nil
}

// directories are all parents of a tree's files, parents first, as mtools names them.
func directories(tree map[string]content) []string {
	set := map[string]bool{}
	for name := range tree {
		for d := path.Dir(name); d != "."; d = path.Dir(d) {
			set["::"+d] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// fits says early, and in one sentence, what mcopy would say as "Disk full".
func fits(tree map[string]content, size int64) error {
	var sum int64
	for name, c := range tree {
		n := int64(len(c.data))
		if c.file != "" {
			info, err := os.Stat(c.file)
			if err != nil {
				return fmt.Errorf("take %s: %w", name, err)
			}
			n = info.Size()
		}
		sum += (n + 4095) / 4096 * 4096
	}
	if room := size - 4*mebi; sum > room { // two FATs, reserved sectors, directories
		return fmt.Errorf("the files of the boot partition need %d MiB and it has %d: leave packages out or make boot_partition_mib larger", sum/mebi, room/mebi)
	}
	return nil
}

// run executes a tool in a fixed environment: mtools reads the time zone and its own
// settings from there.
func run(ctx context.Context, date time.Time, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, tool(name), args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC", "MTOOLS_SKIP_CHECK=1", "MTOOLSRC=/dev/null",
		"SOURCE_DATE_EPOCH=" + strconv.FormatInt(date.Unix(), 10)}
	out, err := cmd.CombinedOutput()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(string(out)))
}

// tool finds a program also where a normal user's PATH does not look.
func tool(name string) string {
	if p, err := exec.LookPath(name); err == nil {
		return p
	}
	return "/usr/sbin/" + name
}

func checkTools(b image.Board) error {
	need := []struct{ name, pkg string }{{"mkfs.vfat", "dosfstools"}, {"mcopy", "mtools"}, {"mmd", "mtools"}}
	if b.Boot == "grub" {
		need = append(need, struct{ name, pkg string }{"grub-mkimage", "grub-common"})
	}
	var missing []string
	for _, n := range need {
		if _, err := exec.LookPath(tool(n.name)); err != nil && !slices.Contains(missing, n.pkg) {
			missing = append(missing, n.pkg)
		}
	}
	if len(missing) > 0 {
		return errors.New("missing on this machine: install " + strings.Join(missing, " "))
	}
	return nil
}
