package inspect

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"github.com/u-root/u-root/pkg/cpio"

	"autocom/image"
	"autocom/image/disk"
)

// made is an image in the making: what a case changes before it is assembled.
type made struct {
	system   map[string]string // files of the squashfs; a name with / at its end is a directory
	slot     map[string][]byte // further files of a/, or replacements after slot.json was written
	firmware map[string][]byte
	fat      map[string][]byte
	recipe   image.Recipe
}

const kernel = "7.2.12+deb14-arm64"

// good is a Raspberry image with the least that Verify accepts.
func good() made {
	m := made{
		system: map[string]string{
			"etc/machine-id": "", "etc/hostname": "autocom\n", "etc/mke2fs.conf": "", "etc/hosts": "127.0.0.1 localhost autocom\n",
			"etc/passwd": "root:x:0:0::/root:/bin/sh\n", "etc/shadow": "root:*:1::::::\nasterisk:!:1::::::\n", "etc/gshadow": "root:*::\nusers:::\n",
			"usr/lib/systemd/systemd": "x", "usr/sbin/e2fsck": "x", "usr/sbin/mkfs.ext4": "x", "usr/sbin/e2label": "x",
			"usr/lib/modules/" + kernel + "/modules.dep": "",
			"usr/share/autocom/persist.toml":             "[[keep]]\ndata = \"chrony\"\npath = \"/var/lib/chrony\"\n",
			"var/lib/chrony/":                            "",
			"var/lib/dpkg/status":                        "Package: a\nStatus: install ok installed\n\nPackage: b\nStatus: install ok installed\n",
		},
		slot:     map[string][]byte{"overlays/README": []byte("x")},
		firmware: map[string][]byte{},
		fat:      map[string][]byte{"autocom.toml": []byte("# password = \"\"\n"), "README.txt": []byte("x")},
		recipe: image.Recipe{
			Board:   image.Board{Name: "rpi", Arch: "arm64", Boot: "raspberry", Cmdline: "console=tty0"},
			Version: "0.1.0", SourceDate: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), DiskSignature: 0x1a2b3c4d, BootPartitionMiB: 288,
		},
	}
	for _, name := range []string{"bcm2837-rpi-3-b.dtb", "bcm2837-rpi-3-b-plus.dtb", "bcm2711-rpi-4-b.dtb", "bcm2711-rpi-400.dtb"} {
		m.slot[name] = []byte("tree")
	}
	for _, name := range []string{"bootcode.bin", "start.elf", "fixup.dat", "start4.elf", "fixup4.dat"} {
		m.firmware[name] = []byte("firmware")
	}
	m.slot["vmlinuz"] = append([]byte{0x1f, 0x8b}, make([]byte, 100)...)
	m.slot["initramfs"] = initramfs("init", "lib/modules/"+kernel+"/modules.dep")
	return m
}

func initramfs(names ...string) []byte {
	var b bytes.Buffer
	w := cpio.Newc.Writer(&b)
	for _, n := range names {
		_ = w.WriteRecord(cpio.StaticFile(n, "x", 0o644)) // into memory
	}
	_ = cpio.WriteTrailer(w)
	z, _ := zstd.NewWriter(nil) // no option can be wrong
	return z.EncodeAll(b.Bytes(), nil)
}

