package health

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func TestRead(t *testing.T) {
	got := Read(fstest.MapFS{
		"proc/device-tree/model":                  file("Raspberry Pi 4 Model B Rev 1.4\x00"),
		"proc/sys/kernel/osrelease":               file("6.12.6-arm64\n"),
		"proc/uptime":                             file("93784.52 371100.33\n"),
		"proc/loadavg":                            file("0.42 0.31 0.20 1/161 2931\n"),
		"proc/cpuinfo":                            file("processor\t: 0\nBogoMIPS\t: 108.00\n\nprocessor\t: 1\n"),
		"proc/meminfo":                            file("MemTotal:         933124 kB\nMemFree:          100000 kB\nMemAvailable:     512000 kB\n"),
		"sys/class/thermal/thermal_zone0/temp":    file("51608\n"),
		"sys/class/thermal/thermal_zone1/temp":    file("63000\n"),
		"sys/class/thermal/thermal_zone2/temp":    file("-274000\n"),
		"sys/class/thermal/cooling_device0/state": file("0\n"),
	})
	want := Machine{
		Board: "Raspberry Pi 4 Model B Rev 1.4", Kernel: "6.12.6-arm64", Up: 93784520 * time.Millisecond, Load: .42, Processors: 2,
		Memory: 933124 * 1024, Available: 512000 * 1024, Temperature: 63, Hot: true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if diff := cmp.Diff(Machine{}, Read(fstest.MapFS{"proc/uptime": file("never"), "proc/loadavg": file("")})); diff != "" {
		t.Errorf("of nothing (-want +got)\n%s", diff)
	}
	if real := Read(os.DirFS("/")); real.Memory < real.Available || real.Available == 0 || real.Up == 0 || real.Processors == 0 || real.Kernel == "" {
		t.Errorf("this machine: %+v", real)
	}
}

func TestSpaceAndSize(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "a/b"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, n := range map[string]int{"x": 10, "a/b/y": 32} {
		if err := os.WriteFile(filepath.Join(dir, name), make([]byte, n), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if bytes, files := Size(dir); bytes != 42 || files != 2 {
		t.Errorf("%d bytes in %d files", bytes, files)
	}
	if bytes, files := Size(filepath.Join(dir, "none")); bytes != 0 || files != 0 {
		t.Errorf("of nothing: %d bytes in %d files", bytes, files)
	}
	if d, err := Space(dir); err != nil || d.Total == 0 || d.Free > d.Total {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := Space(filepath.Join(dir, "none")); err == nil {
		t.Error("a directory that is not there has space")
	}
}

func TestAskClock(t *testing.T) {
	answer := func(first, stratum byte, ref ...byte) []byte {
		b := make([]byte, 48)
		b[0], b[1] = first, stratum
		copy(b[12:], ref)
		return b
	}
	for name, tt := range map[string]struct {
		says []byte
		want Clock
		bad  bool
	}{
		"follows a server of stratum 2": {answer(4<<3|4, 3, 192, 0, 2, 7), Clock{true, 3}, false},
		"chrony without a source":       {answer(4<<3|4, 10, 127, 127, 1, 1), Clock{false, 10}, false},
		"not synchronised yet":          {answer(3<<6|4<<3|4, 0), Clock{false, 0}, false},
		"a kiss of death":               {answer(4<<3|4, 0, 'R', 'A', 'T', 'E'), Clock{false, 0}, false},
		"somebody else's packet":        {answer(4<<3|3, 1), Clock{}, true},
		"too short":                     {[]byte{4<<3 | 4, 1}, Clock{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := net.ListenPacket("udp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			go func() {
				var b [512]byte
				if n, from, err := c.ReadFrom(b[:]); err == nil && n == 48 && b[0] == 0x23 {
					c.WriteTo(tt.says, from)
				}
			}()
			got, err := AskClock(t.Context(), netip.MustParseAddrPort(c.LocalAddr().String()))
			if got != tt.want || (err != nil) != tt.bad {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}
