package pnp

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"autocom/provision"
)

// ErrOther says that a datagram is a SIP message but not a phone's SUBSCRIBE for
// ua-profile: nothing to answer and nothing wrong.
var ErrOther = errors.New("not a SUBSCRIBE for ua-profile")

// Subscribe is a phone asking on 224.0.1.75 where its configuration is. Header
// values are as the phone wrote them, in one line each: they are copied into the
// answer, and phones compare them.
type Subscribe struct {
	Target    string   // request-URI
	Via       []string // topmost first
	From, To  string
	CallID    string
	CSeq      string
	Contact   string // the URI alone, "" when there is none
	Event     string
	UserAgent string

	MAC      provision.MAC // claimed in the URI, From or To; zero when none is
	Vendor   string        // parameters of Event
	Model    string
	Firmware string
}

// maxHeader bounds one header that is copied into the answer.
const maxHeader = 1024

// Decode reads one datagram, leniently: phones of twenty years' firmware ask
// here. It does not use sipgo's parser, which gives back its own spelling of Via,
// From and To, while the answer must copy the phone's; the tests compare the two.
func Decode(b []byte) (Subscribe, error) {
	r, err := read(b)
	if err != nil {
		return Subscribe{}, err
	}
	if r.method != "SUBSCRIBE" {
		return Subscribe{}, ErrOther
	}
	s := Subscribe{
		Target:    r.target,
		Via:       r.all("Via"),
		From:      r.first("From"),
		To:        r.first("To"),
		CallID:    r.first("Call-ID"),
		CSeq:      r.first("CSeq"),
		Contact:   uri(r.first("Contact")),
		Event:     r.first("Event"),
		UserAgent: provision.Clean(r.first("User-Agent")),
	}
	if !strings.HasPrefix(strings.ToLower(s.Event), "ua-profile") {
		return Subscribe{}, ErrOther
	}
	for name, v := range map[string]string{"Via": first(s.Via), "From": s.From, "To": s.To, "Call-ID": s.CallID, "CSeq": s.CSeq} {
		if v == "" {
			return Subscribe{}, fmt.Errorf("SUBSCRIBE without %s", name)
		}
	}
	for _, v := range append([]string{s.Target, s.From, s.To, s.CallID, s.CSeq, s.Contact, s.Event}, s.Via...) {
		if len(v) > maxHeader || strings.ContainsAny(v, "\r\n\x00") {
			return Subscribe{}, errors.New("SUBSCRIBE with an oversized or broken header")
		}
	}
	for _, text := range []string{s.Target, s.From, s.To, s.Contact} {
		if mac, ok := findMAC(text); ok {
			s.MAC = mac
			break
		}
	}
	p := parameters(s.Event)
	s.Vendor, s.Model, s.Firmware = p["vendor"], p["model"], p["version"]
	return s, nil
}

// Sighting is the claim that the SUBSCRIBE makes; nothing of it is proved.
func (s Subscribe) Sighting() provision.Sighting {
	fields := map[string]string{}
	for field, value := range map[string]string{
		provision.FieldEvent:     provision.Clean(s.Event),
		provision.FieldUserAgent: s.UserAgent,
		provision.FieldVendor:    s.Vendor,
		provision.FieldModel:     s.Model,
		provision.FieldFirmware:  s.Firmware,
	} {
		if value != "" {
			fields[field] = value
		}
	}
	return provision.Sighting{Sensor: provision.SensorPnP, MAC: s.MAC, Fields: fields}
}

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

// request is a SIP request as written.
type request struct {
	method, target string
	headers        []header
}

type header struct{ name, value string }

func (r request) all(name string) []string {
	var out []string
	for _, h := range r.headers {
		if strings.EqualFold(h.name, name) {
			out = append(out, h.value)
		}
	}
	return out
}

func (r request) first(name string) string { return first(r.all(name)) }

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// compact header names, RFC 3261 7.3.3 and RFC 6665 8.2.1.
var compact = map[string]string{
	"v": "Via", "f": "From", "t": "To", "i": "Call-ID", "m": "Contact", "o": "Event",
}

// maxHeaders bounds the headers of one message.
const maxHeaders = 64

// read splits a message into lines, whatever ends them, and lines into name and
// value. Folded lines are joined; lines that are no header are skipped.
func read(b []byte) (request, error) {
	text := strings.ReplaceAll(string(bytes.ToValidUTF8(b, nil)), "\r\n", "\n")
	text, _, _ = strings.Cut(strings.TrimLeft(text, "\n"), "\n\n")
	lines := strings.Split(text, "\n")
	start := strings.Fields(lines[0])
	if len(start) != 3 || !strings.HasPrefix(start[2], "SIP/2.0") {
		if strings.HasPrefix(lines[0], "SIP/2.0 ") {
			return request{}, ErrOther // a response
		}
		return request{}, errors.New("no SIP request")
	}
	r := request{method: start[0], target: start[1]}
	for _, line := range lines[1:] {
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") { // folded, RFC 3261 7.3.1
			if n := len(r.headers); n > 0 {
				r.headers[n-1].value += " " + strings.TrimSpace(line)
			}
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || name == "" {
			continue
		}
		if len(r.headers) == maxHeaders {
			return request{}, fmt.Errorf("more than %d headers", maxHeaders)
		}
		name = strings.TrimSpace(name)
		if long, ok := compact[strings.ToLower(name)]; ok {
			name = long
		}
		r.headers = append(r.headers, header{name, strings.TrimSpace(value)})
	}
	return r, nil
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

// macPattern reads all spellings seen: MAC001565aabb01 (Yealink),
// MAC%3AC074ADAABB01 (Grandstream), MAC%3a00135EAABB01 (Snom), MAC=00304faabb01
// (PLANET), MAC:…, and separators inside.
var macPattern = regexp.MustCompile(`(?i)\bMAC(?::|=)?((?:[0-9a-f]{2}[-:]?){5}[0-9a-f]{2})(?:[^0-9a-f]|$)`)

func findMAC(text string) (provision.MAC, bool) {
	if plain, err := url.PathUnescape(text); err == nil {
		text = plain
	}
	groups := macPattern.FindStringSubmatch(text)
	if groups == nil {
		return provision.MAC{}, false
	}
	mac, err := provision.ParseMAC(groups[1])
	if err != nil || mac.IsZero() || mac.Multicast() {
		return provision.MAC{}, false
	}
	return mac, true
}

// parameters reads ;name="value" of an Event header, names in lower case.
func parameters(event string) map[string]string {
	out := map[string]string{}
	for _, p := range strings.Split(event, ";")[1:] {
		name, value, _ := strings.Cut(p, "=")
		out[strings.ToLower(strings.TrimSpace(name))] = provision.Clean(strings.Trim(strings.TrimSpace(value), `"`))
	}
	return out
}
