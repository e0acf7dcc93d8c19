package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"time"

	"autocom/phonesim"
	"autocom/qemu"
)

// trial is a LAN with one box and some phones.
type trial struct {
	tryOptions
	dir      string
	log      *slog.Logger
	router   *phonesim.Router
	wire     *phonesim.Wire
	tap      string
	vm       *qemu.VM
	box      netip.Addr
	report   *tryReport
	password string        // of the administrator, once there is one
	ahead    time.Duration // of the visitor's clock before ours
	behind   time.Duration // of the box's clock, before the visitor came
	clockSet time.Time     // when the visitor set it, by its own clock
	say      func(format string, a ...any)
}

// The network of the trial; the router is its first address. Bursts need more
// addresses than an office has.
var (
	officeLAN = netip.MustParsePrefix("192.168.50.1/24")
	burstLAN  = netip.MustParsePrefix("192.168.48.1/20")
)

// consoleLines is how much of the console a failure shows.
const consoleLines = 25

// try runs inside the namespace made for it.
func try(ctx context.Context, o tryOptions, stdout, stderr io.Writer) error {
	t := &trial{tryOptions: o, dir: o.keep, log: slog.New(slog.DiscardHandler), report: newTryReport(o)}
	t.say = t.report.teller(o.json, stdout)
	if t.dir == "" {
		dir, err := os.MkdirTemp("", "autocom-try-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		t.dir = dir
	} else if err := os.MkdirAll(t.dir, 0o755); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	err := t.lay(ctx)
	if err == nil && o.burst > 0 {
		err = t.bursts(ctx)
	} else if err == nil {
		err = t.thinLine(ctx)
	}
	if t.vm != nil {
		t.vm.Kill()
	}
	if err != nil && t.vm != nil {
		t.report.Console = t.vm.Console.Last(consoleLines)
	}
	return t.report.end(err, o.json, stdout, stderr)
}

// lay makes the LAN: bridge, router, wire for phones, socket for the box.
func (t *trial) lay(ctx context.Context) error {
	addr := officeLAN
	if t.burst > 0 {
		addr = burstLAN
	}
	lan, err := qemu.OpenLAN("lan", addr)
	if err != nil {
		return err
	}
	if t.tap, err = lan.Tap(); err != nil {
		return err
	}
	if t.wire, err = phonesim.OpenWire(lan.Bridge); err != nil {
		return err
	}
	t.router = &phonesim.Router{Interface: lan.Bridge, Addr: addr, Log: t.log}
	go func() {
		if err := t.router.Run(ctx); err != nil {
			t.say("the router stopped: %v", err)
		}
	}()
	return nil
}

// A busy computer starves the emulated timer: then a kernel stands still before its
// first word, or says that its timer does not work and stops. That is QEMU's fault,
// not the image's; it is told, counted, and tried again.
const (
	emulatorTries = 3
	emulatorStall = 2 * time.Minute
	emulatorPanic = "IO-APIC + timer doesn't work"
)

var errEmulator = errors.New("QEMU starved before the kernel was up")

// boot switches the box on and waits until its page answers.
func (t *trial) boot(ctx context.Context, what string) error {
	return t.step(what, func() (string, error) {
		for n := 1; ; n++ {
			m := t.machine(t.dir, t.tap)
			m.RTC = boardClock
			vm, err := qemu.Boot(ctx, m)
			if err != nil {
				return "", err
			}
			t.vm = vm
			within, cancel := context.WithTimeout(ctx, t.patience)
			t.box, err = t.page(within)
			cancel()
			if err == nil {
				return "http://" + t.box.String() + "/ answers", nil
			}
			if !errors.Is(err, errEmulator) || n == emulatorTries {
				return "", err
			}
			t.vm.Kill()
			t.report.Starved++
			t.say("%8s  %v: off and on again", "", err)
		}
	})
}

// page waits for the box's lease and its first page.
func (t *trial) page(ctx context.Context) (netip.Addr, error) {
	mac, err := net.ParseMAC(qemu.BoxMAC)
	if err != nil {
		return netip.Addr{}, err
	}
	c := &http.Client{Timeout: 5 * time.Second}
	last := errors.New("it asked for no address")
	for {
		select {
		case <-ctx.Done():
			return netip.Addr{}, fmt.Errorf("the box did not show its page within %v: %w", t.patience, last)
		case <-t.vm.Done():
			if strings.Contains(t.vm.Console.Last(consoleLines*4), emulatorPanic) {
				return netip.Addr{}, errEmulator
			}
			return netip.Addr{}, fmt.Errorf("the machine switched itself off: %w", errors.Join(t.vm.Wait(), last))
		case <-time.After(250 * time.Millisecond):
		}
		if t.vm.Console.Silent() && time.Since(t.vm.Started) > emulatorStall {
			return netip.Addr{}, errEmulator
		}
		ip := t.router.Lease(mac)
		if !ip.IsValid() {
			continue
		}
		res, err := c.Get("http://" + ip.String() + "/")
		if err != nil {
			last = err
			continue
		}
		res.Body.Close()
		if res.StatusCode == http.StatusOK {
			return ip, nil
		}
		last = fmt.Errorf("http://%s/ says %s", ip, res.Status)
	}
}

// powerCut pulls the box's plug.
func (t *trial) powerCut() {
	up := time.Since(t.vm.Started)
	t.vm.Kill()
	t.say("%8s  power cut, %.0f s after switching on", "", up.Seconds())
}

// step times f and tells what it gave.
func (t *trial) step(what string, f func() (string, error)) error {
	start := time.Now()
	got, err := f()
	took := time.Since(start)
	s := tryStep{What: what, Took: took, Result: got}
	if err != nil {
		s.Result = "failed"
	}
	t.report.Steps = append(t.report.Steps, s)
	t.say("%6.1f s  %s%s", took.Seconds(), what, after(": ", s.Result))
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func after(sep, s string) string {
	if s == "" {
		return ""
	}
	return sep + s
}
