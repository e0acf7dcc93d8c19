package phonesim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// pnpGroup is sip.mcast.net (IANA), where phones ask for their settings.
const pnpGroup = "224.0.1.75:5060"

// Phones ask a few times at boot, then never again.
const (
	pnpTries = 5
	pnpWait  = 3 * time.Second
)

// askPnP sends subscribe from ip:port to the group and waits for the 200 and for the
// NOTIFY that carries a URL. No answer at all is "" without error.
func askPnP(ctx context.Context, group string, ip netip.Addr, port int, subscribe func(callID string) string) (string, error) {
	to, err := net.ResolveUDPAddr("udp4", group)
	if err != nil {
		return "", err
	}
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: ip.AsSlice(), Port: port})
	if err != nil {
		return "", fmt.Errorf("ask by PnP: %w", err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	d := pnpDialog{callID: fmt.Sprintf("%d@%s", rand.Uint32(), ip)}
	text := strings.ReplaceAll(strings.TrimLeft(subscribe(d.callID), "\n"), "\n", "\r\n")
	buf := make([]byte, 4096)
	for range pnpTries {
		if _, err := conn.WriteToUDP([]byte(text), to); err != nil {
			return "", fmt.Errorf("ask by PnP: %w", err)
		}
		until := time.Now().Add(pnpWait)
		for time.Now().Before(until) {
			conn.SetReadDeadline(until)
			n, from, err := conn.ReadFromUDP(buf)
			if ctx.Err() != nil {
				return "", ctx.Err()
			}
			if err != nil {
				break // time for the next try
			}
			answer, err := d.take(buf[:n])
			if err != nil {
				return "", fmt.Errorf("PnP answer from %s: %w", from, err)
			}
			if answer != nil {
				if _, err := conn.WriteToUDP(answer, from); err != nil {
					return "", fmt.Errorf("answer the NOTIFY: %w", err)
				}
			}
			if d.accepted && d.url != "" {
				return d.url, nil
			}
		}
	}
	if d.accepted || d.url != "" {
		return "", fmt.Errorf("PnP answer is half: accepted %v, URL %q", d.accepted, d.url)
	}
	return "", nil
}

// pnpDialog is one phone's question and the two messages that answer it.
type pnpDialog struct {
	callID   string
	accepted bool
	url      string
}

// take reads one message; a NOTIFY gives the 200 to send back.
func (d *pnpDialog) take(packet []byte) ([]byte, error) {
	m, err := sip.NewParser().ParseSIP(packet)
	if err != nil {
		return nil, err
	}
	if id := m.CallID(); id == nil || id.Value() != d.callID {
		return nil, nil // another phone's, or stale
	}
	switch m := m.(type) {
	case *sip.Response:
		if m.StatusCode != 200 && m.StatusCode != 202 {
			return nil, fmt.Errorf("%d %s", m.StatusCode, m.Reason)
		}
		if to := m.To(); to == nil || !to.Params.Has("tag") {
			return nil, fmt.Errorf("the 200 has no tag in To")
		}
		d.accepted = true
	case *sip.Request:
		if m.Method != sip.NOTIFY {
			return nil, fmt.Errorf("%s where NOTIFY was expected", m.Method)
		}
		for _, name := range []string{"Event", "Subscription-State"} {
			if m.GetHeader(name) == nil {
				return nil, fmt.Errorf("the NOTIFY has no %s", name)
			}
		}
		if ct := m.ContentType(); ct == nil || ct.Value() != "application/url" {
			return nil, fmt.Errorf("the NOTIFY's content is not application/url")
		}
		body := string(m.Body())
		u, err := url.Parse(body)
		if err != nil || u.Host == "" || strings.TrimSpace(body) != body {
			return nil, fmt.Errorf("the NOTIFY's body %q is not one exact URL", clip(body))
		}
		d.url = body
		return []byte(sip.NewResponseFromRequest(m, 200, "OK", nil).String()), nil
	}
	return nil, nil
}
