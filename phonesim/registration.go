package phonesim

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// registerTimeout is how long a phone waits for an answer to REGISTER.
const registerTimeout = 8 * time.Second

// register sends one REGISTER and its answer to the challenge (RFC 3261 10, 22).
func (l *line) register(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, registerTimeout)
	defer cancel()
	granted, err := l.askRegistrar(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = err
	if err == nil {
		l.until = time.Now().Add(granted)
	}
	return err
}

func (l *line) askRegistrar(ctx context.Context) (time.Duration, error) {
	req := sip.NewRequest(sip.REGISTER, l.uri(l.account.User))
	req.SetTransport(sip.NetworkToUpper(l.account.Transport))
	expires := sip.ExpiresHeader(l.account.Expiry.Seconds())
	req.AppendHeader(&l.contact)
	req.AppendHeader(&expires)
	req.AppendHeader(sip.NewHeader("User-Agent", l.agent))
	req.AppendHeader(sip.NewHeader("Allow", allow))
	res, err := l.client.Do(ctx, req, sipgo.ClientRequestRegisterBuild)
	if err != nil {
		return 0, err
	}
	if res.StatusCode == sip.StatusUnauthorized {
		res, err = l.client.DoDigestAuth(ctx, req, res, sipgo.DigestAuth{Username: l.account.Auth, Password: l.account.Password})
		if err != nil {
			return 0, err
		}
	}
	if res.StatusCode != sip.StatusOK {
		return 0, fmt.Errorf("%d %s", res.StatusCode, res.Reason)
	}
	return granted(res, l.account.Expiry), nil
}

// granted reads how long the registration holds: the Contact's own expires, or the
// header, or what was asked for.
func granted(res *sip.Response, asked time.Duration) time.Duration {
	var text string
	if c := res.Contact(); c != nil {
		text, _ = c.Params.Get("expires")
	}
	if h := res.GetHeader("Expires"); text == "" && h != nil {
		text = h.Value()
	}
	if s, err := strconv.Atoi(text); err == nil && s > 0 {
		return time.Duration(s) * time.Second
	}
	return asked
}

// keep registers again before the registration ends, and after a failure every retry.
func (l *line) keep(ctx context.Context, retry time.Duration, log *slog.Logger) {
	for {
		wait := retry
		if err := l.register(ctx); err == nil {
			l.mu.Lock()
			wait = time.Until(l.until) * 3 / 4
			l.mu.Unlock()
		} else if ctx.Err() != nil {
			return
		} else {
			log.Info("phone cannot register", "user", l.account.User, "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

func (l *line) registered() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Now().Before(l.until)
}

func (l *line) lastError() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}
