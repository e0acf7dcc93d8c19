package phonesim

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// The messages of TFTP (RFC 1350 5, RFC 2347).
const (
	tftpRead  = 1
	tftpData  = 3
	tftpAck   = 4
	tftpError = 5
	tftpOAck  = 6
)

// Phones repeat what was not answered, a few times.
const (
	tftpTries = 4
	tftpWait  = time.Second
)

// fetchTFTP gets tftp://host[:port]/name. The name goes out as it stands after the slash:
// old Cisco phones ask for "/spa504G.cfg", written here as "tftp://host//spa504G.cfg".
// File not found is fs.ErrNotExist. blksize 0 sends no option, as old phones do.
func fetchTFTP(ctx context.Context, from netip.Addr, raw string, blksize int) ([]byte, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, err
	}
	host := u.Host
	if u.Port() == "" {
		host = net.JoinHostPort(u.Hostname(), "69")
	}
	to, err := net.ResolveUDPAddr("udp4", host)
	if err != nil {
		return nil, err
	}
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: from.AsSlice()})
	if err != nil {
		return nil, fmt.Errorf("ask by TFTP: %w", err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	ask := []byte{0, tftpRead}
	ask = append(ask, strings.TrimPrefix(u.Path, "/")+"\x00octet\x00"...)
	if blksize > 0 {
		ask = append(ask, fmt.Sprintf("blksize\x00%d\x00", blksize)...)
	}
	t := transfer{size: 512, last: ask}
	buf := make([]byte, 65536)
	for try := 0; try < tftpTries; try++ {
		if _, err := conn.WriteToUDP(t.last, to); err != nil {
			return nil, fmt.Errorf("get %s: %w", raw, err)
		}
		for until := time.Now().Add(tftpWait); ; {
			conn.SetReadDeadline(until)
			n, peer, err := conn.ReadFromUDP(buf)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err != nil {
				break
			}
			// The server answers from a port of its own (RFC 1350 4), and from no other then.
			if !peer.IP.Equal(to.IP) || t.peer != 0 && peer.Port != t.peer {
				continue
			}
			new, err := t.take(buf[:n], blksize)
			if err != nil {
				return nil, fmt.Errorf("get %s: %w", raw, err)
			}
			if !new {
				continue
			}
			t.peer, to.Port, try = peer.Port, peer.Port, 0
			until = time.Now().Add(tftpWait)
			if _, err := conn.WriteToUDP(t.last, to); err != nil {
				return nil, fmt.Errorf("get %s: %w", raw, err)
			}
			if t.done {
				return t.body, nil
			}
		}
	}
	return nil, fmt.Errorf("get %s: no answer by TFTP", raw)
}

// transfer is a file on its way.
type transfer struct {
	body []byte
	size int    // of a block
	next uint16 // block that comes next, less one
	last []byte // what we said last
	peer int
	done bool
}

// take reads one packet, and tells whether it brought us further.
func (t *transfer) take(b []byte, asked int) (bool, error) {
	if len(b) < 4 {
		return false, nil
	}
	switch code := binary.BigEndian.Uint16(b[2:]); binary.BigEndian.Uint16(b) {
	case tftpOAck:
		var granted int
		opts := strings.Split(string(b[2:]), "\x00")
		if len(opts) < 2 || !strings.EqualFold(opts[0], "blksize") {
			return false, errors.New("the server grants an option that was not asked for")
		}
		if _, err := fmt.Sscan(opts[1], &granted); err != nil || granted < 8 || granted > asked {
			return false, fmt.Errorf("the server grants blocks of %q bytes, %d were asked for", clip(opts[1]), asked)
		}
		t.size = granted
		t.last = []byte{0, tftpAck, 0, 0}
		return len(t.body) == 0 && t.next == 0, nil
	case tftpData:
		if code != t.next+1 {
			return false, nil // a repetition
		}
		data := b[4:]
		if len(data) > t.size {
			return false, fmt.Errorf("a block of %d bytes where %d are agreed", len(data), t.size)
		}
		if t.body = append(t.body, data...); len(t.body) > maxSettings {
			return false, fmt.Errorf("more than %d bytes are too many for a settings file", maxSettings)
		}
		t.next = code
		t.last = binary.BigEndian.AppendUint16([]byte{0, tftpAck}, code)
		t.done = len(data) < t.size
		return true, nil
	case tftpError:
		text := strings.TrimRight(string(b[4:]), "\x00")
		if code == 1 {
			return false, fmt.Errorf("%s: %w", clip(text), fs.ErrNotExist)
		}
		return false, fmt.Errorf("TFTP error %d %s", code, clip(text))
	}
	return false, nil
}
