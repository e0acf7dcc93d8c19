package asteriskconf

import (
	"fmt"
	"hash/fnv"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"autocom/pbx"
)

// form is what a value must look like to stand in a file as it is.
type form struct {
	pattern *regexp.Regexp
	says    string // completes "…: must be"
	secret  bool   // never shown in an error
}

var (
	endpointID = form{regexp.MustCompile(`^[0-9a-z][0-9a-z-]{0,62}$`), "lower-case letters, digits and -, at most 63", false}
	digits     = form{regexp.MustCompile(`^[0-9]{2,10}$`), "2 to 10 digits", false}
	filePath   = form{regexp.MustCompile(`^(/[0-9A-Za-z][0-9A-Za-z._-]{0,62}){1,16}$`), "an absolute path of letters, digits and . _ -", false}
	hostname   = form{regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z-]{0,62}$`), "letters, digits and -, at most 63", false}
	// 16 letters of 62 are 95 bits; shorter is no secret. No ";", "#" or space.
	secret = form{regexp.MustCompile(`^[0-9A-Za-z_~+/=.-]{16,128}$`), "16 to 128 letters, digits or _ ~ + / = . -", true}
)

func (f form) check(what, value string) error {
	if f.pattern.MatchString(value) {
		return nil
	}
	if f.secret {
		return fmt.Errorf("%s: must be %s", what, f.says)
	}
	return fmt.Errorf("%s %q: must be %s", what, value, f.says)
}

// nameBytes is the longest caller name: res_pjsip cuts at 79 bytes, in the middle of a letter.
const nameBytes = 64

// callerID is the value of an endpoint's key callerid. It always has a number, or
// else the phone's own From would be believed.
func callerID(e pbx.Endpoint) string {
	n := e.Number
	if n == "" {
		n = e.ID
	}
	name := cleanName(e.Name)
	if name == "" {
		name = n
	}
	return fmt.Sprintf(`"%s" <%s>`, name, n)
}

// cleanName keeps of a name what can stand between double quotes in Asterisk's
// files: no control character (a newline would begin a new key), no quote or
// backslash, and ";", which would begin a comment, becomes ",".
func cleanName(name string) string {
	var b strings.Builder
	space := false
	for _, r := range name {
		switch {
		case r == utf8.RuneError, unicode.Is(unicode.Cf, r):
			continue
		case unicode.IsSpace(r), unicode.IsControl(r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			space = b.Len() > 0
			continue
		}
		switch r {
		case '"':
			r = '\''
		case '\\':
			r = '/'
		case ';':
			r = ','
		case '<':
			r = '('
		case '>':
			r = ')'
		}
		if b.Len()+utf8.RuneLen(r)+1 > nameBytes {
			break
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

func prompts(lang string) (string, error) {
	dir := pbx.Prompts(lang)
	if dir == "" {
		return "", fmt.Errorf("language %q: there are prompts for fr and en", lang)
	}
	return dir, nil
}

// expiry is the registration lifetime in seconds. Where the plan leaves it open,
// each line has its own, so that phones which started together do not return together.
func expiry(e pbx.Endpoint) int64 {
	if e.Expiry >= time.Minute {
		return int64(e.Expiry / time.Second)
	}
	h := fnv.New32a()
	h.Write([]byte(e.ID))
	return 1800 + int64(h.Sum32()%600)
}

// entityID is a locally administered address (IEEE 802, second bit) made of the hostname.
func entityID(hostname string) string {
	h := fnv.New64a()
	h.Write([]byte(hostname))
	s := h.Sum(nil)
	return fmt.Sprintf("02:%02x:%02x:%02x:%02x:%02x", s[0], s[1], s[2], s[3], s[4])
}
