package main

import (
	"sync"

	"autocom/pbx"
	"autocom/pbx/ami"
)

// proofs are the lines whose password somebody has shown to Asterisk, and which
// password that was. A registration alone proves nothing: Asterisk keeps those of a
// line that was taken back, and shows them again when the line returns with another
// password.
type proofs struct {
	mu        sync.Mutex
	confirmed bool              // Asterisk has confirmed a plan to this process
	given     map[string]string // SIP user → the password that Asterisk was given last
	unsure    map[string]bool   // Asterisk may still take an older password
	shown     map[string]string // SIP user → the password that was shown
}

// give notes a plan that Asterisk is about to read.
func (p *proofs) give(plan pbx.Plan) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.given == nil {
		p.given, p.unsure, p.shown = map[string]string{}, map[string]bool{}, map[string]string{}
	}
	for _, e := range plan.Endpoints {
		old, known := p.given[e.ID]
		if known && old != e.Secret || !known && !p.confirmed {
			p.unsure[e.ID] = true
		}
		p.given[e.ID] = e.Secret
	}
}

// confirm notes that Asterisk knows this plan and nothing else.
func (p *proofs) confirm(plan pbx.Plan) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.confirmed = true
	clear(p.unsure)
	now := make(map[string]string, len(plan.Endpoints))
	for _, e := range plan.Endpoints {
		now[e.ID] = e.Secret
	}
	p.given = now
	for user, secret := range p.shown {
		if now[user] != secret {
			delete(p.shown, user)
		}
	}
}

// show notes that the password of a line was shown just now.
func (p *proofs) show(user string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if secret, ok := p.given[user]; ok && !p.unsure[user] {
		p.shown[user] = secret
	}
}

// has reports whether somebody has shown this password of a line.
func (p *proofs) has(user, secret string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return secret != "" && p.shown[user] == secret
}

// decodeProof reads whose password was shown, of an event that Asterisk 22 sends for
// each authenticated REGISTER and INVITE:
//
//	Event: SuccessfulAuth
//	Service: PJSIP
//	AccountID: 0015654aa937-1
//	UsingPassword: 1
func decodeProof(ev ami.Event) (user string, ok bool) {
	ok = ev.Name == "SuccessfulAuth" && ev.Get("Service") == "PJSIP" && ev.Get("UsingPassword") == "1"
	return ev.Get("AccountID"), ok
}
