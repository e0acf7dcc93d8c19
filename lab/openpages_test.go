//go:build lab

package lab

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// openPage is a page of the portal as an open browser keeps it: the document that was sent,
// with the pieces that its stream replaced since.
type openPage struct {
	path string

	mu     sync.Mutex
	pieces map[string]string // element → its text now; "" gone
	puts   int               // pieces that came by the stream
	bytes  int
	bursts int       // of them, sent together
	last   time.Time // when one came
	err    error     // why the stream ended
}

var streamAt = regexp.MustCompile(`data-live="([^"]+)"`)

// watch opens a page and then its stream, as the script of the page does.
func (v *visitor) watch(t *testing.T, path string) *openPage {
	t.Helper()
	found := streamAt.FindStringSubmatch(v.page(t, path))
	if found == nil {
		t.Fatalf("%s listens to nothing", path)
	}
	return v.listen(t, path, strings.ReplaceAll(found[1], "&amp;", "&"))
}

// listen opens the stream of a page.
func (v *visitor) listen(t *testing.T, path, stream string) *openPage {
	t.Helper()
	p := &openPage{path: path, pieces: map[string]string{}}
	r, err := http.NewRequestWithContext(t.Context(), "GET", v.base+stream, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := (&http.Client{Transport: v.c.Transport, Jar: v.c.Jar}).Do(r) // a stream has no end
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		t.Fatalf("the stream of %s: %s", path, res.Status)
	}
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(func() { stop(); res.Body.Close() })
	go p.read(ctx, res.Body)
	return p
}

func (p *openPage) read(ctx context.Context, body io.Reader) {
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var x struct{ ID, HTML string }
		err := json.Unmarshal([]byte(data), &x)
		p.mu.Lock()
		if now := time.Now(); now.Sub(p.last) > 50*time.Millisecond {
			p.bursts++
		}
		p.last = time.Now()
		p.pieces[x.ID], p.err = x.HTML, err
		p.puts, p.bytes = p.puts+1, p.bytes+len(data)
		p.mu.Unlock()
	}
	if ctx.Err() == nil {
		p.mu.Lock()
		p.err = fmt.Errorf("the stream ended: %w", lines.Err())
		p.mu.Unlock()
	}
}

// ages are what time alone changes.
var ages = regexp.MustCompile(`<time.*?</time>`)

var rowOf = regexp.MustCompile(`(?s)<li id="(d-[^"]+)".*?</li>`)

// agrees says where the open page shows something else than the page that is read anew: every
// row of the one must be the row of the other.
func (p *openPage) agrees(fresh string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return p.err
	}
	rows := rowOf.FindAllStringSubmatch(fresh, -1)
	here := map[string]bool{}
	for _, m := range rows {
		here[m[1]] = true
		got, want := ages.ReplaceAllString(p.pieces[m[1]], ""), ages.ReplaceAllString(m[0], "")
		if !strings.Contains(got, `class="state good"`) || strings.TrimSpace(got) != strings.TrimSpace(want) {
			return fmt.Errorf("%s: row %s is\n%s\nand read anew\n%s", p.path, m[1], got, want)
		}
	}
	for id, html := range p.pieces {
		if strings.HasPrefix(id, "d-") && html != "" && !here[id] {
			return fmt.Errorf("%s: row %s is still there", p.path, id)
		}
	}
	if len(rows) == 0 {
		return fmt.Errorf("%s has no rows", p.path)
	}
	return nil
}

// told gives what came by the stream until now.
func (p *openPage) told() (puts, bursts, bytes int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.puts, p.bursts, p.bytes
}

// broken says why a stream has ended.
func (p *openPage) broken() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}
