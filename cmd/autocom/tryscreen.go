package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"rsc.io/qr"
)

// screenLines is how much of the serial console is searched for the box's screen.
const screenLines = 400

// screenPatience is how long the screen may take to say what the page says already.
const screenPatience = time.Minute

// screenCode is the setup code as the console shows it.
var screenCode = regexp.MustCompile(`code\D{1,3}(\d{4}[ -]?\d{4})`)

// readScreen reads what somebody needs who stands before the box: its address, the same
// as a QR code, and the setup code, which it gives.
func (t *trial) readScreen(ctx context.Context) (code string, err error) {
	url := "http://" + t.box.String() + "/"
	err = eventually(ctx, screenPatience, func() error {
		text := t.vm.Console.Last(screenLines)
		m := screenCode.FindStringSubmatch(text)
		switch {
		case m == nil:
			return errors.New("the screen shows no code")
		case !strings.Contains(text, url):
			return fmt.Errorf("the screen does not show %s", url)
		}
		code = m[1]
		return drawn(text, url)
	})
	return code, err
}

// drawn tells whether text has a QR code that says what: light modules as blocks, two rows
// a line, within a light border.
func drawn(text, what string) error {
	code, err := qr.Encode(what, qr.L)
	if err != nil {
		return err
	}
	const border = 2
	light := func(x, y int) bool { return y < code.Size+border && !code.Black(x, y) }
	block := map[[2]bool]rune{{true, true}: '█', {true, false}: '▀', {false, true}: '▄', {false, false}: ' '}
	for y := -border; y < code.Size+border; y += 2 {
		var row strings.Builder
		for x := -border; x < code.Size+border; x++ {
			row.WriteRune(block[[2]bool{light(x, y), light(x, y+1)}])
		}
		if !strings.Contains(text, row.String()) {
			return fmt.Errorf("the screen has no QR code of %s, or not its line %d", what, (y+border)/2+1)
		}
	}
	return nil
}
