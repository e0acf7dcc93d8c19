package flash

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

func write(t *testing.T, path string, data []byte) string {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// stream packs as autocom build does: by a stream whose size is said before.
func stream(t *testing.T, b []byte, size int64) []byte {
	t.Helper()
	var out bytes.Buffer
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	if size > 0 {
		z.ResetContentSize(&out, size)
	} else {
		z.Reset(&out)
	}
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestImagesPlainAndPacked(t *testing.T) {
	dir, want := t.TempDir(), sample()
	for _, name := range []string{
		write(t, filepath.Join(dir, "x.img"), want),
		write(t, filepath.Join(dir, "y.img.zst"), stream(t, want, int64(len(want)))),
	} {
		s, err := openImage(name)
		if err != nil {
			t.Fatal(err)
		}
		c := &card{data: make([]byte, len(want))}
		if err := transfer(t.Context(), s, c, nil); err != nil || !bytes.Equal(c.data, want) {
			t.Errorf("%s: %v, equal %v", filepath.Base(name), err, bytes.Equal(c.data, want))
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Each of them is larger than a MiB: size alone is no sign of an image.
func TestWhatIsNoImageOfOursIsRefused(t *testing.T) {
	photo := bytes.Repeat([]byte("\xff\xd8\xff\xe0 JFIF "), mebi/4)
	changed := func(change func(b []byte)) []byte {
		b := sample()
		change(b)
		return b
	}
	for name, c := range map[string]struct {
		file string
		data []byte
		want string
	}{
		"a photograph":        {"holiday.jpg", photo, "holiday.jpg is no disk image: name an .img or .img.zst that autocom build made"},
		"a packed photograph": {"x.img.zst", stream(t, photo, int64(len(photo))), "x.img.zst is no disk image: name"},
		"an .img.xz":          {"x.img.xz", append([]byte("\xfd7zXZ\x00"), sample()...), "x.img.xz is no disk image: name"},
		"a hybrid ISO":        {"debian.iso", changed(func(b []byte) { table(b, 0x00, 0xef) }), "debian.iso is a disk image, but not of autocom"},
		"no disk signature":   {"x.img", changed(func(b []byte) { clear(b[440:444]) }), "x.img is a disk image, but not of autocom"},
		"half a download":     {"x.img", sample()[:4*mebi], "x.img is cut off: it has 4 of 10 MB: copy or download it again"},
		"one byte":            {"x.img", []byte("x"), "x.img is no disk image: name"},
		"an empty file":       {"x.img", nil, "x.img is no disk image: name"},
		"size not said":       {"x.img.zst", stream(t, sample(), 0), "x.img.zst does not say how large it is unpacked: unpack it first with zstd -d"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := openImage(write(t, filepath.Join(t.TempDir(), c.file), c.data))
			if err == nil {
				s.Close()
				t.Fatal("it was taken for an image")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want …%s", err, c.want)
			}
		})
	}
	if _, err := openImage(filepath.Join(t.TempDir(), "none.img")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing image: %v", err)
	}
	if _, err := openImage(t.TempDir()); err == nil || !strings.Contains(err.Error(), "is no disk image") {
		t.Errorf("a directory: %v", err)
	}
}

func TestTheSumBesideIsCompared(t *testing.T) {
	good := sample()
	sum := fmt.Sprintf("%x  autocom-pc-0.1.0.img\n", sha256.Sum256(good))
	spoiled := bytes.Clone(good)
	spoiled[5*mebi] ^= 1
	for name, c := range map[string]struct {
		file      string
		data, sum []byte
		want      string
	}{
		"the sum fits":              {"a.img", good, []byte(sum), ""},
		"of a packed image, too":    {"a.img.zst", stream(t, good, int64(len(good))), []byte(sum), ""},
		"one bit changed":           {"a.img", spoiled, []byte(sum), "is not what the .sha256 beside it says: download both again"},
		"one bit changed, packed":   {"a.img.zst", stream(t, spoiled, int64(len(good))), []byte(sum), "is not what the .sha256"},
		"no sum in the sum's file":  {"a.img", good, []byte("<html>not found"), "a.img.sha256 is no sum as sha256sum writes it"},
		"an empty file for the sum": {"a.img", good, nil, "a.img.sha256 is no sum as sha256sum writes it"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			image := write(t, filepath.Join(dir, c.file), c.data)
			write(t, filepath.Join(dir, "a.img.sha256"), c.sum)
			m := &card{data: bytes.Repeat([]byte{0xff}, len(good))}
			s, err := openImage(image)
			if err == nil {
				err = transfer(t.Context(), s, m, nil)
				s.Close()
			}
			if c.want == "" {
				if err != nil || !bytes.Equal(m.data, good) {
					t.Errorf("%v, written %v", err, bytes.Equal(m.data, good))
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want …%s", err, c.want)
			}
			if bytes.Equal(m.data[:sector], good[:sector]) {
				t.Error("the card has a partition table: it looks startable")
			}
		})
	}
}
