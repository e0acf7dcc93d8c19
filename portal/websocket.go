package portal

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// Bounds of SIP by WebSocket: a phone that logs in, calls and watches 24 colleagues sends
// some 60 messages at first, then few.
const (
	maxSockets     = 300      // browsers at once
	maxSocketsEach = 8        // of one owner: windows, and connections that have not ended yet
	maxSIPMessage  = 64 << 10 // bytes; an offer with nine pictures has 20 kB
	burstMessages  = 240
	perSecond      = 20
	pingEvery      = 25 * time.Second // routers forget a silent connection after a minute; and who logs out is gone by then
	pingWithin     = 15 * time.Second
)

// sockets counts the browsers that are connected, by who they are.
type sockets struct {
	every time.Duration // 0 is pingEvery
	mu    sync.Mutex
	all   int
	each  map[string]int
}

func (s *sockets) enter(who string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all >= maxSockets || s.each[who] >= maxSocketsEach {
		return false
	}
	if s.each == nil {
		s.each = map[string]int{}
	}
	s.all++
	s.each[who]++
	return true
}

func (s *sockets) leave(who string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all--
	if s.each[who]--; s.each[who] == 0 {
		delete(s.each, who)
	}
}

// websocket lets the browser of somebody who has a number speak SIP with the exchange
// (RFC 7118): by https, from our own page, and nothing but that. Sound and pictures do
// not come this way.
func (p *Portal) websocket(w http.ResponseWriter, r *http.Request) {
	owners := p.softOwners(r)
	switch {
	case len(owners) == 0:
		http.Error(w, "log in first, or get a number", http.StatusUnauthorized)
		return
	case p.Softphones == nil:
		http.NotFound(w, r)
		return
	case r.TLS == nil:
		http.Error(w, "by https alone", http.StatusForbidden)
		return
	case r.Header.Get("Origin") != "https://"+r.Host:
		// Browsers say truly which page asks; a cookie alone would come with any page's.
		http.Error(w, "a page of another site may not speak here", http.StatusForbidden)
		return
	}
	who := owners[0].Person + " " + owners[0].Device
	if !p.sockets.enter(who) {
		w.Header().Set("Retry-After", "30")
		http.Error(w, "too many phones are open", http.StatusTooManyRequests)
		return
	}
	defer p.sockets.leave(who)
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	sip := &websocket.DialOptions{Subprotocols: []string{"sip"}}
	late, done := context.WithTimeout(ctx, 5*time.Second)
	exchange, _, err := websocket.Dial(late, p.Softphones.Exchange(), sip)
	done()
	if err != nil {
		p.Log.Debug("asterisk takes no browser now", "error", err)
		w.Header().Set("Retry-After", "2")
		http.Error(w, "the exchange is not there: try again in a moment", http.StatusServiceUnavailable)
		return
	}
	defer exchange.CloseNow()
	browser, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: sip.Subprotocols})
	if err != nil {
		return // Accept has answered
	}
	defer browser.CloseNow()
	if browser.Subprotocol() != "sip" {
		browser.Close(websocket.StatusPolicyViolation, "SIP is spoken here")
		return
	}
	browser.SetReadLimit(maxSIPMessage)
	exchange.SetReadLimit(maxSIPMessage)
	p.Log.Info("a browser phone is connected", "number", owners[0].Number, "from", remote(r))

	ended := make(chan error, 3)
	go func() { ended <- p.fromBrowser(ctx, exchange, browser) }()
	go func() { ended <- fromExchange(ctx, browser, exchange) }()
	go func() { ended <- p.stays(ctx, r, owners[0], browser) }()
	err = <-ended
	var closed websocket.CloseError
	switch {
	case errors.Is(err, errManyMessages), errors.Is(err, errLoggedOut):
		browser.Close(websocket.StatusPolicyViolation, err.Error())
	case errors.As(err, &closed), errors.Is(err, net.ErrClosed):
	default:
		browser.Close(websocket.StatusGoingAway, "")
	}
	p.Log.Info("a browser phone is gone", "number", owners[0].Number, "from", remote(r), "why", err)
}

var (
	errManyMessages = errors.New("too many messages")
	errLoggedOut    = errors.New("logged out")
)

// fromBrowser hands on what the browser says, at a bounded pace. It answers the
// keep-alive of RFC 5626 3.5.1 itself: what is asked is whether the way to us is open.
func (p *Portal) fromBrowser(ctx context.Context, exchange, browser *websocket.Conn) error {
	left, at := float64(burstMessages), p.Now()
	for {
		kind, message, err := browser.Read(ctx)
		if err != nil {
			return err
		}
		now := p.Now()
		left, at = min(burstMessages, left+perSecond*max(0, now.Sub(at).Seconds())), now
		if left--; left < 0 {
			return errManyMessages
		}
		if string(message) == "\r\n\r\n" {
			err = browser.Write(ctx, kind, []byte("\r\n"))
		} else {
			err = exchange.Write(ctx, kind, message)
		}
		if err != nil {
			return err
		}
	}
}

func fromExchange(ctx context.Context, browser, exchange *websocket.Conn) error {
	for {
		kind, message, err := exchange.Read(ctx)
		if err != nil {
			return err
		}
		if err := browser.Write(ctx, kind, message); err != nil {
			return err
		}
	}
}

// stays returns when the browser answers no ping any more, or may not be here any more.
func (p *Portal) stays(ctx context.Context, r *http.Request, owner SoftOwner, browser *websocket.Conn) error {
	every := time.NewTicker(cmp.Or(p.sockets.every, pingEvery))
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-every.C:
		}
		// Asked again: the session may have ended, and the number be somebody else's.
		if v, _ := p.identify(r); !slices.Contains(p.softOwnersOf(r, v), owner) {
			return errLoggedOut
		}
		late, done := context.WithTimeout(ctx, pingWithin)
		err := browser.Ping(late)
		done()
		if err != nil {
			return err
		}
	}
}
