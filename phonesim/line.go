package phonesim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// line is a running SIP user agent: it holds the socket of one account.
type line struct {
	account Account
	here    netip.AddrPort
	agent   string // User-Agent
	log     *slog.Logger
	ua      *sipgo.UserAgent
	client  *sipgo.Client
	server  *sipgo.Server
	calls   *sipgo.DialogClientCache // we rang
	rung    *sipgo.DialogServerCache // we were rung
	stop    context.CancelFunc
	kept    sync.WaitGroup
	rings   chan *sipgo.DialogServerSession
	resync  func(reboot bool)
	contact sip.ContactHeader
	voice   func() (*voice, error)                // the sound of one more call
	info    bool                                  // presses keys by INFO
	headers []sip.Header                          // of each call that it makes
	first   func(*sipgo.DialogServerSession) bool // takes a call before it rings; nil: none
	notify  func(event string, req *sip.Request)  // hears of what it subscribed to; nil: nobody

	mu    sync.Mutex
	until time.Time        // end of the registration
	last  error            // of the latest attempt
	known map[string]*Call // by Call-ID, for requests inside their dialogs
}

// sipPort is where phones listen for their calls.
const sipPort = 5060

// allow is what the phone understands, as it says in its messages.
const allow = "INVITE, ACK, CANCEL, BYE, OPTIONS, NOTIFY, UPDATE, INFO, REFER"

// openLine starts the user agent at here. It does not register yet.
func openLine(a Account, here netip.AddrPort, agent, trusts string, log *slog.Logger, resync func(reboot bool)) (*line, error) {
	l, err := newLine(a, here, agent, trusts, log, resync)
	if err != nil {
		return nil, err
	}
	return l, l.open()
}

// open listens, where calls come by packets of their own.
func (l *line) open() error {
	if l.account.Transport != "udp" {
		return nil // they come back by the connection that we open
	}
	return l.serve(l.server)
}

// newLine makes the user agent, which does not listen yet.
func newLine(a Account, here netip.AddrPort, agent, trusts string, log *slog.Logger, resync func(reboot bool)) (*line, error) {
	quiet := slog.New(slog.DiscardHandler) // sipgo logs each odd packet; our errors say enough
	ua, err := sipgo.NewUA(sipgo.WithUserAgent(a.User), sipgo.WithUserAgentHostname(a.Server),
		sipgo.WithUserAgenTLSConfig(trustOnly(trusts)),
		sipgo.WithUserAgentTransactionLayerOptions(sip.WithTransactionLayerLogger(quiet),
			sip.WithTransactionLayerUnhandledResponseHandler(func(*sip.Response) {})), // answers to what we repeated
		sipgo.WithUserAgentTransportLayerOptions(sip.WithTransportLayerLogger(quiet)))
	if err != nil {
		return nil, err
	}
	from := here
	if a.Transport != "udp" {
		from = netip.AddrPortFrom(here.Addr(), 0) // calls come back by the connection that we open
	}
	client, err := sipgo.NewClient(ua, sipgo.WithClientNAT(), sipgo.WithClientLogger(quiet), sipgo.WithClientConnectionAddr(from.String()))
	if err != nil {
		return nil, errors.Join(err, ua.Close())
	}
	server, err := sipgo.NewServer(ua, sipgo.WithServerLogger(quiet))
	if err != nil {
		return nil, errors.Join(err, ua.Close())
	}
	contact := sip.ContactHeader{Address: sip.Uri{Scheme: "sip", User: a.User, Host: here.Addr().String(), Port: int(here.Port())}}
	if a.Transport != "udp" {
		contact.Address.UriParams.Add("transport", a.Transport)
	}
	l := &line{
		account: a, here: here, agent: agent, log: log, ua: ua, client: client, resync: resync, server: server, stop: func() {},
		calls: sipgo.NewDialogClientCache(client, contact), rung: sipgo.NewDialogServerCache(client, contact),
		rings: make(chan *sipgo.DialogServerSession), known: map[string]*Call{}, contact: contact,
	}
	l.voice = func() (*voice, error) { return openVoice(here.Addr()) }
	l.answer(server)
	return l, nil
}

// start keeps the line registered until close.
func (l *line) start(retry time.Duration) {
	ctx, stop := context.WithCancel(context.Background())
	l.kept.Go(func() { l.keep(ctx, retry, l.log) })
	listening := l.stop
	l.stop = func() { stop(); listening() }
}

// serve listens until close, and returns when the socket is open.
func (l *line) serve(server *sipgo.Server) error {
	ctx, stop := context.WithCancel(context.Background())
	l.stop = stop
	open, failed := make(chan struct{}), make(chan error, 1)
	var once sync.Once
	ready := sipgo.ListenReadyFuncCtxValue(func(string, string) { once.Do(func() { close(open) }) })
	go func() {
		//lint:ignore SA1029 sipgo reads this key, which is a string of its own.
		failed <- server.ListenAndServe(context.WithValue(ctx, sipgo.ListenReadyCtxKey, ready), l.account.Transport, l.here.String())
	}()
	select {
	case <-open:
		return l.listens()
	case err := <-failed:
		return fmt.Errorf("listen for SIP on %s: %w", l.here, errors.Join(err, l.close()))
	}
}

// listens waits until sipgo's client uses the socket that its server listens on: sipgo says
// that it listens a moment before, and a client that does not know of it opens another.
func (l *line) listens() error {
	if l.account.Transport != "udp" {
		return nil
	}
	for start := time.Now(); time.Since(start) < 5*time.Second; time.Sleep(time.Millisecond) {
		if l.ua.TransportLayer().Pool("udp").Size() > 0 {
			return nil
		}
	}
	return errors.Join(fmt.Errorf("listen for SIP on %s: sipgo does not use its socket", l.here), l.close())
}

