package initramfs

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"github.com/u-root/u-root/pkg/cpio"
	"github.com/ulikunitz/xz"

	"autocom/image"
)

const kernelRelease = "7.2.12+deb14-arm64"

// tree writes the sample with packed modules, one of them by zstd, and an init.
func tree(t *testing.T) (program, modules string) {
	t.Helper()
	dir := t.TempDir()
	modules = filepath.Join(dir, kernelRelease)
	write := func(name string, data []byte) {
		full := filepath.Join(modules, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, f := range sample {
		text := f.Data
		if name == "modules.dep" {
			text = bytes.ReplaceAll(text, []byte("loop.ko.xz"), []byte("loop.ko.zst"))
		}
		write(name, text)
	}
	for _, file := range index(t).files {
		var b bytes.Buffer
		z, err := xz.NewWriter(&b)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(z, "\x7fELF %s", file)
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		write(file, b.Bytes())
	}
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	write("kernel/drivers/block/loop.ko.zst", z.EncodeAll([]byte("\x7fELF loop"), nil))
	program = filepath.Join(dir, "init")
	if err := os.WriteFile(program, []byte("#!init"), 0o700); err != nil {
		t.Fatal(err)
	}
	return program, modules
}

func pack(t *testing.T, extra map[string][]byte) ([]byte, *cpio.Archive) {
	t.Helper()
	program, modules := tree(t)
	var b bytes.Buffer
	if err := Pack(&b, program, modules, image.Board{Name: "test"}, extra); err != nil {
		t.Fatal(err)
	}
	z, err := zstd.NewReader(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	plain, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	archive, err := cpio.ArchiveFromReader(cpio.Newc.Reader(bytes.NewReader(plain)))
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), archive
}

func TestListing(t *testing.T) {
	_, archive := pack(t, map[string][]byte{"etc/extra": []byte("x")})
	var got []string
	for _, name := range archive.Order {
		r := archive.Files[name]
		got = append(got, fmt.Sprintf("%06o %d %s", r.Mode, r.MTime, name))
	}
	const m = "lib/modules/" + kernelRelease
	want := strings.Split(strings.ReplaceAll(`040755 0 boot
040755 0 dev
020600 0 dev/console
040755 0 etc
100644 0 etc/extra
100755 0 init
040755 0 lib
040755 0 lib/modules
040755 0 M
040755 0 M/kernel
040755 0 M/kernel/crypto
100644 0 M/kernel/crypto/crc32c-cryptoapi.ko
040755 0 M/kernel/drivers
040755 0 M/kernel/drivers/block
100644 0 M/kernel/drivers/block/loop.ko
040755 0 M/kernel/drivers/mmc
040755 0 M/kernel/drivers/mmc/host
100644 0 M/kernel/drivers/mmc/host/sdhci-iproc.ko
100644 0 M/kernel/drivers/mmc/host/sdhci-pltfm.ko
100644 0 M/kernel/drivers/mmc/host/sdhci.ko
040755 0 M/kernel/drivers/nvme
040755 0 M/kernel/drivers/nvme/host
100644 0 M/kernel/drivers/nvme/host/nvme.ko
040755 0 M/kernel/drivers/regulator
100644 0 M/kernel/drivers/regulator/fixed.ko
040755 0 M/kernel/drivers/scsi
100644 0 M/kernel/drivers/scsi/sd_mod.ko
040755 0 M/kernel/drivers/usb
040755 0 M/kernel/drivers/usb/host
100644 0 M/kernel/drivers/usb/host/ehci-pci.ko
100644 0 M/kernel/drivers/usb/host/ohci-hcd.ko
100644 0 M/kernel/drivers/usb/host/ohci-pci.ko
040755 0 M/kernel/drivers/watchdog
100644 0 M/kernel/drivers/watchdog/bcm2835_wdt.ko
040755 0 M/kernel/fs
040755 0 M/kernel/fs/ext4
100644 0 M/kernel/fs/ext4/ext4.ko
040755 0 M/kernel/fs/fat
100644 0 M/kernel/fs/fat/fat.ko
100644 0 M/kernel/fs/fat/vfat.ko
040755 0 M/kernel/fs/jbd2
100644 0 M/kernel/fs/jbd2/jbd2.ko
100644 0 M/kernel/fs/mbcache.ko
040755 0 M/kernel/fs/nls
100644 0 M/kernel/fs/nls/nls_ascii.ko
100644 0 M/kernel/fs/nls/nls_cp437.ko
040755 0 M/kernel/fs/overlayfs
100644 0 M/kernel/fs/overlayfs/overlay.ko
040755 0 M/kernel/fs/squashfs
100644 0 M/kernel/fs/squashfs/squashfs.ko
040755 0 M/kernel/lib
040755 0 M/kernel/lib/crc
100644 0 M/kernel/lib/crc/crc16.ko
100644 0 M/modules.alias
100644 0 M/modules.dep
100644 0 M/modules.softdep
040755 0 proc
040755 0 root
040755 0 run
040755 0 sys`, "M", m), "\n")
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("listing (-want +got):\n%s", d)
	}
	for name, want := range map[string]string{
		"init":                              "#!init",
		m + "/kernel/fs/fat/vfat.ko":        "\x7fELF kernel/fs/fat/vfat.ko.xz",
		m + "/kernel/drivers/block/loop.ko": "\x7fELF loop",
		m + "/modules.softdep":              "softdep jbd2 pre: crypto-crc32c\nsoftdep nvme post: not_there\nsoftdep ohci_pci pre: ehci_pci\n",
	} {
		data, err := io.ReadAll(io.NewSectionReader(archive.Files[name].ReaderAt, 0, 1<<20))
		if err != nil || strings.ReplaceAll(string(data), "crypto_crc32c", "crypto-crc32c") != want {
			t.Errorf("%s: %q, %v", name, data, err)
		}
	}
}

// What init finds in the initramfs is what was chosen, with the same answers.
func TestTheIndexInsideLeadsToTheSameDrivers(t *testing.T) {
	_, archive := pack(t, nil)
	inside := fstestMap(t, archive)
	x, err := ReadIndex(inside)
	if err != nil {
		t.Fatal(err)
	}
	for _, modalias := range []string{"of:NmmcT(null)Cbrcm,bcm2835-sdhci", "platform:bcm2835-wdt", "scsi:t-0x00"} {
		want, got := index(t).Match(modalias), x.Match(modalias)
		if d := cmp.Diff(want, got); d != "" || len(got) != 1 {
			t.Errorf("%s (-want +got):\n%s", modalias, d)
		}
		for _, m := range x.Order(got[0]) {
			if _, ok := inside[x.File(m)]; !ok {
				t.Errorf("%s: %s of %s is not in the archive", modalias, x.File(m), m)
			}
		}
	}
	if got := x.Match("usb:v0582p0080d0100dc00dsc00dp00ic01isc01ip00in00"); got != nil {
		t.Errorf("a sound card brings %v into the initramfs", got)
	}
}

func TestSameInputSameBytes(t *testing.T) {
	one, _ := pack(t, nil)
	two, _ := pack(t, nil)
	if !bytes.Equal(one, two) {
		t.Error("two archives of the same files differ")
	}
}

func TestRefusals(t *testing.T) {
	program, modules := tree(t)
	board := image.Board{Name: "test"}
	if err := Pack(io.Discard, program+"-none", modules, board, nil); err == nil || !strings.HasPrefix(err.Error(), "pack the initramfs of test: open ") {
		t.Errorf("no init: %v", err)
	}
	if err := os.WriteFile(filepath.Join(modules, "kernel/fs/fat/fat.ko.xz"), []byte("no xz"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Pack(io.Discard, program, modules, board, nil); err == nil || !strings.Contains(err.Error(), "fat.ko.xz") {
		t.Errorf("a damaged module: %v", err)
	}
	dep := slices.DeleteFunc(strings.SplitAfter(string(sample["modules.dep"].Data), "\n"), func(l string) bool { return strings.Contains(l, "squashfs") })
	if err := os.WriteFile(filepath.Join(modules, "modules.dep"), []byte(strings.Join(dep, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	want := "pack the initramfs of test: the kernel has no driver squashfs, as module or built in: init cannot mount the card without it"
	if err := Pack(io.Discard, program, modules, board, nil); err == nil || err.Error() != want {
		t.Errorf("a kernel without squashfs:\n got %v\nwant %s", err, want)
	}
	if got := slices.Sorted(maps.Keys(index(t).builtin)); len(got) != 2 {
		t.Errorf("built in: %v", got)
	}
}
