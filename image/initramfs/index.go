package initramfs

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Index is what depmod(8) wrote about the modules of one kernel: where each lies, what
// it needs, and which devices it drives. Pack writes a smaller one into the initramfs,
// and init reads that.
type Index struct {
	files   map[string]string   // module → path under the index's directory
	needs   map[string][]string // module → modules of modules.dep, nearest first
	pre     map[string][]string // softdep: to load before, when there
	post    map[string][]string // softdep: to load after, when there
	aliases []alias
	builtin map[string]bool
}

type alias struct{ pattern, module string }

// ReadIndex reads modules.dep, modules.alias, and where they exist modules.softdep and
// modules.builtin of a directory such as /lib/modules/<release>.
func ReadIndex(dir fs.FS) (*Index, error) {
	x := &Index{
		files: map[string]string{}, needs: map[string][]string{},
		pre: map[string][]string{}, post: map[string][]string{}, builtin: map[string]bool{},
	}
	for _, part := range []struct {
		name string
		must bool
		line func(string)
	}{
		{"modules.dep", true, x.dep},
		{"modules.alias", true, x.alias},
		{"modules.softdep", false, x.softdep},
		{"modules.builtin", false, func(l string) { x.builtin[ModuleName(l)] = true }},
	} {
		f, err := dir.Open(part.name)
		if errors.Is(err, fs.ErrNotExist) && !part.must {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read the index of modules: %w: run depmod", err)
		}
		s := bufio.NewScanner(f)
		s.Buffer(nil, 1<<20)
		for s.Scan() {
			if l := strings.TrimSpace(s.Text()); l != "" && !strings.HasPrefix(l, "#") {
				part.line(l)
			}
		}
		f.Close()
		if s.Err() != nil {
			return nil, fmt.Errorf("read the index of modules: %s: %w", part.name, s.Err())
		}
	}
	return x, nil
}

// ModuleName is the kernel's name for a file: kernel/fs/nls/nls_cp437.ko.xz is
// nls_cp437; the kernel makes no difference between - and _.
func ModuleName(file string) string {
	name, _, _ := strings.Cut(path.Base(file), ".ko")
	return strings.ReplaceAll(name, "-", "_")
}

// dep reads "kernel/a.ko: kernel/b.ko kernel/c.ko".
func (x *Index) dep(line string) {
	file, deps, ok := strings.Cut(line, ":")
	if !ok {
		return
	}
	name := ModuleName(file)
	x.files[name] = file
	for _, d := range strings.Fields(deps) {
		x.needs[name] = append(x.needs[name], ModuleName(d))
	}
}

// alias reads "alias of:N*T*Cbrcm,bcm2835-wdt* bcm2835_wdt".
func (x *Index) alias(line string) {
	if f := strings.Fields(line); len(f) == 3 && f[0] == "alias" {
		x.aliases = append(x.aliases, alias{f[1], ModuleName(f[2])})
	}
}

// softdep reads "softdep uas pre: usb-storage post: x".
func (x *Index) softdep(line string) {
	f := strings.Fields(line)
	if len(f) < 3 || f[0] != "softdep" {
		return
	}
	name, into := ModuleName(f[1]), (map[string][]string)(nil)
	for _, w := range f[2:] {
		switch w {
		case "pre:":
			into = x.pre
		case "post:":
			into = x.post
		default:
			if into != nil {
				into[name] = append(into[name], ModuleName(w))
			}
		}
	}
}

// Match names the modules that drive a device, from the text of its modalias file.
func (x *Index) Match(modalias string) []string {
	modalias = strings.TrimSpace(modalias)
	var found []string
	for _, a := range x.aliases {
		if !slices.Contains(found, a.module) && glob(a.pattern, modalias) {
			found = append(found, a.module)
		}
	}
	return found
}

// File is where a module lies under the index's directory; "" when it is no module.
func (x *Index) File(module string) string { return x.files[module] }

// Builtin says whether the kernel has the module's code in itself.
func (x *Index) Builtin(module string) bool { return x.builtin[module] }

// Order lists a module with all that it needs, each before what needs it, and the soft
// dependencies that exist. It is empty for a name that is no module.
func (x *Index) Order(module string) []string {
	var order []string
	x.visit(module, map[string]bool{}, &order)
	return order
}

func (x *Index) visit(module string, seen map[string]bool, order *[]string) {
	if seen[module] {
		return
	}
	seen[module] = true
	if x.files[module] == "" {
		// A softdep may name an alias ("crypto-crc32c") instead of a module.
		for _, m := range x.Match(module) {
			x.visit(m, seen, order)
		}
		return
	}
	for _, m := range x.pre[module] {
		x.visit(m, seen, order)
	}
	for _, m := range slices.Backward(x.needs[module]) { // depmod lists the farthest last
		x.visit(m, seen, order)
	}
	*order = append(*order, module)
	for _, m := range x.post[module] {
		x.visit(m, seen, order)
	}
}

// glob matches as fnmatch(3) without flags does: * ? [a-z], and "/" is a character like
// others, which path.Match sees differently. - and _ are the same, as for modprobe(8).
func glob(pattern, s string) bool {
	for pattern != "" {
		switch pattern[0] {
		case '*':
			for pattern != "" && pattern[0] == '*' {
				pattern = pattern[1:]
			}
			if pattern == "" {
				return true
			}
			for i := range len(s) + 1 {
				if glob(pattern, s[i:]) {
					return true
				}
			}
			return false
		case '[':
			end := strings.IndexByte(pattern, ']')
			if end < 0 || s == "" || !class(pattern[1:end], s[0]) {
				return false
			}
			pattern, s = pattern[end+1:], s[1:]
		default:
			if s == "" || pattern[0] != '?' && same(pattern[0]) != same(s[0]) {
				return false
			}
			pattern, s = pattern[1:], s[1:]
		}
	}
	return s == ""
}

func same(c byte) byte {
	if c == '-' {
		return '_'
	}
	return c
}

// class reads the inside of [0-9A-F].
func class(set string, c byte) bool {
	for i := 0; i < len(set); i++ {
		if i+2 < len(set) && set[i+1] == '-' {
			if set[i] <= c && c <= set[i+2] {
				return true
			}
			i += 2
		} else if set[i] == c {
			return true
		}
	}
	return false
}
