package store

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Who may come in survives a restart; with an account its sessions go. The office's
// revision counts none of it.
func TestDoorsComeBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	s := open(t, path)
	before := load(t, s).Revision
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	awa := Account{Name: "awa", Role: "user", Person: "awa", Language: "fr", Invite: []byte("digest"), Invited: noon}
	root := Account{Name: "admin", Role: "admin", Password: "$argon2id$x"}
	first := Session{Digest: []byte("1"), Account: "admin", Started: noon, Until: noon.Add(time.Hour), Address: "192.168.1.5", Program: "Firefox"}
	second := Session{Digest: []byte("2"), Account: "awa", Started: noon, Until: noon.Add(time.Hour)}
	token := Token{ID: "t1", Digest: []byte("3"), Name: "wallboard", Role: "supervisor", Made: noon, MadeBy: "admin"}
	for _, a := range []Account{{Name: "awa", Role: "agent"}, awa, root} {
		check(s.PutAccount(t.Context(), a))
	}
	check(s.PutSession(t.Context(), first))
	check(s.PutSession(t.Context(), second))
	first.Until = noon.Add(2 * time.Hour)
	check(s.PutSession(t.Context(), first))
	check(s.PutToken(t.Context(), token))
	token.Used = noon
	check(s.PutToken(t.Context(), token))
	if err := s.PutAccount(t.Context(), Account{Name: "x", Role: "god"}); err == nil {
		t.Error("a role that is none was taken")
	}
	if err := s.PutSession(t.Context(), Session{Digest: []byte("4"), Account: "nobody"}); err == nil {
		t.Error("a session of nobody was taken")
	}
	s.Close()

	s = open(t, path)
	got, err := s.LoadDoors(t.Context())
	want := Doors{Accounts: []Account{root, awa}, Sessions: []Session{first, second}, Tokens: []Token{token}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("doors (-want +got):\n%s %v", diff, err)
	}
	check(s.DropAccount(t.Context(), "awa"))
	check(s.DropToken(t.Context(), "t1"))
	got, err = s.LoadDoors(t.Context())
	if diff := cmp.Diff(Doors{Accounts: []Account{root}, Sessions: []Session{first}}, got); diff != "" || err != nil {
		t.Errorf("after an account has gone (-want +got):\n%s %v", diff, err)
	}
	check(s.DropSession(t.Context(), first.Digest))
	if rev := load(t, s).Revision; rev != before {
		t.Errorf("revision %d, want %d", rev, before)
	}
}