// assemble makes the image, with change applied to the slot's directory at the end.
func (m made) assemble(t *testing.T, change func(slotDir string)) string {
	t.Helper()
	dir := t.TempDir()
	slotDir, firmware := filepath.Join(dir, "slot"), filepath.Join(dir, "firmware")
	write := func(base string, files map[string][]byte) {
		for name, data := range files {
			full := filepath.Join(base, name)
			if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(full, data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(slotDir, m.slot)
	write(firmware, m.firmware)
	squash(t, m.system, filepath.Join(slotDir, "system.squashfs"))

	info := image.SlotInfo{Version: m.recipe.Version, Board: "rpi", Arch: m.recipe.Board.Arch, Kernel: kernel, Built: m.recipe.SourceDate}
	for _, name := range append(slices.Sorted(maps.Keys(m.slot)), "system.squashfs") {
		data, err := os.ReadFile(filepath.Join(slotDir, name))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(data)
		info.Files = append(info.Files, image.SlotFile{Name: name, Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:])})
	}
	text, err := json.Marshal(info)
	if err != nil {
		t.Fatal(err)
	}
	write(slotDir, map[string][]byte{"slot.json": text})
	if change != nil {
		change(slotDir)
	}
	img, err := disk.Assemble(context.Background(), filepath.Join(dir, "x.img"), image.Slot{Dir: slotDir, Info: info, Firmware: firmware}, m.recipe, m.fat)
	if err != nil {
		t.Fatal(err)
	}
	return img.Path
}

func squash(t *testing.T, files map[string]string, to string) {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		h := &tar.Header{Name: name, Mode: 0o644, Size: int64(len(files[name]))}
		if strings.HasSuffix(name, "/") {
			h.Typeflag, h.Mode = tar.TypeDir, 0o755
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("tar2sqfs", "-q", "-c", "zstd", to)
	cmd.Stdin = &b
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("tar2sqfs (install squashfs-tools-ng): %v: %s", err, out)
	}
}

func verify(t *testing.T, path string) (*Report, []string) {
	t.Helper()
	report, problems, err := Verify(path)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, p := range problems {
		list = append(list, p.String())
	}
	return report, list
}

func TestAGoodImageHasNoProblem(t *testing.T) {
	path := good().assemble(t, nil)
	report, problems := verify(t, path)
	if len(problems) > 0 {
		t.Errorf("problems:\n%s", strings.Join(problems, "\n"))
	}
	opened, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []*Report{report, opened} {
		if r.Signature != "1a2b3c4d" || r.DataState != "fresh" || r.Starts != "a" || len(r.Slots) != 1 {
			t.Errorf("signature %s, data %s, starts %q, %d slots", r.Signature, r.DataState, r.Starts, len(r.Slots))
		}
		if s := r.Slots[0]; s.Version != "0.1.0" || s.Kernel != kernel || s.Packages != 2 || s.Files < len(good().system) {
			t.Errorf("slot %+v", s)
		}
	}
	want := []BoardFiles{
		{Board: "Raspberry Pi 3B", Loads: []string{"bootcode.bin", "start.elf", "fixup.dat", "config.txt", "a/vmlinuz", "a/bcm2837-rpi-3-b.dtb", "a/initramfs", "a/cmdline.txt"}},
		{Board: "Raspberry Pi 3B+", Loads: []string{"bootcode.bin", "start.elf", "fixup.dat", "config.txt", "a/vmlinuz", "a/bcm2837-rpi-3-b-plus.dtb", "a/initramfs", "a/cmdline.txt"}},
		{Board: "Raspberry Pi 4", Loads: []string{"start4.elf", "fixup4.dat", "config.txt", "a/vmlinuz", "a/bcm2711-rpi-4-b.dtb", "a/initramfs", "a/cmdline.txt"}},
		{Board: "Raspberry Pi 400", Loads: []string{"start4.elf", "fixup4.dat", "config.txt", "a/vmlinuz", "a/bcm2711-rpi-400.dtb", "a/initramfs", "a/cmdline.txt"}},
	}
	if d := cmp.Diff(want, report.Boards, cmp.FilterPath(func(p cmp.Path) bool {
		return p.String() == "prefix" || p.String() == "cmdline"
	}, cmp.Ignore())); d != "" {
		t.Errorf("what the boards load (-want +got):\n%s", d)
	}
}

// Everything that must not be in a system, in one image.
func TestLeftoversAreNamed(t *testing.T) {
	m := good()
	maps.Copy(m.system, map[string]string{
		"etc/machine-id":              "0123456789abcdef0123456789abcdef\n",
		"etc/ssh/ssh_host_rsa_key":    "-----BEGIN OPENSSH PRIVATE KEY-----\n",
		"etc/resolv.conf":             "nameserver 192.0.2.53\n",
		"etc/hostname":                "builder\n",
		"usr/bin/qemu-aarch64-static": "x",
		"var/lib/apt/lists/deb.example.org_debian_dists_x_main_Packages": "x",
		"etc/shadow":                "root::1::::::\npi:$y$j9T$abc$def:1::::::\n",
		"etc/autocom.key":           "-----BEGIN EC PRIVATE KEY-----\n",
		"etc/apt/proxy":             "http://me:pass@proxy.example.org:3128/",
		"etc/asterisk/sip.conf":     "[general]\n",
		"var/log/bootstrap.log":     "x",
		"root/.bash_history":        "ls",
		"root/.ssh/authorized_keys": "ssh-ed25519 x",
	})
	delete(m.system, "usr/sbin/e2fsck")
	delete(m.system, "var/lib/chrony/")
	_, got := verify(t, m.assemble(t, nil))
	want := []string{
		"slot a: etc/asterisk/sip.conf must not be there: the configuration is rendered on the card, never the distribution's samples",
		"slot a: etc/ssh/ssh_host_rsa_key must not be there: every card would have the same host key",
		"slot a: root/.bash_history must not be there: it is the history of a shell of the build",
		"slot a: root/.ssh/authorized_keys must not be there: somebody could log in on every card",
		"slot a: usr/bin/qemu-aarch64-static must not be there: it is the emulator of the build machine",
		"slot a: var/lib/apt/lists/deb.example.org_debian_dists_x_main_Packages must not be there: it is a package list of the build",
		"slot a: var/log/bootstrap.log must not be there: it is a log of the build",
		"slot a: usr/sbin/e2fsck is missing: the card would not start",
		"slot a: etc/machine-id is not an empty file: every card would be the same machine",
		`slot a: etc/resolv.conf is of the build machine: it says "nameserver 192.0.2.53"`,
		`slot a: etc/hostname says "builder": it is of the build machine`,
		`slot a: etc/shadow gives root a default password or none: lock it with "*"`,
		`slot a: etc/shadow gives pi a default password or none: lock it with "*"`,
		"slot a: etc/apt/proxy holds an address with a password",
		"slot a: etc/autocom.key holds a private key: every card would have the same",
		"slot a: persist.toml keeps /var/lib/chrony, which is no directory in the system",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("problems (-want +got):\n%s", d)
	}
}

func TestADamagedSlot(t *testing.T) {
	m := good()
	m.fat["autocom.toml"] = []byte("[portal]\nadmin_password = \"admin\"\n")
	m.fat["boot-error.txt"] = []byte("x")
	m.slot["initramfs"] = initramfs("init", "lib/modules/6.1.0/modules.dep")
	m.slot["vmlinuz"] = []byte("\x28\xb5\x2f\xfd a zstd kernel")
	path := m.assemble(t, func(dir string) {
		for name, data := range map[string]string{"bcm2711-rpi-400.dtb": "Tree", "bcm2711-rpi-4-b.dtb": "a longer tree", "stray.bin": "x"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	})
	_, got := verify(t, path)
	want := []string{
		"slot a: bcm2711-rpi-4-b.dtb has 13 bytes, slot.json says 4",
		"slot a: bcm2711-rpi-400.dtb is damaged: its hash is not the one in slot.json",
		"slot a: stray.bin is not named in slot.json: no update would know of it",
		"slot a: vmlinuz is neither a raw arm64 kernel nor gzip: Raspberry firmware would not start it",
		"slot a: initramfs: it has no lib/modules/" + kernel + "/modules.dep: init could not start with kernel " + kernel,
		"FAT: autocom.toml sets admin_password: an image has no default password",
		"FAT: boot-error.txt is there: it is the trace of a failed start",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("problems (-want +got):\n%s", d)
	}
}

// The firmware would start something else, or nothing, without a word.
func TestFirmwareRules(t *testing.T) {
	m := good()
	delete(m.slot, "bcm2711-rpi-400.dtb")
	delete(m.slot, "overlays/README")
	delete(m.firmware, "fixup.dat")
	_, got := verify(t, m.assemble(t, nil))
	for _, want := range []string{
		"boot loader: Raspberry Pi 3B would not start: fixup.dat is missing: the firmware reads it before anything else",
		"boot loader: Raspberry Pi 4 would not start: a/overlays/README is missing: the firmware would take no overlay from the slot",
		"boot loader: Raspberry Pi 400 would not start: a/vmlinuz or one of a/bcm2711-rpi-400.dtb is missing: the firmware would ignore os_prefix=a/ without a word",
		"boot loader: Raspberry Pi 400 would not start: vmlinuz is missing: it is the kernel",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("not said: %s\nsaid:\n%s", want, strings.Join(got, "\n"))
		}
	}
}

// One image, and bytes changed in copies of it.
func TestBytesChangedByAccident(t *testing.T) {
	path := good().assemble(t, nil)
	original, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const boot, data = 4 << 20, (4 + 288) << 20
	for name, c := range map[string]struct {
		change func(b []byte) []byte
		want   string
	}{
		"another disk signature": {func(b []byte) []byte { b[440]++; return b },
			"boot loader: a/cmdline.txt says autocom.disk=1a2b3c4d and the disk signature is 1a2b3c4e: init would not find its card"},
		"no disk signature": {func(b []byte) []byte { clear(b[440:444]); return b },
			"partition table: the disk signature is 0: init could not find the card, and Windows would write its own"},
		"a partition moved": {func(b []byte) []byte { b[446+16+9]++; return b },
			fmt.Sprintf("partition table: partition 2 starts at %d with type 0x83, not right after partition 1 with type 0x83 (Linux)", data+256*512)},
		"cut off": {func(b []byte) []byte { return b[:len(b)-1<<20] },
			fmt.Sprintf("partition table: partition 2 ends at %d and the image at %d: the file is cut off, copy or download it again", data+64<<20, data+63<<20)},
		"the FATs differ": {func(b []byte) []byte { b[boot+32*512+100] ^= 1; return b },
			"FAT: fsck.vfat is not content: "},
		"something in the data partition": {func(b []byte) []byte { b[data+9<<20] = 1; return b },
			"data partition: it is marked as new and is not empty: something of the build lies there"},
		"no marker": {func(b []byte) []byte { b[data] = 0; return b },
			"data partition: it holds neither the marker of a new image nor an ext4: init could not tell whether it may format it"},
		"a byte of the squashfs": {func(b []byte) []byte {
			at := bytes.Index(b[boot:], []byte("hsqs"))
			b[boot+at+500] ^= 1
			return b
		}, "slot a: system.squashfs is damaged: its hash is not the one in slot.json"},
	} {
		t.Run(name, func(t *testing.T) {
			broken := filepath.Join(t.TempDir(), "x.img")
			if err := os.WriteFile(broken, c.change(bytes.Clone(original)), 0o600); err != nil {
				t.Fatal(err)
			}
			_, got := verify(t, broken)
			if !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, c.want) }) {
				t.Errorf("not said: %s\nsaid:\n%s", c.want, strings.Join(got, "\n"))
			}
		})
	}
}

func TestWhatIsNoImage(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty": {nil, "is no image of autocom: it is shorter than one sector"},
		"text":  {bytes.Repeat([]byte("hello\n"), 1000), "is no image of autocom: it has no partition table"},
		"blank": {append(make([]byte, 510), 0x55, 0xaa), "is no image of autocom: it has not two partitions"},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, c.data, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, look := range []func(string) error{
			func(p string) error { _, err := Open(p); return err },
			func(p string) error { _, _, err := Verify(p); return err },
		} {
			if err := look(path); err == nil || !strings.HasSuffix(err.Error(), c.want) {
				t.Errorf("%s: got %v, want …%s", name, err, c.want)
			}
		}
	}
}
