package overlay

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFilesHaveModesAndOwners(t *testing.T) {
	files, err := Files()
	if err != nil {
		t.Fatal(err)
	}
	byPath := map[string]File{}
	for _, f := range files {
		f.Data = nil
		byPath[f.Path] = f
	}
	for _, want := range []File{
		{Path: "etc/asterisk", Link: "/data/asterisk/current", Mode: 0o777},
		{Path: "etc/ssh/sshd_config.d/autocom.conf", Mode: 0o600},
		{Path: "etc/systemd/system/getty@.service", Link: "/dev/null", Mode: 0o777},
		{Path: "etc/systemd/system/multi-user.target.wants/autocomd.service", Link: "/etc/systemd/system/autocomd.service", Mode: 0o777},
		{Path: "data", Dir: true, Mode: 0o755},
		{Path: "usr/share/autocom/persist.toml", Mode: 0o644},
	} {
		if diff := cmp.Diff(want, byPath[want.Path]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", want.Path, diff)
		}
	}
}

func TestEveryWantedUnitOfOursExists(t *testing.T) {
	files, err := Files()
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	for _, f := range files {
		have["/"+f.Path] = true
	}
	for _, f := range files {
		if strings.HasPrefix(f.Link, "/etc/systemd/system/") && !have[f.Link] {
			t.Errorf("%s points to %s, which the overlay does not have", f.Path, f.Link)
		}
	}
}

func TestAccountsAreFixedAndDistinct(t *testing.T) {
	a, err := accounts()
	if err != nil {
		t.Fatal(err)
	}
	// The numbers are on data partitions in the field: they never change.
	want := map[string]int{"root": 0, "asterisk": 901, "autocomd": 902, "messagebus": 903, "sshd": 904,
		"_chrony": 905, "systemd-network": 906, "dnsmasq": 907, "systemd-resolve": 908}
	if diff := cmp.Diff(want, a.user); diff != "" {
		t.Errorf("users (-want +got):\n%s", diff)
	}
}

func TestOwnerNamesTheUnknown(t *testing.T) {
	a, err := accounts()
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = a.owner("asterisk:nobody")
	want := `overlay: manifest.toml: owner "asterisk:nobody": no group "nobody" in users/group`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
