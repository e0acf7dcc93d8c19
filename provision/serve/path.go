package serve

import (
	"regexp"
	"strings"
)

// Names that phones ask for are short and lie at most three folders deep
// ("Cisco/CP-7841-3PCC/001122334455.cfg"); what else comes is a scanner.
const (
	maxName  = 128
	maxParts = 4
)

var (
	partPattern  = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._+ -]*$`)
	tokenPattern = regexp.MustCompile(`^[0-9A-Za-z_-]{8,128}$`)
)

// split takes the token and the file name from a request's path: "/name",
// "/folder/name" or "/p/<token>/name". False means that no file can have this name.
func split(path string) (token, name string, ok bool) {
	name = strings.TrimPrefix(path, "/")
	if rest, is := strings.CutPrefix(name, "p/"); is {
		if token, name, is = strings.Cut(rest, "/"); !is || !tokenPattern.MatchString(token) {
			return "", "", false
		}
	}
	// Some firmware doubles the slash when the folder's address already ends in one.
	name = strings.TrimPrefix(name, "/")
	if !plain(name) {
		return "", "", false
	}
	return token, name, true
}

// plain reports whether a file of ours may have a name.
func plain(name string) bool {
	parts := strings.Split(name, "/")
	if len(name) > maxName || len(parts) > maxParts || len(parts) > 1 && parts[0] == "p" {
		return false
	}
	for _, p := range parts {
		if !partPattern.MatchString(p) || strings.Contains(p, "..") {
			return false
		}
	}
	return true
}
