// Package account turns what somebody shows at the door (a name and a password, a cookie, a
// token, an invitation) into who they are and how far they may go.
package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"autocom/store"
)

// Account is who may log in.
type Account struct {
	Name     string    `json:"name"` // what is typed, in small letters
	Role     Role      `json:"role"`
	Person   string    `json:"person"`   // id of who it is among the people; "" nobody
	Language string    `json:"language"` // "fr", "en"; "" the browser's
	Ready    bool      `json:"ready"`    // it has a password
	Invited  time.Time `json:"invited,omitzero"`
}

// Errors that callers tell apart. An account, session or token that does not exist is an
// fs.ErrNotExist.
var (
	ErrWrong     = errors.New("the name or the password is wrong")
	ErrTaken     = errors.New("there is an account of that name: choose another")
	ErrLastAdmin = errors.New("it is the only administrator: make another one first")
	ErrName      = errors.New("a name has 1 to 40 letters, digits, dots, hyphens or underscores, and begins with a letter or a digit")
	ErrRole      = errors.New("role: write user, agent, supervisor or admin")
	ErrLanguage  = errors.New("language: write fr or en, or nothing")
	ErrFull      = fmt.Errorf("there are %d already: remove some", most)
)

// most bounds accounts and tokens: both are kept in memory.
const most = 1000

var nameForm = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}._-]{0,39}$`)

// Book is everybody who may come in. All methods may be called from many goroutines; what
// they have changed is on the card when they return.
type Book struct {
	store  *store.Store
	now    func() time.Time
	hasher *hasher

	mu       sync.Mutex
	watcher  func()
	accounts map[string]store.Account
	sessions map[[32]byte]store.Session // Until as of now; what is kept may be less
	kept     map[[32]byte]time.Time     // Until as it is kept
	tokens   map[[32]byte]store.Token
	refused  []Refused     // oldest first
	unkept   int           // how many of them, the newest, the card does not have
	refusals chan struct{} // there are such
}

// Open reads the book. Hashes of another cost are made anew when their owner logs in.
func Open(ctx context.Context, st *store.Store, c Cost, now func() time.Time) (*Book, error) {
	d, err := st.LoadDoors(ctx)
	if err != nil {
		return nil, err
	}
	b := &Book{
		store: st, now: now, hasher: newHasher(c),
		accounts: map[string]store.Account{}, sessions: map[[32]byte]store.Session{}, kept: map[[32]byte]time.Time{}, tokens: map[[32]byte]store.Token{},
		refusals: make(chan struct{}, 1),
	}
	b.remembered(d.Refused)
	for _, a := range d.Accounts {
		b.accounts[a.Name] = a
	}
	for _, x := range d.Sessions {
		b.sessions[[32]byte(x.Digest)], b.kept[[32]byte(x.Digest)] = x, x.Until
	}
	for _, x := range d.Tokens {
		b.tokens[[32]byte(x.Digest)] = x
	}
	return b, nil
}

// Watch has f called after every change of an account. It must neither wait nor ask the book.
func (b *Book) Watch(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.watcher = f
}

// put keeps an account as it is now. b.mu is held.
func (b *Book) put(ctx context.Context, x store.Account) error {
	if err := b.store.PutAccount(ctx, x); err != nil {
		return err
	}
	b.accounts[x.Name] = x
	b.changed()
	return nil
}

func (b *Book) changed() {
	if b.watcher != nil {
		b.watcher()
	}
}

// Key is an account's name as it is kept.
func Key(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

func shown(a store.Account) Account {
	role, _ := ParseRole(a.Role) // the store checks it
	return Account{a.Name, role, a.Person, a.Language, a.Password != "", a.Invited}
}

// Accounts gives all, by name.
func (b *Book) Accounts() []Account {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]Account, 0, len(b.accounts))
	for _, name := range slices.Sorted(maps.Keys(b.accounts)) {
		out = append(out, shown(b.accounts[name]))
	}
	return out
}

// Account gives one.
func (b *Book) Account(name string) (Account, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a, ok := b.accounts[Key(name)]
	return shown(a), ok
}

// Admins gives the names of the administrators that can log in. While there is none the
// setup code opens the first minute.
func (b *Book) Admins() []string {
	var out []string
	for _, a := range b.Accounts() {
		if a.Role == Admin && a.Ready {
			out = append(out, a.Name)
		}
	}
	return out
}

// Add sets up an account without a password: Invite or SetPassword comes next.
func (b *Book) Add(ctx context.Context, a Account) error {
	name := Key(a.Name)
	if !nameForm.MatchString(name) {
		return ErrName
	}
	if err := a.check(); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, taken := b.accounts[name]; taken {
		return ErrTaken
	}
	if len(b.accounts) >= most {
		return ErrFull
	}
	return b.put(ctx, store.Account{Name: name, Role: a.Role.String(), Person: a.Person, Language: a.Language})
}

func (a Account) check() error {
	if a.Role < User || a.Role > Admin {
		return ErrRole
	}
	if a.Language != "" && a.Language != "fr" && a.Language != "en" {
		return ErrLanguage
	}
	return nil
}

// Change sets role, person and language of an account. Who loses rights loses them at once.
func (b *Book) Change(ctx context.Context, a Account) error {
	if err := a.check(); err != nil {
		return err
	}
	return b.change(ctx, a.Name, func(x *store.Account) error {
		if a.Role != Admin && b.lastAdmin(x.Name) {
			return ErrLastAdmin
		}
		x.Role, x.Person, x.Language = a.Role.String(), a.Person, a.Language
		return nil
	})
}

// Drop removes an account and ends its sessions.
func (b *Book) Drop(ctx context.Context, name string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	name = Key(name)
	if _, ok := b.accounts[name]; !ok {
		return fs.ErrNotExist
	}
	if b.lastAdmin(name) {
		return ErrLastAdmin
	}
	if err := b.store.DropAccount(ctx, name); err != nil {
		return err
	}
	delete(b.accounts, name)
	b.changed()
	for id, x := range b.sessions {
		if x.Account == name {
			delete(b.sessions, id)
			delete(b.kept, id)
		}
	}
	return nil
}

// able tells an administrator that can log in.
func able(a store.Account) bool { return a.Role == Admin.String() && a.Password != "" }

// lastAdmin tells the only administrator that can log in. b.mu is held.
func (b *Book) lastAdmin(name string) bool {
	if !able(b.accounts[name]) {
		return false
	}
	for other, a := range b.accounts {
		if other != name && able(a) {
			return false
		}
	}
	return true
}

func (b *Book) change(ctx context.Context, name string, do func(*store.Account) error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	x, ok := b.accounts[Key(name)]
	if !ok {
		return fs.ErrNotExist
	}
	if err := do(&x); err != nil {
		return err
	}
	return b.put(ctx, x)
}

// oldest gives the session that ends first, of all or of one account. b.mu is held.
func (b *Book) oldest(account string) (id [32]byte, n int) {
	var first store.Session
	for d, x := range b.sessions {
		if account != "" && x.Account != account {
			continue
		}
		if n++; n == 1 || cmp.Compare(x.Until.UnixNano(), first.Until.UnixNano()) < 0 {
			id, first = d, x
		}
	}
	return id, n
}
