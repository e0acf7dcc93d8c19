package pnp

import "sync/atomic"

// Counters are what happened since the start.
type Counters struct {
	Datagrams  uint64 `json:"datagrams"`
	Ignored    uint64 `json:"ignored"`    // SIP, but no SUBSCRIBE for ua-profile
	Malformed  uint64 `json:"malformed"`  // dropped
	Dropped    uint64 `json:"dropped"`    // repetitions, and what came while all workers were busy
	Silent     uint64 `json:"silent"`     // no address was given for the phone
	Notifies   uint64 `json:"notifies"`   // sent, with repetitions
	Answered   uint64 `json:"answered"`   // the phone confirmed
	Unanswered uint64 `json:"unanswered"` // it did not
	Failed     uint64 `json:"failed"`
}

type counters struct {
	datagrams, ignored, malformed, dropped, silent, notifies, answered, unanswered, failed atomic.Uint64
}

// Counters gives the figures of this moment.
func (r *Responder) Counters() Counters {
	c := &r.counters
	return Counters{
		Datagrams: c.datagrams.Load(), Ignored: c.ignored.Load(), Malformed: c.malformed.Load(),
		Dropped: c.dropped.Load(), Silent: c.silent.Load(), Notifies: c.notifies.Load(),
		Answered: c.answered.Load(), Unanswered: c.unanswered.Load(), Failed: c.failed.Load(),
	}
}
