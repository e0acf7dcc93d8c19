// Package bmap turns an image into its block map: which blocks hold something, and their
// hashes. A writer that knows bmap 2.0 (bmaptool, rpi-imager) leaves the rest out.
//
// What holds something is told by content, not by holes: file systems and copies make
// and lose holes as they like.
package bmap

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"strings"
)

// BlockSize is the granularity in bytes.
const BlockSize = 4096

// Range is a run of blocks that hold something, last included.
type Range struct {
	First, Last int64
	SHA256      string
}

// Map is what a .bmap file says.
type Map struct {
	ImageSize    int64
	MappedBlocks int64
	Ranges       []Range
}

// Scan reads an image of size bytes.
func Scan(r io.Reader) (Map, error) {
	var m Map
	zero := make([]byte, BlockSize)
	block := make([]byte, BlockSize)
	hash := sha256.New()
	open := false
	end := func() {
		if open {
			m.Ranges[len(m.Ranges)-1].SHA256 = hex.EncodeToString(hash.Sum(nil))
			hash.Reset()
			open = false
		}
	}
	for n := int64(0); ; n++ {
		got, err := io.ReadFull(r, block)
		if err == io.EOF {
			break
		}
		if err != nil && err != io.ErrUnexpectedEOF {
			return Map{}, err
		}
		m.ImageSize += int64(got)
		if bytes.Equal(block[:got], zero[:got]) {
			end()
			continue
		}
		if !open {
			m.Ranges = append(m.Ranges, Range{First: n})
			open = true
		}
		m.Ranges[len(m.Ranges)-1].Last = n
		m.MappedBlocks++
		hash.Write(block[:got])
	}
	end()
	return m, nil
}

// XML writes the map in format 2.0.
func (m Map) XML() ([]byte, error) {
	type xmlRange struct {
		SHA256 string `xml:"chksum,attr"`
		Text   string `xml:",chardata"`
	}
	doc := struct {
		XMLName  xml.Name   `xml:"bmap"`
		Version  string     `xml:"version,attr"`
		Size     int64      `xml:"ImageSize"`
		Block    int64      `xml:"BlockSize"`
		Blocks   int64      `xml:"BlocksCount"`
		Mapped   int64      `xml:"MappedBlocksCount"`
		Type     string     `xml:"ChecksumType"`
		Checksum string     `xml:"BmapFileChecksum"`
		Ranges   []xmlRange `xml:"BlockMap>Range"`
	}{
		Version: "2.0", Size: m.ImageSize, Block: BlockSize, Blocks: (m.ImageSize + BlockSize - 1) / BlockSize,
		Mapped: m.MappedBlocks, Type: "sha256", Checksum: strings.Repeat("0", 64),
	}
	for _, r := range m.Ranges {
		text := fmt.Sprint(r.First)
		if r.Last > r.First {
			text = fmt.Sprintf("%d-%d", r.First, r.Last)
		}
		doc.Ranges = append(doc.Ranges, xmlRange{r.SHA256, text})
	}
	out, err := xml.MarshalIndent(doc, "", "  ")
	if err != nil {
		return nil, err
	}
	out = append(append([]byte(xml.Header), out...), '\n')
	// The file's own checksum is that of the file with 64 zeros in its place.
	sum := sha256.Sum256(out)
	zeros := []byte("<BmapFileChecksum>" + doc.Checksum)
	return bytes.Replace(out, zeros, []byte("<BmapFileChecksum>"+hex.EncodeToString(sum[:])), 1), nil
}

// Write writes path.bmap beside an image and returns its name.
func Write(path string) (bmapPath string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("map the image: %w", err)
	}
	defer f.Close()
	m, err := Scan(f)
	if err != nil {
		return "", fmt.Errorf("map the image %s: %w", path, err)
	}
	out, err := m.XML()
	if err != nil {
		return "", fmt.Errorf("map the image %s: %w", path, err)
	}
	bmapPath = path + ".bmap"
	if err := os.WriteFile(bmapPath+".part", out, 0o644); err != nil {
		return "", fmt.Errorf("write the block map: %w", err)
	}
	return bmapPath, os.Rename(bmapPath+".part", bmapPath)
}
