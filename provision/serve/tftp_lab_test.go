//go:build lab

package serve

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Two clients that have nothing of our library.
//
// In words: programs of others fetch files from the box as old phones do (TFTP).
func TestRealTFTPClients(t *testing.T) {
	s := newTFTP(t)
	host, port, err := net.SplitHostPort(s.addr)
	if err != nil {
		t.Fatal(err)
	}
	for program, arguments := range map[string]func(out string) []string{
		"curl": func(out string) []string {
			return []string{"--silent", "--show-error", "--max-time", "10", "-o", out, "tftp://" + s.addr + "/Cisco/CP-7841-3PCC/001122aabb01.cfg"}
		},
		"busybox": func(out string) []string {
			return []string{"tftp", "-g", "-b", "4096", "-l", out, "-r", "Cisco/CP-7841-3PCC/001122aabb01.cfg", host, port}
		},
	} {
		out := filepath.Join(t.TempDir(), "file")
		started := time.Now()
		if said, err := exec.Command(program, arguments(out)...).CombinedOutput(); err != nil {
			t.Errorf("%s (Debian package %s): %v %s", program, program, err, said)
			continue
		}
		got, err := os.ReadFile(out)
		if err != nil || len(got) != 16000 {
			t.Errorf("%s: %d bytes, %v", program, len(got), err)
		}
		t.Logf("%s: %d bytes in %v", program, len(got), time.Since(started).Round(time.Millisecond))
	}
}
