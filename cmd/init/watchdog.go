package main

import (
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	watchdogTimeout = 60               // seconds; the Pi's own counter holds 15, the kernel prolongs it
	watchdogLimit   = 15 * time.Minute // checking a large card takes minutes, never this long
)

// watchdog restarts the machine when init hangs. Debian's kernel has no panic timeout, so
// that an unattended machine would otherwise wait for a person.
type watchdog struct {
	mu   sync.Mutex
	file *os.File // nil: this machine has none
}

// startWatchdog loads the drivers of watchdogs that devices announce and keeps the first
// one fed.
func startWatchdog(l *loader, say func(string, ...any)) *watchdog {
	l.coldPlug() // the watchdog hangs from buses that this makes appear
	l.coldPlug()
	w := &watchdog{}
	f, err := os.OpenFile("/dev/watchdog", os.O_WRONLY, 0)
	if err != nil {
		say("no watchdog: %v", err)
		return w
	}
	w.file = f
	if err := unix.IoctlSetPointerInt(int(f.Fd()), unix.WDIOC_SETTIMEOUT, watchdogTimeout); err != nil {
		say("the watchdog keeps its own timeout: %v", err)
	}
	go w.feed(time.Now().Add(watchdogLimit))
	return w
}

func (w *watchdog) feed(until time.Time) {
	for time.Now().Before(until) {
		w.mu.Lock()
		f := w.file
		if f != nil {
			_, _ = f.Write([]byte{0}) // when it cannot be fed, the machine restarts: that is its job
		}
		w.mu.Unlock()
		if f == nil {
			return
		}
		time.Sleep(5 * time.Second)
	}
}

var feeds = regexp.MustCompile(`(?m)^\s*RuntimeWatchdogSec\s*=\s*[1-9d]`) // d: "default"

// handOver stops feeding. The watchdog stays armed when the system's systemd will feed
// it on, which its configuration says; else it is disarmed by the magic letter V
// (kernel, Documentation/watchdog/watchdog-api.rst).
func (w *watchdog) handOver(root string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.file == nil {
		return
	}
	if !systemdFeeds(root) {
		_, _ = w.file.Write([]byte("V"))
	}
	w.file.Close()
	w.file = nil
}

func systemdFeeds(root string) bool {
	for _, pattern := range []string{"etc/systemd/system.conf", "etc/systemd/system.conf.d/*.conf", "usr/lib/systemd/system.conf.d/*.conf"} {
		files, _ := filepath.Glob(filepath.Join(root, pattern)) // the pattern is well-formed
		for _, f := range files {
			if text, err := os.ReadFile(f); err == nil && feeds.Match(text) {
				return true
			}
		}
	}
	return false
}
