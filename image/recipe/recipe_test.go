package recipe

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEveryBoardLoads(t *testing.T) {
	signatures := map[uint32]string{}
	for _, board := range Boards() {
		r, err := Load(board, "", "")
		if err != nil {
			t.Fatal(err)
		}
		if r.Board.Name != board || len(r.Board.Kernel) == 0 || len(r.Board.Modules) == 0 || len(r.Board.Claims) == 0 {
			t.Errorf("board %s is incomplete: %+v", board, r.Board)
		}
		if other, twice := signatures[r.DiskSignature]; twice || r.DiskSignature == 0 {
			t.Errorf("board %s has disk signature %08x, as %q", board, r.DiskSignature, other)
		}
		signatures[r.DiskSignature] = board
	}
	if diff := cmp.Diff([]string{"pc", "rpi", "virt"}, Boards()); diff != "" {
		t.Errorf("boards (-want +got):\n%s", diff)
	}
}

// The last console is /dev/console, where init and systemd speak. With mainline device
// trees the pins of a Pi 3 and 4 are serial1 = ttyS1, and ttyAMA0 drives Bluetooth.
func TestThePiSpeaksOnItsSerialPins(t *testing.T) {
	r, err := Load("rpi", "", "")
	if err != nil {
		t.Fatal(err)
	}
	var consoles []string
	for _, w := range strings.Fields(r.Board.Cmdline) {
		if c, is := strings.CutPrefix(w, "console="); is {
			consoles = append(consoles, c)
		}
	}
	if diff := cmp.Diff([]string{"tty0", "ttyS1,115200"}, consoles); diff != "" {
		t.Errorf("consoles (-want +got):\n%s", diff)
	}
}

// A wrong recipe is one sentence that says what to change. testdata/<case>.toml begins
// with the sentence, as a comment.
func TestWrongRecipesSayWhatToChange(t *testing.T) {
	files, err := filepath.Glob("testdata/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recipes in testdata: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".toml"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(string(data), "\n")
			want := strings.TrimPrefix(first, "# ")
			_, err = Load("pc", "", file)
			if err == nil {
				t.Fatalf("loads, want: %s", want)
			}
			if got := strings.ReplaceAll(err.Error(), "testdata/", ""); got != want {
				t.Errorf("(-want +got):\n-%s\n+%s", want, got)
			}
		})
	}
}

func TestMissingBoardAndBase(t *testing.T) {
	for _, c := range []struct{ name, board, base, want string }{
		{"no board", "", "", "no board is named: say --board with one of pc, rpi, virt"},
		{"unknown board", "toaster", "", `there is no board "toaster": the boards are pc, rpi, virt`},
		{"unknown base", "pc", "slackware", `there is no base "slackware": the bases are debian`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Load(c.board, c.base, ""); err == nil || err.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestOwnersRecipeReplacesAndAdds(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.toml")
	text := "mirror = \"http://mirror.example/debian\"\nextra_packages = [\"tcpdump\"]\nversion = \"1.2\"\ncmdline = \"debug\"\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	base, err := Load("pc", "", "")
	if err != nil {
		t.Fatal(err)
	}
	mine, err := Load("pc", "", file)
	if err != nil {
		t.Fatal(err)
	}
	want := base
	want.Mirror, want.Version, want.DiskSignature = "http://mirror.example/debian", "1.2", mine.DiskSignature
	want.Packages = append(want.Packages[:len(want.Packages):len(want.Packages)], "tcpdump")
	want.Board.Cmdline += " debug"
	if diff := cmp.Diff(want, mine); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if mine.DiskSignature == base.DiskSignature {
		t.Error("another recipe has the same disk signature")
	}
	again, err := Load("pc", "", file)
	if err != nil || again.DiskSignature != mine.DiskSignature {
		t.Errorf("the same recipe has another disk signature: %08x, %08x, %v", mine.DiskSignature, again.DiskSignature, err)
	}
}
