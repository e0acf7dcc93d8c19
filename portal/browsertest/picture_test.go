package browsertest

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"testing"
)

func TestAPictureHasFewColours(t *testing.T) {
	from := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for y := range 64 {
		for x := range 64 {
			c := color.RGBA{255, 255, 255, 255}
			if y < 16 { // 1024 colours, each once
				c = color.RGBA{uint8(4 * x), uint8(16 * y), 100, 255}
			}
			from.Set(x, y, c)
		}
	}
	var raw bytes.Buffer
	if err := png.Encode(&raw, from); err != nil {
		t.Fatal(err)
	}
	small, err := reduced(raw.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	to, err := png.Decode(bytes.NewReader(small))
	if err != nil {
		t.Fatal(err)
	}
	if p, ok := to.(*image.Paletted); !ok || len(p.Palette) != 256 || to.Bounds() != from.Bounds() {
		t.Errorf("%T of %v", to, to.Bounds())
	}
	if r, g, b, _ := to.At(5, 40).RGBA(); r&g&b != 0xffff {
		t.Error("white is no longer white")
	}
	if _, err := reduced([]byte("no picture")); err == nil {
		t.Error("what is no picture became one")
	}
}
