package offer

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"autocom/provision"
)

// LAN is the network that dnsmasq gives addresses of.
type LAN struct {
	Interface string
	Address   netip.Prefix  // the box's own
	Router    netip.Addr    // the way out, told as router and DNS server; the zero Addr: there is none
	Lease     time.Duration // of an address
	LeaseFile string        // of dnsmasq
}

// pxe are clients that load an operating system: an address of telephones' files in
// options 66 and 67 would keep them from starting.
var pxe = []string{"PXEClient", "HTTPClient"}

var (
	interfacePattern = regexp.MustCompile(`^[0-9A-Za-z._-]{1,15}$`)
	pathPattern      = regexp.MustCompile(`^/[0-9A-Za-z._/ -]{1,200}$`)
	ouiPattern       = regexp.MustCompile(`^[0-9a-f]{6}$`)
)

// Dnsmasq writes the whole configuration of a dnsmasq that gives out a LAN's
// addresses and tells each maker's phones where their files are, in its own form.
//
// A phone is known by the begin of its option 60 or else by its MAC's first bytes.
// Values are written in hexadecimal or, where dnsmasq takes only text, between quotes
// that they cannot leave: nothing of a vendor file is ever read as syntax. Conditions (tag-if) are evaluated in the order of their lines.
func Dnsmasq(site provision.Site, vendors []provision.Vendor, lan LAN) ([]byte, error) {
	first, last, ok := Range(lan.Address)
	switch {
	case !interfacePattern.MatchString(lan.Interface):
		return nil, fmt.Errorf("DHCP on %q: this is no name of an interface", lan.Interface)
	case !ok:
		return nil, fmt.Errorf("DHCP for %v: a network of /8 to /30 is needed, with room for others", lan.Address)
	case !pathPattern.MatchString(lan.LeaseFile):
		return nil, fmt.Errorf("DHCP leases in %q: this is no usable path", lan.LeaseFile)
	case lan.Lease < 2*time.Minute:
		return nil, errors.New("DHCP leases shorter than two minutes are not given") // dnsmasq's least
	case lan.Router.IsValid() && !lan.Router.Is4():
		return nil, fmt.Errorf("DHCP: the router %v is no IPv4 address", lan.Router)
	}
	site.Address = lan.Address.Addr()
	makers, err := served(vendors, public(site))
	if err != nil {
		return nil, fmt.Errorf("DHCP: %w", err)
	}
	w := &writer{}
	w.line("port=0") // no DNS
	w.line("interface=%s", lan.Interface)
	w.line("bind-interfaces")
	w.line("dhcp-range=%s,%s,%s,%d", first, last, mask(lan.Address), int(lan.Lease/time.Second))
	w.line("dhcp-authoritative")
	w.line("dhcp-lease-max=%d", maxLeases)
	w.line("dhcp-leasefile=%s", lan.LeaseFile)
	for _, name := range []string{"router", "dns-server"} {
		if lan.Router.IsValid() {
			w.line("dhcp-option=option:%s,%s", name, lan.Router)
		} else {
			// Empty, not absent: absent it would be the box itself. There is no way out here, and
			// a smartphone that is told of one sends everything there.
			w.line("dhcp-option=option:%s", name)
		}
	}
	w.line("dhcp-option=%d,%s", optNTP, site.Address) // chrony
	w.makers(site, makers)
	if w.err != nil {
		return nil, fmt.Errorf("DHCP: %w", w.err)
	}
	return []byte(w.String()), nil
}

// maxLeases is how many addresses are given at the most.
const maxLeases = 2000

// Range is what is given out of a network: of a /24 the addresses .50 to .250, so that
// there is room for those that people set by hand; of others the like.
func Range(own netip.Prefix) (first, last netip.Addr, ok bool) {
	if !own.Addr().Is4() || own.Bits() < 8 || own.Bits() > 30 {
		return first, last, false
	}
	size := uint64(1) << (32 - own.Bits())
	from := max(size*50/256, 1)
	to := min(size*250/256, size-2, from+2*maxLeases)
	b := own.Masked().Addr().As4()
	base := uint64(b[0])<<24 | uint64(b[1])<<16 | uint64(b[2])<<8 | uint64(b[3])
	at := func(n uint64) netip.Addr {
		n += base
		return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
	}
	return at(from), at(to), true
}

// mask is a prefix's as dotted numbers.
func mask(p netip.Prefix) netip.Addr {
	bits := ^uint32(0) << (32 - p.Bits())
	return netip.AddrFrom4([4]byte{byte(bits >> 24), byte(bits >> 16), byte(bits >> 8), byte(bits)})
}

// writer collects lines.
type writer struct {
	strings.Builder
	err error
}

// maxLine is below dnsmasq's 1024, behind which it begins another line.
const maxLine = 1000

