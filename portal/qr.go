package portal

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// quiet is the white border that readers need, in modules (ISO/IEC 18004).
const quiet = 4

// QR is a code as an SVG path: sharp at any size, and no image to load.
type QR struct {
	Size int    // modules of a side, with the border
	Path string // the black ones
}

// drawQR gives the zero QR for a text that does not fit; the page shows the text anyway.
func drawQR(text string) QR {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return QR{}
	}
	var b strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			run := 0
			for x+run < code.Size && code.Black(x+run, y) {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x+quiet, y+quiet, run, run)
				x += run
			}
		}
	}
	return QR{Size: code.Size + 2*quiet, Path: b.String()}
}
