package portal

import (
	"context"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"autocom/portal/account"
	"autocom/provision"
)

// aMovingBox is another one at each look.
type aMovingBox struct {
	aBox
	looks atomic.Int64
}

func (b *aMovingBox) Look(context.Context) SystemState {
	s := b.state
	s.Free = s.Total - uint64(b.looks.Add(1))*s.Total/10
	return s
}

// The figures of the box change on the open page; who looks at several pages asks the box once.
func TestTheBoxChangesByItself(t *testing.T) {
	f, p := desk(t)
	b := &aMovingBox{aBox: *install(p)}
	p.System = b
	var ahead atomic.Int64
	p.Now = func() time.Time { return noon.Add(time.Duration(ahead.Load())) }
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	body, lines := listen(t, srv, asking(f.as(t, account.Admin)), "/ui/system")
	if !strings.Contains(body, "10% full") {
		t.Error("the page does not begin with the first look")
	}
	f.events <- provision.Event{Kind: "resync"} // soon after: the look of before does
	ahead.Store(int64(systemPace))
	f.events <- provision.Event{Kind: "resync"}
	var said string
	for range 9 {
		for _, x := range puts(t, lines, 1) {
			said += x.HTML
		}
		if strings.Contains(said, "20% full") {
			break
		}
	}
	if !strings.Contains(said, "20% full") {
		t.Errorf("the open page has %s", said)
	}
	if n := b.looks.Load(); n != 2 {
		t.Errorf("%d looks at the box, want 2", n)
	}
}
