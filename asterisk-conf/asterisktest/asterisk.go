// Package asterisktest turns an unpacked root file system and a /data directory
// into a running Asterisk, in a mount namespace of its own: the same binary,
// modules, sounds and paths as on the card, without a virtual machine.
//
// A test binary runs in a network of its own with
//
//	func TestMain(m *testing.M) { asterisktest.InOwnNetwork(m, "192.168.77.1/24") }
//
// and then starts Asterisk on a rendered configuration with
//
//	data := t.TempDir()
//	asterisktest.Install(t, data, files) // map of /etc/asterisk
//	pbx := asterisktest.Start(t, asterisktest.Options{DataDir: data})
//
// The root file system is named by AUTOCOM_ROOTFS; `make lab` sets it.
package asterisktest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Options say where Asterisk runs. The zero value is a fresh /data in the
// network namespace of the test, which is of use only after Install.
type Options struct {
	Rootfs     string        // unpacked root with Asterisk 22; "" is $AUTOCOM_ROOTFS
	NetNS      string        // path of a network namespace: /run/netns/x, /proc/7/ns/net; "" is ours
	DataDir    string        // seen as /data; must hold asterisk/current, the link that /etc/asterisk follows
	Hostname   string        // "" is "autocom"
	Hosts      string        // /etc/hosts; "" has localhost and the hostname, as on the card
	ResolvConf string        // /etc/resolv.conf; "" asks 127.0.0.1, where nobody listens
	Ready      time.Duration // how long it may take to boot; 0 is 30 s
}

// Asterisk is a running exchange. Its methods may be called from several goroutines.
type Asterisk struct {
	t    testing.TB
	opts Options
	root string // where the namespace mounts its root; empty when seen from outside

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{} // closed when cmd has been waited for
	log  *logBuffer
}

// Start boots Asterisk and returns when it is fully booted; the test fails with
// its log when it is not. It is stopped at the end of the test.
func Start(t testing.TB, opts Options) *Asterisk {
	t.Helper()
	if opts.Rootfs == "" {
		opts.Rootfs = Rootfs(t)
	}
	if opts.DataDir == "" {
		opts.DataDir = t.TempDir()
	}
	if opts.Hostname == "" {
		opts.Hostname = "autocom"
	}
	if opts.Hosts == "" {
		// Both families: boot asks for the name's IPv6 address too, and then DNS.
		opts.Hosts = "127.0.0.1 localhost\n127.0.1.1 " + opts.Hostname + "\n::1 localhost " + opts.Hostname + "\n"
	}
	if opts.Ready == 0 {
		opts.Ready = 30 * time.Second
	}
	a := &Asterisk{t: t, opts: opts, root: t.TempDir(), log: &logBuffer{}}
	t.Cleanup(a.Stop)
	a.start()
	return a
}

// Rootfs is $AUTOCOM_ROOTFS, or the end of the test.
func Rootfs(t testing.TB) string {
	t.Helper()
	root := os.Getenv("AUTOCOM_ROOTFS")
	if root == "" {
		t.Fatal("AUTOCOM_ROOTFS is not set: it names an unpacked root file system with Asterisk 22; `make lab` makes one and sets it")
	}
	if _, err := os.Stat(filepath.Join(root, "usr/sbin/asterisk")); err != nil {
		t.Fatalf("AUTOCOM_ROOTFS holds no Asterisk: %v; `make lab` makes one", err)
	}
	return root
}

// Install writes files as generation gen-0 under dataDir and points
// asterisk/current to it, as pbx/sync does on the card.
func Install(t testing.TB, dataDir string, files map[string][]byte) {
	t.Helper()
	base := filepath.Join(dataDir, "asterisk")
	for name, body := range files {
		path := filepath.Join(base, "gen-0", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, body, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	link := filepath.Join(base, "current")
	os.Remove(link)
	if err := os.Symlink("gen-0", link); err != nil {
		t.Fatal(err)
	}
}

func (a *Asterisk) start() {
	a.t.Helper()
	state := filepath.Join(a.opts.DataDir, "asterisk-state")
	if err := os.MkdirAll(state, 0o755); err != nil {
		a.t.Fatal(err)
	}
	args := []string{"unshare", "--mount", "--uts", "--propagation", "private"}
	if os.Geteuid() != 0 {
		args = append(args, "--map-root-user")
	}
	if a.opts.NetNS != "" {
		args = append([]string{"nsenter", "--net=" + a.opts.NetNS}, args...)
	}
	args = append(args, "/bin/sh", "-c", script, "asterisktest",
		a.root, a.opts.Rootfs, a.opts.DataDir, a.opts.Hostname, a.opts.Hosts, a.opts.ResolvConf)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = a.log, a.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	started, done := make(chan error), make(chan struct{})
	go func() {
		// The death signal comes when this thread ends, so it must live as long.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			cmd.Wait()
		}
		close(done)
	}()
	if err := <-started; err != nil {
		a.t.Fatalf("start asterisk: %v: install util-linux", err)
	}
	a.mu.Lock()
	a.cmd, a.done = cmd, done
	a.mu.Unlock()

	deadline := time.After(a.opts.Ready)
	for !strings.Contains(a.log.since(), "Asterisk Ready.") {
		select {
		case <-done:
			a.t.Fatalf("asterisk ended while booting:\n%s", a.Log())
		case <-deadline:
			a.t.Fatalf("asterisk is not ready after %s:\n%s", a.opts.Ready, a.Log())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Stop ends Asterisk as a power cut would end a process that ignores SIGTERM
// for longer than 10 s. Stopping twice is stopping once.
func (a *Asterisk) Stop() {
	a.mu.Lock()
	cmd, done := a.cmd, a.done
	a.cmd = nil
	a.mu.Unlock()
	if cmd == nil {
		return
	}
	cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		cmd.Process.Kill()
		<-done
	}
}

// Kill ends Asterisk at once, as a power cut does.
func (a *Asterisk) Kill() {
	a.mu.Lock()
	cmd, done := a.cmd, a.done
	a.cmd = nil
	a.mu.Unlock()
	if cmd != nil {
		cmd.Process.Kill()
		<-done
	}
}

// Restart stops Asterisk and boots it again on what /data holds now.
func (a *Asterisk) Restart() {
	a.t.Helper()
	a.Stop()
	a.log.mark()
	a.start()
}

// Log is all that Asterisk wrote to its console, since the first start.
func (a *Asterisk) Log() string { return a.log.String() }

// Complaints are the lines of the log that are errors or warnings.
func (a *Asterisk) Complaints() []string {
	var bad []string
	for line := range strings.Lines(a.Log()) {
		if strings.Contains(line, "ERROR[") || strings.Contains(line, "WARNING[") {
			bad = append(bad, strings.TrimSpace(line))
		}
	}
	return bad
}

// PID is the process of Asterisk, 0 when it is stopped.
func (a *Asterisk) PID() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.cmd == nil {
		return 0
	}
	return a.cmd.Process.Pid
}

// CLI runs one command of Asterisk's console and returns what it prints.
func (a *Asterisk) CLI(ctx context.Context, command string) (string, error) {
	pid := strconv.Itoa(a.PID())
	args := []string{"--target", pid, "--mount", "--root", "--net", "--wdns=/"}
	if os.Geteuid() != 0 {
		args = append(args, "--user", "--preserve-credentials")
	}
	args = append(args, "/usr/sbin/asterisk", "-rx", command)
	out, err := exec.CommandContext(ctx, "nsenter", args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("asterisk -rx %q: %w: %s", command, err, bytes.TrimSpace(out))
	}
	return string(out), nil
}