func (w *writer) line(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	if len(line) > maxLine {
		w.err = fmt.Errorf("the line %.60q… is longer than dnsmasq reads", line)
		return
	}
	w.WriteString(line + "\n")
}

// class is the begin of one option 60.
type class struct{ tag, maker, text string }

// makers writes how phones are known, then what they are told.
func (w *writer) makers(site provision.Site, makers []maker) {
	for _, name := range pxe {
		w.line("dhcp-match=set:pxe,%d,%s", optClass, colons([]byte(name)))
	}
	classes := classesOf(makers)
	for _, c := range classes {
		for _, text := range spellings(c.text) {
			w.line("dhcp-match=set:%s,%d,%s", c.tag, optClass, colons([]byte(text)))
			w.line("dhcp-match=set:classed,%d,%s", optClass, colons([]byte(text)))
		}
	}
	url := site.URL()
	ouis := ouisOf(makers)
	for _, m := range makers {
		w.line("# %s", m.ID)
		for _, c := range classes {
			if c.maker == m.ID {
				w.line("tag-if=set:%s,set:phone,tag:%s,tag:!pxe%s", m.ID, c.tag, longer(c, classes))
			}
		}
		known := false
		for _, oui := range m.OUIs {
			if ouis[oui] == m.ID {
				w.line("dhcp-mac=set:oui-%s,%s:%s:%s:*:*:*", m.ID, oui[:2], oui[2:4], oui[4:])
				known = true
			}
		}
		if known {
			w.line("tag-if=set:%s,set:phone,tag:oui-%s,tag:!classed,tag:!pxe", m.ID, m.ID)
		}
		for _, o := range m.options {
			w.option(m.ID, o)
		}
	}
	w.line("# anything else: a phone whose maker is not known")
	w.line("tag-if=set:other,tag:!phone,tag:!pxe")
	w.option("other", text(optServer, url))
}

func (w *writer) option(tag string, o option) {
	w.line("# %d: %.100q", o.code, o.text)
	value, err := o.dnsmasq()
	if err != nil {
		w.err = fmt.Errorf("maker %s: option %d: %w", tag, o.code, err)
	}
	w.line("dhcp-option=tag:%s,%d,%s", tag, o.code, value)
}

// dnsmasq is the value as that program reads it: addresses are addresses, for some
// codes take nothing else, and a single byte is a number, for it has no colon.
// Options 66 and 67 take text alone, and get a NUL at their end, which RFC 2132 2 asks
// receivers to remove.
func (o option) dnsmasq() (string, error) {
	switch {
	case o.code == optServer || o.code == optFile:
		if o.form != formText || strings.ContainsAny(o.text, `"\`) {
			return "", fmt.Errorf("%q has to be text without quotes and backslashes", o.text)
		}
		return `"` + o.text + `"`, nil
	case o.form == formOctets:
		return strings.Join(addresses(o.text), ","), nil
	case len(o.data) == 1:
		return strconv.Itoa(int(o.data[0])), nil
	}
	return colons(o.data), nil
}

// maxClass is how much of option 60 is compared.
const maxClass = 64

// classesOf gives every begin of option 60 a tag. One that two makers claim is the
// first's: a phone cannot be of both.
func classesOf(makers []maker) []class {
	var out []class
	for _, m := range makers {
		for _, text := range m.Classes {
			same := func(c class) bool { return strings.EqualFold(c.text, text) }
			text = text[:min(len(text), maxClass)]
			if text != "" && !slices.ContainsFunc(out, same) {
				out = append(out, class{fmt.Sprintf("class%d", len(out)), m.ID, text})
			}
		}
	}
	return out
}

// longer excludes what another maker's longer begin of option 60 says more exactly:
// "Cisco Systems, Inc. IP Phone SPA" is not all of "Cisco Systems, Inc. IP Phone".
func longer(c class, all []class) string {
	var b strings.Builder
	for _, o := range all {
		if o.maker != c.maker && len(o.text) > len(c.text) && strings.EqualFold(o.text[:len(c.text)], c.text) {
			b.WriteString(",tag:!" + o.tag)
		}
	}
	return b.String()
}

// spellings are the cases that firmware has; dnsmasq compares bytes.
func spellings(text string) []string {
	out := []string{text, strings.ToLower(text), strings.ToUpper(text)}
	slices.Sort(out)
	return slices.Compact(out)
}

// ouisOf tells whose an OUI is; one that several makers share is nobody's.
func ouisOf(makers []maker) map[string]string {
	out := map[string]string{}
	for _, m := range makers {
		for _, oui := range m.OUIs {
			if !ouiPattern.MatchString(oui) {
				continue
			}
			if other, shared := out[oui]; shared && other != m.ID {
				out[oui] = ""
				continue
			}
			out[oui] = m.ID
		}
	}
	return out
}
