package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"autocom/image"
)

func TestBillNamesDebianPackagesAndGoModules(t *testing.T) {
	me, err := os.Executable() // a Go program with modules in it
	if err != nil {
		t.Fatal(err)
	}
	packages := []image.Package{{Name: "libc6", Version: "2.42-1", Arch: "arm64"}, {Name: "asterisk", Version: "1:22.10.1~dfsg+1", Arch: "arm64"}}
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	data, err := spdx("autocom-rpi-0.1.0.img", "abc", at, packages, me)
	if err != nil {
		t.Fatal(err)
	}
	again, err := spdx("autocom-rpi-0.1.0.img", "abc", at, packages, me)
	if err != nil || !bytes.Equal(data, again) {
		t.Errorf("the same image has another bill: %v", err)
	}
	var doc spdxDocument
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Creation.Created != "2026-11-01T00:00:00Z" || doc.Namespace != "urn:sha256:abc" {
		t.Errorf("created %s, namespace %s", doc.Creation.Created, doc.Namespace)
	}
	var debian []string
	ids, modules := map[string]bool{}, 0
	for _, p := range doc.Packages {
		if ids[p.ID] {
			t.Errorf("%s twice", p.ID)
		}
		ids[p.ID] = true
		if strings.HasPrefix(p.Refs[0].Locator, "pkg:deb/") {
			debian = append(debian, p.Refs[0].Locator)
		} else if strings.HasPrefix(p.Refs[0].Locator, "pkg:golang/") {
			modules++
		}
	}
	want := []string{"pkg:deb/debian/asterisk@1%3A22.10.1~dfsg%2B1?arch=arm64", "pkg:deb/debian/libc6@2.42-1?arch=arm64"}
	if diff := cmp.Diff(want, debian); diff != "" {
		t.Errorf("Debian packages (-want +got):\n%s", diff)
	}
	if modules < 2 || len(doc.Relationships) != len(doc.Packages) {
		t.Errorf("%d Go modules; %d relationships of %d packages", modules, len(doc.Relationships), len(doc.Packages))
	}
}

func TestCompressedImageIsTheImage(t *testing.T) {
	img := filepath.Join(t.TempDir(), "x.img")
	want := append(bytes.Repeat([]byte{0}, 3<<20), "the end"...)
	if err := os.WriteFile(img, want, 0o644); err != nil {
		t.Fatal(err)
	}
	n, err := compress(t.Context(), img)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(img + ".zst")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := zstd.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	got, err := io.ReadAll(z)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes come back of %d: %v", len(got), len(want), err)
	}
	if info, err := f.Stat(); err != nil || info.Size() != n {
		t.Errorf("said %d bytes: %v, %v", n, info, err)
	}
}

// A log gets whole lines; a terminal's line is written over.
func TestStepsInALogAndOnATerminal(t *testing.T) {
	for _, c := range []struct {
		name     string
		terminal bool
		want     string
	}{
		{"log", false, "rootfs          …      downloading\nrootfs          2.5 s  251 packages\n"},
		{"terminal", true, "\r\x1b[Krootfs       \r\x1b[Krootfs       1 %\r\x1b[Krootfs       downloading\r\x1b[Krootfs          2.5 s  251 packages\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			clock := time.Unix(0, 0)
			s := steps{w: &out, terminal: c.terminal, now: func() time.Time { return clock }}
			s.start("rootfs")
			s.say("1 %")
			s.tell("downloading")
			clock = clock.Add(2500 * time.Millisecond)
			s.end("%d packages", 251)
			if diff := cmp.Diff(c.want, out.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
