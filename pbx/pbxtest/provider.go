package pbxtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

// Provider is the other end of a trunk: a registrar that asks for a password and answers
// calls, and writes down who called whom with which identity.
type Provider struct {
	t      testing.TB
	Addr   netip.AddrPort
	client *sipgo.Client
	out    *sipgo.DialogClientCache
	in     *sipgo.DialogServerCache

	mu         sync.Mutex
	user, pass string
	contact    sip.Uri
	registered bool
	answers    func(number string) int
	carried    []Carried
	here       chan Carried
	sessions   map[string]*sipgo.DialogServerSession // that were answered, by Call-ID
	ended      chan Carried
}

// Carried is a call that reached a provider.
type Carried struct {
	Number   string // in the request's line
	From     string // user in From
	Name     string
	Identity string // user in P-Asserted-Identity or Remote-Party-ID
	Diverted string // Diversion, whole
	CallID   string
}

// Provider opens one on a free address; user and password are the account of the box.
func (w *World) Provider(user, password string) *Provider {
	w.t().Helper()
	return newProvider(w.t(), w.Free(), user, password)
}

// NewProvider is a provider before there is a world, for a plan that names its address.
func NewProvider(t testing.TB, last byte, user, password string) *Provider {
	t.Helper()
	return newProvider(t, Address(last), user, password)
}

func newProvider(t testing.TB, at netip.Addr, user, password string) *Provider {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	here := netip.AddrPortFrom(at, 5060)
	ua, err := sipgo.NewUA(sipgo.WithUserAgent("provider"), sipgo.WithUserAgentHostname(at.String()),
		sipgo.WithUserAgentTransactionLayerOptions(sip.WithTransactionLayerLogger(quiet), sip.WithTransactionLayerUnhandledResponseHandler(func(*sip.Response) {})),
		sipgo.WithUserAgentTransportLayerOptions(sip.WithTransportLayerLogger(quiet)))
	if err != nil {
		t.Fatal(err)
	}
	client, err := sipgo.NewClient(ua, sipgo.WithClientNAT(), sipgo.WithClientLogger(quiet), sipgo.WithClientConnectionAddr(here.String()))
	if err != nil {
		t.Fatal(err)
	}
	server, err := sipgo.NewServer(ua, sipgo.WithServerLogger(quiet))
	if err != nil {
		t.Fatal(err)
	}
	contact := sip.ContactHeader{Address: sip.Uri{Scheme: "sip", User: "provider", Host: at.String(), Port: 5060}}
	p := &Provider{t: t, Addr: here, client: client, user: user, pass: password,
		out: sipgo.NewDialogClientCache(client, contact), in: sipgo.NewDialogServerCache(client, contact),
		answers: func(string) int { return 200 }, here: make(chan Carried, 100), ended: make(chan Carried, 100),
		sessions: map[string]*sipgo.DialogServerSession{}}
	server.OnRegister(p.register)
	server.OnInvite(p.invite)
	server.OnAck(func(req *sip.Request, tx sip.ServerTransaction) { p.in.ReadAck(req, tx) })
	server.OnBye(func(req *sip.Request, tx sip.ServerTransaction) {
		if p.in.ReadBye(req, tx) != nil {
			p.out.ReadBye(req, tx)
		}
	})
	ok := func(req *sip.Request, tx sip.ServerTransaction) {
		tx.Respond(sip.NewResponseFromRequest(req, 200, "OK", nil))
	}
	server.OnOptions(ok)
	server.OnUpdate(ok)
	server.OnCancel(ok)
	ctx, stop := context.WithCancel(context.Background())
	open := make(chan struct{})
	var once sync.Once
	ready := sipgo.ListenReadyFuncCtxValue(func(string, string) { once.Do(func() { close(open) }) })
	done := make(chan error, 1)
	go func() {
		//lint:ignore SA1029 sipgo reads this key, which is a string of its own.
		done <- server.ListenAndServe(context.WithValue(ctx, sipgo.ListenReadyCtxKey, ready), "udp", here.String())
	}()
	select {
	case <-open:
	case err := <-done:
		t.Fatalf("provider: %v", err)
	}
	t.Cleanup(func() {
		stop()
		ua.Close()
		// sipgo closes its socket a moment later, and the next provider needs the address.
		Eventually(t, 5*time.Second, func() error {
			conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(here))
			if err != nil {
				return err
			}
			return conn.Close()
		})
	})
	return p
}

