package rootfs

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"autocom/image"
)

// split copies the tree's tar to root and the packages in debsDir to debs, and reads on
// the way which packages are installed and which accounts exist.
func split(from io.Reader, root, debs string, u Users) ([]image.Package, error) {
	out, err := os.Create(root)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	buffer := bufio.NewWriterSize(out, 1<<20)
	in, w := tar.NewReader(from), tar.NewWriter(buffer)
	keep := map[string][]byte{"var/lib/dpkg/status": nil, "etc/passwd": nil, "etc/group": nil}
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read mmdebstrap's tar: %w", err)
		}
		name := path.Clean(h.Name)
		if name == debsDir {
			continue
		}
		if path.Dir(name) == debsDir {
			if err := copyFile(filepath.Join(debs, path.Base(name)), in); err != nil {
				return nil, err
			}
			continue
		}
		var body io.Reader = in
		if _, wanted := keep[name]; wanted {
			if keep[name], err = io.ReadAll(in); err != nil {
				return nil, err
			}
			body = bytes.NewReader(keep[name])
		}
		if err := w.WriteHeader(h); err != nil {
			return nil, fmt.Errorf("write %s: %w", root, err)
		}
		if _, err := io.Copy(w, body); err != nil {
			return nil, fmt.Errorf("write %s: %w", root, err)
		}
	}
	// mmdebstrap pads its tar; unread it would die of SIGPIPE and look failed.
	if _, err := io.Copy(io.Discard, from); err != nil {
		return nil, err
	}
	for _, step := range []func() error{w.Close, buffer.Flush, out.Sync, out.Close} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("write %s: %w", root, err)
		}
	}
	if err := strangers(keep["etc/passwd"], keep["etc/group"], u); err != nil {
		return nil, err
	}
	return installed(keep["var/lib/dpkg/status"])
}

func copyFile(to string, from io.Reader) error {
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := io.Copy(f, from); err != nil {
		return fmt.Errorf("write %s: %w", to, err)
	}
	return f.Close()
}

// strangers finds accounts that a package made for itself. Their ids depend on the order
// of installation: after an update, files on the data partition would belong to somebody
// else (Asterisk's came out as 101 once). Debian's base-passwd owns 0-99 and 65534.
func strangers(passwd, group []byte, u Users) error {
	for file, both := range map[string][2][]byte{"passwd": {passwd, u.Passwd}, "group": {group, u.Group}} {
		ours := map[string]bool{}
		for line := range strings.Lines(string(both[1])) {
			ours[strings.SplitN(line, ":", 2)[0]] = true
		}
		for line := range strings.Lines(string(both[0])) {
			f := strings.Split(strings.TrimSpace(line), ":")
			if len(f) < 3 || ours[f[0]] || len(f[2]) <= 2 || f[2] == "100" || f[2] == "65534" {
				continue // "100": group users of base-passwd
			}
			return fmt.Errorf("a package gave itself the account %s (%s in %s): give it a fixed id in overlay/users", f[0], f[2], file)
		}
	}
	return nil
}

var field = regexp.MustCompile(`(?m)^(Package|Version|Architecture|Status): (.*)$`)

// installed reads dpkg's status file.
func installed(status []byte) ([]image.Package, error) {
	var list []image.Package
	for _, block := range strings.Split(string(status), "\n\n") {
		p := map[string]string{}
		for _, m := range field.FindAllStringSubmatch(block, -1) {
			p[m[1]] = m[2]
		}
		if p["Status"] == "install ok installed" {
			list = append(list, image.Package{Name: p["Package"], Version: p["Version"], Arch: p["Architecture"]})
		}
	}
	if len(list) == 0 {
		return nil, errors.New("no package is installed in the root file system: var/lib/dpkg/status is empty")
	}
	return list, nil
}

// debPackages asks the fetched packages who they are.
func debPackages(ctx context.Context, dir string) ([]image.Package, error) {
	files, err := debFiles(dir)
	if err != nil {
		return nil, err
	}
	var list []image.Package
	for _, f := range files {
		out, err := exec.CommandContext(ctx, "dpkg-deb", "-f", f, "Package", "Version", "Architecture").Output()
		if err != nil {
			return nil, fmt.Errorf("read the package %s: %w", filepath.Base(f), err)
		}
		p := map[string]string{}
		for _, m := range field.FindAllStringSubmatch(string(out), -1) {
			p[m[1]] = m[2]
		}
		list = append(list, image.Package{Name: p["Package"], Version: p["Version"], Arch: p["Architecture"]})
	}
	return list, nil
}
