package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/insomniacslk/dhcp/dhcpv4/nclient4"
)

// dnsmasq is Debian's package dnsmasq-base.
const dnsmasq = "/usr/sbin/dnsmasq"

// offerWait is how long another DHCP server may take to offer; checkEvery is how
// often it is looked for while ours runs, so that two serve only for a while.
const (
	offerWait  = 5 * time.Second // many routers try an address by ping for 3 s before they offer it
	checkEvery = 30 * time.Second
)

// leases is the task that gives out addresses on a LAN where nobody else does:
// dnsmasq, as a child with the daemon's own user and capabilities.
type leases struct {
	iface   string
	network netip.Prefix           // the box's own address there
	config  func() ([]byte, error) // dnsmasq's, of now
	path    string                 // of that file
	every   time.Duration
	on      func(serving bool, other netip.Addr) // other: the server that has the LAN already
	log     *slog.Logger
}

func (l *leases) String() string { return "DHCP server on " + l.iface }

// Run serves until ctx ends, but not while another server answers. What is told may
// change (a way out appears): dnsmasq reads that at its start alone.
func (l *leases) Run(ctx context.Context) error {
	if _, err := exec.LookPath(dnsmasq); err != nil {
		return fmt.Errorf("no addresses are given out: %w: install dnsmasq-base", err)
	}
	var stop func()
	var ended <-chan struct{}
	var running []byte
	end := func(other netip.Addr) {
		if stop != nil {
			stop()
		}
		l.on(false, other)
		stop, ended, running = nil, nil, nil
	}
	defer end(netip.Addr{})
	said := ""
	say := func(text string, args ...any) {
		if line := fmt.Sprint(text, args); line != said {
			said = line
			l.log.Info(text, args...)
		}
	}
	for ctx.Err() == nil {
		server, err := otherServer(ctx, l.iface)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			say("not known whether another DHCP server is there", "interface", l.iface, "error", err)
		case server.IsValid():
			end(server)
			say("another DHCP server is there: none of ours", "interface", l.iface, "server", server)
		default:
			config, err := l.config()
			if err != nil {
				say("no addresses are given out", "interface", l.iface, "error", err)
				break
			}
			if stop != nil && !bytes.Equal(config, running) {
				stop()
				stop = nil
			}
			if stop == nil {
				if err := writeFile(l.path, config, 0o644); err != nil {
					say("no addresses are given out", "interface", l.iface, "error", err)
					break
				}
				stop, ended = l.serve(ctx)
				running = config
				l.on(true, netip.Addr{})
				say("no other DHCP server: addresses are given out here", "interface", l.iface, "network", l.network.Masked())
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(l.every):
		case <-ended:
			end(netip.Addr{})
			sleep(ctx, l.every) // what ended it once would end it again at once
		}
	}
	return nil
}

// serve starts dnsmasq; stop ends it and waits for that, ended tells that it has.
func (l *leases) serve(parent context.Context) (stop func(), ended <-chan struct{}) {
	ctx, cancel := context.WithCancel(parent)
	done := make(chan struct{})
	go func() {
		defer close(done)
		// Pdeathsig kills the child at the end of the thread that started it, not of
		// the process: this thread stays until then.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		cmd := exec.CommandContext(ctx, dnsmasq, "--conf-file="+l.path, "--keep-in-foreground", "--log-facility=-",
			"--user=", "--pid-file=") // as we are, and no file in /run
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // it writes its leases
		cmd.WaitDelay = 3 * time.Second
		words := &lastLine{log: l.log}
		cmd.Stdout, cmd.Stderr = words, words
		if err := cmd.Run(); ctx.Err() == nil {
			l.log.Error("dnsmasq ended: no addresses are given out for now", "interface", l.iface, "error", err, "said", words.last)
		}
	}()
	return func() { cancel(); <-done }, done
}

// otherServer asks as a client would, with the box's own address, and gives the
// server that offers a lease, the zero Addr when none does within offerWait. Our
// own server does not hear what its own interface sends.
func otherServer(ctx context.Context, name string) (netip.Addr, error) {
	ifi, err := net.InterfaceByName(name)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("look for a DHCP server: %w", err)
	}
	c, err := nclient4.New(name, nclient4.WithTimeout(offerWait), nclient4.WithRetry(1))
	if err != nil {
		return netip.Addr{}, fmt.Errorf("look for a DHCP server on %s: %w", name, err)
	}
	defer c.Close()
	// The same identity as systemd-networkd's (ClientIdentifier=mac, RFC 2132 9.14): a
	// server sees one client, not two.
	id := append([]byte{1}, ifi.HardwareAddr...)
	offer, err := c.DiscoverOffer(ctx, dhcpv4.WithOption(dhcpv4.OptClientIdentifier(id)), dhcpv4.WithBroadcast(true))
	if errors.Is(err, nclient4.ErrNoResponse) {
		return netip.Addr{}, nil
	}
	if err != nil {
		return netip.Addr{}, fmt.Errorf("look for a DHCP server on %s: %w", name, err)
	}
	server, ok := netip.AddrFromSlice(offer.ServerIdentifier().To4())
	if !ok { // a bare BOOTP server is one all the same
		server = netip.IPv4Unspecified()
	}
	return server, nil
}

// lastLine logs what a child says and keeps its last line, 200 bytes at most.
type lastLine struct {
	log  *slog.Logger
	last string
}

func (w *lastLine) Write(p []byte) (int, error) {
	for line := range bytes.Lines(p) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			w.last = string(line[:min(len(line), 200)])
			w.log.Debug("dnsmasq", "says", w.last)
		}
	}
	return len(p), nil
}
