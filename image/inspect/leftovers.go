package inspect

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// forbidden are paths that must not be in a system, and why. Directories do not count.
var forbidden = []struct{ pattern, why string }{
	{"etc/ssh/ssh_host_*", "every card would have the same host key"},
	{"etc/ssl/private/*", "every card would have the same key"},
	{"var/lib/systemd/random-seed", "every card would start with the same random numbers"},
	{"var/lib/systemd/credential.secret", "every card would have the same secret"},
	{"root/.ssh/*", "somebody could log in on every card"},
	{"root/.*history", "it is the history of a shell of the build"},
	{"root/.netrc", "it holds passwords"},
	{"etc/apt/auth.conf", "it holds passwords"},
	{"etc/apt/auth.conf.d/*", "it holds passwords"},
	{"usr/bin/qemu-*", "it is the emulator of the build machine"},
	{"usr/libexec/qemu-binfmt/*", "it is the emulator of the build machine"},
	{"var/lib/apt/lists/*_*", "it is a package list of the build"},
	{"var/cache/apt/*.bin", "it is a cache of the build"},
	{"var/cache/apt/archives/*.deb", "it is a cache of the build"},
	{"var/log/*.log", "it is a log of the build"},
	{"var/log/apt/*", "it is a log of the build"},
	{"tmp/*", "it is a temporary file of the build"},
	{"var/tmp/*", "it is a temporary file of the build"},
	{"etc/asterisk/*.conf", "the configuration is rendered on the card, never the distribution's samples"},
}

// required are what init and the first start need.
var required = []string{
	"usr/lib/systemd/systemd", "usr/sbin/e2fsck", "usr/sbin/mkfs.ext4", "usr/sbin/e2label", "etc/mke2fs.conf",
	"usr/share/autocom/persist.toml",
}

// leftovers lists, in sentences, what must not be in a system and what is missing.
func leftovers(s *system, kernel string) []string {
	var found []string
	say := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }

	for _, name := range slices.Sorted(maps.Keys(s.entries)) {
		if e := s.entries[name]; e.mode.IsDir() || e.mode&fs.ModeSymlink != 0 {
			continue
		}
		for _, f := range forbidden {
			if ok, _ := path.Match(f.pattern, name); ok { // the patterns are well-formed
				say("%s must not be there: %s", name, f.why)
			}
		}
	}
	for _, name := range append(slices.Clone(required), "usr/lib/modules/"+kernel+"/modules.dep") {
		if !s.exists(name) {
			say("%s is missing: the card would not start", name)
		}
	}
	identity(s, say)
	accounts(s, say)
	keys(s, say)
	persistent(s, say)
	return found
}

// identity: names and addresses of the build machine.
func identity(s *system, say func(string, ...any)) {
	if e, ok := s.entries["etc/machine-id"]; !ok || e.mode.IsRegular() && e.size != 0 {
		say("etc/machine-id is not an empty file: every card would be the same machine")
	}
	if e, ok := s.entries["var/lib/dbus/machine-id"]; ok && e.mode.IsRegular() && e.size != 0 {
		say("var/lib/dbus/machine-id is not empty: every card would be the same machine")
	}
	if e, ok := s.entries["etc/resolv.conf"]; ok && e.mode.IsRegular() {
		text, _ := s.read("etc/resolv.conf")
		for line := range strings.Lines(string(text)) {
			if f := strings.Fields(line); len(f) > 1 && (f[0] == "search" || f[0] == "domain" || f[0] == "nameserver" && !strings.HasPrefix(f[1], "127.")) {
				say("etc/resolv.conf is of the build machine: it says %q", strings.TrimSpace(line))
				break
			}
		}
	}
	if text, err := s.read("etc/hostname"); err == nil && strings.TrimSpace(string(text)) != "autocom" {
		say("etc/hostname says %q: it is of the build machine", strings.TrimSpace(string(text)))
	}
	// The name of this machine is the only one that can be known to be wrong.
	if me, err := os.Hostname(); err == nil && me != "autocom" && me != "localhost" {
		text, _ := s.read("etc/hosts")
		for line := range strings.Lines(string(text)) {
			if slices.Contains(strings.Fields(line), me) {
				say("etc/hosts names the build machine, %q", me)
				break
			}
		}
	}
}

// noPassword are fields that no password matches (shadow(5)).
var noPassword = []string{"*", "!", "!!", "!*", "x"}

// accounts: any other field is the hash of a password, or the lack of one.
func accounts(s *system, say func(string, ...any)) {
	for _, file := range []string{"etc/shadow", "etc/gshadow", "etc/passwd"} {
		text, err := s.read(file)
		if err != nil {
			say("%s cannot be read: %v", file, err)
			continue
		}
		for line := range strings.Lines(string(text)) {
			f := strings.Split(strings.TrimSpace(line), ":")
			if len(f) < 2 {
				continue
			}
			locked := slices.Contains(noPassword, f[1]) || f[1] == "" && file == "etc/gshadow"
			if !locked {
				say("%s gives %s a default password or none: lock it with \"*\"", file, f[0])
			}
		}
	}
}

var (
	privateKey = []byte("PRIVATE KEY-----")
	userInURL  = regexp.MustCompile(`[a-z]+://[^/\s:@]+:[^/\s@]+@`)
)

// keys looks into small files where a secret of the build might lie.
func keys(s *system, say func(string, ...any)) {
	for _, name := range slices.Sorted(maps.Keys(s.entries)) {
		e := s.entries[name]
		top, _, _ := strings.Cut(name, "/")
		if !e.mode.IsRegular() || e.size > 256<<10 || !slices.Contains([]string{"etc", "root", "home", "srv", "opt"}, top) {
			continue
		}
		if strings.HasPrefix(name, "etc/ssh/ssh_host_") {
			continue // forbidden by name
		}
		text, err := s.read(name)
		switch {
		case err != nil:
			say("%s cannot be read: %v", name, err)
		case bytes.Contains(text, privateKey):
			say("%s holds a private key: every card would have the same", name)
		case userInURL.Match(text):
			say("%s holds an address with a password", name)
		}
	}
}

// persistent: what persist.toml binds must exist, or init could not mount it.
func persistent(s *system, say func(string, ...any)) {
	text, err := s.read("usr/share/autocom/persist.toml")
	if err != nil {
		return // said by required
	}
	var doc struct {
		Keep []struct {
			Data, Path string
		}
	}
	if err := toml.Unmarshal(text, &doc); err != nil {
		say("usr/share/autocom/persist.toml: %v", err)
		return
	}
	for _, k := range doc.Keep {
		if e, ok := s.entries[strings.TrimPrefix(k.Path, "/")]; k.Path != "" && (!ok || !e.mode.IsDir()) {
			say("persist.toml keeps %s, which is no directory in the system", k.Path)
		}
	}
}

var secretKey = regexp.MustCompile(`(?mi)^\s*\w*(password|secret|token|authtoken)\w*\s*=\s*["'][^"']+["']`)

// checkSecrets looks for a password that someone left in the owner's file on the FAT.
func (x *examination) checkSecrets() {
	text, err := x.boot.read("autocom.toml")
	if err != nil {
		x.problem("FAT", "autocom.toml is missing: the owner could not change a setting")
		return
	}
	if m := secretKey.Find(text); m != nil {
		key, _, _ := strings.Cut(string(bytes.TrimSpace(m)), "=")
		x.problem("FAT", "autocom.toml sets %s: an image has no default password", strings.TrimSpace(key))
	}
	if x.boot.has("boot-error.txt") {
		x.problem("FAT", "boot-error.txt is there: it is the trace of a failed start")
	}
}
