package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"

	"autocom/store"
)

// tokenMark begins every token, so that one that went astray is known for what it is.
const tokenMark = "autocom-"

// Token is a program that may use the API.
type Token struct {
	ID     string    `json:"id"`
	Name   string    `json:"name"` // what it is for
	Role   Role      `json:"role"`
	Writes bool      `json:"writes"` // else it may only read
	Made   time.Time `json:"made"`
	MadeBy string    `json:"made_by"`
	Used   time.Time `json:"used,omitzero"` // last, to the day
}

// ErrTokenName asks for a name.
var ErrTokenName = errors.New("a token needs a name of 1 to 60 characters that says what it is for")

func shownToken(x store.Token) Token {
	role, _ := ParseRole(x.Role) // the store checks it
	return Token{x.ID, x.Name, role, x.Writes, x.Made, x.MadeBy, x.Used}
}

// MakeToken makes a token. The secret is shown this once: a digest of it is kept.
func (b *Book) MakeToken(ctx context.Context, name string, role Role, writes bool, by string) (secret string, t Token, err error) {
	if name = strings.TrimSpace(printable(name, 61)); name == "" || len([]rune(name)) > 60 {
		return "", t, ErrTokenName
	}
	if err := (Account{Role: role}).check(); err != nil {
		return "", t, err
	}
	secret = tokenMark + rand.Text()
	digest := sha256.Sum256([]byte(secret))
	x := store.Token{ID: strings.ToLower(rand.Text()[:10]), Digest: digest[:], Name: name, Role: role.String(), Writes: writes, Made: b.now(), MadeBy: by}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.tokens) >= most {
		return "", t, ErrFull
	}
	if err := b.store.PutToken(ctx, x); err != nil {
		return "", t, err
	}
	b.tokens[digest] = x
	return secret, shownToken(x), nil
}

// Tokens gives all, by when they were made.
func (b *Book) Tokens() []Token {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]Token, 0, len(b.tokens))
	for _, x := range b.tokens {
		out = append(out, shownToken(x))
	}
	slices.SortFunc(out, func(a, b Token) int {
		if c := a.Made.Compare(b.Made); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out
}

// Token tells whose secret it is.
func (b *Book) Token(ctx context.Context, secret string) (Token, bool) {
	digest, now := sha256.Sum256([]byte(secret)), b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	x, ok := b.tokens[digest]
	if !ok {
		return Token{}, false
	}
	if day := now.Truncate(24 * time.Hour); day.After(x.Used) {
		x.Used = day
		if err := b.store.PutToken(ctx, x); err == nil { // a card that refuses keeps nobody out
			b.tokens[digest] = x
		}
	}
	return shownToken(x), true
}

// Revoke ends a token.
func (b *Book) Revoke(ctx context.Context, id string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for digest, x := range b.tokens {
		if x.ID == id {
			if err := b.store.DropToken(ctx, id); err != nil {
				return err
			}
			delete(b.tokens, digest)
			return nil
		}
	}
	return fs.ErrNotExist
}
