package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTryAndRunRefuseWhatCannotBoot(t *testing.T) {
	dir := t.TempDir()
	image := filepath.Join(dir, "autocom-pc-0.1.0.img")
	if err := os.WriteFile(image, make([]byte, 512), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"no image":               {[]string{"try"}, exitUsage, "missing IMAGE"},
		"a Raspberry image":      {[]string{"try", "autocom-rpi-0.1.0.img"}, exitUsage, "Raspberry"},
		"a name without a board": {[]string{"run", "disk.img"}, exitUsage, "--board"},
		"BIOS on virt":           {[]string{"try", "autocom-virt-0.1.0.img", "--firmware", "bios"}, exitUsage, "no BIOS"},
		"another firmware":       {[]string{"try", image, "--firmware", "coreboot"}, exitUsage, "bios or uefi"},
		"too many phones":        {[]string{"try", image, "--burst", "100", "--kill", "10"}, exitUsage, "900"},
		"no power cut":           {[]string{"try", image, "--burst", "10", "--kill", "0"}, exitUsage, "once at least"},
		"an image that is away":  {[]string{"try", filepath.Join(dir, "autocom-pc-9.img")}, exitFailed, "no such file"},
	} {
		var out, errs bytes.Buffer
		if code := Main(t.Context(), c.args, &out, &errs); code != c.code || !strings.Contains(errs.String(), c.want) {
			t.Errorf("%s: exit %d, %q, want %d with %q", name, code, errs.String(), c.code, c.want)
		}
	}
}

func TestTheReportOfAFailureIsJSONToo(t *testing.T) {
	r := newTryReport(tryOptions{image: "a.img", board: "pc", firmware: "bios", seed: 7})
	r.Steps = append(r.Steps, tryStep{What: "first boot"})
	var out, errs bytes.Buffer
	say := r.teller(true, &out)
	say("a line for people")
	cause := errors.New("the box did not show its page")
	if err := r.end(cause, true, &out, &errs); err != cause {
		t.Errorf("error %v, want the cause", err)
	}
	var got tryReport
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	if got.OK || got.Failure != cause.Error() || got.Seed != 7 || len(got.Steps) != 1 || errs.Len() > 0 {
		t.Errorf("report %+v, stderr %q", got, errs.String())
	}
}

func TestThePeoplesReportEndsWithItsVerdict(t *testing.T) {
	r := newTryReport(tryOptions{image: "a.img", board: "pc", firmware: "bios"})
	r.Console = "panic - not syncing"
	var out, errs bytes.Buffer
	r.teller(false, &out)("%6.1f s  first boot", 1.0)
	if err := r.end(errors.New("x"), false, &out, &errs); err == nil || strings.Contains(out.String(), "all well") || !strings.Contains(errs.String(), "not syncing") {
		t.Errorf("error %v, out %q, stderr %q", err, out.String(), errs.String())
	}
	r.Console = ""
	if err := r.end(nil, false, &out, &errs); err != nil || !strings.HasSuffix(out.String(), "all well\n") {
		t.Errorf("error %v, out %q", err, out.String())
	}
}
