package rootfs

import (
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// keptRoots is how many root file systems stay in the cache: two architectures, each
// with a recipe of the owner's. One takes about 600 MB.
const keptRoots = 4

// touch marks a root file system as used now.
func touch(dir string, now time.Time) { _ = os.Chtimes(dir, now, now) }

// prune removes the ones that were not used for longest. One that a build is using has
// its lock held, and stays.
func prune(cache string) error {
	dirs, err := filepath.Glob(filepath.Join(cache, "*", "made.json"))
	if err != nil {
		return err
	}
	used := map[string]time.Time{}
	for i, d := range dirs {
		dirs[i] = filepath.Dir(d)
		info, err := os.Stat(dirs[i])
		if err != nil {
			return err
		}
		used[dirs[i]] = info.ModTime()
	}
	slices.SortFunc(dirs, func(a, b string) int { return used[b].Compare(used[a]) })
	for _, dir := range dirs[min(keptRoots, len(dirs)):] {
		if err := removeUnlocked(dir); err != nil {
			return err
		}
	}
	return nil
}

func removeUnlocked(dir string) error {
	f, err := os.OpenFile(dir+".lock", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil // in use
	}
	return os.RemoveAll(dir)
}
