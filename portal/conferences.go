package portal

import (
	"context"
	"net/http"
	"slices"
	"strings"
)

// Conferences is who speaks in the rooms now, and what can be done about it. Nobody in a
// room is no error; somebody who is not there an fs.ErrNotExist; an exchange that does not
// answer an ErrConflict.
type Conferences interface {
	Room(ctx context.Context, id string) (Room, error)
	// TellRoom does a verb: kick, mute, unmute, lock or unlock; member is of a Room, "" for lock and unlock.
	TellRoom(ctx context.Context, id, verb, member string) error
}

// Room is a conference at this moment.
type Room struct {
	Locked  bool         `json:"locked"`
	Members []RoomMember `json:"members"`
}

// RoomMember is somebody in it.
type RoomMember struct {
	ID      string `json:"id"` // of this call
	Number  string `json:"number"`
	Name    string `json:"name"`
	Leader  bool   `json:"leader"`
	Muted   bool   `json:"muted"`
	Waiting bool   `json:"waiting"` // for the leader
	Seconds int    `json:"seconds"` // since the call was answered
}

// conferencesOf finds the collection of rooms.
var conferencesOf = collections[slices.IndexFunc(collections, func(c collection) bool { return c.path == "conferences" })]

func (p *Portal) liveRoom(w http.ResponseWriter, r *http.Request) {
	if _, ok := p.objectOf(w, conferencesOf, r.PathValue("id")); ok {
		p.showRoom(w, r)
	}
}

func (p *Portal) showRoom(w http.ResponseWriter, r *http.Request) {
	room, err := p.Conferences.Room(r.Context(), r.PathValue("id"))
	if err != nil {
		p.refused(w, "conference "+r.PathValue("id"), err)
		return
	}
	if room.Members == nil {
		room.Members = []RoomMember{}
	}
	reply(w, http.StatusOK, room)
}

// tellRoom does a verb, to somebody in the room or to the whole.
func (p *Portal) tellRoom(verb string, somebody bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id := r.PathValue("id")
		if _, ok := p.objectOf(w, conferencesOf, id); !ok {
			return
		}
		var body struct {
			Member string `json:"member"`
		}
		if !decode(w, r, &body, !somebody) {
			return
		}
		if somebody == (body.Member == "") || len(body.Member) > 128 || strings.ContainsAny(body.Member, "\r\n\x00") {
			problem(w, http.StatusBadRequest, "member is the id of somebody in the room, for kick, mute and unmute alone")
			return
		}
		if err := p.Conferences.TellRoom(r.Context(), id, verb, body.Member); err != nil {
			p.refused(w, "member of conference "+id, err)
			return
		}
		p.Log.Info("command of the API", "verb", verb, "conference", id)
		p.showRoom(w, r)
	}
}
