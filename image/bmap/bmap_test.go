package bmap

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// parsed is read with its own words, not with those that wrote it.
type parsed struct {
	Version string `xml:"version,attr"`
	Size    int64  `xml:"ImageSize"`
	Mapped  int64  `xml:"MappedBlocksCount"`
	Ranges  []struct {
		Sum  string `xml:"chksum,attr"`
		Text string `xml:",chardata"`
	} `xml:"BlockMap>Range"`
}

// sample is an image with data in blocks 0, 3-5, 7 and a last one that is cut short.
func sample(t *testing.T) (path string, data []byte) {
	data = make([]byte, 9*BlockSize+100)
	random := rand.NewChaCha8([32]byte{1})
	for _, r := range [][2]int{{0, 1}, {3, 6}, {7, 8}} {
		_, _ = random.Read(data[r[0]*BlockSize : r[1]*BlockSize])
	}
	data[len(data)-1] = 1
	path = filepath.Join(t.TempDir(), "x.img")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, data
}

func TestWritingOnlyTheRangesGivesTheImage(t *testing.T) {
	path, want := sample(t)
	name, err := Write(path)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var doc parsed
	if err := xml.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Version != "2.0" || doc.Size != int64(len(want)) || doc.Mapped != 6 {
		t.Errorf("version %s, size %d, %d blocks; want 2.0, %d, 6", doc.Version, doc.Size, doc.Mapped, len(want))
	}
	got := make([]byte, doc.Size)
	var texts []string
	for _, r := range doc.Ranges {
		texts = append(texts, r.Text)
		var first, last int
		if _, err := fmt.Sscanf(r.Text, "%d-%d", &first, &last); err != nil {
			if _, err := fmt.Sscanf(r.Text, "%d", &first); err != nil {
				t.Fatalf("range %q", r.Text)
			}
			last = first
		}
		part := want[first*BlockSize : min((last+1)*BlockSize, len(want))]
		copy(got[first*BlockSize:], part)
		if sum := sha256.Sum256(part); hex.EncodeToString(sum[:]) != r.Sum {
			t.Errorf("range %s has another hash", r.Text)
		}
	}
	if s := strings.Join(texts, " "); s != "0 3-5 7 9" {
		t.Errorf("ranges %s, want 0 3-5 7 9", s)
	}
	if !bytes.Equal(got, want) {
		t.Error("the ranges do not add up to the image")
	}
}

func TestChecksumOfTheMapItself(t *testing.T) {
	path, _ := sample(t)
	name, err := Write(path)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`<BmapFileChecksum>([0-9a-f]{64})<`).FindSubmatch(text)
	if m == nil {
		t.Fatal("no BmapFileChecksum")
	}
	sum := sha256.Sum256(bytes.Replace(text, m[1], bytes.Repeat([]byte("0"), 64), 1))
	if hex.EncodeToString(sum[:]) != string(m[1]) {
		t.Error("the checksum is not that of the file with 64 zeros in its place")
	}
}

func TestAnEmptyImageHasNoRange(t *testing.T) {
	m, err := Scan(bytes.NewReader(make([]byte, 3*BlockSize)))
	if err != nil || len(m.Ranges) != 0 || m.MappedBlocks != 0 || m.ImageSize != 3*BlockSize {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestAMissingImage(t *testing.T) {
	if _, err := Write(filepath.Join(t.TempDir(), "none.img")); err == nil || !strings.HasPrefix(err.Error(), "map the image: ") {
		t.Errorf("got %v", err)
	}
}
