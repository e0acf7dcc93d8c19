package main

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"autocom/pbx/ami"
	"autocom/portal"
	"autocom/upkeep/health"
)

// ntp is where chrony answers.
const ntp = 123

// system is the box for the page about it.
type system struct{ *daemon }

// Look looks at the machine.
func (s system) Look(ctx context.Context) portal.SystemState {
	m := health.Read(os.DirFS("/"))
	lan, _ := s.watch.LAN()
	out := portal.SystemState{
		Interface: lan.Name, Addresses: lan.Addresses, Gives: s.lan.Giving(), Memory: m.Memory, Unused: m.Available, Load: m.Load, Processors: m.Processors,
		Temperature: m.Temperature, Hot: m.Hot, Board: m.Board, Kernel: m.Kernel, Version: version, Started: s.started, Exchange: s.exchangeState(), Log: lastLines(s.log),
	}
	if m.Up > 0 {
		out.Booted = time.Now().Add(-m.Up)
	}
	if s.cfg.serves() {
		out.Rival = s.lan.Rival()
	}
	if at := s.lan.Address(); at.IsValid() {
		switch c, err := health.AskClock(ctx, netip.AddrPortFrom(at, ntp)); {
		case err != nil:
			s.log.Debug("the clock's state is not known", "error", err)
		case c.Synchronised:
			out.Clock = "synchronised"
		default:
			out.Clock = "alone"
		}
	}
	d, err := health.Space(s.cfg.Paths.Data)
	if err != nil {
		s.log.Warn("the space of the card is not known", "error", err)
	}
	out.Total, out.Free = d.Total, d.Free
	out.Recordings, out.RecordingFiles = health.Size(recordingsDir(s.cfg.Paths.Data))
	if s.exchange.client != nil && s.exchange.Up() {
		if r, err := s.exchange.client.Do(ctx, ami.Action{Name: "CoreSettings"}); err == nil {
			out.AsteriskVersion = r.Get("AsteriskVersion")
		}
	}
	return out
}

// Restart asks root's path units: autocomd may do neither itself.
func (s system) Restart(_ context.Context, what string) error {
	switch what {
	case "asterisk":
		return s.exchange.askRestart()
	case "box":
		s.log.Warn("the box is to be restarted")
		return writeFile(filepath.Join(s.cfg.Paths.Run, "restart-box"), nil, 0o644)
	}
	return fmt.Errorf("%q cannot be restarted", what)
}
