package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// console is every place where a person may look: the screen and the serial line.
type console struct {
	kmsg  *os.File
	names []string
}

// open finds them: "tty0 ttyS0" (drivers/tty/tty_io.c: the last one named in the command
// line comes last and is /dev/console).
func (c *console) open() {
	c.kmsg, _ = os.OpenFile("/dev/kmsg", os.O_WRONLY, 0) // without it the lines are lost, the start is not
	active, _ := os.ReadFile("/sys/class/tty/console/active")
	c.names = strings.Fields(string(active))
	if len(c.names) == 0 {
		c.names = []string{"console"}
	}
}

// say writes one line to the kernel's log, from where the journal takes it.
func (c *console) say(format string, args ...any) {
	if c.kmsg == nil {
		return
	}
	// A record of /dev/kmsg is one write of at most 1024 bytes.
	line := fmt.Sprintf("<5>autocom: "+format, args...)
	fmt.Fprintf(c.kmsg, "%.900s\n", strings.ReplaceAll(line, "\n", "; "))
}

// show writes a message to every console, whatever the kernel's log level.
func (c *console) show(text string) {
	for _, name := range c.names {
		f, err := os.OpenFile(filepath.Join("/dev", name), os.O_WRONLY, 0)
		if err != nil {
			continue // a console without a device (no screen): the others still tell
		}
		_, _ = f.WriteString(strings.ReplaceAll(text, "\n", "\r\n"))
		f.Close()
	}
}

// Write lets the logger of u-root's packages speak through say.
func (c *console) Write(b []byte) (int, error) {
	c.say("%s", strings.TrimSpace(string(b)))
	return len(b), nil
}
