package main

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"autocom/image"
)

// TestInterruptedAtAnyStep presses Ctrl-C in every step that follows the root file
// system, at seeded moments: then out, cache and TMPDIR hold what they held before.
// testdata/script/interrupt.txtar does the same while the root file system is made.
func TestInterruptedAtAnyStep(t *testing.T) {
	for _, tool := range []string{"dpkg-deb", "depmod", "tar2sqfs", "mkfs.vfat", "mcopy"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%s is missing: run image/setup.sh test", tool)
		}
	}
	dir := t.TempDir()
	out, cache, temp := filepath.Join(dir, "out"), filepath.Join(dir, "cache"), filepath.Join(dir, "tmp")
	// In out and cache, what a build left that was killed: the next one sweeps it.
	for _, d := range []string{filepath.Join(out, ".autocom-rpi-1/slot"), filepath.Join(cache, "root/debs"), filepath.Join(cache, "root/unpacking-1"), temp} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("TMPDIR", temp)
	root := smallRoot(t, filepath.Join(cache, "root"))
	r := image.Recipe{
		Base: "debian", Suite: "forky", Version: "0.1.0", SourceDate: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
		DiskSignature: 1, BootPartitionMiB: 288,
		Board: image.Board{Name: "rpi", Arch: runtime.GOARCH, Boot: "raspberry", Modules: []string{"kernel/sound"}},
	}
	kernel := filepath.Join(cache, "root/kernel")

	// Once to the end: every step is met, and how long it takes is known.
	w := &watcher{}
	img, err := assemble(t.Context(), w.steps(), r, root, out)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wantOutputs, listing(t, out)); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
	if _, err := os.Stat(filepath.Join(cache, "root/unpacking-1")); err == nil {
		t.Error("the litter of a killed build is still in the cache")
	}
	if img.Path != filepath.Join(out, "autocom-rpi-0.1.0.img") {
		t.Errorf("the image is %s", img.Path)
	}
	took := map[string]time.Duration{}
	var order []string
	for _, s := range w.s.done {
		took[s.Name] = time.Duration(s.Seconds * float64(time.Second))
		order = append(order, s.Name)
	}
	if diff := cmp.Diff([]string{"programs", "kernel", "initramfs", "slot", "disk", "bmap", "compress"}, order); diff != "" {
		t.Fatalf("steps (-want +got):\n%s", diff)
	}
	for _, name := range wantOutputs {
		if err := os.Remove(filepath.Join(out, name)); err != nil {
			t.Fatal(err)
		}
	}

	random := rand.New(rand.NewPCG(1, 2))
	stopped := 0
	for _, name := range order {
		for _, at := range []time.Duration{0, time.Duration(random.Float64() * float64(took[name]))} {
			t.Run(fmt.Sprintf("%s after %v", name, at.Round(time.Millisecond)), func(t *testing.T) {
				if err := os.RemoveAll(kernel); err != nil { // so that it is unpacked again
					t.Fatal(err)
				}
				before := map[string][]string{"out": listing(t, out), "cache": listing(t, cache), "TMPDIR": listing(t, temp)}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				w := &watcher{name: name, at: at, cancel: cancel}
				_, err := assemble(ctx, w.steps(), r, root, out)
				if err == nil {
					// The moment came after the last look at ctx: all is whole then.
					if diff := cmp.Diff(wantOutputs, listing(t, out)); diff != "" {
						t.Errorf("not interrupted (-want +got):\n%s", diff)
					}
					for _, name := range wantOutputs {
						if err := os.Remove(filepath.Join(out, name)); err != nil {
							t.Fatal(err)
						}
					}
				} else {
					stopped++
					if !errors.Is(err, context.Canceled) {
						t.Errorf("got %v, want context canceled", err)
					}
				}
				// A kernel that was unpacked whole is no litter: the next build takes it.
				if err := os.RemoveAll(kernel); err != nil {
					t.Fatal(err)
				}
				after := map[string][]string{"out": listing(t, out), "cache": listing(t, cache), "TMPDIR": listing(t, temp)}
				if diff := cmp.Diff(before, after); diff != "" {
					t.Errorf("left behind (-before +after):\n%s", diff)
				}
			})
		}
	}
	if stopped < len(order) {
		t.Errorf("only %d of %d moments stopped a build: the moments are no test", stopped, 2*len(order))
	}
}

