package qemu

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
)

// Console keeps the last lines of what a machine writes on its serial line.
type Console struct {
	mu   sync.Mutex
	log  *os.File
	echo io.Writer
	tail []byte
	more chan struct{} // closed and replaced when something arrives
}

// maxTail bounds what is kept in memory; the log has everything.
const maxTail = 256 << 10

func newConsole(log *os.File, echo io.Writer) *Console {
	return &Console{log: log, echo: echo, more: make(chan struct{})}
}

// Write takes what the machine says.
func (c *Console) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.echo != nil {
		c.echo.Write(b)
	}
	c.tail = append(c.tail, b...)
	if n := len(c.tail); n > maxTail {
		c.tail = append([]byte(nil), c.tail[n-maxTail:]...)
	}
	close(c.more)
	c.more = make(chan struct{})
	return c.log.Write(b)
}

func (c *Console) close() { c.log.Close() }

// Expect waits until the machine has written text since it was switched on.
func (c *Console) Expect(ctx context.Context, text string) error {
	for {
		c.mu.Lock()
		found, more := bytes.Contains(c.tail, []byte(text)), c.more
		c.mu.Unlock()
		if found {
			return nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return fmt.Errorf("the console does not show %q: %w", text, errors.Join(ctx.Err()))
		}
	}
}

// Silent reports that the machine has written nothing since it was switched on.
func (c *Console) Silent() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.tail) == 0
}

// Last gives the last n lines without the terminal's control sequences.
func (c *Console) Last(n int) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	lines := strings.Split(strings.TrimRight(plain(c.tail), "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// plain drops escape sequences and control characters: firmware paints its screen.
func plain(b []byte) string {
	var out strings.Builder
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] == 0x1b && i+1 < len(b) && b[i+1] == '[':
			for i += 2; i < len(b) && (b[i] < '@' || b[i] > '~'); i++ {
			}
		case b[i] == '\n' || b[i] == '\t' || b[i] >= 0x20 && b[i] != 0x7f:
			out.WriteByte(b[i])
		}
	}
	return out.String()
}
