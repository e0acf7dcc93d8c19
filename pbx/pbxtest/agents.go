package pbxtest

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"autocom/pbx"
	"autocom/phonesim"
)

// Agent is a registered user agent of a number: "201", or "201/2" for its second line.
func (w *World) Agent(number string) *phonesim.Agent {
	w.t().Helper()
	return w.AgentWith(number, phonesim.AgentOptions{})
}

// AgentWith is Agent with options; they count when the line has no agent yet.
func (w *World) AgentWith(number string, o phonesim.AgentOptions) *phonesim.Agent {
	t := w.t()
	t.Helper()
	w.mu.Lock()
	a := w.agents[number]
	w.mu.Unlock()
	if a != nil {
		return a
	}
	a = w.NewAgent(number, o)
	if err := a.Register(w.ctx); err != nil {
		t.Fatal(err)
	}
	return a
}

// NewAgent is AgentWith that does not register yet.
func (w *World) NewAgent(number string, o phonesim.AgentOptions) *phonesim.Agent {
	t := w.t()
	t.Helper()
	e, at := w.endpoint(number)
	if at < 0 {
		t.Fatalf("the plan has no line %q", number)
	}
	a := w.AgentOf(Account(e), Address(byte(10+at)), o)
	w.mu.Lock()
	w.agents[number] = a
	w.mu.Unlock()
	t.Cleanup(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.agents[number] == a {
			delete(w.agents, number)
		}
	})
	return a
}

// AgentOf is an agent of any account at any address: a stranger, a provider. It has not
// registered.
func (w *World) AgentOf(a phonesim.Account, here netip.Addr, o phonesim.AgentOptions) *phonesim.Agent {
	t := w.t()
	t.Helper()
	agent, err := phonesim.OpenAgent(a, netip.AddrPortFrom(here, 5060), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := agent.Close(); err != nil && w.asterisk.PID() != 0 {
			t.Errorf("%s leaves: %v", agent, err)
		}
	})
	return agent
}

// Account is what a phone of an endpoint registers with.
func Account(e pbx.Endpoint) phonesim.Account {
	return phonesim.Account{User: e.ID, Auth: e.ID, Password: e.Secret, Name: e.Name, Label: e.Number,
		Server: Box, Port: 5060, Transport: "udp", Expiry: 10 * time.Minute}
}

// Address is one of the phones' network.
func Address(last byte) netip.Addr { return netip.AddrFrom4([4]byte{192, 168, 77, last}) }

// Free gives an address that nobody has: for a provider, a gateway.
func (w *World) Free() netip.Addr {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next++
	return Address(w.next - 1)
}

// endpoint finds a line by "201" or "201/2".
func (w *World) endpoint(number string) (pbx.Endpoint, int) {
	number, nth, _ := strings.Cut(number, "/")
	n, err := strconv.Atoi(nth)
	if err != nil {
		n = 1
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, e := range w.plan.Endpoints {
		if e.Number == number {
			if n--; n == 0 {
				return e, i
			}
		}
	}
	return pbx.Endpoint{}, -1
}

// Line is the id of a line: "201", "201/2".
func (w *World) Line(number string) string {
	e, _ := w.endpoint(number)
	return e.ID
}
