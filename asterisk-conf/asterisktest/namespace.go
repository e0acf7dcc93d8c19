package asterisktest

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"

	"github.com/vishvananda/netlink"
)

// script makes the root of the namespace and becomes Asterisk.
//
//go:embed enter.sh
var script string

// inside tells the copy of the test binary that it already has its own network.
const inside = "AUTOCOM_TEST_NETWORK"

// InOwnNetwork runs the tests of m in a new network namespace that has only a
// loopback interface with 127.0.0.1 and the given addresses (CIDR), and exits.
// Without root it also takes a user namespace.
func InOwnNetwork(m *testing.M, addresses ...string) {
	if os.Getenv(inside) == "" {
		os.Exit(again())
	}
	if err := loopback(addresses); err != nil {
		fmt.Fprintln(os.Stderr, "asterisktest:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// again runs this binary with the same arguments in a new network namespace:
// a Go program cannot move all its threads into one.
func again() int {
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if uid := os.Geteuid(); uid != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
	}
	if err := cmd.Run(); err != nil {
		if exit, ok := err.(*exec.ExitError); ok && exit.ExitCode() > 0 {
			return exit.ExitCode()
		}
		fmt.Fprintln(os.Stderr, "asterisktest: run in a network namespace:", err)
		return 1
	}
	return 0
}

func loopback(addresses []string) error {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("find lo: %w", err)
	}
	for _, cidr := range addresses {
		addr, err := netlink.ParseAddr(cidr)
		if err != nil {
			return err
		}
		if err := netlink.AddrAdd(lo, addr); err != nil {
			return fmt.Errorf("add %s to lo: %w", cidr, err)
		}
	}
	if err := netlink.LinkSetUp(lo); err != nil {
		return fmt.Errorf("set lo up: %w", err)
	}
	return nil
}

// logBuffer keeps the console of Asterisk; mark starts a new boot in it.
type logBuffer struct {
	mu    sync.Mutex
	all   []byte
	start int
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all = append(b.all, p...)
	return len(p), nil
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.all)
}

func (b *logBuffer) since() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.all[b.start:])
}

func (b *logBuffer) mark() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.start = len(b.all)
}
