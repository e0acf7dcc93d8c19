package serve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	tftp "github.com/pin/tftp/v3"

	"autocom/provision"
)

const common = "#!version:1.0.0.1\nlang = \"fr\"\r\n"

// tftpServer listens on loopback and knows two files; ask asks as a real client does.
type tftpServer struct {
	*TFTP
	addr string

	mu       sync.Mutex
	requests []provision.Request
}

func newTFTP(t *testing.T) *tftpServer {
	t.Helper()
	s := &tftpServer{}
	opened := make(chan net.Addr, 1)
	large := strings.Repeat("0123456789abcdef", 1000)
	s.TFTP = &TFTP{
		Listen: "127.0.0.1:0",
		Find: func(_ context.Context, r provision.Request) (provision.File, error) {
			s.mu.Lock()
			s.requests = append(s.requests, r)
			s.mu.Unlock()
			switch r.Name {
			case "spa942.cfg":
				return provision.File{Name: r.Name, Body: []byte(common)}, nil
			case "Cisco/CP-7841-3PCC/001122aabb01.cfg":
				return provision.File{Name: r.Name, Body: []byte(large), Secret: true}, nil
			case "512.cfg": // its end is an empty block
				return provision.File{Name: r.Name, Body: []byte(large)[:512]}, nil
			case "broken.cfg":
				return provision.File{}, errors.New("disk full of secrets")
			}
			return provision.File{}, fmt.Errorf("find %s: %w", r.Name, fs.ErrNotExist)
		},
		Neighbour: func(netip.Addr) (provision.MAC, bool) { return phone, true },
		Log:       slog.New(slog.DiscardHandler),
		now:       func() time.Time { return t0 },
		opened:    func(a net.Addr) { opened <- a },
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	select {
	case a := <-opened:
		s.addr = a.String()
	case <-time.After(5 * time.Second):
		t.Fatal("it does not listen")
	}
	return s
}

func (s *tftpServer) ask(t *testing.T, name, mode string, block int) (string, error) {
	t.Helper()
	c, err := tftp.NewClient(s.addr)
	if err != nil {
		t.Fatal(err)
	}
	c.SetTimeout(2 * time.Second)
	c.SetRetries(2)
	if block > 0 {
		c.SetBlockSize(block)
	}
	c.RequestTSize(true)
	from, err := c.Receive(name, mode)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	if _, err := from.WriteTo(&b); err != nil {
		return "", err
	}
	if size, ok := from.(tftp.IncomingTransfer).Size(); ok && int(size) != b.Len() {
		t.Errorf("%s: %d bytes were announced, %d came", name, size, b.Len())
	}
	return b.String(), nil
}

func TestAPhoneAsksByTFTP(t *testing.T) {
	s := newTFTP(t)
	large := strings.Repeat("0123456789abcdef", 1000)
	for name, tc := range map[string]struct {
		path, mode string
		block      int
		want       string
	}{
		"a leading slash":            {"/spa942.cfg", "octet", 0, common},
		"none":                       {"spa942.cfg", "octet", 0, common},
		"a folder, larger blocks":    {"Cisco/CP-7841-3PCC/001122aabb01.cfg", "octet", 1024, large},
		"blocks larger than a frame": {"Cisco/CP-7841-3PCC/001122aabb01.cfg", "octet", 60000, large},
		"exactly one block":          {"512.cfg", "octet", 0, large[:512]},
		// The library's client writes line ends of its own system again.
		"netascii": {"spa942.cfg", "netascii", 0, common},
	} {
		got, err := s.ask(t, tc.path, tc.mode, tc.block)
		if err != nil || got != tc.want {
			t.Errorf("%s: %d bytes, %v; want %d", name, len(got), err, len(tc.want))
		}
	}
	r := s.requests[0]
	if r.Protocol != "tftp" || r.MAC != phone || r.At != t0 || r.Remote.Addr() != netip.MustParseAddr("127.0.0.1") || r.Remote.Port() == 0 {
		t.Errorf("request %+v", r)
	}
	ports := map[uint16]bool{}
	for _, r := range s.requests {
		ports[r.Remote.Port()] = true
	}
	if len(ports) < 2 {
		t.Errorf("%d requests from the ports %v: phones ask each time from a new one", len(s.requests), ports)
	}
}

// Whoever guesses names learns nothing, whatever the reason.
func TestAllRefusalsByTFTPAreTheSame(t *testing.T) {
	s := newTFTP(t)
	said := map[string]bool{}
	for _, name := range []string{"nothing.cfg", "broken.cfg", "../../etc/passwd", "/etc/../passwd", "a/b/c/d/e", ".htaccess", "a\\b", strings.Repeat("x", 200)} {
		_, err := s.ask(t, name, "octet", 0)
		if err == nil {
			t.Errorf("%s was served", name)
			continue
		}
		said[strings.TrimRight(err.Error(), "\x00")] = true
	}
	if len(said) != 1 || !said["code: 1, message: file not found"] {
		t.Errorf("the answers: %v", said)
	}
	for _, r := range s.requests {
		if r.Name != "nothing.cfg" && r.Name != "broken.cfg" {
			t.Errorf("the office was asked for %q", r.Name)
		}
	}
	if c := s.Counters(); c.NotFound != 7 || c.Failed != 1 {
		t.Errorf("%+v", c)
	}
}

func TestNobodyWritesByTFTP(t *testing.T) {
	s := newTFTP(t)
	c, err := tftp.NewClient(s.addr)
	if err != nil {
		t.Fatal(err)
	}
	to, err := c.Send("0004f2aabb01-boot.log", "octet")
	if err == nil {
		_, err = to.ReadFrom(strings.NewReader("log"))
	}
	if err == nil || !strings.Contains(err.Error(), "read only") {
		t.Errorf("a write: %v", err)
	}
	if c := s.Counters(); c.Refused != 1 || c.Served != 0 {
		t.Errorf("%+v", c)
	}
}

// A phone that hears nothing repeats its request from the same port: one answer is under way.
func TestARepeatedRequestByTFTP(t *testing.T) {
	s := newTFTP(t)
	c, err := net.Dial("udp4", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range 3 {
		if _, err := c.Write([]byte("\x00\x01spa942.cfg\x00OCTET\x00")); err != nil {
			t.Fatal(err)
		}
	}
	deadline := time.Now().Add(2 * time.Second)
	for s.Counters().Requests < 3 && time.Now().Before(deadline) {
		time.Sleep(5 * time.Millisecond)
	}
	if c := s.Counters(); c.Requests != 3 || c.Repeated != 2 {
		t.Errorf("%+v", c)
	}
}

func TestTFTPBoundsOfOneAddress(t *testing.T) {
	g := &gate{t: &TFTP{now: func() time.Time { return t0 }}, active: map[netip.AddrPort]func(){}}
	ask := func(ip netip.Addr, port uint16) bool {
		_, ok := g.admit([]byte("\x00\x01a.cfg\x00octet\x00"), netip.AddrPortFrom(ip, port), nil)
		return ok
	}
	ip := netip.MustParseAddr("192.0.2.50")
	admitted := 0
	for port := range uint16(50) {
		if ask(ip, 40000+port) {
			admitted++
		}
	}
	if admitted != maxConcurrent {
		t.Errorf("%d transfers of one address, want %d", admitted, maxConcurrent)
	}
	g.done(netip.AddrPortFrom(ip, 40000))
	if !ask(ip, 50000) {
		t.Error("refused though one was over")
	}
	all := maxConcurrent
	for range 2 * maxTransfers {
		ip = ip.Next()
		if ask(ip, 40000) {
			all++
		}
	}
	if all != maxTransfers || len(g.active) != maxTransfers {
		t.Errorf("%d transfers, %d active, want %d", all, len(g.active), maxTransfers)
	}
}

func TestTFTPRequestsAsPhonesWriteThem(t *testing.T) {
	for in, want := range map[string]string{
		"\x00\x01a\x00octet\x00":                                      "\x00\x01a\x00octet\x00",
		"\x00\x01SEP001122AABB01.cnf.xml\x00OCTET\x00":                "\x00\x01SEP001122AABB01.cnf.xml\x00octet\x00",
		"\x00\x01a\x00NetASCII\x00TSIZE\x000\x00":                     "\x00\x01a\x00netascii\x00",
		"\x00\x01a\x00octet\x00BLKSIZE\x001024\x00tsize\x000":         "",
		"\x00\x01a\x00octet\x00BLKSIZE\x001024\x00tsize\x000\x00":     "\x00\x01a\x00octet\x00blksize\x001024\x00tsize\x000\x00",
		"\x00\x01a\x00octet\x00blksize\x008\x00timeout\x003\x00x\x00": "\x00\x01a\x00octet\x00",
		"\x00\x01a\x00octet\x00blksize\x00-1\x00windowsize\x0064\x00": "\x00\x01a\x00octet\x00",
		"\x00\x01a\x00mail\x00":                                       "",
		"\x00\x01\x00octet\x00":                                       "",
		"\x00\x01a\x00octet":                                          "",
		"\x00\x03\x00\x01data\x00":                                    "",
		"":                                                            "",
	} {
		got, err := normal([]byte(in))
		if diff := cmp.Diff(want, string(got)); diff != "" || (err == nil) != (want != "") {
			t.Errorf("%q: %v (-want +got):\n%s", in, err, diff)
		}
	}
}

func FuzzTFTPRequest(f *testing.F) {
	for _, s := range []string{"\x00\x01/spa942.cfg\x00octet\x00blksize\x001428\x00", "\x00\x01a\x00netascii\x00tsize\x000\x00", "\x00\x02a\x00octet\x00", "\x00\x01\x00\x00\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		out, err := normal(b)
		if err != nil {
			return
		}
		again, err := normal(out)
		if err != nil || !bytes.Equal(out, again) {
			t.Fatalf("%q becomes %q, and that %q: %v", b, out, again, err)
		}
		path, _, _ := strings.Cut(string(out[2:]), "\x00")
		if _, name, ok := split(path); ok && (strings.Contains(name, "..") || strings.ContainsAny(name, "\\\x00\r\n") || strings.HasPrefix(name, "/")) {
			t.Errorf("the name %q came through", name)
		}
	})
}
