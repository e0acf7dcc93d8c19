package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"autocom/pbx"
	pbxsound "autocom/pbx/sound"
	"autocom/portal"

	"github.com/google/go-cmp/cmp"
)

func TestMusicFiles(t *testing.T) {
	o, dir := newOffice(t), t.TempDir()
	e := &exchange{}
	d := desk{o, e}
	e.musics = &musics{dir: dir, desk: d}
	m, ctx := e.musics, t.Context()
	wav := pbxsound.WAV(make([]int16, 16000))
	body := func() string {
		t.Helper()
		x, ok := o.Object("music", "jazz")
		if !ok {
			t.Fatal("no music")
		}
		return string(x.Body)
	}
	if err := m.PutSong(ctx, "jazz", "one", bytes.NewReader(wav)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no such music: %v", err)
	}
	if _, err := d.PutObject(ctx, pbx.Object{Kind: "music", ID: "jazz", Name: "Jazz", Body: json.RawMessage(`{"order":"name","files":["stolen"]}`)}, -1); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`{"order":"name"}`, body()); diff != "" {
		t.Errorf("files that nobody uploaded (-want +got)\n%s", diff)
	}
	if err := m.PutSong(ctx, "jazz", "one", strings.NewReader("ID3 and so on")); !errors.Is(err, portal.ErrSound) {
		t.Errorf("no WAV: %v", err)
	}
	for _, name := range []string{"one", "two", "one"} {
		if err := m.PutSong(ctx, "jazz", name, bytes.NewReader(wav)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.PutObject(ctx, pbx.Object{Kind: "music", ID: "jazz", Name: "Jazz", Body: json.RawMessage(`{"order":"random"}`)}, 0); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`{"files":["one","two"],"order":"random"}`, body()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if file, err := m.Song(ctx, "jazz", "one"); err != nil || !bytes.Equal(file, wav) {
		t.Errorf("%d bytes, %v", len(file), err)
	}
	if err := m.DropSong(ctx, "jazz", "one"); err != nil {
		t.Fatal(err)
	}
	if err := m.DropSong(ctx, "jazz", "one"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("twice: %v", err)
	}
	if diff := cmp.Diff(`{"files":["two"],"order":"random"}`, body()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if err := d.DropObject(ctx, "music", "jazz", 0); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("what is left: %v %v", left, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "jazz")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}
