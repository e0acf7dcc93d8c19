package main

import (
	"strings"
	"testing"
	"time"

	"autocom/image"
)

func TestTheBillNamesWhatIsInTheImage(t *testing.T) {
	packages := []image.Package{{Name: "asterisk", Version: "1:22.10.1-1", Arch: "arm64"}}
	bill, err := spdx("autocom.img", "abc", time.Unix(0, 0), packages, []byte("jssip 3.13.8 MIT\n@scope/thing 1.0.0 ISC\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"pkg:deb/debian/asterisk@1%3A22.10.1-1?arch=arm64"`, `"pkg:npm/jssip@3.13.8"`, `"pkg:npm/%40scope/thing@1.0.0"`, `"versionInfo": "3.13.8"`,
	} {
		if !strings.Contains(string(bill), want) {
			t.Errorf("the bill has no %s:\n%s", want, bill)
		}
	}
	if _, err := spdx("autocom.img", "abc", time.Unix(0, 0), nil, []byte("jssip\n")); err == nil {
		t.Error("a package without a version is taken")
	}
}
