// Package health turns what the kernel says of the machine into figures for a page.
package health

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Machine is the machine at one moment; what cannot be read is zero.
type Machine struct {
	Board       string        // as a Raspberry names itself; "" elsewhere
	Kernel      string        // its release
	Up          time.Duration // since it was switched on
	Load        float64       // processes that want a processor, mean of a minute
	Processors  int
	Memory      uint64 // bytes
	Available   uint64 // bytes of it that programs may still have
	Temperature float64
	Hot         bool // Temperature is known
}

// Read reads a root directory with proc and sys.
func Read(root fs.FS) Machine {
	text := func(name string) string {
		b, err := fs.ReadFile(root, name)
		if err != nil {
			return ""
		}
		return strings.TrimSpace(strings.TrimRight(string(b), "\x00"))
	}
	m := Machine{Board: text("proc/device-tree/model"), Kernel: text("proc/sys/kernel/osrelease")}
	m.Up = time.Duration(first(text("proc/uptime")) * float64(time.Second))
	m.Load = first(text("proc/loadavg"))
	for l := range strings.Lines(text("proc/cpuinfo")) {
		if strings.HasPrefix(l, "processor") {
			m.Processors++
		}
	}
	for l := range strings.Lines(text("proc/meminfo")) {
		name, rest, _ := strings.Cut(l, ":")
		bytes := uint64(first(rest)) * 1024 // "kB" there are KiB (proc(5))
		switch name {
		case "MemTotal":
			m.Memory = bytes
		case "MemAvailable":
			m.Available = bytes
		}
	}
	zones, _ := fs.Glob(root, "sys/class/thermal/thermal_zone*/temp") // the pattern is right
	for _, name := range zones {
		// In thousandths of a degree (kernel, Documentation/driver-api/thermal); the hottest counts.
		if t, err := strconv.Atoi(text(name)); err == nil && t > -40_000 && t < 150_000 && (!m.Hot || float64(t)/1000 > m.Temperature) {
			m.Temperature, m.Hot = float64(t)/1000, true
		}
	}
	return m
}

// first is the number that a line begins with.
func first(line string) float64 {
	f := strings.Fields(line)
	if len(f) == 0 {
		return 0
	}
	n, err := strconv.ParseFloat(f[0], 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// Disk is the file system that a directory is on, in bytes. Free is what programs may have.
type Disk struct{ Total, Free uint64 }

// Space looks at a directory's file system.
func Space(dir string) (Disk, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return Disk{}, &os.PathError{Op: "statfs", Path: dir, Err: err}
	}
	return Disk{Total: s.Blocks * uint64(s.Bsize), Free: s.Bavail * uint64(s.Bsize)}, nil
}

// maxFiles bounds how many files Size looks at.
const maxFiles = 50_000

// Size is how many bytes the files below a directory have together, and how many there are;
// of more than maxFiles, those.
func Size(dir string) (bytes uint64, files int) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // what is gone meanwhile counts nothing
		}
		if files++; files > maxFiles {
			return fs.SkipAll
		}
		if i, err := d.Info(); err == nil {
			bytes += uint64(max(0, i.Size()))
		}
		return nil
	})
	return bytes, files
}
