package main

import (
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The test is its own child, with a listening socket as descriptor 3, as systemd gives it
// (sd_listen_fds(3)). The child says where it listens and greets whom it accepts.
func TestASocketOfSystemdIsUsedForItsPortOnly(t *testing.T) {
	if want := os.Getenv("AUTOCOMD_TEST_LISTEN"); want != "" {
		os.Setenv("LISTEN_PID", strconv.Itoa(os.Getpid())) // systemd knows it before exec, a test does not
		l, err := listen(t.Context(), want)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("listens on %s", l.Addr())
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				io.WriteString(c, "hello")
				c.Close()
			}
		}()
		io.Copy(io.Discard, os.Stdin) // until the parent has asked
		return
	}
	for name, c := range map[string]struct {
		host, port string // of listen.http; port "" is the one of the socket
		inherit    bool
		greeted    bool // at 127.0.0.1 and the socket's port
	}{
		"the port of the settings":    {"", "", true, true},
		"another port":                {"", "0", false, false},
		"one address of the port":     {"127.0.0.1", "", true, true},
		"another address of the port": {"192.0.2.1", "", true, false},
	} {
		given, err := net.Listen("tcp", ":0")
		if err != nil {
			t.Fatal(err)
		}
		file, err := given.(*net.TCPListener).File()
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ := net.SplitHostPort(given.Addr().String())
		given.Close() // the file goes on listening
		if c.port == "" {
			c.port = port
		}
		child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		child.Env = append(os.Environ(), "AUTOCOMD_TEST_LISTEN="+net.JoinHostPort(c.host, c.port), "LISTEN_FDS=1")
		child.ExtraFiles = []*os.File{file}
		var out strings.Builder
		child.Stdout, child.Stderr = &out, &out
		end, err := child.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		file.Close()
		if got, err := greeting("127.0.0.1:" + port); got != c.greeted || err != nil {
			t.Errorf("%s: greeted %v, %v, want %v", name, got, err, c.greeted)
		}
		end.Close()
		if err := child.Wait(); err != nil {
			t.Errorf("%s: %v: %s", name, err, out.String())
		}
		if got := strings.Contains(out.String(), ":"+port+"\n"); got != c.inherit {
			t.Errorf("%s: used systemd's socket %v, want %v: %s", name, got, c.inherit, out.String())
		}
	}
}

// greeting connects and reads; a connection that is only closed is no error, one that
// hangs is.
func greeting(address string) (bool, error) {
	conn, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	text, err := io.ReadAll(conn)
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return false, errors.New("the connection hangs")
	}
	return string(text) == "hello", nil
}