var wantOutputs = []string{
	"autocom-rpi-0.1.0.img", "autocom-rpi-0.1.0.img.bmap", "autocom-rpi-0.1.0.img.sha256", "autocom-rpi-0.1.0.img.zst",
	"autocom-rpi-0.1.0.packages.lock", "autocom-rpi-0.1.0.spdx.json", "packages.lock",
}

// watcher sees which step begins, as a person does on a terminal, and presses Ctrl-C some
// time after.
type watcher struct {
	name   string
	at     time.Duration
	cancel context.CancelFunc
	s      *steps
}

func (w *watcher) steps() *steps {
	w.s = &steps{w: w, terminal: true, now: time.Now}
	return w.s
}

func (w *watcher) Write(b []byte) (int, error) {
	if w.cancel != nil && w.s.name == w.name {
		if w.at == 0 {
			w.cancel()
		} else {
			time.AfterFunc(w.at, w.cancel)
		}
		w.name = ""
	}
	return len(b), nil
}

func listing(t *testing.T, dir string) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && path != dir {
			name, err := filepath.Rel(dir, path)
			list = append(list, name)
			return err
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// smallRoot makes what rootfs.Build would return: a tar of a few directories, and a
// package with a kernel of one module and with Raspberry firmware.
func smallRoot(t *testing.T, dir string) image.Rootfs {
	t.Helper()
	root := image.Rootfs{
		Tar: filepath.Join(dir, "root.tar"), Debs: filepath.Join(dir, "debs"), Hash: "test",
		Packages: []image.Package{{Name: "asterisk", Version: "1:22.10.1", Arch: "arm64"}},
	}
	f, err := os.Create(root.Tar)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := tar.NewWriter(f)
	for _, h := range []tar.Header{
		{Name: "./", Typeflag: tar.TypeDir, Mode: 0o755}, {Name: "./etc/", Typeflag: tar.TypeDir, Mode: 0o755},
		{Name: "./usr/", Typeflag: tar.TypeDir, Mode: 0o755}, {Name: "./usr/lib/", Typeflag: tar.TypeDir, Mode: 0o755},
		{Name: "./lib", Typeflag: tar.TypeSymlink, Linkname: "usr/lib", Mode: 0o777},
		// Some bytes that take tar2sqfs and the packers a moment.
		{Name: "./usr/lib/noise", Typeflag: tar.TypeReg, Mode: 0o644, Size: 24 << 20},
	} {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			noise := make([]byte, h.Size)
			_, _ = rand.NewChaCha8([32]byte{7}).Read(noise)
			if _, err := w.Write(noise); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}

	// The drivers that an initramfs must have are built into this kernel.
	drivers, err := os.ReadFile("../../image/initramfs/drivers.txt")
	if err != nil {
		t.Fatal(err)
	}
	var builtin strings.Builder
	for line := range strings.Lines(string(drivers)) {
		if name, must := strings.CutPrefix(strings.TrimSpace(line), "! "); must {
			fmt.Fprintf(&builtin, "kernel/%s.ko\n", name)
		}
	}
	const modules, firmware = "usr/lib/modules/7.2-test/", "usr/lib/raspi-firmware/"
	tree := t.TempDir()
	if err := os.Chmod(tree, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{
		"DEBIAN/control":    "Package: kernel\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\nDescription: test\n",
		modules + "vmlinuz": "kernel", modules + "kernel/sound/snd.ko": "not ELF", modules + "modules.builtin": builtin.String(), modules + "modules.order": "", modules + "modules.builtin.modinfo": "",
		modules + "dtb/broadcom/bcm2711-rpi-4-b.dtb": "tree",
		firmware + "bootcode.bin":                    "b", firmware + "start.elf": "b", firmware + "fixup.dat": "b", firmware + "start4.elf": "b", firmware + "fixup4.dat": "b",
		firmware + "overlays/disable-bt.dtbo": "o", "usr/share/doc/raspi-firmware/copyright": "licence",
	} {
		p := filepath.Join(tree, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if words, err := exec.Command("dpkg-deb", "--build", "--root-owner-group", tree, filepath.Join(root.Debs, "kernel.deb")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, words)
	}
	return root
}
