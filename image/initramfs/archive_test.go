package initramfs

import (
	"io"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/u-root/u-root/pkg/cpio"
)

// fstestMap is the modules' directory of an archive.
func fstestMap(t *testing.T, a *cpio.Archive) fstest.MapFS {
	t.Helper()
	m := fstest.MapFS{}
	for name, r := range a.Files {
		rel, ok := strings.CutPrefix(name, "lib/modules/"+kernelRelease+"/")
		if !ok || r.Mode&0o170000 != 0o100000 {
			continue
		}
		data, err := io.ReadAll(io.NewSectionReader(r.ReaderAt, 0, int64(r.FileSize)))
		if err != nil {
			t.Fatal(err)
		}
		m[rel] = &fstest.MapFile{Data: data}
	}
	return m
}
