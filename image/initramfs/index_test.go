package initramfs

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// sample is from depmod's output for Debian's 7.2 arm64 kernel, shortened.
var sample = fstest.MapFS{
	"modules.dep": {Data: []byte(`kernel/fs/fat/fat.ko.xz:
kernel/fs/fat/vfat.ko.xz: kernel/fs/fat/fat.ko.xz
kernel/fs/nls/nls_cp437.ko.xz:
kernel/fs/nls/nls_ascii.ko.xz:
kernel/drivers/block/loop.ko.xz:
kernel/fs/squashfs/squashfs.ko.xz:
kernel/fs/overlayfs/overlay.ko.xz:
kernel/lib/crc/crc16.ko.xz:
kernel/fs/mbcache.ko.xz:
kernel/fs/jbd2/jbd2.ko.xz:
kernel/fs/ext4/ext4.ko.xz: kernel/lib/crc/crc16.ko.xz kernel/fs/mbcache.ko.xz kernel/fs/jbd2/jbd2.ko.xz
kernel/crypto/crc32c-cryptoapi.ko.xz:
kernel/drivers/mmc/host/sdhci.ko.xz:
kernel/drivers/mmc/host/sdhci-pltfm.ko.xz: kernel/drivers/mmc/host/sdhci.ko.xz
kernel/drivers/mmc/host/sdhci-iproc.ko.xz: kernel/drivers/mmc/host/sdhci-pltfm.ko.xz kernel/drivers/mmc/host/sdhci.ko.xz
kernel/drivers/regulator/fixed.ko.xz:
kernel/drivers/watchdog/bcm2835_wdt.ko.xz:
kernel/drivers/usb/host/ohci-hcd.ko.xz:
kernel/drivers/usb/host/ehci-pci.ko.xz:
kernel/drivers/usb/host/ohci-pci.ko.xz: kernel/drivers/usb/host/ohci-hcd.ko.xz
kernel/drivers/scsi/sd_mod.ko.xz:
kernel/drivers/nvme/host/nvme.ko.xz:
kernel/sound/usb/snd-usb-audio.ko.xz:
`)},
	"modules.alias": {Data: []byte(`# Aliases extracted from modules themselves.
alias of:N*T*Cbrcm,bcm2711-emmc2C* sdhci_iproc
alias of:N*T*Cbrcm,bcm2711-emmc2 sdhci_iproc
alias of:N*T*Cbrcm,bcm2835-sdhciC* sdhci_iproc
alias of:N*T*Cbrcm,bcm2835-sdhci sdhci_iproc
alias platform:reg-fixed-voltage fixed
alias of:N*T*Cregulator-fixedC* fixed
alias of:N*T*Cregulator-fixed fixed
alias platform:bcm2835-wdt bcm2835_wdt
alias scsi:t-0x00* sd_mod
alias block-major-8-* sd_mod
alias pci:v*d*sv*sd*bc01sc08i02* nvme
alias pci:v0000106Bd00002001sv*sd*bc*sc*i* nvme
alias pci:v*d*sv*sd*bc0Csc03i10* ohci_pci
alias usb:v0582p00[8E]*d*dc*dsc*dp*ic*isc*ip*in* snd_usb_audio
alias crypto-crc32c crc32c_cryptoapi
alias fs-ext4 ext4
`)},
	"modules.softdep": {Data: []byte("# Soft dependencies\nsoftdep jbd2 pre: crypto-crc32c\nsoftdep ohci_pci pre: ehci_pci\nsoftdep nvme post: not-there\n")},
	"modules.builtin": {Data: []byte("kernel/drivers/mmc/core/mmc_core.ko\nkernel/fs/nls/nls_base.ko\n")},
}

