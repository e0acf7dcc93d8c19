package slot

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// keep decides which modules the running system gets: those whose path is in, or under,
// one of the wanted ones, and everything that these need. dep is modules.dep.
func keep(dep []byte, wanted []string) ([]string, error) {
	needs := map[string][]string{}
	lines := bufio.NewScanner(bytes.NewReader(dep))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		module, list, ok := strings.Cut(lines.Text(), ":")
		if !ok {
			return nil, fmt.Errorf("modules.dep: %q is no line of it", lines.Text())
		}
		needs[module] = strings.Fields(list)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("modules.dep: %w", err)
	}
	kept := map[string]bool{}
	for _, w := range wanted {
		found := false
		for module := range needs {
			plain := uncompressed(module)
			if plain == w || strings.HasPrefix(plain, strings.TrimSuffix(w, "/")+"/") {
				found, kept[module] = true, true
				for _, n := range needs[module] { // modules.dep lists them all, not only the direct ones
					kept[n] = true
				}
			}
		}
		// A kernel may have built it in; a whole directory that is gone is a spelling.
		if _, is := strings.CutSuffix(w, ".ko"); !found && !is {
			return nil, fmt.Errorf("modules: the kernel has no module under %q: correct the board's list", w)
		}
	}
	var out []string
	for module := range kept {
		out = append(out, module)
	}
	slices.Sort(out)
	return out, nil
}

// uncompressed is a module's path without what Debian compresses it with.
func uncompressed(module string) string { return strings.TrimSuffix(module, ".xz") }

// modules copies the kept modules to dir/lib/modules/<release>, uncompressed: the squashfs
// compresses them itself, and a Pi loads them several times faster.
func modules(ctx context.Context, k Kernel, wanted []string, dir string) error {
	dep, err := os.ReadFile(filepath.Join(k.Modules, "modules.dep"))
	if err != nil {
		return err
	}
	kept, err := keep(dep, wanted)
	if err != nil {
		return err
	}
	to := filepath.Join(dir, "lib/modules", k.Release)
	var packed []string
	for _, m := range kept {
		if err := copyPath(filepath.Join(to, m), filepath.Join(k.Modules, m)); err != nil {
			return err
		}
		if strings.HasSuffix(m, ".xz") {
			packed = append(packed, m)
		}
	}
	if len(packed) > 0 {
		unxz := exec.CommandContext(ctx, "xargs", "-0", "-P2", "-n200", "xz", "--decompress", "--")
		unxz.Dir, unxz.Stdin = to, strings.NewReader(strings.Join(packed, "\x00"))
		if out, err := unxz.CombinedOutput(); err != nil {
			return fmt.Errorf("uncompress the modules: %w: %s", err, bytes.TrimSpace(out))
		}
	}
	for _, index := range []string{"modules.builtin", "modules.builtin.modinfo", "modules.order"} {
		if err := copyPath(filepath.Join(to, index), filepath.Join(k.Modules, index)); err != nil {
			return err
		}
	}
	return run(ctx, "depmod", "-b", dir, k.Release)
}

func copyPath(to, from string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o644)
}

// addTree puts a directory of files into the tree under prefix, owned by root.
func (t *tree) addTree(dir, prefix string) error {
	return filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		t.put(filePath(filepath.ToSlash(filepath.Join(prefix, rel)), p, info.Size()))
		return nil
	})
}
