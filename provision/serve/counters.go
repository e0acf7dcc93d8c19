package serve

import "sync/atomic"

// Counters are what happened since the start.
type Counters struct {
	Requests uint64 `json:"requests"`
	Served   uint64 `json:"served"`
	Secret   uint64 `json:"secret"` // of Served: files that hold a secret
	NotFound uint64 `json:"not_found"`
	Limited  uint64 `json:"limited"` // over the bounds of their address
	Refused  uint64 `json:"refused"` // neither GET nor HEAD
	Failed   uint64 `json:"failed"`
}

type counters struct {
	requests, served, secret, notFound, limited, refused, failed atomic.Uint64
}

// Counters gives the figures of this moment.
func (s *Server) Counters() Counters {
	c := &s.counters
	return Counters{
		Requests: c.requests.Load(), Served: c.served.Load(), Secret: c.secret.Load(),
		NotFound: c.notFound.Load(), Limited: c.limited.Load(), Refused: c.refused.Load(),
		Failed: c.failed.Load(),
	}
}
