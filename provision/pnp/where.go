package pnp

import (
	"net/netip"
	"strconv"
	"strings"
)

// replyTo is where the response goes: always to the address that the datagram
// came from, to the port it came from when the phone asks for that (rport, RFC
// 3581) or else to the one in its Via.
func (s Subscribe) replyTo(source netip.AddrPort) netip.AddrPort {
	via := strings.ToLower(first(s.Via))
	if strings.Contains(via, ";rport") {
		return source
	}
	_, sentBy, _ := strings.Cut(via, " ")
	sentBy, _, _ = strings.Cut(sentBy, ";")
	return netip.AddrPortFrom(source.Addr(), port(sentBy))
}

// notifyTo is where the NOTIFY goes: to the Contact, but never to another host
// than the one that asked.
func (s Subscribe) notifyTo(source netip.AddrPort) netip.AddrPort {
	host := s.Contact
	if _, after, ok := strings.Cut(host, "@"); ok {
		host = after
	}
	host, _, _ = strings.Cut(strings.TrimPrefix(host, "sip:"), ";")
	p := port(host)
	name, _, _ := strings.Cut(host, ":")
	if ip, err := netip.ParseAddr(name); err != nil || ip != source.Addr() {
		return s.replyTo(source)
	}
	return netip.AddrPortFrom(source.Addr(), p)
}

// port reads the port of "host:port", 5060 when there is none.
func port(hostport string) uint16 {
	_, text, ok := strings.Cut(strings.TrimSpace(hostport), ":")
	if n, err := strconv.ParseUint(text, 10, 16); ok && err == nil && n != 0 {
		return uint16(n)
	}
	return 5060
}

// uri takes the address out of a Contact: "<sip:…>;x" or the bare "sip:…;x".
func uri(contact string) string {
	if _, after, ok := strings.Cut(contact, "<"); ok {
		inside, _, _ := strings.Cut(after, ">")
		return inside
	}
	bare, _, _ := strings.Cut(contact, ";")
	return strings.TrimSpace(bare)
}
