package office

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// alphabet has signs that nobody mixes up when typing from a screen: no 0 and o,
// no 1, l and i, one case, and nothing that a maker's file would have to escape.
const alphabet = "abcdefghjkmnpqrstuvwxyz23456789"

// newSecret gives a SIP password of 24 signs, 118 bits.
func newSecret() string { return random(24) }

// newToken gives the secret part of a URL, 32 signs, 158 bits.
func newToken() string { return random(32) }

// newAdmin gives the password of a phone's own web page: 12 letters and digits, 69 bits.
// Some makers refuse one without a capital, a small letter and a digit.
func newAdmin() string {
	const capitals = "ABCDEFGHJKMNPQRSTUVWXYZ"
	for {
		s := randomOf(alphabet+capitals, 12)
		if strings.ContainsAny(s, capitals) && strings.ContainsAny(s, "23456789") && strings.ContainsAny(s, "abcdefghjkmnpqrstuvwxyz") {
			return s
		}
	}
}

// newCode gives the six digits that are dialled on a phone that waits for approval.
func newCode() string { return randomOf("0123456789", 6) }

func random(n int) string { return randomOf(alphabet, n) }

func randomOf(alphabet string, n int) string {
	fair := 256 - 256%len(alphabet) // bytes above would favour the first signs
	out := make([]byte, 0, n)
	var b [64]byte
	for {
		rand.Read(b[:]) // never fails: crypto/rand ends the program instead (Go 1.24)
		for _, x := range b {
			if int(x) >= fair {
				continue
			}
			out = append(out, alphabet[int(x)%len(alphabet)])
			if len(out) == n {
				return string(out)
			}
		}
	}
}

// SoftID is the id of the installation that holds the token. It is a digest, so
// that whoever may list devices cannot pose as one, and short, because people type
// it as their SIP user; 64 bits are out of reach of somebody who looks for a second
// token with the same digest.
func SoftID(token string) string {
	sum := sha256.Sum256([]byte("autocom installation " + token))
	return "soft-" + hex.EncodeToString(sum[:8])
}
