package recipe

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"autocom/image"
)

var (
	// Debian Policy 5.6.7, with the ":arch" and "=version" that apt also takes left out:
	// a recipe that pins versions belongs to a snapshot mirror.
	packageName = regexp.MustCompile(`^[a-z0-9][a-z0-9+.-]+$`)
	word        = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`) // suites and components
	version     = regexp.MustCompile(`^[0-9]+(\.[0-9]+)*([.~+-][0-9A-Za-z]+)*$`)
)

// Boot partition: fewer clusters than 65525 would make the FAT a FAT16 for some
// readers, and old Raspberry firmware reads no large FAT.
const minBootMiB, maxBootMiB = 288, 512

// validate checks a recipe before anything runs, so that a build does not stop after
// ten minutes for a spelling.
func validate(r image.Recipe) error {
	switch {
	case !word.MatchString(r.Suite):
		return fmt.Errorf("suite %q is no name of a Debian suite: write for example suite = \"forky\"", r.Suite)
	case len(r.Components) == 0:
		return errors.New("components is empty: write at least components = [\"main\"]")
	case len(r.Packages) == 0:
		return errors.New("packages is empty: leave the key out to take the base's")
	case !version.MatchString(r.Version):
		return fmt.Errorf("version %q is none: write for example version = \"0.1.0\"", r.Version)
	case r.SourceDate.Year() < 2020 || r.SourceDate.Year() > 2100:
		return fmt.Errorf("source_date is of the year %d: write for example source_date = 2026-11-01T00:00:00Z", r.SourceDate.Year())
	case r.BootPartitionMiB < minBootMiB || r.BootPartitionMiB > maxBootMiB:
		return fmt.Errorf("boot_partition_mib = %d is outside %d to %d: two slots need room and old Raspberry firmware reads no larger FAT",
			r.BootPartitionMiB, minBootMiB, maxBootMiB)
	}
	if err := checkMirror(r.Mirror); err != nil {
		return err
	}
	for _, c := range r.Components {
		if !word.MatchString(c) {
			return fmt.Errorf("component %q is no name of a Debian component: write for example \"main\"", c)
		}
	}
	for _, p := range slices.Concat(r.Packages, r.Board.Packages, r.Board.Kernel) {
		if !packageName.MatchString(p) {
			return fmt.Errorf("package %q is no name of a Debian package: small letters, digits and + - . only", p)
		}
	}
	if i := strings.IndexFunc(r.Board.Cmdline, func(c rune) bool { return unicode.IsControl(c) || c > unicode.MaxASCII }); i >= 0 {
		return fmt.Errorf("cmdline has the character %q: the firmware reads one line of plain ASCII", r.Board.Cmdline[i])
	}
	return nil
}

func checkMirror(mirror string) error {
	if mirror == "" {
		return nil
	}
	u, err := url.Parse(mirror)
	if err != nil || !slices.Contains([]string{"http", "https", "file"}, u.Scheme) || strings.ContainsAny(mirror, " \t\n'\"[]") {
		return fmt.Errorf("mirror %q is no address: write http://… or leave the key out for Debian's own", mirror)
	}
	if u.User != nil {
		return errors.New("mirror has a user name or password in it: it would end up in the image, use a mirror without one")
	}
	return nil
}
