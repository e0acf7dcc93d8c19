package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/zstd"

	"autocom/image"
)

// flash asks how large an image is unpacked before it writes; a stream does not say so
// by itself.
func TestThePackedImageSaysItsSize(t *testing.T) {
	img := filepath.Join(t.TempDir(), "autocom-pc-0.1.0.img")
	want := bytes.Repeat([]byte("one telephone exchange\n"), 200_000)
	if err := os.WriteFile(img, want, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := compress(t.Context(), img); err != nil {
		t.Fatal(err)
	}
	packed, err := os.ReadFile(img + ".zst")
	if err != nil {
		t.Fatal(err)
	}
	var h zstd.Header
	if err := h.Decode(packed); err != nil || !h.HasFCS || h.FrameContentSize != uint64(len(want)) {
		t.Errorf("header %+v, %v, want the size %d", h, err, len(want))
	}
	z, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if got, err := z.DecodeAll(packed, nil); err != nil || !bytes.Equal(got, want) {
		t.Errorf("unpacked %d bytes, %v, want %d", len(got), err, len(want))
	}
}

func TestTheLockSaysWhoseItIs(t *testing.T) {
	r := image.Recipe{Version: "0.1.0", Base: "debian", Suite: "forky", Board: image.Board{Name: "virt"}}
	got := string(packagesLock(r, []image.Package{{Name: "asterisk", Version: "1:22.10.1", Arch: "arm64"}}))
	if want := "# autocom 0.1.0 for board virt: packages of debian forky\nasterisk 1:22.10.1 arm64\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
