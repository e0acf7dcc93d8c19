package rootfs

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"autocom/image"
)

// format changes when split or the files in the cache do.
const format = 1

// Key names everything that goes into a root file system: same key, same packages
// installed in the same way. What comes later (overlay, modules kept, command line,
// version) is not in it.
func Key(r image.Recipe, u Users) string {
	in := struct {
		Format  int
		Command []string
		Kernel  []string
		Epoch   int64
		Source  []string
		Users   Users
		Hooks   [2]string
	}{
		Format: format, Command: settings(r), Kernel: r.Board.Kernel, Epoch: r.SourceDate.Unix(),
		Source: sources(r), Users: u, Hooks: [2]string{usersHook, kernelHook},
	}
	data, err := json.Marshal(in)
	if err != nil {
		panic("rootfs: a key always marshals: " + err.Error())
	}
	sum := sha256.Sum256(data)
	return r.Board.Arch + "-" + hex.EncodeToString(sum[:8])
}
