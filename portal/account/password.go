package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Cost is what one guess at a password costs (RFC 9106). It stands in each hash, so that
// passwords of before a change of it stay good.
type Cost struct {
	Memory uint32 // KiB
	Time   uint32 // passes over it
}

// PiCost takes the memory that a Raspberry Pi 3 with Asterisk has left for a moment, and
// makes up for the rest in passes.
var PiCost = Cost{Memory: 12 << 10, Time: 3}

// Bounds of a password, in characters and in bytes: a longer one would only cost us time.
const (
	MinPassword = 8
	maxPassword = 256
)

// atOnce is how many passwords are hashed at the same time, and inLine how many may wait
// for it: who logs in by the hundred takes neither the memory nor the other core.
const atOnce, inLine = 1, 16

// ErrBusy says that too many log in at once.
var ErrBusy = errors.New("too many log in at once: try again in a moment")

// hasher makes and checks hashes, few at once.
type hasher struct {
	cost Cost
	line chan struct{}
	turn chan struct{}
}

func newHasher(c Cost) *hasher {
	return &hasher{c, make(chan struct{}, inLine), make(chan struct{}, atOnce)}
}

// key waits for its turn and hashes.
func (h *hasher) key(ctx context.Context, password string, salt []byte, c Cost) ([]byte, error) {
	select {
	case h.line <- struct{}{}:
	default:
		return nil, ErrBusy
	}
	defer func() { <-h.line }()
	select {
	case h.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-h.turn }()
	return argon2.IDKey([]byte(password), salt, c.Time, c.Memory, 1, 32), nil
}

// hash gives the text that is kept of a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, 16)
	rand.Read(salt) // never fails: crypto/rand
	key, err := h.key(ctx, password, salt, h.cost)
	if err != nil {
		return "", err
	}
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, h.cost.Memory, h.cost.Time, b64(salt), b64(key)), nil
}

// check compares a password with what is kept of it. Without one to compare with it takes
// as long, so that the time does not tell which accounts there are. old tells a hash of
// another cost than ours.
func (h *hasher) check(ctx context.Context, password, kept string) (good, old bool, err error) {
	c, salt, want, ok := parse(kept)
	if !ok {
		c, salt, want = h.cost, make([]byte, 16), make([]byte, 32)
	}
	got, err := h.key(ctx, password, salt, c)
	if err != nil {
		return false, false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1 && ok, c != h.cost, nil
}

func parse(kept string) (c Cost, salt, key []byte, ok bool) {
	part := strings.Split(kept, "$")
	if len(part) != 6 || part[1] != "argon2id" || part[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, false
	}
	if n, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=1", &c.Memory, &c.Time); n != 2 || err != nil || c.Memory > 1<<20 || c.Time < 1 || c.Time > 100 {
		return c, nil, nil, false
	}
	salt, err := base64.RawStdEncoding.DecodeString(part[4])
	key, worse := base64.RawStdEncoding.DecodeString(part[5])
	return c, salt, key, err == nil && worse == nil && len(key) == 32
}

// What is wrong with a password.
var (
	ErrShort   = fmt.Errorf("the password is too short: write %d characters or more", MinPassword)
	ErrLong    = errors.New("the password is too long: write less than 256 characters")
	ErrGuessed = errors.New("this password is one of the first that somebody would try: choose another")
)

// wellKnown are the first that somebody tries, beside what is told by its form: the names
// of the thing itself, and what lists of stolen passwords begin with.
var wellKnown = []string{"password", "motdepasse", "passw0rd", "azertyui", "azertyuiop", "qwertyui", "qwertyuiop", "iloveyou", "bienvenue", "administrator", "administrateur", "autocom", "telephone", "bonjour", "welcome", "douala", "cameroun", "changeme"}

// weak says why a password is none, after NIST SP 800-63B 5.1.1.2: length and what is
// commonly used count, rules about signs do not.
func weak(password, name string) error {
	if utf8.RuneCountInString(password) < MinPassword {
		return ErrShort
	}
	if len(password) > maxPassword {
		return ErrLong
	}
	small := strings.ToLower(password)
	core := strings.TrimRight(small, "0123456789!?.*#-_ ")
	if small == strings.Repeat(small[:1], len(small)) || name != "" && core == strings.ToLower(name) || digitsInARow(small) {
		return ErrGuessed
	}
	for _, w := range wellKnown {
		if core == w || small == w {
			return ErrGuessed
		}
	}
	return nil
}

// digitsInARow reports 12345678, 87654321 and their like.
func digitsInARow(s string) bool {
	up, down := true, true
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
		if i > 0 {
			step := (int(s[i]) - int(s[i-1]) + 10) % 10
			up, down = up && step == 1, down && step == 9
		}
	}
	return up || down
}
