package qemu

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/vishvananda/netlink"
)

// inside marks the process that already runs in its own namespaces.
const inside = "AUTOCOM_ISOLATED"

// Isolated runs f in network and mount namespaces of its own and gives its exit code.
//
// It starts this program again with the same arguments, in fresh namespaces: as root
// directly, as a normal user through a user namespace. The caller must reach the same
// call again in the second process; there f runs. Whatever f makes on the network
// (bridges, taps, addresses) vanishes with the process.
func Isolated(f func() int) int {
	if os.Getenv(inside) != "" {
		if err := raiseLoopback(); err != nil {
			fmt.Fprintln(os.Stderr, "autocom:", err)
			return 1
		}
		return f()
	}
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGTERM}
	if uid := os.Geteuid(); uid != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
	}
	// Ctrl-C reaches the whole process group, a SIGTERM us alone; the child tidies up
	// and decides when to end.
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGINT, syscall.SIGTERM)
	defer signal.Stop(asked)
	err := cmd.Start()
	if err == nil {
		go func() {
			for s := range asked {
				if s == syscall.SIGTERM {
					cmd.Process.Signal(s) // an error means that it ended meanwhile
				}
			}
		}()
		err = cmd.Wait()
	}
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return max(exit.ExitCode(), 1)
	case errors.Is(err, syscall.EPERM):
		fmt.Fprintln(os.Stderr, "autocom: this machine lets a normal user make no network namespace: run as root, or allow it with sysctl kernel.unprivileged_userns_clone=1")
	default:
		fmt.Fprintln(os.Stderr, "autocom: start in a network namespace:", err)
	}
	return 1
}

func raiseLoopback() error {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("find the loopback interface: %w", err)
	}
	return netlink.LinkSetUp(lo)
}
