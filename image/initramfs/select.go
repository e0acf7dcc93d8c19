package initramfs

import (
	_ "embed"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

//go:embed drivers.txt
var drivers string

// Chosen names the modules of an index that init needs, with what they depend on, sorted.
func Chosen(x *Index) ([]string, error) {
	chosen := map[string]bool{}
	for line := range strings.Lines(drivers) {
		want, must := strings.CutPrefix(strings.TrimSpace(line), "! ")
		if want == "" || strings.HasPrefix(want, "#") {
			continue
		}
		found := false
		for name, file := range x.files {
			if under(file, "kernel/"+want) {
				found = true
				for _, m := range x.Order(name) {
					chosen[m] = true
				}
			}
		}
		if must && !found && !x.Builtin(ModuleName(want)) {
			return nil, fmt.Errorf("the kernel has no driver %s, as module or built in: init cannot mount the card without it", path.Base(want))
		}
	}
	return slices.Sorted(maps.Keys(chosen)), nil
}

// under tells whether a module's file is the wanted one or lies in the wanted directory.
func under(file, want string) bool {
	return strings.HasPrefix(file, want+".ko") || strings.HasPrefix(file, want+"/")
}
