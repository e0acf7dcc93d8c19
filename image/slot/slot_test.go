package slot

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"autocom/image"
)

func TestKeepTakesWhatModulesNeed(t *testing.T) {
	dep := []byte(`kernel/drivers/net/usb/smsc95xx.ko.xz: kernel/drivers/net/usb/usbnet.ko.xz kernel/drivers/net/mii.ko.xz
kernel/drivers/net/usb/usbnet.ko.xz: kernel/drivers/net/mii.ko.xz
kernel/drivers/net/mii.ko.xz:
kernel/drivers/net/usb-gadget.ko.xz:
kernel/drivers/gpu/nouveau.ko.xz: kernel/drivers/gpu/drm.ko.xz
`)
	for _, c := range []struct {
		name   string
		wanted []string
		want   []string
		err    string
	}{
		{"a directory and what it needs from elsewhere", []string{"kernel/drivers/net/usb"},
			[]string{"kernel/drivers/net/mii.ko.xz", "kernel/drivers/net/usb/smsc95xx.ko.xz", "kernel/drivers/net/usb/usbnet.ko.xz"}, ""},
		{"one module", []string{"kernel/drivers/net/mii.ko"}, []string{"kernel/drivers/net/mii.ko.xz"}, ""},
		{"a module that is built in", []string{"kernel/fs/ext4.ko"}, nil, ""},
		{"a directory that is gone", []string{"kernel/drivers/nett"}, nil,
			`modules: the kernel has no module under "kernel/drivers/nett": correct the board's list`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := keep(dep, c.wanted)
			if fmt.Sprint(err) != c.err && (err != nil || c.err != "") {
				t.Fatalf("got %v, want %s", err, c.err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// root is a small root file system with what must not travel.
func root(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "root.tar")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := tar.NewWriter(f)
	for _, h := range []tar.Header{
		{Name: "./", Typeflag: tar.TypeDir, Mode: 0o755},
		{Name: "./etc/", Typeflag: tar.TypeDir, Mode: 0o755},
		{Name: "./etc/asterisk/", Typeflag: tar.TypeDir, Mode: 0o755, Uid: 901, Gid: 901},
		{Name: "./etc/asterisk/manager.conf", Mode: 0o640, Size: 6},
		{Name: "./etc/hostname", Mode: 0o644, Size: 6},
		{Name: "./etc/machine-id", Mode: 0o444, Size: 6},
		{Name: "./etc/resolv.conf", Mode: 0o644, Size: 6},
		{Name: "./etc/ssh/", Typeflag: tar.TypeDir, Mode: 0o755},
		{Name: "./etc/ssh/ssh_host_ed25519_key", Mode: 0o600, Size: 6},
		{Name: "./lib", Typeflag: tar.TypeSymlink, Linkname: "usr/lib", Mode: 0o777},
		{Name: "./usr/", Typeflag: tar.TypeDir, Mode: 0o755},
		{Name: "./usr/bin/", Typeflag: tar.TypeDir, Mode: 0o755},
		{Name: "./usr/bin/perl", Mode: 0o755, Size: 6},
		{Name: "./usr/bin/perl5.42", Typeflag: tar.TypeLink, Linkname: "./usr/bin/perl", Mode: 0o755},
		{Name: "./usr/bin/ping", Mode: 0o755, Size: 6, PAXRecords: map[string]string{"SCHILY.xattr.security.capability": "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"}},
		{Name: "./usr/lib/", Typeflag: tar.TypeDir, Mode: 0o755},
		{Name: "./var/", Typeflag: tar.TypeDir, Mode: 0o755},
		{Name: "./var/lib/apt/lists/mirror.example_Packages", Mode: 0o644, Size: 6},
		{Name: "./var/log/apt/term.log", Mode: 0o644, Size: 6},
		{Name: "./var/log/kept", Typeflag: tar.TypeLink, Linkname: "./usr/bin/perl", Mode: 0o644},
	} {
		if h.Typeflag == 0 {
			h.Typeflag = tar.TypeReg
		}
		h.ModTime = time.Now()
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := io.WriteString(w, "hello\n"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// kernel is what Unpack leaves: two modules, a kernel, a device tree, firmware.
func kernel(t *testing.T) Kernel {
	t.Helper()
	base := t.TempDir()
	modules := filepath.Join(base, "usr/lib/modules/7.2.12-test")
	for name, data := range map[string]string{
		"vmlinuz": "kernel", "modules.builtin": "", "modules.builtin.modinfo": "", "modules.order": "",
		"modules.dep":                      "kernel/fs/fat/vfat.ko: kernel/fs/fat/fat.ko\nkernel/fs/fat/fat.ko:\nkernel/sound/snd.ko:\n",
		"kernel/fs/fat/vfat.ko":            "not ELF",
		"kernel/fs/fat/fat.ko":             "not ELF",
		"kernel/sound/snd.ko":              "not ELF",
		"dtb/broadcom/bcm2711-rpi-4-b.dtb": "tree", "dtb/broadcom/bcm4708-router.dtb": "tree",
		"../../raspi-firmware/bootcode.bin": "b", "../../raspi-firmware/start.elf": "b", "../../raspi-firmware/fixup.dat": "b",
		"../../raspi-firmware/start4.elf": "b", "../../raspi-firmware/fixup4.dat": "b", "../../raspi-firmware/start_x.elf": "b",
		"../../raspi-firmware/overlays/disable-bt.dtbo": "o",
		"../../../share/doc/raspi-firmware/copyright":   "licence",
	} {
		p := filepath.Join(modules, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	k, err := find(base)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func input(t *testing.T, boot string) Input {
	initrd := filepath.Join(t.TempDir(), "initramfs")
	if err := os.WriteFile(initrd, []byte("cpio"), 0o644); err != nil {
		t.Fatal(err)
	}
	return Input{
		Recipe: image.Recipe{Version: "0.1.0", SourceDate: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
			Board: image.Board{Name: "rpi", Arch: "arm64", Boot: boot, Modules: []string{"kernel/fs/fat"}}},
		Root: image.Rootfs{Tar: root(t)}, Kernel: kernel(t), Initramfs: initrd,
		Overlay: []File{
			{Path: "etc/asterisk", Link: "/data/asterisk/current"},
			{Path: "etc/hostname", Data: []byte("autocom\n"), Mode: 0o644},
			{Path: "data", Dir: true, Mode: 0o1775, UID: 0, GID: 902},
			{Path: "usr/share/autocom/version", Data: []byte("0.1.0\n"), Mode: 0o640, UID: 902, GID: 901},
		},
	}
}

// needs fails with what to install.
func needs(t *testing.T, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%s is missing: run image/setup.sh test", tool)
		}
	}
}

func TestSlotTwiceTheSameBytes(t *testing.T) {
	needs(t, "tar2sqfs", "sqfs2tar", "depmod")
	in := input(t, "raspberry")
	var infos []image.SlotInfo
	for _, name := range []string{"one", "two"} {
		in.Dir = filepath.Join(t.TempDir(), name)
		s, err := Make(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		infos = append(infos, s.Info)
	}
	if diff := cmp.Diff(infos[0], infos[1]); diff != "" {
		t.Errorf("two slots of one input (-one +two):\n%s", diff)
	}
}

func TestSlotHoldsTheSystemAndNoLeftovers(t *testing.T) {
	needs(t, "tar2sqfs", "sqfs2tar", "depmod")
	in := input(t, "raspberry")
	in.Dir = filepath.Join(t.TempDir(), "slot")
	s, err := Make(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range s.Info.Files {
		names = append(names, f.Name)
	}
	want := []string{"bcm2711-rpi-4-b.dtb", "initramfs", "overlays/README", "overlays/disable-bt.dtbo", "system.squashfs", "vmlinuz"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("files of slot.json (-want +got):\n%s", diff)
	}

	out, err := exec.Command("sqfs2tar", filepath.Join(s.Dir, "system.squashfs")).Output()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for r := tar.NewReader(bytes.NewReader(out)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		name := strings.Trim(strings.TrimPrefix(h.Name, "./"), "/")
		if strings.HasPrefix(name, "usr/lib/modules/7.2.12-test/modules.") {
			continue // depmod's
		}
		got[name] = fmt.Sprintf("%c %04o %d:%d %d %s", h.Typeflag, h.Mode, h.Uid, h.Gid, h.Size, h.Linkname)
		if !h.ModTime.Equal(in.Recipe.SourceDate) {
			t.Errorf("%s is of %s", name, h.ModTime)
		}
		if capability := h.PAXRecords["SCHILY.xattr.security.capability"]; (capability != "") != (name == "usr/bin/ping") {
			t.Errorf("%s: capability %q", name, capability)
		}
	}
	wantFiles := map[string]string{
		"data":                                  "5 1775 0:902 0 ",
		"etc":                                   "5 0755 0:0 0 ",
		"etc/asterisk":                          "2 0777 0:0 0 /data/asterisk/current",
		"etc/hostname":                          "0 0644 0:0 8 ",
		"etc/machine-id":                        "0 0444 0:0 0 ",
		"etc/ssh":                               "5 0755 0:0 0 ",
		"lib":                                   "2 0777 0:0 0 usr/lib",
		"usr":                                   "5 0755 0:0 0 ",
		"usr/bin":                               "5 0755 0:0 0 ",
		"usr/bin/perl":                          "0 0755 0:0 6 ",
		"usr/bin/perl5.42":                      "1 0755 0:0 0 usr/bin/perl",
		"usr/bin/ping":                          "0 0755 0:0 6 ",
		"usr/lib":                               "5 0755 0:0 0 ",
		"usr/lib/modules":                       "5 0755 0:0 0 ",
		"usr/lib/modules/7.2.12-test":           "5 0755 0:0 0 ",
		"usr/lib/modules/7.2.12-test/kernel":    "5 0755 0:0 0 ",
		"usr/lib/modules/7.2.12-test/kernel/fs": "5 0755 0:0 0 ",
		"usr/lib/modules/7.2.12-test/kernel/fs/fat":         "5 0755 0:0 0 ",
		"usr/lib/modules/7.2.12-test/kernel/fs/fat/fat.ko":  "0 0644 0:0 7 ",
		"usr/lib/modules/7.2.12-test/kernel/fs/fat/vfat.ko": "0 0644 0:0 7 ",
		"usr/share":                 "5 0755 0:0 0 ",
		"usr/share/autocom":         "5 0755 0:0 0 ",
		"usr/share/autocom/version": "0 0640 902:901 6 ",
		"var":                       "5 0755 0:0 0 ",
	}
	if diff := cmp.Diff(wantFiles, got); diff != "" {
		t.Errorf("system.squashfs (-want +got):\n%s", diff)
	}

	packed, err := os.Open(filepath.Join(s.Dir, "vmlinuz"))
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	z, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatalf("the Raspberry firmware reads gzip: %v", err)
	}
	if data, err := io.ReadAll(z); err != nil || string(data) != "kernel" {
		t.Errorf("vmlinuz holds %q, %v", data, err)
	}
	entries, err := os.ReadDir(s.Firmware)
	if err != nil {
		t.Fatal(err)
	}
	var firmware []string
	for _, e := range entries {
		firmware = append(firmware, e.Name())
	}
	if diff := cmp.Diff([]string{"LICENCE.firmware.txt", "bootcode.bin", "fixup.dat", "fixup4.dat", "start.elf", "start4.elf"}, firmware); diff != "" {
		t.Errorf("firmware (-want +got):\n%s", diff)
	}
}

func TestSlotThatFailsLeavesNothing(t *testing.T) {
	needs(t, "tar2sqfs", "depmod")
	in := input(t, "raspberry")
	in.Dir = filepath.Join(t.TempDir(), "slot")
	in.Overlay = append(in.Overlay, File{Path: "lib/systemd/x", Data: []byte("x")})
	_, err := Make(t.Context(), in)
	want := "overlay: lib/systemd lies under lib, which is no directory in the root file system"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err := os.Stat(in.Dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is left: %v", in.Dir, err)
	}
}

// A file that goes hands its bytes to the hard links that stay.
func TestRemoveKeepsWhatHardLinksNeed(t *testing.T) {
	tr := &tree{entries: map[string]entry{}}
	tr.put(bytesFile("var/log/a", []byte("x"), 0o644, 0, 0))
	for _, name := range []string{"usr/b", "usr/c"} {
		tr.entries[name] = entry{header: tar.Header{Typeflag: tar.TypeLink, Name: name, Linkname: "var/log/a"}}
	}
	tr.remove("var/log/*")
	b, c := tr.entries["usr/b"], tr.entries["usr/c"]
	if b.header.Typeflag != tar.TypeReg || b.header.Name != "usr/b" || b.open == nil || c.header.Linkname != "usr/b" {
		t.Errorf("usr/b %+v, usr/c %+v", b.header, c.header)
	}
}
