package rootfs

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"autocom/image"
)

//go:embed hooks/users.sh
var usersHook string

//go:embed hooks/kernel.sh
var kernelHook string

// debsDir is where kernel.sh leaves packages inside the tree; split takes them out again.
// Inside, because in unshare mode a hook can write nowhere else.
const debsDir = "autocom-debs"

// treePrefix begins the name of the directory in which mmdebstrap makes its tree.
const treePrefix = "autocom-rootfs-"

// treeDir is where that directory lies: what TMPDIR says, else /var/tmp. Not /tmp: since
// Debian 13 that is memory, of half the machine's, and the tree takes a GiB.
func treeDir() string {
	if dir := os.Getenv("TMPDIR"); dir != "" {
		return dir
	}
	return "/var/tmp"
}

// settings are the arguments of mmdebstrap that decide what is in the tree.
func settings(r image.Recipe) []string {
	args := []string{
		"--variant=minbase", "--format=tar", "--architectures=" + r.Board.Arch,
		"--aptopt=APT::Install-Recommends \"false\"",
		"--aptopt=Acquire::Retries \"3\"",
		"--aptopt=Acquire::Languages \"none\"",
		// asterisk-conf renders the whole of /etc/asterisk; a sample left there would be
		// loaded, with its manager account.
		"--dpkgopt=path-exclude=/etc/asterisk/*",
		"--dpkgopt=path-exclude=/usr/share/asterisk/conf/*",
		"--dpkgopt=path-exclude=/usr/share/doc/*",
		"--dpkgopt=path-include=/usr/share/doc/*/copyright",
		"--dpkgopt=path-exclude=/usr/share/man/*",
		"--dpkgopt=path-exclude=/usr/share/info/*",
		"--dpkgopt=path-exclude=/usr/share/locale/*",
		"--dpkgopt=path-exclude=/usr/share/lintian/*",
		"--dpkgopt=path-exclude=/usr/share/bash-completion/*",
		"--dpkgopt=path-exclude=/usr/share/zsh/*",
	}
	if !r.CheckValidUntil {
		args = append(args, "--aptopt=Acquire::Check-Valid-Until \"false\"")
	}
	packages := slices.Concat(r.Packages, r.Board.Packages)
	slices.Sort(packages)
	return append(args, "--include="+strings.Join(slices.Compact(packages), ","))
}

// sources are the arguments after the options: suite, target "-" (standard output), mirror.
func sources(r image.Recipe) []string {
	components := "--components=" + strings.Join(r.Components, ",")
	if r.Mirror == "" {
		return []string{components, r.Suite, "-"}
	}
	return []string{components, r.Suite, "-", r.Mirror}
}

// hooks are passed as text, not as files: in unshare mode another user runs them, who may
// not be able to read our files.
func hooks(r image.Recipe, u Users) []string {
	quote := func(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
	users := "passwd=" + quote(string(u.Passwd)) + "\ngroup=" + quote(string(u.Group)) + "\n" + usersHook
	kernel := "debs=" + debsDir + "\npackages=" + quote(strings.Join(r.Board.Kernel, " ")) + "\n" + kernelHook
	return []string{"--essential-hook=" + users, "--customize-hook=" + kernel}
}

// mmdebstrap runs it and gives its tar to read. When ctx ends, mmdebstrap is asked to stop
// and removes its own temporary tree; what it cannot remove any more, we do.
func mmdebstrap(ctx context.Context, r image.Recipe, u Users, say func(string), read func(io.Reader) error) error {
	temp, remove, err := image.Workplace(treeDir(), treePrefix)
	if err != nil {
		return fmt.Errorf("make a temporary directory: %w", err)
	}
	defer remove()
	// In unshare mode another user works in it; apt's user does in any mode.
	if err := os.Chmod(temp, 0o711); err != nil {
		return err
	}

	// Root when we are: no user namespace needed. Otherwise as a normal user.
	mode, attr := "unshare", &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() == 0 {
		mode = "root"
		if mayMount() {
			// Whatever it mounts ends with it, even if it is killed.
			attr.Unshareflags = syscall.CLONE_NEWNS
		}
	}
	args := slices.Concat([]string{"--mode=" + mode}, settings(r), hooks(r, u), sources(r))
	cmd := exec.CommandContext(ctx, "mmdebstrap", args...)
	cmd.Env = append(os.Environ(), "SOURCE_DATE_EPOCH="+strconv.FormatInt(r.SourceDate.Unix(), 10),
		"DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8", "TMPDIR="+temp)
	cmd.SysProcAttr = attr
	// To the whole group, as a terminal does: mmdebstrap itself waits for its children.
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
	cmd.WaitDelay = time.Minute // removing 500 MB takes seconds on a slow disk
	log := &tail{say: say}
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start mmdebstrap: %w", err)
	}
	readErr := read(out)
	if more, _ := out.Read(make([]byte, 1)); more > 0 {
		_ = cmd.Cancel() // we gave up first; it would wait for us to read on
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait()
		return errors.Join(ctx.Err(), readErr)
	}
	waitErr := cmd.Wait()
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // a child that outlived it, if any
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case waitErr != nil: // a short tar is its consequence
		return explain(r, log.lines, waitErr)
	}
	return readErr
}

// mayMount tells whether this root has CAP_SYS_ADMIN; that of a container often has not,
// and mmdebstrap then works without mounting.
func mayMount() bool {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return false
	}
	const capSysAdmin = 21 // capabilities(7)
	for line := range strings.Lines(string(status)) {
		if hex, is := strings.CutPrefix(line, "CapEff:"); is {
			set, err := strconv.ParseUint(strings.TrimSpace(hex), 16, 64)
			return err == nil && set&(1<<capSysAdmin) != 0 && rootIsMounted()
		}
	}
	return false
}

// rootIsMounted is false in a plain chroot, whose "/" cannot be made private: a mount
// namespace of one's own is refused there with EINVAL.
func rootIsMounted() bool {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(mounts)) {
		if f := strings.Fields(line); len(f) > 4 && f[4] == "/" { // proc(5): the mount point
			return true
		}
	}
	return false
}
