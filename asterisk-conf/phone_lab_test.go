//go:build lab

package asteriskconf

import (
	"context"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"

	"autocom/pbx"
)

// phone is a SIP user agent with one line.
type phone struct {
	t      testing.TB
	e      pbx.Endpoint
	host   string
	client *sipgo.Client
	out    *sipgo.DialogClientCache
	in     *sipgo.DialogServerCache
	unplug func() // without a word to anybody; twice is once
}

// incoming is a call that rings at p.
type incoming struct {
	*sipgo.DialogServerSession
	p *phone
}

// outgoing is a call that was answered.
type outgoing struct {
	*sipgo.DialogClientSession
	*sound
}

// newPhone listens at host:port and does not register. answer says what it does with a call.
func newPhone(t testing.TB, e pbx.Endpoint, host string, port int, answer func(incoming)) *phone {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	ua, err := sipgo.NewUA(sipgo.WithUserAgent(e.ID), sipgo.WithUserAgentHostname(lan),
		sipgo.WithUserAgentTransactionLayerOptions(sip.WithTransactionLayerLogger(quiet)),
		sipgo.WithUserAgentTransportLayerOptions(sip.WithTransportLayerLogger(quiet)))
	if err != nil {
		t.Fatal(err)
	}
	here := net.JoinHostPort(host, strconv.Itoa(port))
	// Like a phone, it sends from the port where it listens.
	client, err := sipgo.NewClient(ua, sipgo.WithClientNAT(), sipgo.WithClientLogger(quiet), sipgo.WithClientConnectionAddr(here))
	if err != nil {
		t.Fatal(err)
	}
	server, err := sipgo.NewServer(ua, sipgo.WithServerLogger(quiet))
	if err != nil {
		t.Fatal(err)
	}
	contact := sip.ContactHeader{Address: sip.Uri{Scheme: "sip", User: e.ID, Host: host, Port: port}}
	p := &phone{t: t, e: e, host: host, client: client,
		out: sipgo.NewDialogClientCache(client, contact), in: sipgo.NewDialogServerCache(client, contact)}
	server.OnInvite(func(req *sip.Request, tx sip.ServerTransaction) {
		d, err := p.in.ReadInvite(req, tx)
		if err == nil && answer != nil {
			answer(incoming{d, p})
		}
	})
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
	server.OnNotify(ok)
	ctx, cancel := context.WithCancel(context.Background())
	open, ended := make(chan struct{}, 1), make(chan struct{})
	//lint:ignore SA1029 sipgo reads this key, which is a string of its own.
	ctx = context.WithValue(ctx, sipgo.ListenReadyCtxKey, sipgo.ListenReadyFuncCtxValue(func(string, string) { open <- struct{}{} }))
	go func() { defer close(ended); server.ListenAndServe(ctx, "udp", here) }()
	p.unplug = func() { cancel(); ua.Close(); <-ended }
	t.Cleanup(p.unplug)
	select {
	case <-open:
	case <-ended:
		t.Fatalf("nobody listens at %s", here)
	}
	return p
}

func uri(user string) sip.Uri { return sip.Uri{Scheme: "sip", User: user, Host: lan, Port: 5060} }

// register sends one authenticated REGISTER.
func (p *phone) register(ctx context.Context) error { return p.registerAs(ctx, p.e.ID) }

// registerAs is register with another user in the Contact.
func (p *phone) registerAs(ctx context.Context, contact string) error {
	req := sip.NewRequest(sip.REGISTER, uri(p.e.ID))
	req.AppendHeader(&sip.ContactHeader{Address: sip.Uri{Scheme: "sip", User: contact, Host: p.host, Port: 5060}})
	req.AppendHeader(sip.NewHeader("Expires", "600"))
	status, err := p.ask(ctx, req)
	if err == nil && status != 200 {
		err = refused(status)
	}
	return err
}

// refused is a status that is not 200.
type refused int

func (r refused) Error() string { return "refused with " + strconv.Itoa(int(r)) }

// ask sends a request outside a call, and again with digest when it is challenged.
func (p *phone) ask(ctx context.Context, req *sip.Request) (status int, err error) {
	from := sip.FromHeader{Address: uri(p.e.ID)}
	from.Params.Add("tag", "t"+p.e.ID)
	req.AppendHeader(&from)
	res, err := p.client.Do(ctx, req)
	// sipgo says that it listens a moment before its client may use the socket.
	for range 10 {
		if err == nil || !strings.Contains(err.Error(), syscall.EADDRINUSE.Error()) {
			break
		}
		time.Sleep(20 * time.Millisecond)
		res, err = p.client.Do(ctx, req)
	}
	if err == nil && res.StatusCode == 401 {
		res, err = p.client.DoDigestAuth(ctx, req, res, sipgo.DigestAuth{Username: p.e.ID, Password: p.e.Secret})
	}
	if err != nil {
		return 0, err
	}
	return res.StatusCode, nil
}

// message sends a text.
func (p *phone) message(ctx context.Context, number, text string) (status int, err error) {
	req := sip.NewRequest(sip.MESSAGE, uri(number))
	req.AppendHeader(sip.NewHeader("Content-Type", "text/plain"))
	req.SetBody([]byte(text))
	return p.ask(ctx, req)
}

// call dials number; status is that of the last response.
func (p *phone) call(ctx context.Context, number string) (o *outgoing, status int, early bool, err error) {
	s := newSound(p.t, p.host)
	d, err := p.out.Invite(ctx, uri(number), s.sdp(), sip.NewHeader("Content-Type", "application/sdp"))
	if err != nil {
		return nil, 0, false, err
	}
	err = d.WaitAnswer(ctx, sipgo.AnswerOptions{Username: p.e.ID, Password: p.e.Secret,
		OnResponse: func(r *sip.Response) error {
			status = r.StatusCode
			early = early || r.StatusCode == 183
			return nil
		}})
	if err != nil {
		d.Close()
		return nil, status, early, err
	}
	s.reach(d.InviteResponse.Body())
	return &outgoing{d, s}, status, early, d.Ack(ctx)
}

// accept answers a call, plays hz to the caller and hands over what it hears: -1
// when the call does not come about.
func accept(t testing.TB, hz int, heard chan<- float64) func(incoming) {
	return func(d incoming) {
		s := newSound(t, d.p.host)
		s.reach(d.InviteRequest.Body())
		d.Respond(180, "Ringing", nil)
		if err := d.RespondSDP(s.sdp()); err != nil {
			t.Logf("answer: %v", err)
			heard <- -1
			return
		}
		go s.play(d.Context(), hz)
		heard <- s.listen()
		<-d.Context().Done()
	}
}
