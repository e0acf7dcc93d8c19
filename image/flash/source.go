package flash

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// source is an image that may be written to a card.
type source struct {
	io.Reader
	size  int64  // unpacked, in bytes
	sum   []byte // SHA-256 of the unpacked image; nil when no IMAGE.sha256 lies beside it
	close func() error
}

func (s *source) Close() error { return s.close() }

// openImage opens an image (.img or .img.zst). Its first sector must be one of ours: a
// photograph, an archive or the image of something else would make a card that starts
// nothing, and the person would blame the card.
func openImage(name string) (_ *source, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open the image: %w", err)
	}
	s := &source{close: f.Close}
	defer func() {
		if err != nil {
			_ = s.Close()
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("open the image: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no disk image: build one, or name another file", name)
	}
	s.size = info.Size()
	plain := strings.TrimSuffix(name, ".zst")
	if plain == name {
		s.Reader = f
	} else if err := s.unpack(f, name); err != nil {
		return nil, err
	}
	buffered := bufio.NewReaderSize(s.Reader, chunk)
	s.Reader = buffered
	first, err := buffered.Peek(sector)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the image: %w", err)
	}
	if err := ours(first, s.size); err != nil {
		return nil, fmt.Errorf("%s %w", name, err)
	}
	s.sum, err = sumBeside(plain)
	return s, err
}

// unpack puts a decoder before the file.
func (s *source) unpack(f *os.File, name string) error {
	var h zstd.Header
	first := make([]byte, zstd.HeaderMaxSize)
	n, _ := f.ReadAt(first, 0) // fewer bytes: Decode says so
	if err := h.Decode(first[:n]); err != nil || !h.HasFCS {
		return fmt.Errorf("%s does not say how large it is unpacked: unpack it first with zstd -d", name)
	}
	z, err := zstd.NewReader(f)
	if err != nil {
		return fmt.Errorf("open the image: %w", err)
	}
	s.Reader, s.size = z, int64(h.FrameContentSize)
	s.close = func() error { z.Close(); return f.Close() }
	return nil
}

const sector = 512

// ours judges the first sector of an image of size bytes: the table that image/disk
// writes, a FAT32 and a Linux partition with a disk signature, inside the file.
func ours(first []byte, size int64) error {
	if len(first) < sector || first[510] != 0x55 || first[511] != 0xaa {
		return errors.New("is no disk image: name an .img or .img.zst that autocom build made")
	}
	boot, data := first[446:462], first[462:478]
	if boot[4] != 0x0c || data[4] != 0x83 || binary.LittleEndian.Uint32(first[440:]) == 0 {
		return errors.New("is a disk image, but not of autocom: name one that autocom build made")
	}
	at, length := binary.LittleEndian.Uint32(data[8:]), binary.LittleEndian.Uint32(data[12:])
	if end := (int64(at) + int64(length)) * sector; end > size {
		return fmt.Errorf("is cut off: it has %d of %d MB: copy or download it again", size/1e6, end/1e6)
	}
	return nil
}

// sumBeside reads IMAGE.sha256, as sha256sum writes it: "<64 hex digits>  <name>".
// Absent, it is nil.
func sumBeside(image string) ([]byte, error) {
	path := image + ".sha256"
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the image's sum: %w", err)
	}
	hexed, _, _ := strings.Cut(string(text), " ")
	sum, err := hex.DecodeString(hexed)
	if err != nil || len(sum) != 32 {
		return nil, fmt.Errorf("%s is no sum as sha256sum writes it: download it again, or remove it", filepath.Base(path))
	}
	return sum, nil
}
