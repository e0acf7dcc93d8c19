package slot

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// deb makes a package of a few files.
func deb(t *testing.T, dir, name string, files map[string]string) {
	t.Helper()
	tree := t.TempDir()
	if err := os.Chmod(tree, 0o755); err != nil {
		t.Fatal(err)
	}
	files["DEBIAN/control"] = "Package: " + name + "\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\nDescription: test\n"
	for path, data := range files {
		p := filepath.Join(tree, path)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// A script that would be seen if it ran.
	script := filepath.Join(tree, "DEBIAN/postinst")
	if err := os.WriteFile(script, []byte("#!/bin/sh\ntouch "+filepath.Join(dir, "ran")+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("dpkg-deb", "--build", "--root-owner-group", tree, filepath.Join(dir, name+".deb")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

func TestUnpackOnceAndFromThenOnReuse(t *testing.T) {
	needs(t, "dpkg-deb", "depmod")
	debs, cache := t.TempDir(), t.TempDir()
	deb(t, debs, "linux-binary-7.2-test", map[string]string{"usr/lib/modules/7.2-test/vmlinuz": "kernel"})
	deb(t, debs, "linux-modules-7.2-test", map[string]string{"usr/lib/modules/7.2-test/kernel/fs/fat/fat.ko": "not ELF"})
	deb(t, debs, "linux-base-7.2-test", map[string]string{
		"usr/lib/modules/7.2-test/modules.builtin": "", "usr/lib/modules/7.2-test/modules.order": "",
		"usr/lib/modules/7.2-test/dtb/broadcom/bcm2711-rpi-4-b.dtb": "tree",
	})
	dir := filepath.Join(cache, "kernel")
	k, err := Unpack(t.Context(), debs, dir)
	if err != nil {
		t.Fatal(err)
	}
	modules := filepath.Join(dir, "usr/lib/modules/7.2-test")
	want := Kernel{Release: "7.2-test", Image: filepath.Join(modules, "vmlinuz"), Modules: modules,
		DeviceTrees: filepath.Join(modules, "dtb/broadcom"), Base: dir}
	if diff := cmp.Diff(want, k); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := os.Stat(filepath.Join(modules, "modules.dep")); err != nil {
		t.Errorf("the modules have no index: %v", err)
	}
	if _, err := os.Stat(filepath.Join(debs, "ran")); err == nil {
		t.Error("a script of a package has run")
	}
	if err := os.RemoveAll(debs); err != nil {
		t.Fatal(err)
	}
	again, err := Unpack(t.Context(), debs, dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, again); diff != "" {
		t.Errorf("the second time (-want +got):\n%s", diff)
	}
	left, err := os.ReadDir(cache)
	if err != nil || len(left) != 1 {
		t.Errorf("left in the cache: %v, %v", left, err)
	}
}

// rpi and virt have one kernel: both builds find it missing, and both unpack it.
func TestTwoBuildsUnpackOneKernel(t *testing.T) {
	needs(t, "dpkg-deb", "depmod")
	debs, cache := t.TempDir(), t.TempDir()
	deb(t, debs, "linux-binary-7.2-test", map[string]string{
		"usr/lib/modules/7.2-test/vmlinuz": "kernel", "usr/lib/modules/7.2-test/kernel/fs/fat/fat.ko": "not ELF",
		"usr/lib/modules/7.2-test/modules.builtin": "", "usr/lib/modules/7.2-test/modules.order": "",
	})
	dir := filepath.Join(cache, "kernel")
	if err := os.Mkdir(filepath.Join(cache, "unpacking-killed"), 0o755); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			k, err := Unpack(t.Context(), debs, dir)
			if err != nil || k.Base != dir {
				t.Errorf("got %+v, %v", k, err)
			}
		})
	}
	all.Wait()
	entries, err := os.ReadDir(cache)
	if err != nil || len(entries) != 1 {
		t.Errorf("left in the cache: %v, %v, want kernel alone", entries, err)
	}
}

func TestUnpackNamesWhatIsMissing(t *testing.T) {
	needs(t, "dpkg-deb", "depmod")
	debs := t.TempDir()
	deb(t, debs, "linux-binary-7.2-test", map[string]string{"usr/lib/modules/7.2-test/vmlinuz": "kernel"})
	dir := filepath.Join(t.TempDir(), "kernel")
	_, err := Unpack(t.Context(), debs, dir)
	if err == nil || !strings.HasPrefix(err.Error(), "the kernel packages lack a part: ") {
		t.Errorf("no modules: %v", err)
	}
	_, err = Unpack(t.Context(), t.TempDir(), dir)
	if err == nil || !strings.HasSuffix(err.Error(), ": build again with --fresh") {
		t.Errorf("no packages: %v", err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("a half kernel has the final name")
	}
}
