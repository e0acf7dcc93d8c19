package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// boardClock is what the clock of the board says whenever it is switched on: like a
// Raspberry, which has none, it knows nothing of the time. There is no internet either.
var boardClock = time.Date(2019, 6, 1, 12, 0, 0, 0, time.UTC)

// clockSlack is how far the box's clock may be from the visitor's: it tells whole seconds,
// and an emulated machine takes its time to answer.
const clockSlack = 5 * time.Second

// boxTime is what the box's clock says (RFC 9110 6.6.1).
func (t *trial) boxTime() (time.Time, error) {
	c := &http.Client{Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := c.Get("http://" + t.box.String() + "/")
	if err != nil {
		return time.Time{}, err
	}
	res.Body.Close()
	return http.ParseTime(res.Header.Get("Date"))
}

// visit has the visitor's browser know the time: ours, or a later one when the image was
// built after it.
func (t *trial) visit() error {
	at, err := t.boxTime()
	if err != nil {
		return err
	}
	if now := time.Now(); now.Sub(at) < time.Hour {
		t.ahead = at.Add(24 * time.Hour).Sub(now)
	}
	t.behind = t.visitorTime().Sub(at)
	return nil
}

// visitorTime is what the visitor's clock says now.
func (t *trial) visitorTime() time.Time { return time.Now().Add(t.ahead) }

// rightTime fails when the box's clock is not the visitor's, or when its certificate is
// not good by it.
func (t *trial) rightTime(ctx context.Context) (string, error) {
	at, err := t.boxTime()
	if err != nil {
		return "", err
	}
	if off := at.Sub(t.visitorTime()); off.Abs() > clockSlack {
		return "", fmt.Errorf("the clock of the box is %v off", off.Round(time.Second))
	}
	c := &http.Client{Timeout: 20 * time.Second}
	res, err := c.Get("http://" + t.box.String() + "/autocom-ca.crt")
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	authority, err := io.ReadAll(io.LimitReader(res.Body, 1<<16))
	if err != nil {
		return "", err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authority) {
		return "", errors.New("the box gives no certificate of its authority")
	}
	d := tls.Dialer{Config: &tls.Config{RootCAs: roots, Time: t.visitorTime}}
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(t.box.String(), "443"))
	if err != nil {
		return "", fmt.Errorf("https, with the box's authority believed: %w", err)
	}
	conn.Close()
	return fmt.Sprintf("it was %.0f days behind, and is right", t.behind.Hours()/24), nil
}

// remembered fails when the box has forgotten the time with the power.
func (t *trial) remembered(context.Context) (string, error) {
	at, err := t.boxTime()
	if err != nil {
		return "", err
	}
	if at.Before(t.clockSet.Truncate(time.Second)) {
		return "", fmt.Errorf("the clock says %v, which is before the visitor set it", at)
	}
	return fmt.Sprintf("%.0f s behind", t.visitorTime().Sub(at).Seconds()), nil
}
