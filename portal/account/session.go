package account

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"slices"
	"strings"
	"time"
	"unicode"

	"autocom/store"
)

// SessionFor is how long a browser stays logged in after it was last used. The card hears
// of its use once an hour: a session that survives a restart may end that much earlier.
const (
	SessionFor = 12 * time.Hour
	keepEvery  = time.Hour
)

// Bounds of open sessions, of all and of one account; the one that ends first gives way.
const maxSessions, maxOwn = 256, 32

// Session is a browser that has logged in, as it is shown.
type Session struct {
	ID      string    `json:"id"` // of a digest: it opens nothing
	Account string    `json:"account"`
	Started time.Time `json:"started"`
	Until   time.Time `json:"until"`
	Address string    `json:"address"`
	Program string    `json:"program"`
}

func shownSession(x store.Session) Session {
	return Session{hex.EncodeToString(x.Digest[:8]), x.Account, x.Started, x.Until, x.Address, x.Program}
}

// Start logs an account in. The text is for the browser's cookie.
func (b *Book) Start(ctx context.Context, account, address, program string) (secret string, err error) {
	secret = rand.Text() + rand.Text() // 256 bits or more
	digest, now := sha256.Sum256([]byte(secret)), b.now()
	x := store.Session{
		Digest: digest[:], Account: Key(account), Started: now, Until: now.Add(SessionFor), Address: address, Program: printable(program, 120),
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.accounts[x.Account]; !ok {
		return "", fs.ErrNotExist
	}
	for id, old := range b.sessions {
		if !now.Before(old.Until) {
			if err := b.end(ctx, id); err != nil {
				return "", err
			}
		}
	}
	for _, bound := range []struct {
		of   string
		most int
	}{{x.Account, maxOwn}, {"", maxSessions}} {
		if id, n := b.oldest(bound.of); n >= bound.most {
			if err := b.end(ctx, id); err != nil {
				return "", err
			}
		}
	}
	if err := b.store.PutSession(ctx, x); err != nil {
		return "", err
	}
	b.sessions[digest], b.kept[digest] = x, x.Until
	return secret, nil
}

// Session tells whose cookie it is, and has it last on. renewed says that the cookie should
// be sent anew, to last as long.
func (b *Book) Session(ctx context.Context, secret string) (a Account, renewed, ok bool) {
	digest, now := sha256.Sum256([]byte(secret)), b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	x, ok := b.sessions[digest]
	if secret == "" || !ok || !now.Before(x.Until) {
		return Account{}, false, false
	}
	x.Until = now.Add(SessionFor)
	b.sessions[digest] = x
	if x.Until.Sub(b.kept[digest]) >= keepEvery {
		// A card that is full or broken logs nobody out; the next request tries again.
		if err := b.store.PutSession(ctx, x); err == nil {
			b.kept[digest], renewed = x.Until, true
		}
	}
	return shown(b.accounts[x.Account]), renewed, true
}

// Sessions gives those that are open, the newest first; of one account when it is named.
func (b *Book) Sessions(account string) []Session {
	now := b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []Session
	for _, x := range b.sessions {
		if now.Before(x.Until) && (account == "" || x.Account == Key(account)) {
			out = append(out, shownSession(x))
		}
	}
	slices.SortFunc(out, func(a, b Session) int {
		return cmp.Or(b.Started.Compare(a.Started), strings.Compare(a.ID, b.ID))
	})
	return out
}

// SessionID is how Sessions calls the session of a cookie.
func SessionID(secret string) string {
	digest := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(digest[:8])
}

// End logs out the browser with that id; account "" stands for any.
func (b *Book) End(ctx context.Context, id, account string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for digest, x := range b.sessions {
		if hex.EncodeToString(digest[:8]) == id && (account == "" || x.Account == Key(account)) {
			return b.end(ctx, digest)
		}
	}
	return fs.ErrNotExist
}

// EndAll logs an account out everywhere.
func (b *Book) EndAll(ctx context.Context, account string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for digest, x := range b.sessions {
		if x.Account == Key(account) {
			if err := b.end(ctx, digest); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *Book) end(ctx context.Context, digest [32]byte) error {
	if err := b.store.DropSession(ctx, digest[:]); err != nil {
		return err
	}
	delete(b.sessions, digest)
	delete(b.kept, digest)
	return nil
}

// printable bounds a text of the network, in characters.
func printable(text string, most int) string {
	var out []rune
	for _, r := range text {
		if len(out) < most && r != unicode.ReplacementChar && unicode.IsPrint(r) {
			out = append(out, r)
		}
	}
	return string(out)
}
