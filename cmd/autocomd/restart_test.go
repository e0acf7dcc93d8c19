package main

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A restart that waits for the end of calls is not forgotten: neither when events are
// lost (the manager says "up" again), nor by another change, nor by a restart of autocomd.
func TestARestartIsNotForgotten(t *testing.T) {
	b := newBureau(t)
	stop := b.start()
	b.do(seen())
	b.confirmed()
	b.manager.do(func() { b.manager.calls = 2 })
	b.mu.Lock()
	b.at = netip.MustParseAddr("127.0.0.2") // 127.0.0.1 stays: the calls go on
	b.mu.Unlock()
	poke(b.kicks)
	b.eventually("noted", func() bool { _, err := os.Stat(filepath.Join(b.dir, "asterisk/restart-owed")); return err == nil })
	b.client.OnUp(t.Context())
	other := seen()
	other.MAC[5] = 9
	b.do(other)
	b.client.OnUp(t.Context())
	time.Sleep(3 * time.Second)
	if b.requested() {
		t.Fatal("the restart cuts calls")
	}
	if b.Confirmed() == 0 || b.bound() == b.full().Address {
		t.Error("the new address is confirmed before Asterisk has read it")
	}

	// autocomd is another process now.
	stop()
	b.exchange = b.fresh()
	b.start()
	b.manager.do(func() { b.manager.calls = 0 })
	b.eventually("asked for when the calls have ended", b.requested)
	os.Remove(b.request())
	b.manager.do(func() { b.manager.started = "11:30"; b.manager.conn.Close() })
	b.eventually("at the new address", func() bool { return b.bound() == b.full().Address })
	time.Sleep(time.Second)
	if b.requested() {
		t.Error("asked for twice")
	}
}

// An address that changes right after a restart makes another one at once.
func TestAnotherRestartRightAfterOne(t *testing.T) {
	b := newBureau(t)
	b.start()
	b.do(seen())
	b.confirmed()
	for n, address := range []string{"127.0.0.2", "127.0.0.3"} {
		b.mu.Lock()
		b.at = netip.MustParseAddr(address)
		b.mu.Unlock()
		poke(b.kicks)
		b.eventually("asked for", b.requested)
		os.Remove(b.request())
		b.manager.do(func() { b.manager.started = "12:0" + string(rune('0'+n)); b.manager.conn.Close() })
		b.eventually("at "+address, func() bool { return b.bound().String() == address })
	}
}

// Calls through an address that the box has lost carry no voice: nobody waits for them.
func TestCallsThroughALostAddressAreNotWaitedFor(t *testing.T) {
	b := newBureau(t)
	b.at = netip.MustParseAddr("192.0.2.1") // of a range for documentation: nobody has it
	if err := b.writePlan(t.Context()); err != nil {
		t.Fatal(err)
	}
	os.Remove(b.request())
	b.start()
	b.eventually("at the address that will be lost", func() bool { return b.bound() == b.full().Address })
	b.manager.do(func() { b.manager.calls = 2 })
	b.mu.Lock()
	b.at = netip.MustParseAddr("127.0.0.2")
	b.mu.Unlock()
	poke(b.kicks)
	b.eventually("asked for", b.requested)
}