// register asks for the password and keeps the contact.
func (p *Provider) register(req *sip.Request, tx sip.ServerTransaction) {
	p.mu.Lock()
	defer p.mu.Unlock()
	auth := req.GetHeader("Authorization")
	if auth == nil {
		resp := sip.NewResponseFromRequest(req, 401, "Unauthorized", nil)
		resp.AppendHeader(sip.NewHeader("WWW-Authenticate", `Digest realm="provider.example", nonce="0123456789", algorithm=MD5`))
		tx.Respond(resp)
		return
	}
	cred, err := digest.ParseCredentials(auth.Value())
	chal := digest.Challenge{Realm: "provider.example", Nonce: "0123456789", Algorithm: "MD5"}
	want, err2 := digest.Digest(&chal, digest.Options{Method: "REGISTER", URI: cred.URI, Username: p.user, Password: p.pass})
	if err != nil || err2 != nil || cred.Username != p.user || cred.Response != want.Response {
		tx.Respond(sip.NewResponseFromRequest(req, 403, "Forbidden", nil))
		return
	}
	if c := req.Contact(); c != nil {
		p.contact, p.registered = *c.Address.Clone(), true
	}
	resp := sip.NewResponseFromRequest(req, 200, "OK", nil)
	resp.AppendHeader(req.Contact().Clone())
	resp.AppendHeader(sip.NewHeader("Expires", "600"))
	tx.Respond(resp)
}

// identity finds the user of a header that holds a URI.
func identity(req *sip.Request, name string) string {
	h := req.GetHeader(name)
	if h == nil {
		return ""
	}
	_, rest, _ := strings.Cut(h.Value(), "sip:")
	user, _, _ := strings.Cut(rest, "@")
	return user
}

// invite answers as told.
func (p *Provider) invite(req *sip.Request, tx sip.ServerTransaction) {
	c := Carried{Number: req.Recipient.User, From: req.From().Address.User, Name: req.From().DisplayName, CallID: req.CallID().Value()}
	if c.Identity = identity(req, "P-Asserted-Identity"); c.Identity == "" {
		c.Identity = identity(req, "Remote-Party-ID")
	}
	if h := req.GetHeader("Diversion"); h != nil {
		c.Diverted = h.Value()
	}
	p.mu.Lock()
	code := p.answers(c.Number)
	p.carried = append(p.carried, c)
	p.mu.Unlock()
	d, err := p.in.ReadInvite(req, tx)
	if err != nil {
		return
	}
	p.here <- c
	if code == 0 { // rings until the caller gives up
		d.Respond(180, "Ringing", nil)
		<-d.Context().Done()
		return
	}
	if code != 200 {
		d.Respond(code, "No", nil)
		return
	}
	p.mu.Lock()
	p.sessions[c.CallID] = d
	p.mu.Unlock()
	d.Respond(180, "Ringing", nil)
	if d.RespondSDP([]byte(p.sdp())) != nil {
		return
	}
	<-d.Context().Done()
	p.mu.Lock()
	delete(p.sessions, c.CallID)
	p.mu.Unlock()
	p.ended <- c
}

func (p *Provider) sdp() string {
	return fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 %[1]s\r\ns=-\r\nc=IN IP4 %[1]s\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n", p.Addr.Addr())
}

// Borrow makes calls from here to the Contact that the box registered elsewhere: a provider
// with several servers.
func (p *Provider) Borrow(from *Provider) {
	from.mu.Lock()
	contact, registered := *from.contact.Clone(), from.registered
	from.mu.Unlock()
	p.mu.Lock()
	p.contact, p.registered = contact, registered
	p.mu.Unlock()
}

// Registered waits until the box has logged in.
func (p *Provider) Registered(d time.Duration) {
	p.t.Helper()
	Eventually(p.t, d, func() error {
		p.mu.Lock()
		defer p.mu.Unlock()
		if !p.registered {
			return errors.New("the box has not registered with its provider")
		}
		return nil
	})
}
