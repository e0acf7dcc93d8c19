package chart

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDraw(t *testing.T) {
	c := Draw([]Bar{
		{Label: "8", Parts: []Part{{"good", 3}, {"bad", 1}}, Title: "8: 4"},
		{Label: "9", Minor: true, Parts: []Part{{"good", 0}, {"bad", 0}}},
	}, Size{Width: 435, Height: 130, Text: 10})
	want := []Column{
		{X: 50, Middle: 130, Width: 160, Rects: []Rect{{"good", 35, 75}, {"bad", 10, 25}}, Label: "8", Title: "8: 4"},
		{X: 250, Middle: 330, Width: 160, Label: "9", Minor: true},
	}
	if diff := cmp.Diff(want, c.Columns); diff != "" {
		t.Errorf("columns (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]Line{{110, 0}, {85, 1}, {60, 2}, {35, 3}, {10, 4}}, c.Lines); diff != "" {
		t.Errorf("lines (-want +got)\n%s", diff)
	}
}

func TestStepKeepsTheGridSmall(t *testing.T) {
	for most, want := range map[int]int{0: 1, 1: 1, 5: 1, 6: 2, 10: 2, 11: 5, 25: 5, 26: 10, 99: 20, 251: 100, 100_000: 20_000} {
		if got := Step(most); got != want {
			t.Errorf("%d: %d, want %d", most, got, want)
		}
	}
}

func TestNothingDrawsItsBase(t *testing.T) {
	c := Draw(nil, Size{100, 100, 10})
	if len(c.Columns) != 0 || c.Base <= 0 || len(c.Lines) != 2 {
		t.Errorf("%+v", c)
	}
}
