package main

import (
	"bytes"
	"log/slog"
	"regexp"
	"strings"
	"testing"
)

// Whoever sets such a key reads in the journal, once, that nothing listens there.
func TestTheJournalSaysWhatIsNotServed(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "",
		"https = ':443'\ntftp = ':69'":    "",
		"https = ''\ntftp = ''":           "",
		"https = ':8443'":                 "key=listen.https value=:8443",
		"https = ':8443'\ntftp = ':6969'": "key=listen.https value=:8443, key=listen.tftp value=:6969",
	} {
		c, err := parseConfig([]byte("[listen]\n" + text))
		if err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		sayNotYet(c, slog.New(slog.NewTextHandler(&log, nil)))
		got := strings.Join(regexp.MustCompile(`key=\S+ value=\S+`).FindAllString(log.String(), -1), ", ")
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
