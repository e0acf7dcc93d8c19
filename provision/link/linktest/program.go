package linktest

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Program gives a copy of an installed program, for the time of the test. Debian confines
// DHCP programs by their path (AppArmor), to folders that are no test's.
func Program(t *testing.T, name, debianPackage string) string {
	t.Helper()
	var from string
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin", "/sbin", "/usr/lib/kea", "/usr/libexec") {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && !info.IsDir() {
			from = filepath.Join(dir, name)
			break
		}
	}
	if from == "" {
		t.Fatalf("%s is missing: apt install %s", name, debianPackage)
	}
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	to := filepath.Join(t.TempDir(), name)
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(out, in)
	if e := out.Close(); err == nil {
		err = e
	}
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// Running is a program that runs beside the test.
type Running struct {
	cmd  *exec.Cmd
	once sync.Once

	mu   sync.Mutex
	said bytes.Buffer
}

func (r *Running) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.said.Write(b)
}

// Said is what the program has printed.
func (r *Running) Said() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.said.String()
}

// Start runs a program, in the namespace of the calling thread, until Stop or the test's
// end. env adds to the test's own.
func Start(t *testing.T, env []string, program string, args ...string) *Running {
	t.Helper()
	r := &Running{cmd: exec.Command(program, args...)}
	r.cmd.Env = append(os.Environ(), env...)
	r.cmd.Stdout, r.cmd.Stderr = r, r
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // with the children it makes
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Stop)
	return r
}

// Stop ends the program and what it started, first politely.
func (r *Running) Stop() {
	r.once.Do(func() {
		group := -r.cmd.Process.Pid
		_ = syscall.Kill(group, syscall.SIGTERM)
		late := time.AfterFunc(3*time.Second, func() { _ = syscall.Kill(group, syscall.SIGKILL) })
		_ = r.cmd.Wait()
		late.Stop()
		_ = syscall.Kill(group, syscall.SIGKILL)
	})
}

// Signal sends the program a signal.
func (r *Running) Signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := r.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}
