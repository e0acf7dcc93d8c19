package report

import "time"

// ends of a visit.
const (
	ended     = "answered"
	abandoned = "abandoned"
	timeout   = "timeout"
	key       = "key"
	empty     = "empty"
	withdrawn = "withdrawn"
	lost      = "lost"
	waiting   = "waiting"
)

// visit is one caller's stay in one queue.
type visit struct {
	queue, call string
	at          time.Time // entered
	wait        time.Duration
	end         string
	agent       string
	connected   time.Time
	talk        time.Duration
	talking     bool
}

// miss is a call that rang at an agent who did not take it.
type miss struct {
	at           time.Time
	queue, agent string
}

// visits reads who came to queues, and how each visit ended. Open ones of the end of the
// log are waiting, or talk still.
func visits(log []Entry) (all []*visit, missed []miss, refused []miss) {
	open := map[string]*visit{} // by call and queue
	var last time.Time
	for _, e := range log {
		id := e.Call + "|" + e.Queue
		v := open[id]
		finish := func(end string, wait time.Duration) {
			if v != nil && !v.talking {
				v.end, v.wait = end, wait
				delete(open, id)
			}
		}
		complete := func(talk time.Duration) {
			if v != nil && v.talking {
				v.talking, v.talk = false, talk
				delete(open, id)
			}
		}
		switch e.Event {
		case "QUEUESTART":
			for id, v := range open {
				if v.talking {
					v.talking, v.talk = false, between(v.connected, last)
				} else {
					v.end, v.wait = lost, between(v.at, last)
				}
				delete(open, id)
			}
		case "ENTERQUEUE":
			if v != nil { // its end was never written
				if v.talking {
					v.talking, v.talk = false, between(v.connected, e.At)
				} else {
					v.end, v.wait = lost, between(v.at, e.At)
				}
			}
			v = &visit{queue: e.Queue, call: e.Call, at: e.At, end: waiting}
			open[id] = v
			all = append(all, v)
		case "CONNECT":
			if v != nil && !v.talking {
				v.end, v.wait, v.agent, v.connected, v.talking = ended, e.seconds(1), e.Agent, e.At, true
			}
		case "COMPLETEAGENT", "COMPLETECALLER":
			complete(e.seconds(2))
		case "BLINDTRANSFER": // extension, context, wait, talk
			complete(e.seconds(4))
		case "ATTENDEDTRANSFER": // method, 2 fields that depend on it, wait, talk; or method, one, wait, talk
			complete(transferred(e, v))
		case "ABANDON": // position, position at first, wait
			finish(abandoned, e.seconds(3))
		case "EXITWITHTIMEOUT": // position, position at first, wait
			finish(timeout, e.seconds(3))
		case "EXITWITHKEY": // key, position, position at first, wait
			finish(key, e.seconds(4))
		case "EXITEMPTY": // position, position at first, wait
			finish(empty, e.seconds(3))
		case "WITHDRAW": // position, position at first, wait, why
			finish(withdrawn, e.seconds(3))
		case "RINGNOANSWER":
			missed = append(missed, miss{e.At, e.Queue, e.Agent})
		case "REFUSED":
			refused = append(refused, miss{e.At, e.Queue, e.data(1)})
		}
		last = e.At
	}
	return all, missed, refused
}

// transferred is the talk of an attended transfer, whose fields differ by its method: by the
// clock, which they agree with.
func transferred(e Entry, v *visit) time.Duration {
	if v == nil {
		return 0
	}
	return between(v.connected, e.At)
}

// between is never less than nothing: clocks jump.
func between(from, to time.Time) time.Duration {
	return min(max(0, to.Sub(from)), longest)
}
