// Package chart turns counts into the geometry of a bar chart, which a template draws as SVG.
package chart

// Bar is one column: its parts stand on each other.
type Bar struct {
	Label string // below; "" nothing
	Minor bool   // the label may be left out where there is little room
	Parts []Part
	Title string // the whole column in words
}

// Part is one of a column's.
type Part struct {
	Class string // of its colour
	Value int
}

// Size is that of the drawing and of its letters, in its own units; the page scales it.
type Size struct{ Width, Height, Text int }

// Chart is what a template draws.
type Chart struct {
	Size
	Base        int // y of zero
	Left, Right int // x of both ends of the lines
	Columns     []Column
	Lines       []Line
	Most        int // the highest column
}

// Column is a drawn bar.
type Column struct {
	X, Middle, Width int
	Rects            []Rect
	Label, Title     string
	Minor            bool
}

// Rect is a drawn part.
type Rect struct {
	Class     string
	Y, Height int
}

// Line is a line of the grid with its figure.
type Line struct{ Y, Value int }

// Draw makes the chart; without bars there is nothing but its base.
func Draw(bars []Bar, size Size) Chart {
	top, left := size.Text, 3*size.Text // room for the figures of the lines
	c := Chart{Size: size, Base: size.Height - 2*size.Text, Left: left, Right: size.Width - size.Text/2}
	for _, b := range bars {
		sum := 0
		for _, p := range b.Parts {
			sum += max(0, p.Value)
		}
		c.Most = max(c.Most, sum)
	}
	step := Step(c.Most)
	full := (max(c.Most, 1) + step - 1) / step * step
	room := c.Base - top
	for v := 0; v <= full; v += step {
		c.Lines = append(c.Lines, Line{c.Base - room*v/full, v})
	}
	for i, b := range bars {
		from, to := left+(c.Right-left)*i/len(bars), left+(c.Right-left)*(i+1)/len(bars)
		gap := max(1, (to-from)/5)
		col := Column{X: from + gap/2, Width: max(1, to-from-gap), Middle: (from + to) / 2, Label: b.Label, Minor: b.Minor, Title: b.Title}
		below := 0
		for _, p := range b.Parts {
			if p.Value <= 0 {
				continue
			}
			y0, y1 := c.Base-room*below/full, c.Base-room*(below+p.Value)/full
			col.Rects = append(col.Rects, Rect{p.Class, y1, y0 - y1})
			below += p.Value
		}
		c.Columns = append(c.Columns, col)
	}
	return c
}

// Step is the distance of the grid's lines: 1, 2 or 5 with noughts, at most five of them.
func Step(most int) int {
	for unit := 1; ; unit *= 10 {
		for _, n := range []int{1, 2, 5} {
			if n*unit*5 >= most {
				return n * unit
			}
		}
	}
}
