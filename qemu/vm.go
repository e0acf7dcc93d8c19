package qemu

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

// VM is a running machine.
type VM struct {
	Console *Console
	Started time.Time

	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// Boot switches the machine on. The console goes to <Dir>/console.log, one file for
// all boots of that Dir. The machine is killed when ctx ends, or when we die.
func Boot(ctx context.Context, m Machine) (*VM, error) {
	cmd, err := m.Command()
	if err != nil {
		return nil, err
	}
	vm := &VM{cmd: cmd, done: make(chan struct{}), Started: time.Now()}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if m.Terminal {
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	} else {
		log, err := os.OpenFile(filepath.Join(m.Dir, "console.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			return nil, err
		}
		vm.Console = newConsole(log, m.Echo)
		cmd.Stdout, cmd.Stderr = vm.Console, vm.Console
	}
	started := make(chan error, 1)
	go func() {
		// The kernel sends Pdeathsig when the thread that started QEMU ends, so that
		// thread must live as long as QEMU.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		vm.err = cmd.Wait()
		if vm.Console != nil {
			vm.Console.close()
		}
		close(vm.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	context.AfterFunc(ctx, vm.Kill)
	return vm, nil
}

// Kill pulls the plug: QEMU gets no chance to write anything.
func (vm *VM) Kill() {
	if vm.cmd.Process != nil {
		vm.cmd.Process.Kill() // an error means it is dead already
	}
	<-vm.done
}

// Done is closed when the machine is off.
func (vm *VM) Done() <-chan struct{} { return vm.done }

// Wait blocks until the machine is off by itself.
func (vm *VM) Wait() error {
	<-vm.done
	var exit *exec.ExitError
	if errors.As(vm.err, &exit) {
		return fmt.Errorf("%s ended: %w", filepath.Base(vm.cmd.Path), vm.err)
	}
	return vm.err
}
