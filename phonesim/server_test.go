package phonesim

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/insomniacslk/dhcp/dhcpv4"
)

// server gives files over HTTP and TFTP from one table and writes down who asks.
type server struct {
	files map[string]string // by path without leading slash; TFTP names as they come
	mu    sync.Mutex
	asked []string
}

func serve(t *testing.T, ip string, files map[string]string) *server {
	t.Helper()
	s := &server{files: files}
	l, err := net.Listen("tcp", ip+":80")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/")
		if r.Method == http.MethodPut {
			io.Copy(io.Discard, r.Body)
			s.note("PUT " + path)
			return
		}
		s.note("GET " + path)
		body, ok := s.file(path)
		if !ok {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, body)
	})}
	go srv.Serve(l)
	conn, err := net.ListenPacket("udp4", ip+":69")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		buf := make([]byte, 2000)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			parts := strings.Split(string(buf[2:n]), "\x00")
			s.note("RRQ " + parts[0])
			go s.send(t, ip, from, parts)
		}
	}()
	t.Cleanup(func() { srv.Close(); conn.Close() })
	return s
}

// send is a TFTP transfer as RFC 1350 has it, with blksize if it was asked for.
func (s *server) send(t *testing.T, ip string, to net.Addr, parts []string) {
	conn, err := net.ListenPacket("udp4", ip+":0")
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	body, ok := s.file(parts[0])
	if !ok {
		conn.WriteTo([]byte("\x00\x05\x00\x01File not found\x00"), to)
		return
	}
	size, buf := 512, make([]byte, 100)
	if len(parts) > 3 && parts[2] == "blksize" {
		size, _ = strconv.Atoi(parts[3])
		conn.WriteTo([]byte("\x00\x06blksize\x00"+parts[3]+"\x00"), to)
		conn.ReadFrom(buf)
	}
	for block := uint16(1); ; block++ {
		part := body[:min(size, len(body))]
		body = body[len(part):]
		conn.WriteTo(append(binary.BigEndian.AppendUint16([]byte{0, 3}, block), part...), to)
		if n, _, err := conn.ReadFrom(buf); err != nil || n != 4 || binary.BigEndian.Uint16(buf[2:]) != block {
			t.Errorf("block %d was not acknowledged: %v", block, err)
			return
		}
		if len(part) < size {
			return
		}
	}
}

func (s *server) note(what string) { s.mu.Lock(); defer s.mu.Unlock(); s.asked = append(s.asked, what) }

func (s *server) file(path string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, ok := s.files[path]
	return body, ok
}

// questions gives what was asked since the last time.
func (s *server) questions() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.asked
	s.asked = nil
	return out
}

// placed is a phone at ip with a lease that brought options.
func placed(t *testing.T, kind, mac, ip string, options map[uint8]string) *Phone {
	t.Helper()
	hw, err := net.ParseMAC(mac)
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(kind, hw)
	if err != nil {
		t.Fatal(err)
	}
	l := Link{Addr: netip.MustParsePrefix(ip + "/8"), options: dhcpv4.Options{}}
	for code, value := range options {
		l.options[code] = []byte(value)
	}
	p.Attach(l)
	return p
}
