package account

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"autocom/store"
)

var cheap = Cost{Memory: 64, Time: 1}

const good = "correct horse battery"

// world is a book whose clock a test turns.
type world struct {
	*Book
	t    *testing.T
	path string
	mu   sync.Mutex
	at   time.Time
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) later(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

func open(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, path: filepath.Join(t.TempDir(), store.FileName), at: time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)}
	w.restart()
	return w
}

// restart is a pulled plug and a new start.
func (w *world) restart() {
	w.t.Helper()
	if w.Book != nil {
		w.store.Close()
	}
	st, err := store.Open(w.t.Context(), w.path)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { st.Close() })
	if w.Book, err = Open(w.t.Context(), st, cheap, w.clock); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestTheFirstAdministrator(t *testing.T) {
	w := open(t)
	ctx := t.Context()
	if n := len(w.Admins()); n != 0 {
		t.Fatalf("%d administrators of a new box", n)
	}
	for password, want := range map[string]error{"": ErrShort, "1234567": ErrShort, "éééàààù": ErrShort, "23456789": ErrGuessed, "0000000000": ErrGuessed, "MotDePasse1!": ErrGuessed, "Chief2026": ErrGuessed, strings.Repeat("x y", 100): ErrLong} {
		if _, err := w.Establish(ctx, "chief", "", password); !errors.Is(err, want) {
			t.Errorf("password %q: %v, want %v", password, err, want)
		}
	}
	for _, name := range []string{"", " ", "-x", "a b", "<b>", strings.Repeat("x", 41), "a/b"} {
		if _, err := w.Establish(ctx, name, "", good); !errors.Is(err, ErrName) {
			t.Errorf("name %q: %v, want %v", name, err, ErrName)
		}
	}
	var group sync.WaitGroup
	var mu sync.Mutex
	made := 0
	for range 8 { // at once
		group.Go(func() {
			_, err := w.Establish(ctx, "Éloïse", "fr", good)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				made++
			} else if !errors.Is(err, ErrTaken) {
				t.Error(err)
			}
		})
	}
	if group.Wait(); made != 1 {
		t.Errorf("%d first administrators", made)
	}
	w.restart()
	if got := w.Admins(); len(got) != 1 || got[0] != "éloïse" {
		t.Errorf("administrators %q", got)
	}
	a, err := w.Login(ctx, " ÉLOÏSE", good)
	if err != nil || a.Role != Admin || a.Language != "fr" {
		t.Errorf("%+v %v", a, err)
	}
	if err := w.Drop(ctx, "éloïse"); !errors.Is(err, ErrLastAdmin) {
		t.Errorf("the only one goes: %v", err)
	}
	if err := w.Change(ctx, Account{Name: "éloïse", Role: User}); !errors.Is(err, ErrLastAdmin) {
		t.Errorf("the only one becomes a user: %v", err)
	}
	w.must(w.Add(ctx, Account{Name: "second", Role: Admin}))
	if err := w.Drop(ctx, "éloïse"); !errors.Is(err, ErrLastAdmin) {
		t.Errorf("the only one that can log in goes: %v", err)
	}
	w.must(w.SetPassword(ctx, "second", good))
	w.must(w.Drop(ctx, "éloïse"))
}

// What is kept opens nothing, and no two are alike.
func TestNoSecretIsKept(t *testing.T) {
	w := open(t)
	ctx := t.Context()
	for _, name := range []string{"one", "two"} {
		w.must(w.Add(ctx, Account{Name: name, Role: User}))
		w.must(w.SetPassword(ctx, name, good))
	}
	session, err := w.Start(ctx, "one", "", "")
	w.must(err)
	token, _, err := w.MakeToken(ctx, "x", User, false, "one")
	w.must(err)
	invitation, _, err := w.Invite(ctx, "one")
	w.must(err)
	d, err := w.store.LoadDoors(ctx)
	w.must(err)
	if d.Accounts[0].Password == d.Accounts[1].Password || !strings.HasPrefix(d.Accounts[0].Password, "$argon2id$v=19$m=64,t=1,p=1$") {
		t.Errorf("hashes %q, %q", d.Accounts[0].Password, d.Accounts[1].Password)
	}
	kept := strings.Join([]string{d.Accounts[0].Password, string(d.Accounts[0].Invite), string(d.Sessions[0].Digest), string(d.Tokens[0].Digest), d.Tokens[0].ID}, " ")
	for _, secret := range []string{good, session, token, strings.TrimPrefix(token, tokenMark), invitation} {
		if strings.Contains(kept, secret) {
			t.Errorf("%q is kept", secret)
		}
	}
}

