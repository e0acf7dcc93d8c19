package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"autocom/pbx/ami"
	"autocom/pbx/record"
	"autocom/portal"
)

func (a archive) DropRecordings(ctx context.Context, id string) error {
	c, err := a.call(ctx, id)
	if err != nil {
		return err
	}
	for _, name := range c.Recordings {
		file, ok := recordingFile(name)
		if !ok {
			continue
		}
		if err := removeTheirs(recordingsDir(a.data), file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("erase the recordings of call %s: %w", id, err)
		}
	}
	c.Recordings = []string{}
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return a.records.SetCall(ctx, id, string(text))
}

func (a archive) Recording(ctx context.Context, id string, n int) (portal.Recording, error) {
	c, err := a.call(ctx, id)
	if err != nil {
		return nil, err
	}
	if n >= len(c.Recordings) {
		return nil, fmt.Errorf("call %q has no recording %d: %w", id, n, fs.ErrNotExist)
	}
	name, ok := recordingFile(c.Recordings[n])
	if !ok {
		return nil, fmt.Errorf("recording of call %q: %w", id, fs.ErrNotExist)
	}
	f, err := openTheirs(recordingsDir(a.data), name)
	if err != nil {
		return nil, fmt.Errorf("recording of call %q: %w", id, err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return sound{f, info.ModTime()}, nil
}

// sound is an open recording.
type sound struct {
	*os.File
	at time.Time
}

func (s sound) ModTime() time.Time { return s.at }

// recordingFile is where below recordingsDir a recording lies that Asterisk has named; a name
// of another place is none.
func recordingFile(name string) (string, bool) {
	rest, ok := strings.CutPrefix(name, record.Dir+"/")
	if !ok || !filepath.IsLocal(rest) {
		return "", false
	}
	if base, small := strings.CutSuffix(rest, ".wav49"); small {
		rest = base + ".WAV" // Asterisk's name for GSM in a WAV
	}
	return rest, true
}

// stopRecording sets the key of Asterisk's own database that ac-record looks at. It is
// emptied, not deleted: Asterisk warns about a key to delete that is not there.
func stopRecording(ctx context.Context, c *ami.Client, stop bool) error {
	value := ""
	if stop {
		value = "1"
	}
	_, err := c.Do(ctx, ami.Action{Name: "DBPut", Fields: []ami.Field{
		{Key: "Family", Value: "ac/recording"}, {Key: "Key", Value: "stop"}, {Key: "Val", Value: value}}})
	return err
}
