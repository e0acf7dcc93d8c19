//go:build lab

package asteriskconf

import (
	"context"
	"io"
	"log/slog"
	"math"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/emiago/diago"
	"github.com/emiago/diago/media"
	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
	"github.com/zaf/g711"

	"autocom/pbx"
)

// phone is a SIP user agent with one line.
type phone struct {
	t      testing.TB
	e      pbx.Endpoint
	client *sipgo.Client
	dg     *diago.Diago
	unplug func() // without a word to anybody; twice is once
}

// newPhone listens at host:port and does not register. answer says what it does with a call.
func newPhone(t testing.TB, e pbx.Endpoint, host string, port int, answer func(*diago.DialogServerSession)) *phone {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	ua, err := sipgo.NewUA(sipgo.WithUserAgent(e.ID), sipgo.WithUserAgentHostname(lan))
	if err != nil {
		t.Fatal(err)
	}
	// Like a phone, it sends from the port where it listens: diago would take another.
	client, err := sipgo.NewClient(ua, sipgo.WithClientNAT(), sipgo.WithClientLogger(quiet),
		sipgo.WithClientConnectionAddr(net.JoinHostPort(host, strconv.Itoa(port))))
	if err != nil {
		t.Fatal(err)
	}
	p := &phone{t: t, e: e, client: client}
	p.dg = diago.NewDiago(ua, diago.WithClient(client), diago.WithLogger(quiet), diago.WithTransport(diago.Transport{
		Transport: "udp", BindHost: host, BindPort: port,
	}), diago.WithMediaConfig(diago.MediaConfig{Codecs: []media.Codec{media.CodecAudioUlaw}}))
	ctx, cancel := context.WithCancel(context.Background())
	p.unplug = func() { cancel(); ua.Close() }
	t.Cleanup(p.unplug)
	if err := p.dg.ServeBackground(ctx, answer); err != nil {
		t.Fatal(err)
	}
	return p
}

func uri(user string) sip.Uri { return sip.Uri{Scheme: "sip", User: user, Host: lan, Port: 5060} }

// register sends one authenticated REGISTER.
func (p *phone) register(ctx context.Context) error { return p.registerAs(ctx, "") }

// registerAs is register with another user in the Contact.
func (p *phone) registerAs(ctx context.Context, contact string) error {
	tx, err := p.dg.RegisterTransaction(ctx, uri(p.e.ID), diago.RegisterOptions{
		Username: p.e.ID, Password: p.e.Secret, Expiry: 10 * time.Minute,
	})
	if err != nil {
		return err
	}
	if contact != "" {
		tx.Origin.Contact().Address.User = contact
		tx.Origin.AppendHeader(&sip.FromHeader{Address: uri(p.e.ID), Params: sip.NewParams().Add("tag", "r"+p.e.ID)})
	}
	return tx.Register(ctx)
}

// call dials number; status is that of the last response.
func (p *phone) call(ctx context.Context, number string) (d *diago.DialogClientSession, status int, early bool, err error) {
	d, err = p.dg.Invite(ctx, uri(number), diago.InviteOptions{
		Username: p.e.ID, Password: p.e.Secret,
		OnResponse: func(r *sip.Response) error {
			status = r.StatusCode
			early = early || r.StatusCode == 183
			return nil
		},
		Headers: []sip.Header{},
	})
	return d, status, early, err
}

// message sends a text; status is the answer to the authenticated request.
func (p *phone) message(ctx context.Context, number, text string) (status int, err error) {
	req := sip.NewRequest(sip.MESSAGE, uri(number))
	req.AppendHeader(&sip.FromHeader{Address: uri(p.e.ID), Params: sip.NewParams().Add("tag", "m1")})
	req.AppendHeader(sip.NewHeader("Content-Type", "text/plain"))
	req.SetBody([]byte(text))
	res, err := p.client.Do(ctx, req)
	if err == nil && res.StatusCode == 401 {
		res, err = p.client.DoDigestAuth(ctx, req, res, sipgo.DigestAuth{Username: p.e.ID, Password: p.e.Secret})
	}
	if err != nil {
		return 0, err
	}
	return res.StatusCode, nil
}

// accept answers a call, plays hz to the caller and hands over what it hears.
func accept(hz float64, heard chan<- float64) func(*diago.DialogServerSession) {
	return func(d *diago.DialogServerSession) {
		d.Trying()
		d.Ringing()
		if err := d.Answer(); err != nil {
			return
		}
		go play(d.Context(), &d.DialogMedia, hz)
		if heard != nil {
			heard <- listen(&d.DialogMedia)
		}
		<-d.Context().Done()
	}
}

const samples = 160 // of 20 ms at 8 kHz

// play sends a tone until the call ends.
func play(ctx context.Context, m *diago.DialogMedia, hz float64) {
	w, err := m.AudioWriter()
	if err != nil {
		return
	}
	for n := 0; ctx.Err() == nil; n += samples {
		pcm := make([]byte, 2*samples)
		for i := range samples {
			v := int16(12000 * math.Sin(2*math.Pi*hz*float64(n+i)/8000))
			pcm[2*i], pcm[2*i+1] = byte(v), byte(v>>8)
		}
		if _, err := w.Write(g711.EncodeUlaw(pcm)); err != nil { // paced by the writer
			return
		}
	}
}

// listen is the frequency of a second of what the other side sends, by counting
// how often the wave crosses zero; 0 when it is silent.
func listen(m *diago.DialogMedia) float64 {
	r, err := m.AudioReader()
	if err != nil {
		return 0
	}
	raw := make([]byte, 0, 10000)
	buf := make([]byte, media.RTPBufSize)
	for len(raw) < 9600 {
		n, err := r.Read(buf)
		raw = append(raw, buf[:n]...)
		if err == io.EOF || err != nil {
			break
		}
	}
	if len(raw) < 9600 {
		return 0
	}
	pcm := g711.DecodeUlaw(raw[1600:])
	crossings, last := 0, int16(0)
	for i := 0; i+1 < len(pcm); i += 2 {
		v := int16(pcm[i]) | int16(pcm[i+1])<<8
		if v > 500 && last < 0 || v < -500 && last > 0 {
			crossings++
		}
		if v > 500 || v < -500 {
			last = v
		}
	}
	return float64(crossings) / 2 / (float64(len(raw)-1600) / 8000)
}
