package pnp

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// resend are the pauses after each copy of a NOTIFY (RFC 3261 17.1.2.1: T1, 2*T1 …).
var resend = []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second}

// send answers 200, then repeats the NOTIFY until the phone answers it.
func (r *Responder) send(ctx context.Context, s Subscribe, source netip.AddrPort, local netip.Addr, url string, pauses []time.Duration) error {
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, 0)))
	if err != nil {
		return fmt.Errorf("open a socket on %s: %w", local, err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	own, err := netip.ParseAddrPort(conn.LocalAddr().String())
	if err != nil {
		return err
	}
	d := newDialog(s, source, own)
	if _, err := conn.WriteToUDPAddrPort(d.ok(), s.replyTo(source)); err != nil {
		return fmt.Errorf("send 200: %w", err)
	}
	notify, to := d.notify(url), s.notifyTo(source)
	buf := make([]byte, maxDatagram)
	for _, wait := range pauses {
		if _, err := conn.WriteToUDPAddrPort(notify, to); err != nil {
			return fmt.Errorf("send NOTIFY: %w", err)
		}
		r.counters.notifies.Add(1)
		if d.wait(conn, buf, wait) {
			r.counters.answered.Add(1)
			r.log().Info("phone told its address by PnP", "mac", s.MAC, "ip", source.Addr())
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	// Not an error of ours: some firmware fetches without a word.
	r.counters.unanswered.Add(1)
	return nil
}

// wait reads until the phone answered the NOTIFY or the time is over.
func (d dialog) wait(conn *net.UDPConn, buf []byte, limit time.Duration) bool {
	if err := conn.SetReadDeadline(time.Now().Add(limit)); err != nil {
		return false
	}
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return false
		}
		if from.Addr().Unmap() == d.source.Addr() && d.answered(buf[:n]) {
			return true
		}
	}
}
