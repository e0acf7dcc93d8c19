package leases

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"autocom/provision"
)

// ISC dhcpd appends a declaration for each change of a lease (dhcpd.leases(5)):
//
//	lease 192.0.2.50 {
//	  starts 1 2026/11/23 14:00:00;
//	  ends 1 2026/11/23 15:00:00;
//	  binding state active;
//	  hardware ethernet 00:00:5e:00:53:01;
//	  uid "\001\000\000^\000S\001";
//	  set vendor-class-identifier = "yealink";
//	  client-hostname "SIP-T46G";
//	}
//
// The vendor class is there for some versions and where the administrator keeps it in a
// variable, by custom vendor-string. Other declarations stand between them.
func isDHCPD(line string) bool {
	word, _, _ := strings.Cut(line, " ")
	switch word {
	case "lease":
		return strings.HasSuffix(line, "{")
	case "server-duid", "authoring-byte-order", "failover", "host", "group", "subgroup", "class", "subclass", "ia-na":
		return strings.HasSuffix(line, ";") || strings.HasSuffix(line, "{")
	}
	return false
}

func readDHCPD(t *table, text string) {
	s := scanner{text: text}
	for {
		words, end, ok := s.statement()
		if !ok {
			return
		}
		if end == '{' && len(words) == 2 && words[0] == "lease" {
			l, closed := s.lease(words[1])
			if !closed {
				return // still being written
			}
			t.add(l)
		}
	}
}

// lease reads to the closing brace of the declaration.
func (s *scanner) lease(address string) (l lease, closed bool) {
	l.ip, _ = netip.ParseAddr(address)
	for depth := 1; ; {
		words, end, ok := s.statement()
		if !ok {
			return l, false
		}
		switch end {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return l, true
			}
		case ';':
			if depth == 1 {
				l.dhcpd(words)
			}
		}
	}
}

// dhcpd takes one statement of a declaration.
func (l *lease) dhcpd(words []string) {
	last := len(words) - 1
	switch {
	case last < 1:
	case words[0] == "binding" && words[1] == "state":
		l.gone = words[last] != "active"
	case words[0] == "hardware" && words[1] == "ethernet":
		l.mac, _ = provision.ParseMAC(words[last])
	case words[0] == "client-hostname":
		l.hostname = words[last]
	case words[0] == "uid":
		l.option61 = digits([]byte(words[last]))
	case words[0] == "set" && (words[1] == "vendor-string" || words[1] == "vendor-class-identifier"):
		l.option60 = words[last]
	case words[0] == "ends":
		l.expires = dhcpdTime(words[1:])
	}
}

// dhcpdTime reads "1 2026/11/23 15:00:00" (a weekday, then UTC), "epoch 1795445012" and
// "never"; the zero Time says never, or not known.
func dhcpdTime(words []string) time.Time {
	switch {
	case len(words) == 2 && words[0] == "epoch":
		if n, err := strconv.ParseInt(words[1], 10, 64); err == nil {
			return time.Unix(n, 0)
		}
	case len(words) == 3:
		if t, err := time.Parse("2006/01/02 15:04:05", words[1]+" "+words[2]); err == nil {
			return t
		}
	}
	return time.Time{}
}

// scanner reads dhcpd's language by statements.
type scanner struct{ text string }

// maxWords bounds what is kept of one statement.
const maxWords = 16

// statement gives the words up to the next brace or semicolon, and which it is. ok is
// false at the end of the text.
func (s *scanner) statement() (words []string, end byte, ok bool) {
	for s.text != "" {
		c := s.text[0]
		var word string
		switch {
		case c == ';' || c == '{' || c == '}':
			s.text = s.text[1:]
			return words, c, true
		case c == '#':
			_, s.text, _ = strings.Cut(s.text, "\n")
			continue
		case c <= ' ':
			s.text = s.text[1:]
			continue
		case c == '"':
			word, s.text = quoted(s.text[1:])
		default:
			n := strings.IndexAny(s.text, " \t\r\n;{}\"#")
			if n <= 0 {
				n = len(s.text)
			}
			word, s.text = s.text[:n], s.text[n:]
		}
		if len(words) < maxWords {
			words = append(words, word)
		}
	}
	return nil, 0, false
}

// quoted reads to the closing quote. dhcpd writes what does not print as "\ooo", and a
// backslash before quotes and backslashes.
func quoted(s string) (word, rest string) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return b.String(), s[i+1:]
		case c != '\\' || i+1 == len(s):
			b.WriteByte(c)
		default:
			if i+3 < len(s) {
				if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
					b.WriteByte(byte(n))
					i += 3
					continue
				}
			}
			i++
			b.WriteByte(s[i])
		}
	}
	return b.String(), ""
}
