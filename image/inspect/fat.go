package inspect

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"

	"github.com/diskfs/go-diskfs/backend/file"
	"github.com/diskfs/go-diskfs/filesystem/fat32"
)

// files are the files of the FAT. Names compare without case, as the firmware and GRUB do.
type files struct {
	system *fat32.FileSystem
	names  map[string]string // lower case → as written
	sizes  map[string]int64
}

// openFAT lists the FAT by go-diskfs.
func openFAT(f *os.File, p Partition) (_ *files, err error) {
	defer rescue(&err)
	system, err := fat32.Read(file.New(f, true), p.Size, p.Start, sector)
	if err != nil {
		return nil, err
	}
	l := &files{system: system, names: map[string]string{}, sizes: map[string]int64{}}
	err = l.list(".", 0)
	return l, err
}

// list goes at most eight directories deep: a damaged FAT may hold a loop.
func (l *files) list(dir string, depth int) error {
	if depth > 8 {
		return fmt.Errorf("directories lie too deep: %s", dir)
	}
	entries, err := l.system.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		if e.Name() == "." || e.Name() == ".." {
			continue
		}
		if e.IsDir() {
			if err := l.list(name, depth+1); err != nil {
				return err
			}
			continue
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		l.names[strings.ToLower(name)] = name
		l.sizes[strings.ToLower(name)] = info.Size()
	}
	return nil
}

func (l *files) has(name string) bool {
	_, ok := l.names[strings.ToLower(name)]
	return ok
}

func (l *files) size(name string) int64 { return l.sizes[strings.ToLower(name)] }

// copy writes a file of the FAT to w.
func (l *files) copy(w io.Writer, name string) (n int64, err error) {
	defer rescue(&err)
	real, ok := l.names[strings.ToLower(name)]
	if !ok {
		return 0, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	size := l.size(name)
	if size == 0 {
		return 0, nil // it has no cluster to open
	}
	f, err := l.system.OpenFile(real, os.O_RDONLY)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	// go-diskfs reads on to the end of the last cluster.
	return io.Copy(w, io.LimitReader(f, size))
}

// read returns a small file.
func (l *files) read(name string) ([]byte, error) {
	if l.has(name) && l.size(name) > 64*mebi {
		return nil, fmt.Errorf("%s has %d bytes", name, l.size(name))
	}
	var b bytes.Buffer
	_, err := l.copy(&b, name)
	return b.Bytes(), err
}

// rescue turns a panic of the reader on damaged data into an error.
func rescue(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("damaged: %v", r)
	}
}

// checkFAT runs fsck.vfat on a copy of the partition, which it cannot find inside a disk.
func (x *examination) checkFAT() error {
	tool, err := exec.LookPath("fsck.vfat")
	if err != nil {
		tool = "/usr/sbin/fsck.vfat" // not in a normal user's PATH
	}
	if _, err := os.Stat(tool); err != nil {
		return errors.New("missing: fsck.vfat: install dosfstools")
	}
	temp, err := os.CreateTemp("", "autocom-fat-")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	defer temp.Close()
	if err := copySparse(temp, io.NewSectionReader(x.file, x.report.Boot.Start, x.report.Boot.Size), x.report.Boot.Size); err != nil {
		return fmt.Errorf("copy the FAT: %w: is there room in %s?", err, os.TempDir())
	}
	out, err := exec.Command(tool, "-n", temp.Name()).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return fmt.Errorf("check the FAT: %w", err)
	}
	if err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		// The first line is its version, the last the count of files.
		words := slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, "fsck.fat") || strings.Contains(l, temp.Name()) })
		x.problem("FAT", "fsck.vfat is not content: %s", strings.Join(words[:min(len(words), 3)], "; "))
	}
	return nil
}

func copySparse(to *os.File, from io.Reader, size int64) error {
	buffer, zero := make([]byte, mebi), make([]byte, mebi)
	for at := int64(0); at < size; {
		n, err := io.ReadFull(from, buffer[:min(mebi, size-at)])
		if n > 0 && !bytes.Equal(buffer[:n], zero[:n]) {
			if _, err := to.WriteAt(buffer[:n], at); err != nil {
				return err
			}
		}
		at += int64(n)
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			break // cut off: said elsewhere
		}
		if err != nil {
			return err
		}
	}
	return to.Truncate(size)
}
