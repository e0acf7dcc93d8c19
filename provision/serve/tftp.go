package serve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"time"

	tftp "github.com/pin/tftp/v3"

	"autocom/provision"
)

const (
	maxBlock      = 1428 // RFC 2348: with IP, UDP, TFTP headers and a VLAN tag it fits into one frame
	tftpTimeout   = 2 * time.Second
	tftpRetries   = 5
	transferLimit = time.Minute // a phone that confirms each block at the last moment does not stay for ever
	tftpAgain     = time.Second // between two tries to open the port
	tftpEnd       = 2 * time.Second
)

// TFTP answers phones that know nothing else (RFC 1350, with blksize and tsize of
// RFC 2348 and 2349): read only, the same names and the same Find as by HTTP, no
// path of a file system. It is a task.
type TFTP struct {
	Listen string // UDP address: ":69"
	// Find gives the file of a request. Whatever its error, the phone is told one and
	// the same "file not found".
	Find func(context.Context, provision.Request) (provision.File, error)
	// Neighbour proves whose hardware address an IP address is; nil: nothing is proved.
	Neighbour func(netip.Addr) (provision.MAC, bool)
	// Local is the address that phones are to ask at, so that nobody does from the
	// uplink; nil: any of the box's.
	Local func() netip.Addr
	Log   *slog.Logger // nil: slog.Default

	now      func() time.Time // nil: time.Now
	opened   func(net.Addr)   // nil: nobody wants to know
	counters tftpCounters
}

// String names the task for the log.
func (t *TFTP) String() string { return "tftp on " + t.Listen }

// Run answers until ctx ends. A port that cannot be had is asked for again: files
// go by HTTP too, and telephones matter more than this one way.
func (t *TFTP) Run(ctx context.Context) error {
	told := ""
	for ctx.Err() == nil {
		err := t.serve(ctx)
		if ctx.Err() != nil {
			break
		}
		if err != nil && err.Error() != told {
			told = err.Error()
			t.log().Warn("phones are not served by TFTP, trying again", "listen", t.Listen, "err", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(tftpAgain):
		}
	}
	return nil
}

func (t *TFTP) serve(ctx context.Context) error {
	var l net.ListenConfig
	conn, err := l.ListenPacket(ctx, "udp4", t.Listen)
	if err != nil {
		return fmt.Errorf("listen to TFTP: %w", err)
	}
	gate := newGate(conn.(*net.UDPConn), t)
	server := tftp.NewServer(func(name string, to io.ReaderFrom) error { return t.transfer(ctx, gate, name, to) }, nil)
	server.SetTimeout(tftpTimeout)
	server.SetRetries(tftpRetries)
	// The gate is no *net.UDPConn, so that the library sees nothing that the gate has not
	// let through; it cannot look at the interface's MTU then and is told the size.
	server.SetBlockSizeNegotiation(false)
	server.SetBlockSize(maxBlock)
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		gate.close()
		server.Shutdown() // waits for the transfers
	})
	if t.opened != nil {
		t.opened(conn.LocalAddr())
	}
	if err := server.Serve(gate); stop() {
		gate.close()
		return errors.Join(errors.New("the TFTP port does not serve any more"), err)
	}
	select {
	case <-ended:
	case <-time.After(tftpEnd): // one that waits for its phone ends by itself, and holds nothing of ours
	}
	return nil
}

// errNotFound is all that whoever guesses names is told.
var errNotFound = errors.New("file not found")

// transfer answers one request that the gate has let through.
func (t *TFTP) transfer(ctx context.Context, gate *gate, name string, to io.ReaderFrom) error {
	out, ok := to.(tftp.OutgoingTransfer)
	if !ok {
		return errNotFound
	}
	peer := out.RemoteAddr()
	remote := netip.AddrPortFrom(peer.AddrPort().Addr().Unmap(), peer.AddrPort().Port())
	defer gate.done(remote)
	file, err := t.find(ctx, remote, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		t.counters.notFound.Add(1)
		return errNotFound
	case err != nil:
		t.counters.failed.Add(1)
		t.log().Error("file not served by TFTP", "name", provision.Clean(name), "remote", remote, "err", err)
		return errNotFound
	}
	out.SetSize(int64(len(file.Body)))
	body := &limited{ctx: ctx, r: bytes.NewReader(file.Body), until: time.Now().Add(transferLimit)}
	if _, err := to.ReadFrom(body); err != nil {
		// The library has told the phone already.
		t.counters.broken.Add(1)
		t.log().Debug("a transfer by TFTP broke", "name", file.Name, "remote", remote, "err", err)
		return nil
	}
	t.counters.served.Add(1)
	if file.Secret {
		t.counters.secret.Add(1)
	}
	return nil
}

func (t *TFTP) find(ctx context.Context, remote netip.AddrPort, path string) (provision.File, error) {
	token, name, ok := split(path)
	if !ok {
		return provision.File{}, fs.ErrNotExist
	}
	r := provision.Request{At: t.clock(), Protocol: "tftp", Name: name, Token: token, Remote: remote}
	if t.Neighbour != nil {
		r.MAC, _ = t.Neighbour(remote.Addr())
	}
	return t.Find(ctx, r)
}

// limited is a body that ends with an error when its time is over.
type limited struct {
	ctx   context.Context
	r     io.Reader
	until time.Time
}

func (l *limited) Read(p []byte) (int, error) {
	if l.ctx.Err() != nil || time.Now().After(l.until) {
		return 0, errors.New("the transfer takes too long")
	}
	return l.r.Read(p)
}

func (t *TFTP) clock() time.Time {
	if t.now != nil {
		return t.now()
	}
	return time.Now()
}

func (t *TFTP) log() *slog.Logger {
	if t.Log != nil {
		return t.Log
	}
	return slog.Default()
}
