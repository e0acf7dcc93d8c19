package voicemail

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// left writes what Asterisk 22 writes for one message.
func left(t *testing.T, dir, folder string, n int, callerid, id string) {
	t.Helper()
	path := filepath.Join(dir, "201", folder)
	if err := os.MkdirAll(path, 0o750); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(";\n; Message Information file\n;\n[message]\norigmailbox=201\ncontext=ac-mailbox\nexten=s\nrdnis=unknown\npriority=4\n"+
		"callerchan=PJSIP/001565000202-1-00000000\ncallerid=%s\norigdate=Mon Nov 23 06:13:42 PM UTC 2026\norigtime=%d\ncategory=\nmsg_id=%s\nflag=\nduration=5\n", callerid, 1795457622+n, id)
	for ext, body := range map[string]string{".txt": text, ".wav": "RIFF " + id} {
		if err := os.WriteFile(filepath.Join(path, fmt.Sprintf("msg%04d%s", n, ext)), []byte(body), 0o640); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMessages(t *testing.T) {
	dir := t.TempDir()
	left(t, dir, New, 0, `"Poste 202" <202>`, "1795457622-00000000")
	left(t, dir, Old, 1, `677123456`, "1795457623-00000001")
	left(t, dir, New, 2, `"x" <1);System(id)>`, "1795457624-00000002")
	left(t, dir, New, 3, `Unknown`, "../../../etc/passwd")
	for name, body := range map[string]string{"msg0007.txt": "", "msg0008.txt": "[message]\nmsg_id=a\n", "notes.txt": "msg_id=x", ".lock": ""} {
		if err := os.WriteFile(filepath.Join(dir, "201", New, name), []byte(body), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "201", New, "msg0009.txt")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc", filepath.Join(dir, "204")); err != nil {
		t.Fatal(err)
	}
	boxes := Boxes{dir}
	got, err := boxes.Messages("201")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Unix(1795457622, 0).UTC()
	want := []Message{
		{ID: "1795457624-00000002", Folder: New, FromName: "x", At: at.Add(2 * time.Second), Duration: 5 * time.Second},
		{ID: "1795457623-00000001", Folder: Old, From: "677123456", At: at.Add(time.Second), Duration: 5 * time.Second},
		{ID: "1795457622-00000000", Folder: New, From: "202", FromName: "Poste 202", At: at, Duration: 5 * time.Second},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Message{})); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if sound, err := boxes.Sound("201", "1795457623-00000001"); err != nil || string(sound) != "RIFF 1795457623-00000001" {
		t.Errorf("%q, %v", sound, err)
	}
	if got, err := boxes.Messages("299"); err != nil || len(got) > 0 {
		t.Errorf("a box that nobody ever used: %v, %v", got, err)
	}
	for _, number := range []string{"", "..", "201/..", "../201", "/etc", "2 1", "204", "20a"} {
		if got, _ := boxes.Messages(number); len(got) > 0 {
			t.Errorf("box %q: %v", number, got)
		}
	}
	for _, id := range []string{"", "x", "../../../etc/passwd", "msg0000"} {
		if _, err := boxes.Sound("201", id); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("message %q: %v", id, err)
		}
	}
}