// close stops at once and tells nobody, as a phone whose plug is pulled.
func (l *line) close() error {
	l.stop()
	err := l.ua.Close()
	l.kept.Wait()
	if l.account.Transport != "udp" {
		return err
	}
	// sipgo closes its socket a moment later, and a phone that boots needs the port at once.
	here := net.UDPAddrFromAddrPort(l.here)
	for start := time.Now(); time.Since(start) < time.Second; time.Sleep(2 * time.Millisecond) {
		if conn, busy := net.ListenUDP("udp4", here); busy == nil {
			return errors.Join(err, conn.Close())
		} else if !errors.Is(busy, syscall.EADDRINUSE) {
			return err // the cable is gone already
		}
	}
	return errors.Join(err, fmt.Errorf("%s is not free after a second", here))
}

// answer sets what the phone does when spoken to.
func (l *line) answer(s *sipgo.Server) {
	reply := func(req *sip.Request, tx sip.ServerTransaction, code int, reason string) {
		res := sip.NewResponseFromRequest(req, code, reason, nil)
		res.AppendHeader(sip.NewHeader("Allow", allow))
		if err := tx.Respond(res); err != nil {
			l.log.Debug("answer", "method", req.Method, "err", err) // the asker repeats itself
		}
	}
	s.OnInvite(l.invited)
	s.OnAck(func(req *sip.Request, tx sip.ServerTransaction) {
		if c := l.callOf(req); c != nil && len(req.Body()) > 0 { // the answer to our offer
			if err := c.voice.agree(req.Body()); err != nil {
				l.log.Debug("ACK", "err", err)
			}
		}
		if err := l.rung.ReadAck(req, tx); err != nil {
			l.log.Debug("ACK", "err", err) // of a refused or changed call
		}
	})
	s.OnBye(func(req *sip.Request, tx sip.ServerTransaction) {
		if l.rung.ReadBye(req, tx) == nil || l.calls.ReadBye(req, tx) == nil {
			return
		}
		reply(req, tx, sip.StatusCallTransactionDoesNotExists, "Call/Transaction Does Not Exist")
	})
	s.OnOptions(func(req *sip.Request, tx sip.ServerTransaction) { reply(req, tx, sip.StatusOK, "OK") })
	s.OnInfo(func(req *sip.Request, tx sip.ServerTransaction) { reply(req, tx, sip.StatusOK, "OK") })
	s.OnUpdate(l.reinvited)
	s.OnNotify(func(req *sip.Request, tx sip.ServerTransaction) { // message lamp, check-sync
		reply(req, tx, sip.StatusOK, "OK")
		event := req.GetHeader("Event")
		if event == nil {
			return
		}
		name, params, _ := strings.Cut(event.Value(), ";")
		if name == "check-sync" && l.resync != nil {
			go l.resync(params == "reboot=true")
		}
		if c := l.callOf(req); c != nil && name == "refer" {
			c.progress(req)
		} else if l.notify != nil {
			l.notify(name, req)
		}
	})
}

// invited rings until somebody lifts the handset or the caller gives up.
func (l *line) invited(req *sip.Request, tx sip.ServerTransaction) {
	if to := req.To(); to != nil && to.Params.Has("tag") {
		l.reinvited(req, tx)
		return
	}
	d, err := l.rung.ReadInvite(req, tx)
	if err != nil {
		l.log.Info("phone refuses a call", "user", l.account.User, "err", err)
		return
	}
	if l.first != nil && l.first(d) {
		<-d.Context().Done()
		return
	}
	if err := d.Respond(sip.StatusRinging, "Ringing", nil); err != nil {
		return // cancelled meanwhile
	}
	select {
	case l.rings <- d:
		<-d.Context().Done() // the call belongs to whoever took it
	case <-d.Context().Done():
		d.Close()
	}
}

// reinvited answers a change of a running call: the sound may go elsewhere from now, or
// somebody else is there.
func (l *line) reinvited(req *sip.Request, tx sip.ServerTransaction) {
	c := l.callOf(req)
	var res *sip.Response
	switch {
	case c == nil:
		res = sip.NewResponseFromRequest(req, sip.StatusCallTransactionDoesNotExists, "Call/Transaction Does Not Exist", nil)
	case len(req.Body()) == 0 && req.Method == sip.UPDATE: // RFC 3311: only who is there
		c.show(req)
		res = sip.NewResponseFromRequest(req, sip.StatusOK, "OK", nil)
	case len(req.Body()) == 0:
		c.show(req)
		res = sip.NewSDPResponseFromRequest(req, c.voice.offer())
	default:
		c.show(req)
		if err := c.voice.agree(req.Body()); err != nil {
			res = sip.NewResponseFromRequest(req, sip.StatusNotAcceptableHere, "Not Acceptable Here", nil)
			break
		}
		res = sip.NewSDPResponseFromRequest(req, c.voice.answer())
	}
	res.AppendHeader(&l.contact)
	if err := tx.Respond(res); err != nil {
		l.log.Debug("answer a re-INVITE", "err", err)
	}
}

// uriUser writes what may not stand in the user part of a URI as %XX (RFC 3261 25.1), as
// phones do with what somebody types.
func uriUser(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.!~*'()&=+$,;?/", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func (l *line) uri(user string) sip.Uri {
	u := sip.Uri{Scheme: "sip", User: uriUser(user), Host: l.account.Server, Port: l.account.Port}
	if l.account.Transport != "udp" {
		u.UriParams.Add("transport", l.account.Transport)
	}
	return u
}
