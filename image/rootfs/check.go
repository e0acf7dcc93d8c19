package rootfs

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
)

// Measured for arm64, the larger one: 401 MB of tar, 111 of kernel packages and 293 when
// those are unpacked; the tree has 445 MB, and while it is made the packages lie beside it.
const (
	cacheBytes = 1 << 30
	treeBytes  = 3 << 29
)

// checkTools names everything missing at once, with the way to get it.
func checkTools(arch string) error {
	var missing []string
	for _, tool := range []string{"mmdebstrap", "dpkg-deb"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing = append(missing, tool)
		}
	}
	if os.Geteuid() != 0 {
		if _, err := exec.LookPath("newuidmap"); err != nil {
			missing = append(missing, "newuidmap (package uidmap)")
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("missing: %s: run image/setup.sh, which installs them", strings.Join(missing, ", "))
	}
	if arch == runtime.GOARCH { // Debian and Go call amd64 and arm64 the same
		return nil
	}
	qemu := map[string]string{"arm64": "qemu-aarch64", "amd64": "qemu-x86_64"}[arch]
	if _, err := os.Stat("/proc/sys/fs/binfmt_misc/" + qemu); err != nil {
		return fmt.Errorf("this machine cannot run %s programs yet: run image/setup.sh, which installs qemu-user-static and enables it", arch)
	}
	return nil
}

// place is a directory and what is needed there.
type place struct {
	dir, what string
	bytes     uint64
	remedy    string
}

// checkSpace asks each place only for what it gets, and one disk for the sum.
func checkSpace(cache string) error {
	return roomIn([]place{
		{cache, "a root file system in the cache", cacheBytes, "--cache"},
		{treeDir(), "mmdebstrap's tree", treeBytes, "TMPDIR"},
	}, freeIn)
}

func roomIn(places []place, freeIn func(dir string) (bytes, disk uint64, err error)) error {
	asked := map[uint64]uint64{} // bytes by disk
	for _, p := range places {
		free, disk, err := freeIn(p.dir)
		if err != nil {
			return fmt.Errorf("ask for the free space of %s: %w", p.dir, err)
		}
		asked[disk] += p.bytes
		if free < asked[disk] {
			const gib = 1 << 30
			return fmt.Errorf("%s has %.1f GiB free and %s needs %.1f there: free some, or choose another place with %s",
				p.dir, float64(free)/gib, p.what, float64(asked[disk])/gib, p.remedy)
		}
	}
	return nil
}

func freeIn(dir string) (bytes, disk uint64, err error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return 0, 0, err
	}
	var st syscall.Stat_t
	if err := syscall.Stat(dir, &st); err != nil {
		return 0, 0, err
	}
	return fs.Bavail * uint64(fs.Bsize), st.Dev, nil
}

// account is one line of passwd(5) or group(5); the shell hook gets it in quotes.
var account = regexp.MustCompile(`^[a-z_][a-z0-9_-]*:x:[0-9]+:[A-Za-z0-9 ,:/._-]*$`)

func (u Users) check() error {
	for name, data := range map[string][]byte{"passwd": u.Passwd, "group": u.Group} {
		if len(data) > 0 && !strings.HasSuffix(string(data), "\n") {
			return fmt.Errorf("users: %s does not end in a newline", name)
		}
		for i, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
			if line != "" && !account.MatchString(line) {
				return fmt.Errorf("users: %s line %d is no account: %q", name, i+1, line)
			}
		}
	}
	return nil
}

// debFiles are the fetched packages, sorted.
func debFiles(dir string) ([]string, error) {
	return filepath.Glob(filepath.Join(dir, "*.deb"))
}
