package provision

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// MAC is a 48-bit Ethernet hardware address (IEEE 802 EUI-48).
type MAC [6]byte

// ParseMAC reads a hardware address in any spelling phones and people use:
// "00:15:65:4a:a9:37", "00-15-65-4A-A9-37", "0015.654a.a937", "0015654aa937".
func ParseMAC(s string) (MAC, error) {
	var m MAC
	digits := strings.NewReplacer(":", "", "-", "", ".", "").Replace(strings.TrimSpace(s))
	if len(digits) != 12 {
		return m, fmt.Errorf("%q is not a hardware address: 12 hexadecimal digits are expected", clip(s, 40))
	}
	if _, err := hex.Decode(m[:], []byte(digits)); err != nil {
		return m, fmt.Errorf("%q is not a hardware address: 12 hexadecimal digits are expected", clip(s, 40))
	}
	return m, nil
}

// String gives the colon form in lower case, the one our API and logs use.
func (m MAC) String() string {
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5])
}

// Hex gives twelve lower-case digits, the form most makers use in file names.
func (m MAC) Hex() string { return hex.EncodeToString(m[:]) }

// OUI gives the first three bytes as six lower-case digits.
func (m MAC) OUI() string { return hex.EncodeToString(m[:3]) }

// IsZero reports whether the address is unset.
func (m MAC) IsZero() bool { return m == MAC{} }

// Local reports a locally administered address (bit 0x02 of the first byte),
// as smartphones make at random; such an address never gets a number by being seen.
func (m MAC) Local() bool { return m[0]&0x02 != 0 }

// Multicast reports a group address, which no phone owns.
func (m MAC) Multicast() bool { return m[0]&0x01 != 0 }

// MarshalText writes the colon form; an unset address is the empty text.
func (m MAC) MarshalText() ([]byte, error) {
	if m.IsZero() {
		return nil, nil
	}
	return []byte(m.String()), nil
}

// UnmarshalText reads any spelling; empty text is the unset address.
func (m *MAC) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*m = MAC{}
		return nil
	}
	v, err := ParseMAC(string(b))
	if err != nil {
		return err
	}
	*m = v
	return nil
}

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n] + "…"
	}
	return s
}
