package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"autocom/provision"
	"autocom/provision/inventory"
)

// The owner of the card adds the first half of a new phone's hardware address, without
// an update; a mistake there is said and takes nothing away.
func TestTheOwnerAddsAHardwareAddress(t *testing.T) {
	for name, tt := range map[string]struct {
		text, vendor, says string
	}{
		"nothing added":       {"", "", ""},
		"a new OUI":           {"yealink = [\"00005e\"]\n", "yealink", ""},
		"a maker nobody has":  {"yealing = [\"00005e\"]\n", "", "line 1: there is no maker"},
		"five digits":         {"yealink = [\"0005e\"]\n", "", "ouis.toml"},
		"no TOML at all":      {"yealink: 00005e\n", "", "line 1"},
		"a second, then good": {"snom = []\nyealink = [\"00:00:5E\"]\n", "yealink", ""},
	} {
		t.Run(name, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "vendors")
			if tt.text != "" {
				if err := os.MkdirAll(folder, 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(folder, "ouis.toml"), []byte(tt.text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			var log bytes.Buffer
			makers, err := known(folder, slog.New(slog.NewTextHandler(&log, nil)))
			if err != nil {
				t.Fatal(err)
			}
			f := inventory.Weigh(provision.Sighting{Sensor: provision.SensorARP, MAC: provision.MAC{0, 0, 0x5e, 0, 0x53, 1}}, makers.Vendors())
			if f.Vendor != tt.vendor {
				t.Errorf("the phone is of maker %q, want %q", f.Vendor, tt.vendor)
			}
			if said := log.String(); tt.says == "" && said != "" || !strings.Contains(said, tt.says) {
				t.Errorf("the log says %q, want %q", said, tt.says)
			}
		})
	}
}