func TestAHashOfAnotherCostIsMadeAnew(t *testing.T) {
	w := open(t)
	ctx := t.Context()
	w.hasher = newHasher(Cost{Memory: 32, Time: 2})
	w.must(w.Add(ctx, Account{Name: "awa", Role: User}))
	w.must(w.SetPassword(ctx, "awa", good))
	w.restart()
	for range 2 {
		if _, err := w.Login(ctx, "awa", good); err != nil {
			t.Fatal(err)
		}
		if hash := w.accounts["awa"].Password; !strings.Contains(hash, "$m=64,t=1,p=1$") {
			t.Errorf("hash %s", hash)
		}
	}
	if _, err := w.Login(ctx, "awa", good+"!"); !errors.Is(err, ErrWrong) {
		t.Errorf("a wrong password: %v", err)
	}
}

// Without a password nobody logs in, whatever is typed.
func TestAnAccountWithoutAPassword(t *testing.T) {
	w := open(t)
	w.must(w.Add(t.Context(), Account{Name: "awa", Role: User}))
	for _, name := range []string{"awa", "nobody", ""} {
		for _, password := range []string{"", good, strings.Repeat("x", 1<<20)} {
			if _, err := w.Login(t.Context(), name, password); !errors.Is(err, ErrWrong) {
				t.Errorf("%q with %d bytes: %v", name, len(password), err)
			}
		}
	}
	if err := w.Add(t.Context(), Account{Name: "AWA", Role: User}); !errors.Is(err, ErrTaken) {
		t.Errorf("the same again: %v", err)
	}
	if err := w.Add(t.Context(), Account{Name: "x", Role: Nobody}); err == nil {
		t.Error("an account of nobody")
	}
}

func TestFewHashAtOnce(t *testing.T) {
	h := newHasher(cheap)
	h.turn <- struct{}{} // somebody is at it
	ctx, leave := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for range inLine {
		group.Go(func() {
			if _, err := h.hash(ctx, good); !errors.Is(err, context.Canceled) {
				t.Errorf("who went away: %v", err)
			}
		})
	}
	for len(h.line) < inLine {
		time.Sleep(time.Millisecond)
	}
	if _, err := h.hash(ctx, good); !errors.Is(err, ErrBusy) {
		t.Errorf("one too many: %v, want %v", err, ErrBusy)
	}
	leave()
	group.Wait()
	<-h.turn
	if _, err := h.hash(t.Context(), good); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestASessionLastsOn(t *testing.T) {
	w := open(t)
	ctx := t.Context()
	w.must(w.Add(ctx, Account{Name: "awa", Role: Agent}))
	secret, err := w.Start(ctx, "awa", "192.168.1.9", "Fire\x00fox\n"+strings.Repeat("x", 500))
	w.must(err)
	open := func(renewed, ok bool) {
		t.Helper()
		a, r, is := w.Session(ctx, secret)
		if is != ok || r != renewed || ok && a.Role != Agent {
			t.Errorf("%+v renewed %t ok %t, want renewed %t ok %t", a, r, is, renewed, ok)
		}
	}
	open(false, true)
	w.later(59 * time.Minute)
	open(false, true)
	w.later(time.Minute)
	open(true, true) // the card hears of it
	w.restart()
	open(false, true)
	w.later(SessionFor - time.Second)
	open(true, true)
	if x := w.Sessions(""); len(x) != 1 || x[0].Account != "awa" || x[0].Address != "192.168.1.9" || !strings.HasPrefix(x[0].Program, "Firefoxxx") || len(x[0].Program) != 120 || x[0].ID != SessionID(secret) {
		t.Errorf("sessions %+v", x)
	}
	w.later(SessionFor)
	open(false, false)
	if x := w.Sessions(""); len(x) != 0 {
		t.Errorf("sessions %+v", x)
	}
	for _, other := range []string{"", "made up", secret[1:]} {
		if _, _, ok := w.Session(ctx, other); ok {
			t.Errorf("%q is a session", other)
		}
	}
	if _, err := w.Start(ctx, "nobody", "", ""); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a session of nobody: %v", err)
	}
}

