package rootfs

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"autocom/image"
)

// The words are mmdebstrap's and apt's, captured on Debian 12 with the cause provoked.
func TestCausesBecomeSentences(t *testing.T) {
	r := image.Recipe{Suite: "forky", Mirror: "http://mirror.example/debian"}
	for _, c := range []struct{ name, words, want string }{
		{"mirror answers 404",
			"I: running apt-get update...\nErr:2 http://mirror.example/debian forky Release\n  404  Not Found [IP: 192.0.2.7 80]\nE: The repository 'http://mirror.example/debian forky Release' does not have a Release file.",
			"make the root file system: http://mirror.example/debian answers 404 for suite forky: correct mirror or suite in the recipe"},
		{"no network",
			"Err:1 http://mirror.example/debian forky InRelease\n  Temporary failure resolving 'mirror.example'\nE: Failed to fetch",
			"make the root file system: http://mirror.example/debian cannot be reached (Temporary failure resolving 'mirror.example'): check this machine's network, or give another mirror in the recipe"},
		{"nobody listens",
			"W: Failed to fetch http://mirror.example/debian/dists/forky/InRelease  Could not connect to mirror.example:80 (192.0.2.7). - connect (111: Connection refused)",
			"make the root file system: http://mirror.example/debian cannot be reached (Could not connect to): check this machine's network, or give another mirror in the recipe"},
		{"disk full",
			"dpkg: error processing archive x.deb (--unpack):\n cannot copy extracted data: failed to write (No space left on device)",
			"make the root file system: the disk is full: free 2.5 GiB, or choose another place with --cache and TMPDIR"},
		{"unknown package",
			"E: Unable to locate package asteriks",
			"make the root file system: suite forky at http://mirror.example/debian lacks something the recipe asks for: Unable to locate package asteriks"},
		{"date of the suite has passed",
			"E: Release file for http://mirror.example/debian/dists/forky/InRelease is expired (invalid since 24d 5h 2min 1s).",
			"make the root file system: the suite's date has passed: set check_valid_until = false in the recipe if the mirror is known to be frozen"},
		{"something else",
			"I: extracting archives...\nE: setup failed: a riddle",
			"make the root file system: mmdebstrap: exit status 25; its last words:\n  I: extracting archives...\n  E: setup failed: a riddle"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var log tail
			log.say = func(string) {}
			if _, err := io.WriteString(&log, c.words+"\n"); err != nil {
				t.Fatal(err)
			}
			if got := explain(r, log.lines, errors.New("exit status 25")).Error(); got != c.want {
				t.Errorf("(-want +got):\n-%s\n+%s", c.want, got)
			}
		})
	}
}

