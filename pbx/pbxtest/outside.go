package pbxtest

import (
	"context"
	"errors"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/phonesim"
)

// world is where telephones outside are, all behind one trunk.
var world = Address(250)

// Trunk gives a plan the trunk "line" to the telephones that Outside makes, and a route to
// them for who may call national and mobile numbers. Calls from there come to the
// extension given.
func Trunk(p *pbx.Plan, extension string) {
	Put(p, pbx.KindTrunk, "line", "", "Ligne", map[string]any{"mode": "address", "server": world.String(),
		"addresses": []string{world.String()}, "codecs": []string{"alaw"}, "format": "national", "identity": "from", "ask": 0})
	Put(p, "route", "outside", "", "Dehors", map[string]any{"classes": []pbx.Right{pbx.RightNational, pbx.RightMobile}, "trunks": []string{"line"}})
	Put(p, pbx.KindInbound, "line", "", "Entrée", map[string]any{"trunk": "line", "to": pbx.Destination{Kind: pbx.ToNumber, ID: extension}})
}

// Outside is a telephone of the world behind the trunk of Trunk. There is one at a time,
// and it also gets the calls to all other numbers.
func (w *World) Outside(number string) *phonesim.Agent {
	w.t().Helper()
	return w.OutsideWith(number, phonesim.AgentOptions{})
}

// OutsideWith is Outside with options.
func (w *World) OutsideWith(number string, o phonesim.AgentOptions) *phonesim.Agent {
	w.t().Helper()
	return w.AgentOf(phonesim.Account{User: number, Auth: number, Password: "none", Label: number, Server: Box, Port: 5060, Transport: "udp"}, world, o)
}

// Rings calls a number and wants that it rings at a phone, which refuses.
func Rings(t testing.TB, from *phonesim.Agent, number string, to *phonesim.Agent) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	called := make(chan error, 1)
	go func() {
		c, err := from.Call(ctx, number)
		if err == nil {
			c.Hangup(context.WithoutCancel(ctx))
		}
		called <- err
	}()
	in, err := to.Ring(ctx)
	if err != nil {
		cancel()
		t.Fatalf("%s calls %s: %v; %v", from.Number(), number, err, <-called)
	}
	if err := in.Decline(ctx, 486); err != nil {
		t.Error(err)
	}
	<-called
}

// Refuses calls a number and wants that refusal.
func Refuses(t testing.TB, from *phonesim.Agent, number string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	c, err := from.Call(ctx, number)
	if err == nil {
		c.Hangup(context.WithoutCancel(ctx))
	}
	var r *phonesim.Refused
	if !errors.As(err, &r) || r.Code != code {
		t.Errorf("%s calls %s: %v, want %d", from.Number(), number, err, code)
	}
}

// Silent wants that nothing rings at a phone for a while.
func Silent(t testing.TB, a *phonesim.Agent, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	if in, err := a.Ring(ctx); err == nil {
		t.Errorf("%s rings for %s", a.Number(), in.FromNumber)
		in.Decline(context.WithoutCancel(ctx), 486)
	}
}
