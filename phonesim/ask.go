package phonesim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// Ask sends one request outside of any dialog to an extension, with the headers given
// ("Event: dialog"), and gives the code of the answer. It answers a challenge with the
// account's password.
func (a *Agent) Ask(ctx context.Context, method, number, body string, headers ...string) (int, error) {
	l := a.line
	req := sip.NewRequest(sip.RequestMethod(method), l.uri(number))
	req.SetTransport(sip.NetworkToUpper(l.account.Transport))
	from := sip.FromHeader{Address: l.uri(l.account.User), Params: sip.NewParams()}
	from.Params.Add("tag", fmt.Sprintf("%08x", rand.Uint32()))
	to := sip.ToHeader{Address: l.uri(number), Params: sip.NewParams()}
	id := sip.CallIDHeader(fmt.Sprintf("%016x@%s", rand.Uint64(), l.here.Addr()))
	for _, h := range []sip.Header{&from, &to, &id, &sip.CSeqHeader{SeqNo: 1, MethodName: req.Method}, &l.contact, sip.NewHeader("User-Agent", l.agent)} {
		req.AppendHeader(h)
	}
	more, err := parseHeaders(headers)
	if err != nil {
		return 0, err
	}
	for _, h := range more {
		req.AppendHeader(h)
	}
	req.SetBody([]byte(body))
	res, err := l.client.Do(ctx, req)
	if err == nil && res.StatusCode == sip.StatusUnauthorized {
		req.CSeq().SeqNo++
		res, err = l.client.DoDigestAuth(ctx, req, res, sipgo.DigestAuth{Username: l.account.Auth, Password: l.account.Password})
	}
	if err != nil {
		return 0, fmt.Errorf("%s sends %s to %s: %w", a, method, number, err)
	}
	return res.StatusCode, nil
}

// parseHeaders reads lines "Name: value".
func parseHeaders(lines []string) ([]sip.Header, error) {
	var out []sip.Header
	for _, line := range lines {
		name, value, ok := strings.Cut(line, ": ")
		if !ok {
			return nil, fmt.Errorf("%q is no header: it lacks \": \"", line)
		}
		out = append(out, sip.NewHeader(name, value))
	}
	return out, nil
}