func TestProgressIsWhatMmdebstrapSays(t *testing.T) {
	var said []string
	log := tail{say: func(s string) { said = append(said, s) }}
	for _, part := range []string{"I: one\nW: no", "ise\nI: tw", "o\n"} {
		if _, err := io.WriteString(&log, part); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"one", "two"}, said); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAccountsThatPackagesMakeThemselvesAreRefused(t *testing.T) {
	ours := Users{Passwd: []byte("asterisk:x:901:901::/:/usr/sbin/nologin\n"), Group: []byte("asterisk:x:901:\n")}
	base := "root:x:0:0:root:/root:/bin/bash\n_apt:x:42:65534::/nonexistent:/usr/sbin/nologin\nnobody:x:65534:65534::/:/usr/sbin/nologin\n"
	groups := "root:x:0:\nusers:x:100:\nnogroup:x:65534:\n"
	if err := strangers([]byte(base+string(ours.Passwd)), []byte(groups+string(ours.Group)), ours); err != nil {
		t.Errorf("only fixed accounts: %v", err)
	}
	err := strangers([]byte(base), []byte(groups+"_ssh:x:101:\n"), ours)
	want := "a package gave itself the account _ssh (101 in group): give it a fixed id in overlay/users"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestUsersThatAreNone(t *testing.T) {
	for _, c := range []struct{ name, passwd, want string }{
		{"shell words", "x:x:1:1::/:$(reboot)\n", `users: passwd line 1 is no account: "x:x:1:1::/:$(reboot)"`},
		{"no newline", "x:x:1:1::/:/bin/sh", "users: passwd does not end in a newline"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := (Users{Passwd: []byte(c.passwd)}).check(); err == nil || err.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestKeyFollowsWhatIsInTheTree(t *testing.T) {
	base := image.Recipe{Suite: "forky", Components: []string{"main"}, Packages: []string{"asterisk"}, Board: image.Board{Name: "rpi", Arch: "arm64"}}
	key := Key(base, Users{})
	for name, change := range map[string]func(*image.Recipe){
		"another package":   func(r *image.Recipe) { r.Packages = []string{"asterisk", "tcpdump"} },
		"another suite":     func(r *image.Recipe) { r.Suite = "sid" },
		"another kernel":    func(r *image.Recipe) { r.Board.Kernel = []string{"linux-image-rt-arm64"} },
		"another processor": func(r *image.Recipe) { r.Board.Arch = "amd64" },
	} {
		r := base
		change(&r)
		if Key(r, Users{}) == key {
			t.Errorf("%s has the same key", name)
		}
	}
	if Key(base, Users{Passwd: []byte("x")}) == key {
		t.Error("other accounts have the same key")
	}
	other := base
	other.Version, other.Board.Name, other.Board.Cmdline, other.Board.Modules = "2", "virt", "quiet", []string{"kernel/fs"}
	if Key(other, Users{}) != key {
		t.Error("what only concerns later steps changes the key")
	}
}

func TestSplitTakesTheKernelPackagesOut(t *testing.T) {
	var stream bytes.Buffer
	w := tar.NewWriter(&stream)
	for _, f := range []struct{ name, data string }{
		{"./etc/passwd", "root:x:0:0::/root:/bin/sh\n"},
		{"./etc/group", "root:x:0:\n"},
		{"./" + debsDir + "/linux-binary-7.2_1_arm64.deb", "kernel"},
		{"./var/lib/dpkg/status", "Package: asterisk\nStatus: install ok installed\nArchitecture: arm64\nVersion: 1:22.10.1\nDescription: x\n Version: 9\n\nPackage: gone\nStatus: deinstall ok config-files\nVersion: 1\n"},
	} {
		if err := w.WriteHeader(&tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(f.data)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, f.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}

	dir := t.TempDir()
	packages, err := split(&stream, filepath.Join(dir, "root.tar"), dir, Users{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]image.Package{{Name: "asterisk", Version: "1:22.10.1", Arch: "arm64"}}, packages); diff != "" {
		t.Errorf("packages (-want +got):\n%s", diff)
	}
	deb, err := os.ReadFile(filepath.Join(dir, "linux-binary-7.2_1_arm64.deb"))
	if err != nil || string(deb) != "kernel" {
		t.Errorf("kernel package: %q, %v", deb, err)
	}
	root, err := os.Open(filepath.Join(dir, "root.tar"))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	var names []string
	for r := tar.NewReader(root); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, h.Name)
	}
	if got := strings.Join(names, " "); got != "./etc/passwd ./etc/group ./var/lib/dpkg/status" {
		t.Errorf("left in the tree: %s", got)
	}
}

func TestPruneKeepsWhatWasUsedLast(t *testing.T) {
	cache := t.TempDir()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for i, name := range []string{"arm64-old", "amd64-locked", "amd64-3", "amd64-2", "amd64-1", "arm64-0"} {
		dir := filepath.Join(cache, name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "made.json"), []byte("{}"), 0o644); err != nil {
			t.Fatal(err)
		}
		touch(dir, now.Add(time.Duration(i)*time.Hour))
	}
	l, err := openLock(filepath.Join(cache, "amd64-locked.lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.release()
	if err := l.take(t.Context(), syscall.LOCK_SH, func(string) {}); err != nil {
		t.Fatal(err)
	}
	if err := prune(cache); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(cache, "*", "made.json"))
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range left {
		left[i] = filepath.Base(filepath.Dir(l))
	}
	if diff := cmp.Diff([]string{"amd64-1", "amd64-2", "amd64-3", "amd64-locked", "arm64-0"}, left); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Each place is asked for what it gets: a small /tmp in memory must not stop a build
// whose cache lies on a large disk, nor two places of one disk each count the same bytes.
func TestRoomIsAskedForWhereItIsNeeded(t *testing.T) {
	places := []place{{"/cache", "a root file system", 1 << 30, "--cache"}, {"/tree", "a tree", 3 << 29, "TMPDIR"}}
	type disk struct{ free, number uint64 }
	for name, c := range map[string]struct {
		cache, tree disk
		want        string
	}{
		"two disks with just enough":   {disk{1 << 30, 1}, disk{3 << 29, 2}, "<nil>"},
		"one disk with enough":         {disk{5 << 29, 1}, disk{5 << 29, 1}, "<nil>"},
		"one disk, enough for one":     {disk{2 << 30, 1}, disk{2 << 30, 1}, "/tree has 2.0 GiB free and a tree needs 2.5 there: free some, or choose another place with TMPDIR"},
		"a small cache, a large /tree": {disk{1 << 29, 1}, disk{9 << 30, 2}, "/cache has 0.5 GiB free and a root file system needs 1.0 there: free some, or choose another place with --cache"},
		"a large cache, a small /tree": {disk{9 << 30, 1}, disk{1 << 30, 2}, "/tree has 1.0 GiB free and a tree needs 1.5 there: free some, or choose another place with TMPDIR"},
	} {
		err := roomIn(places, func(dir string) (uint64, uint64, error) {
			d := map[string]disk{"/cache": c.cache, "/tree": c.tree}[dir]
			return d.free, d.number, nil
		})
		if got := fmt.Sprint(err); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
	}
}

func TestTheTreeIsNotMadeInMemory(t *testing.T) {
	t.Setenv("TMPDIR", "")
	if got := treeDir(); got != "/var/tmp" {
		t.Errorf("without TMPDIR: %s", got)
	}
	t.Setenv("TMPDIR", "/elsewhere")
	if got := treeDir(); got != "/elsewhere" {
		t.Errorf("with TMPDIR: %s", got)
	}
}

// ready fills a cache with a root file system of a recipe, as construct leaves it.
func ready(t *testing.T, cache string, r image.Recipe) string {
	t.Helper()
	dir := filepath.Join(cache, Key(r, Users{}))
	if err := os.MkdirAll(filepath.Join(dir, "debs"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{"root.tar": "", "made.json": "{}"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// What a killed build left goes at the next one, even when that finds all it needs.
func TestBuildSweepsTheLitterOfKilledOnes(t *testing.T) {
	cache, temp := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", temp)
	r := image.Recipe{Board: image.Board{Arch: "arm64"}}
	dir := ready(t, cache, r)
	for _, litter := range []string{filepath.Join(cache, "making-1/debs"), filepath.Join(temp, "autocom-rootfs-1/tree")} {
		if err := os.MkdirAll(litter, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	root, err := Build(t.Context(), r, Users{}, Options{Cache: cache})
	if err != nil || root.Tar != filepath.Join(dir, "root.tar") {
		t.Fatalf("got %+v, %v", root, err)
	}
	root.Release()
	for _, litter := range []string{filepath.Join(cache, "making-1"), filepath.Join(temp, "autocom-rootfs-1")} {
		if _, err := os.Stat(litter); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there: %v", litter, err)
		}
	}
}

// rpi and virt share one root file system: both use it at once, and a build with --fresh
// does not take it away under them.
func TestARootThatIsUsedIsNotReplaced(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("TMPDIR", t.TempDir())
	rpi := image.Recipe{Board: image.Board{Name: "rpi", Arch: "arm64"}}
	virt := image.Recipe{Board: image.Board{Name: "virt", Arch: "arm64"}}
	dir := ready(t, cache, rpi)
	one, err := Build(t.Context(), rpi, Users{}, Options{Cache: cache})
	if err != nil {
		t.Fatal(err)
	}
	two, err := Build(t.Context(), virt, Users{}, Options{Cache: cache})
	if err != nil || two.Tar != one.Tar {
		t.Fatalf("the second user: %+v, %v", two, err)
	}
	one.Release()
	defer two.Release()
	soon, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	var said []string
	_, err = Build(soon, rpi, Users{}, Options{Cache: cache, Fresh: true, Say: func(s string) { said = append(said, s) }})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("--fresh while it is used: %v, want to wait", err)
	}
	if diff := cmp.Diff([]string{"waiting for another build of the same root file system"}, said); diff != "" {
		t.Errorf("said (-want +got):\n%s", diff)
	}
	if _, err := open(dir, filepath.Base(dir)); err != nil {
		t.Errorf("it was taken away: %v", err)
	}
}
