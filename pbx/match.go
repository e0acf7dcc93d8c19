package pbx

import "strings"

// MatchPattern reports whether digits are what a pattern of the dialplan ("_6XX", "201")
// takes. Of several that match, Asterisk takes the one whose weight is the least: more
// exact signs first, as its ext_cmp sorts them.
func MatchPattern(pattern, digits string) (weight string, ok bool) {
	p, is := strings.CutPrefix(pattern, "_")
	if !is {
		return "", pattern == digits
	}
	for len(p) > 0 {
		if p[0] == '.' || p[0] == '!' {
			return weight + "~", p[0] == '!' || digits != ""
		}
		if digits == "" {
			return "", false
		}
		set, n := string(p[0]), 1
		switch p[0] {
		case 'X', 'x':
			set = "0123456789"
		case 'N', 'n':
			set = "23456789"
		case 'Z', 'z':
			set = "123456789"
		case '[':
			end := strings.IndexByte(p, ']')
			if end < 0 {
				return "", false
			}
			set, n = choice(p[1:end]), end+1
		}
		if strings.IndexByte(set, digits[0]) < 0 {
			return "", false
		}
		weight += string(rune(' ' + min(len(set), 90)))
		p, digits = p[n:], digits[1:]
	}
	return weight, digits == ""
}

// choice is what "[1-59]" may be.
func choice(in string) string {
	var set strings.Builder
	for i := 0; i < len(in); i++ {
		if i+2 < len(in) && in[i+1] == '-' {
			for c := int(in[i]); c <= int(in[i+2]); c++ {
				set.WriteByte(byte(c))
			}
			i += 2
			continue
		}
		set.WriteByte(in[i])
	}
	return set.String()
}
