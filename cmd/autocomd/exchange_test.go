package main

import (
	"context"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"autocom/office"
	"autocom/pbx"
)

// Without an exchange to talk to its files are written all the same, a start is
// asked for once, and nobody waits.
func TestAnExchangeThatIsAway(t *testing.T) {
	dir := t.TempDir()
	cfg := defaults()
	cfg.Paths.Data, cfg.Paths.Run, cfg.Asterisk.AMI = dir, dir, ""
	plan := pbx.Plan{
		Revision: 7, Name: "Bureau", Hostname: "autocom", Language: "fr", Country: "CM", ManagerSecret: "0123456789abcdef0123",
		Endpoints: []pbx.Endpoint{{ID: "001565aa0001-1", Secret: "0123456789abcdef0123", Number: "201", Name: "201", Lang: "fr", Right: pbx.RightInternal}},
	}
	e := newExchange(nil, cfg, func() pbx.Plan { return plan }, plan.ManagerSecret, slog.New(slog.DiscardHandler))
	request := filepath.Join(dir, "restart-asterisk")
	if err := e.writePlan(t.Context()); err != nil {
		t.Fatalf("no address yet: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "asterisk")); err == nil {
		t.Error("no address yet, and Asterisk's configuration was touched")
	}
	plan.Address = netip.MustParseAddr("192.168.77.1")
	if err := e.writePlan(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "asterisk/current/pjsip_lines.conf")); err != nil {
		t.Error(err)
	}
	if err := os.Remove(request); err != nil {
		t.Errorf("the first configuration asks for a start: %v", err)
	}
	if err := e.writePlan(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(request); err == nil {
		t.Error("the same plan asks for another start")
	}
	plan.Address = netip.MustParseAddr("192.168.1.9")
	if err := e.writePlan(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(request); err != nil {
		t.Errorf("another address asks for a restart: %v", err)
	}
	soon, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := e.Live(soon, office.Revision(7)); err != context.DeadlineExceeded {
		t.Errorf("it was asked to restart and is waited for: %v, want %v", err, context.DeadlineExceeded)
	}
	e.born, e.asked = time.Now().Add(-time.Hour), time.Now().Add(-time.Hour)
	if err := e.Live(t.Context(), office.Revision(7)); err != errAway {
		t.Errorf("waiting for it an hour later: %v, want %v", err, errAway)
	}
}
