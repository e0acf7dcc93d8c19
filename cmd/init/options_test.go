package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOptions(t *testing.T) {
	for name, c := range map[string]struct {
		cmdline, prefix string
		mode            []byte
		want            options
		err             string
	}{
		"a PC by GRUB": {"BOOT_IMAGE=/b/vmlinuz console=tty0 autocom.disk=1a2b3c4d autocom.slot=b", "", nil,
			options{signature: 0x1a2b3c4d, slot: "b", medium: ""}, ""},
		"a Pi 4 from its card": {"coherent_pool=1M snd_bcm2835.enable_hdmi=0 vc_mem.mem_base=0x3ec00000  console=tty0 autocom.disk=0000000f", "b/", []byte{0, 0, 0, 1},
			options{signature: 15, slot: "b", medium: "mmc"}, ""},
		"a Pi 4 from a USB disk": {"autocom.disk=1a2b3c4d", "a/", []byte{0, 0, 0, 4},
			options{signature: 0x1a2b3c4d, slot: "a", medium: "usb"}, ""},
		"a Pi 3, which tells no medium": {"autocom.disk=1a2b3c4d", "a/", nil,
			options{signature: 0x1a2b3c4d, slot: "a", medium: ""}, ""},
		"the firmware ignored os_prefix": {"autocom.disk=1a2b3c4d", "", nil,
			options{signature: 0x1a2b3c4d, slot: "a", medium: ""}, ""},
		"a machine with a bad watchdog": {"autocom.disk=1a2b3c4d autocom.watchdog=off", "", nil,
			options{signature: 0x1a2b3c4d, slot: "a", unguarded: true}, ""},
		"no signature":        {"console=tty0", "", nil, options{}, "the command line has no autocom.disk="},
		"signature 0":         {"autocom.disk=00000000", "", nil, options{}, "autocom.disk=00000000, which is no disk signature"},
		"signature no number": {"autocom.disk=card", "", nil, options{}, "autocom.disk=card, which is no disk signature"},
		"signature too long":  {"autocom.disk=1a2b3c4d5e", "", nil, options{}, "which is no disk signature"},
		"a third slot":        {"autocom.disk=1a2b3c4d", "old/", nil, options{}, `slot "old": there are only a and b`},
	} {
		got, err := parseOptions(c.cmdline, c.prefix, c.mode)
		switch {
		case c.err == "" && (err != nil || got != c.want):
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, c.want)
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
			t.Errorf("%s: %v, want …%s", name, err, c.err)
		}
	}
}

func TestOptionsFromTheFirmwaresFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"cmdline": "autocom.disk=1a2b3c4d\n", "os_prefix": "b/\x00", "bootloader/boot-mode": "\x00\x00\x00\x06"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := readOptions(filepath.Join(dir, "cmdline"), dir)
	if want := (options{signature: 0x1a2b3c4d, slot: "b", medium: "nvme"}); err != nil || got != want {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	got, err = readOptions(filepath.Join(dir, "cmdline"), filepath.Join(dir, "none"))
	if want := (options{signature: 0x1a2b3c4d, slot: "a", medium: ""}); err != nil || got != want {
		t.Errorf("without device tree: %+v, %v, want %+v", got, err, want)
	}
}
