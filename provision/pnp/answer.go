package pnp

import (
	"crypto/rand"
	"fmt"
	"net/netip"
	"strings"
)

// dialog is one answered SUBSCRIBE. The subscription ends with its first NOTIFY
// (Expires: 0), so there is nothing to keep.
type dialog struct {
	subscribe Subscribe
	source    netip.AddrPort // of the SUBSCRIBE
	local     netip.AddrPort // of our socket
	tag       string         // ours
	branch    string         // of the NOTIFY
}

// newDialog draws the tags. It panics only if the system has no randomness.
func newDialog(s Subscribe, source, local netip.AddrPort) dialog {
	return dialog{subscribe: s, source: source, local: local, tag: rand.Text(), branch: "z9hG4bK" + rand.Text()}
}

// ok is the 200 to the SUBSCRIBE (RFC 3261 8.2.6).
func (d dialog) ok() []byte {
	s := d.subscribe
	var b strings.Builder
	b.WriteString("SIP/2.0 200 OK\r\n")
	for i, via := range s.Via {
		if i == 0 {
			via = d.received(via)
		}
		line(&b, "Via", via)
	}
	line(&b, "From", s.From)
	line(&b, "To", tagged(s.To, d.tag))
	line(&b, "Call-ID", s.CallID)
	line(&b, "CSeq", s.CSeq)
	line(&b, "Contact", "<sip:"+d.local.String()+">")
	line(&b, "Expires", "0")
	line(&b, "Content-Length", "0")
	b.WriteString("\r\n")
	return []byte(b.String())
}

// notify carries the address of the phone's files (RFC 6665 4.1.3). Its body is
// the URL and nothing else: no line break, which phones take as a part of it.
func (d dialog) notify(url string) []byte {
	s := d.subscribe
	target := s.Contact
	if target == "" {
		target = "sip:" + d.source.String()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "NOTIFY %s SIP/2.0\r\n", target)
	line(&b, "Via", fmt.Sprintf("SIP/2.0/UDP %s;branch=%s;rport", d.local, d.branch))
	line(&b, "Max-Forwards", "70")
	line(&b, "From", tagged(s.To, d.tag))
	line(&b, "To", s.From)
	line(&b, "Call-ID", s.CallID)
	line(&b, "CSeq", "1 NOTIFY")
	line(&b, "Contact", "<sip:"+d.local.String()+">")
	line(&b, "Event", s.Event)
	line(&b, "Subscription-State", "terminated;reason=timeout")
	line(&b, "Content-Type", "application/url")
	line(&b, "Content-Length", fmt.Sprint(len(url)))
	b.WriteString("\r\n")
	b.WriteString(url)
	return []byte(b.String())
}

// received adds what RFC 3581 4 asks of a server: where the request came from.
func (d dialog) received(via string) string {
	out := make([]string, 0, 4)
	for _, p := range strings.Split(via, ";") {
		if strings.EqualFold(strings.TrimSpace(p), "rport") {
			p = fmt.Sprintf("rport=%d", d.source.Port())
		}
		out = append(out, p)
	}
	return strings.Join(out, ";") + ";received=" + d.source.Addr().String()
}

// tagged adds our tag to a To that has none; a To with a tag keeps it.
func tagged(to, tag string) string {
	if strings.Contains(strings.ToLower(to), ";tag=") {
		return to
	}
	// A bare address would own the parameter itself (RFC 3261 20).
	if !strings.Contains(to, "<") {
		to = "<" + to + ">"
	}
	return to + ";tag=" + tag
}

func line(b *strings.Builder, name, value string) {
	b.WriteString(name)
	b.WriteString(": ")
	b.WriteString(value)
	b.WriteString("\r\n")
}

// answered reports that b is the final response to our NOTIFY.
func (d dialog) answered(b []byte) bool {
	text := string(b)
	return strings.HasPrefix(text, "SIP/2.0 ") && !strings.HasPrefix(text, "SIP/2.0 1") && strings.Contains(text, d.branch)
}