func index(t *testing.T) *Index {
	t.Helper()
	x, err := ReadIndex(sample)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestDevicesFindTheirDrivers(t *testing.T) {
	x := index(t)
	for modalias, want := range map[string]string{
		// From /sys of a Pi 4, a Pi 3 in QEMU and a PC.
		"of:NmmcT(null)Cbrcm,bcm2711-emmc2\n":                   "sdhci_iproc",
		"of:NmmcT(null)Cbrcm,bcm2835-sdhci":                     "sdhci_iproc",
		"of:Nregulator-sd-vccT(null)Cregulator-fixed":           "fixed",
		"platform:bcm2835-wdt":                                  "bcm2835_wdt",
		"platform:bcm2835_wdt":                                  "bcm2835_wdt",
		"scsi:t-0x00":                                           "sd_mod",
		"pci:v0000144Dd0000A808sv0000144Dsd0000A801bc01sc08i02": "nvme",
		"pci:v0000106Bd0000003Fsv00001AF4sd00001100bc0Csc03i10": "ohci_pci",
		"usb:v0582p0080d0100dc00dsc00dp00ic01isc01ip00in00":     "snd_usb_audio",
		"usb:v0582p0070d0100dc00dsc00dp00ic01isc01ip00in00":     "",
		"of:NmmcT(null)Cbrcm,bcm2835-sdhost":                    "",
		"pci:v00008086d00001237sv00001AF4sd00001100bc06sc00i00": "",
		"": "",
		strings.Repeat("of:N", 100) + strings.Repeat("T*Cregulator-", 100): "",
	} {
		if got := strings.Join(x.Match(modalias), " "); got != want {
			t.Errorf("%s: %q, want %q", modalias, got, want)
		}
	}
}

func TestWhatIsNeededComesBefore(t *testing.T) {
	x := index(t)
	for module, want := range map[string][]string{
		"sdhci_iproc": {"sdhci", "sdhci_pltfm", "sdhci_iproc"},
		"ohci_pci":    {"ehci_pci", "ohci_hcd", "ohci_pci"},
		"nvme":        {"nvme"}, // a softdep that no kernel has is no reason to stop
		"ext4":        {"crc32c_cryptoapi", "jbd2", "mbcache", "crc16", "ext4"},
		"mmc_core":    nil, // built in
		"":            nil,
	} {
		if d := cmp.Diff(want, x.Order(module)); d != "" {
			t.Errorf("%s (-want +got):\n%s", module, d)
		}
	}
	if !x.Builtin("mmc_core") || x.Builtin("ext4") || x.File("vfat") != "kernel/fs/fat/vfat.ko.xz" {
		t.Error("built-in and loadable are mixed up")
	}
}

func TestModulesThatNeedEachOtherDoNotLoop(t *testing.T) {
	x, err := ReadIndex(fstest.MapFS{
		"modules.dep":     {Data: []byte("kernel/a.ko: kernel/b.ko\nkernel/b.ko: kernel/a.ko\n")},
		"modules.alias":   {},
		"modules.softdep": {Data: []byte("softdep a pre: b post: a b\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := len(x.Order("a")); got != 2 {
		t.Errorf("%d modules, want 2", got)
	}
}

func TestAnIndexWithoutDepIsRefused(t *testing.T) {
	if _, err := ReadIndex(fstest.MapFS{}); err == nil || !strings.HasSuffix(err.Error(), "run depmod") {
		t.Errorf("got %v", err)
	}
}

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"*", "", true}, {"**a", "ba", true}, {"a?c", "abc", true}, {"a?c", "ac", false},
		{"a*c*e", "abcde", true}, {"a*c*e", "abcd", false}, {"of:*/x", "of:a/b/x", true},
		{"[0-9A-F]x", "Bx", true}, {"[0-9A-F]x", "Gx", false}, {"[ab", "a", false}, {"a-b", "a_b", true},
	} {
		if got := glob(c.pattern, c.s); got != c.want {
			t.Errorf("glob(%q, %q) = %v", c.pattern, c.s, got)
		}
	}
}
