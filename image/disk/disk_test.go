package disk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"autocom/image"
)

func recipe(boot, arch string) image.Recipe {
	return image.Recipe{
		Board:   image.Board{Name: "test", Arch: arch, Boot: boot, Cmdline: "console=tty0 panic=10"},
		Version: "0.1.0", SourceDate: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC), DiskSignature: 0x1a2b3c4d, BootPartitionMiB: 288,
	}
}

// raspberrySlot is a slot of a few bytes with its firmware.
func raspberrySlot(t *testing.T) image.Slot {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"slot/vmlinuz": "kernel", "slot/initramfs": strings.Repeat("init", 3000), "slot/overlays/README": "x",
		"slot/bcm2711-rpi-4-b.dtb": "tree", "firmware/start4.elf": "firmware",
	} {
		full := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return image.Slot{Dir: filepath.Join(dir, "slot"), Firmware: filepath.Join(dir, "firmware")}
}

func assemble(t *testing.T, slot image.Slot) (image.Image, string) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "x.img")
	img, err := Assemble(context.Background(), out, slot, recipe("raspberry", "arm64"), map[string][]byte{"README.txt": []byte("hello\r\n")})
	if err != nil {
		t.Fatal(err)
	}
	return img, out
}

// sfdisk reads the table with none of our code.
func TestTheTableAsSfdiskReadsIt(t *testing.T) {
	_, path := assemble(t, raspberrySlot(t))
	out, err := exec.Command(tool("sfdisk"), "-J", path).Output()
	if err != nil {
		t.Fatalf("sfdisk (install fdisk): %v", err)
	}
	type part struct {
		Start, Size int64
		Type        string
		Bootable    bool
	}
	var got struct {
		PartitionTable struct {
			Label, ID  string
			Partitions []part
		}
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	p := got.PartitionTable
	if p.Label != "dos" || p.ID != "0x1a2b3c4d" {
		t.Errorf("label %s, id %s", p.Label, p.ID)
	}
	want := []part{{8192, 589824, "c", true}, {598016, 131072, "83", false}}
	if d := cmp.Diff(want, p.Partitions); d != "" {
		t.Errorf("partitions (-want +got):\n%s", d)
	}
}

func TestTheFATIsCleanAndListsItsFiles(t *testing.T) {
	_, path := assemble(t, raspberrySlot(t))
	out, err := exec.Command("mdir", "-i", path+"@@4M", "-b", "-/", "::").Output()
	if err != nil {
		t.Fatalf("mdir (install mtools): %v", err)
	}
	want := `::/README.txt
::/a/
::/a/bcm2711-rpi-4-b.dtb
::/a/cmdline.txt
::/a/initramfs
::/a/overlays/
::/a/overlays/README
::/a/vmlinuz
::/cmdline.txt
::/config.txt
::/start4.elf
`
	got := strings.Split(strings.TrimSpace(string(out)), "\n")
	if d := cmp.Diff(strings.Split(strings.TrimSpace(want), "\n"), slices.Sorted(slices.Values(got))); d != "" {
		t.Errorf("files (-want +got):\n%s", d)
	}
	for name, want := range map[string]string{
		"a/cmdline.txt": "console=tty0 panic=10 autocom.disk=1a2b3c4d\n",
		"cmdline.txt":   "console=tty0 panic=10 autocom.disk=1a2b3c4d\n",
		"a/vmlinuz":     "kernel",
		"README.txt":    "hello\r\n",
	} {
		out, err := exec.Command("mtype", "-i", path+"@@4M", "::"+name).Output()
		if err != nil || string(out) != want {
			t.Errorf("%s: %q, %v", name, out, err)
		}
	}

	image, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	fat := filepath.Join(t.TempDir(), "fat")
	if err := os.WriteFile(fat, image[4<<20:(4+288)<<20], 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(tool("fsck.vfat"), "-n", fat).CombinedOutput(); err != nil {
		t.Errorf("fsck.vfat (of dosfstools): %v: %s", err, out)
	}
}

func TestSameInputSameBytes(t *testing.T) {
	slot := raspberrySlot(t)
	one, path := assemble(t, slot)
	// Other times on the files, another moment: neither may show.
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(filepath.Join(slot.Dir, "vmlinuz"), later, later); err != nil {
		t.Fatal(err)
	}
	two, _ := assemble(t, slot)
	if one.SHA256 != two.SHA256 || one.SHA256 == "" {
		t.Errorf("%s and %s", one.SHA256, two.SHA256)
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() != one.Size || one.Size != (4+288+64)<<20 {
		t.Errorf("size %d, said %d, %v", info.Size(), one.Size, err)
	}
}

func TestTheDataPartitionIsMarkedAndElseEmpty(t *testing.T) {
	img, path := assemble(t, raspberrySlot(t))
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data := b[img.Layout.Data.Start:]
	rest, ok := bytes.CutPrefix(data, []byte(image.DataMarker))
	if !ok || len(data) != 64<<20 || !bytes.Equal(rest, make([]byte, len(rest))) {
		t.Errorf("marker %v, %d bytes", ok, len(data))
	}
}

func TestBootCodeKeepsTheTable(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "x"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	l := LayoutOf(recipe("grub", "amd64"))
	if err := f.Truncate(l.Data.Start + l.Data.Size); err != nil {
		t.Fatal(err)
	}
	code := loader{boot: bytes.Repeat([]byte{0xb0}, 440), core: bytes.Repeat([]byte{0xc0}, 5000)}
	if err := writeTable(f, l, code); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 8192)
	if _, err := f.ReadAt(b, 0); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b[:440], code.boot) || !bytes.Equal(b[512:5512], code.core) || b[5512] != 0 {
		t.Error("the boot code is not where the BIOS looks")
	}
	if !bytes.Equal(b[440:444], []byte{0x4d, 0x3c, 0x2b, 0x1a}) || b[510] != 0x55 || b[511] != 0xaa {
		t.Errorf("signature % x, end % x", b[440:444], b[510:512])
	}
	code.core = make([]byte, 4<<20)
	if err := writeTable(f, l, code); err == nil || !strings.Contains(err.Error(), "does not fit before the first partition") {
		t.Errorf("a core.img of 4 MiB: %v", err)
	}
}

func TestABootSectorThatIsNotGRUBs(t *testing.T) {
	name := filepath.Join(t.TempDir(), "boot.img")
	b := make([]byte, 512)
	b[0x5c], b[0x64], b[0x66], b[0x67] = 1, 0xff, 0xeb, 5
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := bootSector(name)
	if err != nil || len(got) != 440 || got[0x66] != 0x90 || got[0x67] != 0x90 {
		t.Errorf("%d bytes, % x, %v", len(got), got[0x66:0x68], err)
	}
	b[0x5c] = 2
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := bootSector(name); err == nil {
		t.Error("another sector number was accepted")
	}
}

func TestGRUBsFiles(t *testing.T) {
	if env := grubEnv("b"); len(env) != 1024 || !bytes.HasPrefix(env, []byte("# GRUB Environment Block\nslot=b\n###")) {
		t.Errorf("%d bytes: %.40q", len(env), env)
	}
	cfg := grubConfig(recipe("grub", "amd64"))
	if !strings.Contains(cfg, "\nlinux /$slot/vmlinuz console=tty0 panic=10 autocom.disk=1a2b3c4d autocom.slot=$slot\n") {
		t.Errorf("grub.cfg:\n%s", cfg)
	}
	// A command of a module that is not built in would be an error on the card only.
	builtin := regexp.MustCompile(`^(#.*|load_env .*|set .*|if .*|  (echo|sleep|reboot)\b.*|fi|linux .*|initrd .*|boot)$`)
	for line := range strings.Lines(cfg) {
		if !builtin.MatchString(strings.TrimRight(line, "\n")) {
			t.Errorf("grub.cfg has %q", line)
		}
	}
}

func TestRefusals(t *testing.T) {
	slot := raspberrySlot(t)
	large := slot
	large.Dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(large.Dir, "system.squashfs"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(large.Dir, "system.squashfs"), 300<<20); err != nil {
		t.Fatal(err)
	}
	without := slot
	without.Firmware = ""
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	for name, c := range map[string]struct {
		ctx  context.Context
		slot image.Slot
		boot string
		arch string
		want string
	}{
		"too large":          {context.Background(), large, "raspberry", "arm64", "the files of the boot partition need 300 MiB and it has 284: leave packages out or make boot_partition_mib larger"},
		"no firmware":        {context.Background(), without, "raspberry", "arm64", "slot of board test has no Raspberry firmware"},
		"no GRUB":            {context.Background(), slot, "grub", "amd64", "GRUB for i386-pc is missing: add its package (grub-pc-bin, grub-efi-amd64-bin, grub-efi-arm64-bin) to the kernel list of board test"},
		"GRUB for a mistake": {context.Background(), slot, "grub", "m68k", `GRUB is not known for architecture "m68k" of board test`},
		"another loader":     {context.Background(), slot, "lilo", "amd64", `board test has boot = "lilo": it is "raspberry" or "grub"`},
		"Ctrl-C":             {cancelled, slot, "raspberry", "arm64", "make the FAT: context canceled"},
	} {
		dir := t.TempDir()
		_, err := Assemble(c.ctx, filepath.Join(dir, "x.img"), c.slot, recipe(c.boot, c.arch), nil)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s:\n got %v\nwant %s", name, err, c.want)
		}
		if left, _ := os.ReadDir(dir); len(left) != 0 {
			t.Errorf("%s leaves %v", name, left)
		}
	}
	_, err := Assemble(context.Background(), filepath.Join(t.TempDir(), "none", "x.img"), slot, recipe("raspberry", "arm64"), nil)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no such directory: %v", err)
	}
}
