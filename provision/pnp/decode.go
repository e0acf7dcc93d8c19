package pnp

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
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
