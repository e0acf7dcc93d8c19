package browsertest

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// maxPicture is what a picture for the README may weigh, in bytes.
const maxPicture = 120_000

// Picture writes what the window shows now, on a phone with what is below, in 256 colours, for the README: <name>.png in the
// folder of AUTOCOM_PICTURES (make screenshots), or in one that ends with the test.
func (p *Page) Picture(name string) {
	p.b.t.Helper()
	folder := os.Getenv("AUTOCOM_PICTURES")
	if folder == "" {
		folder = p.b.t.TempDir()
	}
	var raw []byte
	p.must("picture "+name, `page => page.screenshot({ animations: "disabled", fullPage: page.viewportSize().width < 500 }).then(b => b.toString("base64"))`, nil, &raw)
	small, err := reduced(raw)
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".png"), small, 0o644)
	}
	if err != nil {
		p.b.t.Errorf("picture %s: %v", name, err)
	}
	if len(small) > maxPicture {
		p.b.t.Errorf("picture %s has %d bytes, want %d at most: show less", name, len(small), maxPicture)
	}
}

// reduced is a PNG with the 256 most frequent of its colours: pages have few, and the rest
// are the edges of letters.
func reduced(raw []byte) ([]byte, error) {
	from, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	r := from.Bounds()
	count := map[color.RGBA]int{}
	at := func(x, y int) color.RGBA { return color.RGBAModel.Convert(from.At(x, y)).(color.RGBA) }
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			count[at(x, y)]++
		}
	}
	order := slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int {
		return cmp.Or(count[b]-count[a], cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	var colours color.Palette
	for _, c := range order[:min(len(order), 256)] {
		colours = append(colours, c)
	}
	index := map[color.RGBA]uint8{}
	for c := range count {
		index[c] = uint8(colours.Index(c))
	}
	to := image.NewPaletted(r, colours)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			to.SetColorIndex(x, y, index[at(x, y)])
		}
	}
	var out bytes.Buffer
	e := png.Encoder{CompressionLevel: png.BestCompression}
	err = e.Encode(&out, to)
	return out.Bytes(), err
}
