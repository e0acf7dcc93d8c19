package qemu

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
)

func TestMain(m *testing.M) { os.Exit(Isolated(m.Run)) }

// hello is a boot sector that writes its text to the first serial port and halts.
func hello(text string) []byte {
	code := []byte{
		0x31, 0xc0, // xor ax,ax
		0x8e, 0xd8, // mov ds,ax
		0xbe, 0x15, 0x7c, // mov si,text
		0xba, 0xf8, 0x03, // mov dx,0x3f8
		0xac,       // lodsb
		0x84, 0xc0, // test al,al
		0x74, 0x03, // jz halt
		0xee,       // out dx,al
		0xeb, 0xf8, // jmp lodsb
		0xf4,       // hlt
		0xeb, 0xfd, // jmp hlt
	}
	sector := make([]byte, 1<<20)
	copy(sector, append(code, text...))
	sector[510], sector[511] = 0x55, 0xaa
	return sector
}

func TestBootKillAndBootAgain(t *testing.T) {
	dir := t.TempDir()
	image := filepath.Join(dir, "hello, world.img")
	if err := os.WriteFile(image, hello("autocom says hello\r\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(image)
	if err != nil {
		t.Fatal(err)
	}
	lan, err := OpenLAN("br-test", netip.MustParsePrefix("192.168.50.1/24"))
	if err != nil {
		t.Fatal(err)
	}
	tap, err := lan.Tap()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		vm, err := Boot(t.Context(), Machine{Image: image, Arch: "amd64", Firmware: "bios", Dir: dir, Tap: tap, MemoryMB: 128})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
		if err := vm.Console.Expect(ctx, "autocom says hello"); err != nil {
			t.Errorf("%v\n%s", err, vm.Console.Last(20))
		}
		cancel()
		vm.Kill()
		if err := vm.Wait(); err == nil {
			t.Error("a killed machine ended well")
		}
	}
	after, err := os.ReadFile(image)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(before, after) {
		t.Error("the image file was written to")
	}
}

func TestMachineEndsWithItsContext(t *testing.T) {
	dir := t.TempDir()
	image := filepath.Join(dir, "a.img")
	if err := os.WriteFile(image, hello("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	vm, err := Boot(ctx, Machine{Image: image, Arch: "amd64", Firmware: "bios", Dir: dir, MemoryMB: 128})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	select {
	case <-vm.Done():
	case <-time.After(10 * time.Second):
		t.Error("the machine outlived its context by 10 s")
	}
}

func TestLANHasItsAddress(t *testing.T) {
	if _, err := OpenLAN("br-addr", netip.MustParsePrefix("192.168.51.1/24")); err != nil {
		t.Fatal(err)
	}
	br, err := netlink.LinkByName("br-addr")
	if err != nil {
		t.Fatal(err)
	}
	addrs, err := netlink.AddrList(br, netlink.FAMILY_V4)
	if err != nil {
		t.Fatal(err)
	}
	if len(addrs) != 1 || addrs[0].IPNet.String() != "192.168.51.1/24" {
		t.Errorf("addresses %v, want 192.168.51.1/24", addrs)
	}
}

func TestWhatCannotBeBooted(t *testing.T) {
	image := filepath.Join(t.TempDir(), "a.img")
	if err := os.WriteFile(image, make([]byte, 1<<20), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		m    Machine
		want string
	}{
		"no image":       {Machine{Image: image + "x", Arch: "amd64", Firmware: "bios", Dir: t.TempDir()}, "no such file"},
		"another arch":   {Machine{Image: image, Arch: "mips", Firmware: "bios", Dir: t.TempDir()}, "mips"},
		"BIOS on arm64":  {Machine{Image: image, Arch: "arm64", Firmware: "bios", Dir: t.TempDir()}, "no BIOS"},
		"no such folder": {Machine{Image: image, Arch: "amd64", Firmware: "bios", Dir: "/nonexistent"}, "nonexistent"},
	} {
		if _, err := Boot(t.Context(), c.m); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
}

func TestConsoleDropsWhatFirmwarePaints(t *testing.T) {
	if got := plain([]byte("\x1b[2J\x1b[01;01HBdsDxe: loading\r\nok\x07")); got != "BdsDxe: loading\nok" {
		t.Errorf("got %q", got)
	}
}
