// Package serve turns a phone's HTTP and TFTP requests into Requests, and the File found
// for each into the response. It decides nothing: who gets what is Find's matter.
package serve

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"autocom/provision"
)

// Server answers phones that ask for files, at every path that the portal does
// not own and under /p/<token>/. It is an http.Handler.
type Server struct {
	// Find gives the file of a request. An fs.ErrNotExist, whatever its cause, is
	// told to the phone as one and the same 404.
	Find func(context.Context, provision.Request) (provision.File, error)
	// Neighbour proves whose hardware address an IP address is; nil: nothing is proved.
	Neighbour func(netip.Addr) (provision.MAC, bool)
	Log       *slog.Logger // nil: slog.Default

	now      func() time.Time // nil: time.Now
	guard    guard
	counters counters
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.counters.requests.Add(1)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		s.counters.refused.Add(1)
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
		return
	}
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		s.notFound(w)
		return
	}
	remote = netip.AddrPortFrom(remote.Addr().Unmap(), remote.Port())
	at := s.clock()
	done, ok := s.guard.enter(remote.Addr(), at)
	if !ok {
		s.counters.limited.Add(1)
		w.Header().Set("Retry-After", "10")
		http.Error(w, "too many requests", http.StatusTooManyRequests)
		return
	}
	defer done()
	token, name, ok := split(r.URL.Path)
	if !ok {
		s.notFound(w)
		return
	}
	s.answer(w, r, s.request(r, remote, at, token, name))
}

// request reads what the phone says of itself.
func (s *Server) request(r *http.Request, remote netip.AddrPort, at time.Time, token, name string) provision.Request {
	req := provision.Request{
		At: at, Protocol: "http", Name: name, Token: token, Remote: remote,
		UserAgent: provision.Clean(r.UserAgent()),
	}
	if r.TLS != nil {
		req.Protocol = "https"
	}
	if s.Neighbour != nil {
		req.MAC, _ = s.Neighbour(remote.Addr())
	}
	return req
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, req provision.Request) {
	file, err := s.Find(r.Context(), req)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.notFound(w)
		return
	case err != nil:
		s.counters.failed.Add(1)
		s.log().Error("file not served", "name", req.Name, "remote", req.Remote, "err", err)
		w.Header().Set("Retry-After", "30")
		http.Error(w, "try again later", http.StatusServiceUnavailable)
		return
	}
	s.counters.served.Add(1)
	if file.Secret {
		s.counters.secret.Add(1)
	}
	h := w.Header()
	h.Set("Content-Type", file.ContentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache")
	if file.Secret {
		h.Set("Cache-Control", "no-store")
	}
	h.Set("ETag", etag(file.Body))
	// It also answers HEAD, ranges and If-None-Match. No name and no time: the
	// type is set and content has no date.
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(file.Body))
}

// etag names content: the same bytes have the same name, so that a phone that
// asks again after a reboot loads nothing.
func etag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}

// notFound is the same for a name that does not exist, a stranger and a wrong
// token: whoever guesses names learns nothing.
func (s *Server) notFound(w http.ResponseWriter) {
	s.counters.notFound.Add(1)
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, "not found", http.StatusNotFound)
}

func (s *Server) clock() time.Time {
	if s.now != nil {
		return s.now()
	}
	return time.Now()
}

func (s *Server) log() *slog.Logger {
	if s.Log != nil {
		return s.Log
	}
	return slog.Default()
}
