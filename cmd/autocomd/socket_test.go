package main

import (
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// The test is its own child, with a listening socket as descriptor 3, as systemd gives it
// (sd_listen_fds(3)).
func TestASocketOfSystemdIsUsedForItsPortOnly(t *testing.T) {
	if want := os.Getenv("AUTOCOMD_TEST_LISTEN"); want != "" {
		os.Setenv("LISTEN_PID", strconv.Itoa(os.Getpid())) // systemd knows it before exec, a test does not
		l, err := listen(t.Context(), want)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("listens on %s", l.Addr())
		return
	}
	given, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer given.Close()
	file, err := given.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	_, port, _ := net.SplitHostPort(given.Addr().String())

	for name, c := range map[string]struct {
		address string
		inherit bool
	}{
		"the port of the settings": {":" + port, true},
		"another port":             {":0", false},
		"one address only":         {"127.0.0.1:0", false},
	} {
		child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		child.Env = append(os.Environ(), "AUTOCOMD_TEST_LISTEN="+c.address, "LISTEN_FDS=1")
		child.ExtraFiles = []*os.File{file}
		out, err := child.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v: %s", name, err, out)
			continue
		}
		if got := strings.Contains(string(out), ":"+port+"\n"); got != c.inherit {
			t.Errorf("%s: used systemd's socket %v, want %v: %s", name, got, c.inherit, out)
		}
	}
}
