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

// TFTPCounters are what happened by TFTP since the start.
type TFTPCounters struct {
	Requests  uint64 `json:"requests"` // datagrams to the port
	Served    uint64 `json:"served"`   // whole files
	Secret    uint64 `json:"secret"`   // of Served: files that hold a secret
	NotFound  uint64 `json:"not_found"`
	Limited   uint64 `json:"limited"`   // over the bounds, dropped
	Repeated  uint64 `json:"repeated"`  // while their answer was under way
	Refused   uint64 `json:"refused"`   // to write, or at another address than the phones'
	Malformed uint64 `json:"malformed"` // dropped
	Broken    uint64 `json:"broken"`    // the phone went away, or said that it wants no more
	Failed    uint64 `json:"failed"`
}

type tftpCounters struct {
	requests, served, secret, notFound, limited, repeated, refused, malformed, broken, failed atomic.Uint64
}

// Counters gives the figures of this moment.
func (t *TFTP) Counters() TFTPCounters {
	c := &t.counters
	return TFTPCounters{
		Requests: c.requests.Load(), Served: c.served.Load(), Secret: c.secret.Load(), NotFound: c.notFound.Load(),
		Limited: c.limited.Load(), Repeated: c.repeated.Load(), Refused: c.refused.Load(), Malformed: c.malformed.Load(),
		Broken: c.broken.Load(), Failed: c.failed.Load(),
	}
}