func TestSessionsEnd(t *testing.T) {
	w := open(t)
	ctx := t.Context()
	start := func(name string) string {
		s, err := w.Start(ctx, name, "", "")
		w.must(err)
		w.later(time.Second)
		return s
	}
	is := func(secret string) bool { _, _, ok := w.Session(ctx, secret); return ok }
	for _, name := range []string{"awa", "ben", "eve"} {
		w.must(w.Add(ctx, Account{Name: name, Role: User}))
	}
	a, b, b2, e := start("awa"), start("ben"), start("ben"), start("eve")
	if err := w.End(ctx, SessionID(b), "awa"); !errors.Is(err, fs.ErrNotExist) || !is(b) {
		t.Errorf("another's session: %v", err)
	}
	w.must(w.End(ctx, SessionID(a), "awa"))
	w.must(w.SetPassword(ctx, "ben", good))
	w.must(w.Drop(ctx, "eve"))
	if is(a) || is(b) || is(b2) || is(e) || len(w.Sessions("")) != 0 {
		t.Errorf("%t %t %t %t: all have ended", is(a), is(b), is(b2), is(e))
	}
	first := start("awa")
	for range maxOwn {
		start("awa")
	}
	if n := len(w.Sessions("awa")); n != maxOwn || is(first) {
		t.Errorf("%d sessions, the first is among them: %t", n, is(first))
	}
	w.restart()
	if n := len(w.Sessions("")); n != maxOwn {
		t.Errorf("%d sessions after a restart, want %d", n, maxOwn)
	}
}

// An invitation lets its owner choose a password, once and in time.
func TestAnInvitation(t *testing.T) {
	w := open(t)
	ctx := t.Context()
	w.must(w.Add(ctx, Account{Name: "awa", Role: User}))
	old, _, err := w.Invite(ctx, "awa")
	w.must(err)
	secret, until, err := w.Invite(ctx, "awa")
	w.must(err)
	if _, ok := w.Invited(old); ok {
		t.Error("the link before is still good")
	}
	w.restart()
	if a, ok := w.Invited(secret); !ok || a.Name != "awa" || a.Ready || !a.Invited.Equal(until) {
		t.Errorf("%+v %t", a, ok)
	}
	if _, err := w.Accept(ctx, secret, "short"); !errors.Is(err, ErrShort) {
		t.Errorf("a short password: %v", err)
	}
	var group sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for range 4 {
		group.Go(func() {
			if _, err := w.Accept(ctx, secret, good); err == nil {
				mu.Lock()
				done++
				mu.Unlock()
			}
		})
	}
	if group.Wait(); done != 1 {
		t.Errorf("accepted %d times", done)
	}
	if _, err := w.Login(ctx, "awa", good); err != nil {
		t.Error(err)
	}
	late, _, err := w.Invite(ctx, "awa")
	w.must(err)
	w.later(inviteFor)
	if _, err := w.Accept(ctx, late, "another good one"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("too late: %v", err)
	}
	if _, ok := w.Invited(""); ok {
		t.Error("nothing is an invitation")
	}
}

func TestTokens(t *testing.T) {
	w := open(t)
	ctx := t.Context()
	for _, name := range []string{"", " ", strings.Repeat("x", 61)} {
		if _, _, err := w.MakeToken(ctx, name, User, true, "admin"); !errors.Is(err, ErrTokenName) {
			t.Errorf("name %q: %v", name, err)
		}
	}
	secret, made, err := w.MakeToken(ctx, " the wallboard ", Supervisor, false, "admin")
	w.must(err)
	if made.Name != "the wallboard" || made.Writes || made.Role != Supervisor || !made.Used.IsZero() {
		t.Errorf("%+v", made)
	}
	w.restart()
	got, ok := w.Token(ctx, secret)
	if !ok || got.ID != made.ID || got.Used.IsZero() {
		t.Errorf("%+v %t", got, ok)
	}
	if _, ok := w.Token(ctx, strings.TrimPrefix(secret, tokenMark)); ok {
		t.Error("half a token is one")
	}
	w.must(w.Revoke(ctx, made.ID))
	if _, ok := w.Token(ctx, secret); ok || len(w.Tokens()) != 0 {
		t.Error("revoked, and still good")
	}
	if err := w.Revoke(ctx, made.ID); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("twice: %v", err)
	}
}

// BenchmarkLogin is what logging in costs: time, and memory for its moment.
func BenchmarkLogin(b *testing.B) {
	h := newHasher(PiCost)
	kept, err := h.hash(b.Context(), good)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if ok, _, err := h.check(b.Context(), good, kept); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

// Who renders what depends on there being an administrator hears of each change.
func TestTheBookTellsOfChanges(t *testing.T) {
	w := open(t)
	told := 0
	w.Watch(func() { told++ })
	for name, do := range map[string]func() error{
		"the first administrator": func() error { _, err := w.Establish(t.Context(), "admin", "fr", good); return err },
		"another account":         func() error { return w.Add(t.Context(), Account{Name: "awa", Role: User}) },
	} {
		before := told
		if err := do(); err != nil || told == before {
			t.Errorf("%s: %v, told %d times", name, err, told-before)
		}
	}
	before := told
	if err := w.Drop(t.Context(), "awa"); err != nil || told != before+1 {
		t.Errorf("an account less: %v, told %d times", err, told-before)
	}
}
