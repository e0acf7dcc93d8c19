package serve

import (
	"regexp"
	"strings"
)

// Names that phones ask for are short and flat; what else comes is a scanner.
var (
	namePattern  = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._+ -]{0,127}$`)
	tokenPattern = regexp.MustCompile(`^[0-9A-Za-z_-]{8,128}$`)
)

// split takes the token and the file name from a request's path: "/name" or
// "/p/<token>/name". False means that no file can have this name.
func split(path string) (token, name string, ok bool) {
	name = strings.TrimPrefix(path, "/")
	if rest, is := strings.CutPrefix(name, "p/"); is {
		if token, name, is = strings.Cut(rest, "/"); !is || !tokenPattern.MatchString(token) {
			return "", "", false
		}
	}
	// Some firmware doubles the slash when the folder's address already ends in one.
	name = strings.TrimPrefix(name, "/")
	if !namePattern.MatchString(name) || strings.Contains(name, "..") {
		return "", "", false
	}
	return token, name, true
}
