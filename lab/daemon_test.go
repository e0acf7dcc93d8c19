//go:build lab

package lab

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// daemon is a running autocomd.
type daemon struct {
	t   *testing.T
	cmd *exec.Cmd
	out string // file
}

// startDaemon runs autocomd in the box.
func startDaemon(t *testing.T, o *office) *daemon {
	t.Helper()
	d := &daemon{t: t, out: filepath.Join(o.run, "autocomd.log")}
	log, err := os.OpenFile(d.out, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	// nsenter becomes autocomd: signals reach it.
	d.cmd = exec.Command("nsenter", "--net="+o.box, os.Getenv(daemonPath), "-config", filepath.Join(o.run, "autocom.toml"))
	d.cmd.Stdout, d.cmd.Stderr = log, log
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.leave)
	return d
}

// leave ends what a test has left running, by SIGTERM if it can: autocomd's DHCP server
// changes its credentials, which clears its parent-death signal (prctl(2)), and outlives
// an autocomd that is killed. On the card systemd ends the whole unit.
func (d *daemon) leave() {
	if d.cmd.ProcessState != nil {
		return
	}
	d.cmd.Process.Signal(syscall.SIGCONT) // a test may have stopped it
	d.cmd.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(10*time.Second, func() { d.cmd.Process.Kill() })
	d.cmd.Wait()
	late.Stop()
}

// kill ends autocomd at once; twice is once.
func (d *daemon) kill() {
	if d.cmd.ProcessState != nil {
		return
	}
	d.cmd.Process.Kill()
	d.cmd.Wait()
}

func (d *daemon) signal(s syscall.Signal) {
	d.t.Helper()
	if err := d.cmd.Process.Signal(s); err != nil {
		d.t.Fatal(err)
	}
}

// end asks autocomd to end and fails when it does not, or ends badly.
func (d *daemon) end() {
	d.t.Helper()
	d.signal(syscall.SIGTERM)
	gone := make(chan error, 1)
	go func() { gone <- d.cmd.Wait() }()
	select {
	case err := <-gone:
		if err != nil {
			d.t.Errorf("autocomd ended with %v\n%s", err, d.log())
		}
	case <-time.After(10 * time.Second):
		d.t.Errorf("autocomd does not end within 10 s\n%s", d.log())
		d.cmd.Process.Kill()
		<-gone
	}
}

// log is the end of what autocomd wrote.
func (d *daemon) log() string {
	b, err := os.ReadFile(d.out)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return "--- autocomd ---\n" + strings.Join(lines[max(0, len(lines)-60):], "\n")
}
