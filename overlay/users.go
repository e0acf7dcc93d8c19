package overlay

import (
	"fmt"
	"strconv"
	"strings"
)

// ids maps names of users and groups to their fixed numbers.
type ids struct{ user, group map[string]int }

// accounts reads users/passwd and users/group; a number given twice is an error.
func accounts() (ids, error) {
	a := ids{user: map[string]int{"root": 0}, group: map[string]int{"root": 0, "adm": 4, "shadow": 42}}
	for _, part := range []struct {
		name string
		data []byte
		into map[string]int
	}{{"passwd", Passwd(), a.user}, {"group", Group(), a.group}} {
		seen := map[int]string{}
		for line := range strings.Lines(string(part.data)) {
			f := strings.Split(strings.TrimSpace(line), ":")
			if len(f) < 3 {
				return ids{}, fmt.Errorf("overlay: users/%s: %q is no account", part.name, line)
			}
			id, err := strconv.Atoi(f[2])
			if err != nil {
				return ids{}, fmt.Errorf("overlay: users/%s: %s: %w", part.name, f[0], err)
			}
			if other, twice := seen[id]; twice {
				return ids{}, fmt.Errorf("overlay: users/%s: %s and %s have the same number %d", part.name, other, f[0], id)
			}
			seen[id], part.into[f[0]] = f[0], id
		}
	}
	return a, nil
}

// owner reads "user:group"; "" is root:root.
func (a ids) owner(s string) (uid, gid int, err error) {
	if s == "" {
		return 0, 0, nil
	}
	user, group, _ := strings.Cut(s, ":")
	uid, known := a.user[user]
	if !known {
		return 0, 0, fmt.Errorf("overlay: manifest.toml: owner %q: no user %q in users/passwd", s, user)
	}
	if gid, known = a.group[group]; !known {
		return 0, 0, fmt.Errorf("overlay: manifest.toml: owner %q: no group %q in users/group", s, group)
	}
	return uid, gid, nil
}
