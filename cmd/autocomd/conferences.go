package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"autocom/pbx/ami"
	"autocom/portal"
)

// Room asks who speaks in a conference.
//
//	Event: ConfbridgeList
//	Conference: board
//	CallerIDNum: 201
//	CallerIDName: Aïcha
//	Admin: Yes
//	MarkedUser: Yes
//	Waiting: No
//	Muted: No
//	Channel: PJSIP/0015654aa937-1-00000003
//	AnsweredTime: 12
func (e *exchange) Room(ctx context.Context, id string) (portal.Room, error) {
	var room portal.Room
	rooms, err := e.ask(ctx, ami.Action{Name: "ConfbridgeListRooms"})
	if err != nil {
		return room, err
	}
	there := false
	for _, r := range rooms.Items {
		if r.Get("Conference") == id {
			there, room.Locked = true, yes(r, "Locked")
		}
	}
	if !there {
		return room, nil
	}
	people, err := e.ask(ctx, ami.Action{Name: "ConfbridgeList", Fields: []ami.Field{{Key: "Conference", Value: id}}})
	if err != nil {
		return room, err
	}
	for _, m := range people.Items {
		seconds, _ := strconv.Atoi(m.Get("AnsweredTime"))
		room.Members = append(room.Members, portal.RoomMember{
			ID: m.Get("Channel"), Number: m.Get("CallerIDNum"), Name: m.Get("CallerIDName"), Seconds: seconds,
			Leader: yes(m, "Admin"), Muted: yes(m, "Muted"), Waiting: yes(m, "Waiting"),
		})
	}
	return room, nil
}

// roomActions are Asterisk's words for the portal's.
var roomActions = map[string]string{
	"kick": "ConfbridgeKick", "mute": "ConfbridgeMute", "unmute": "ConfbridgeUnmute",
	"lock": "ConfbridgeLock", "unlock": "ConfbridgeUnlock",
}

// TellRoom does something in a conference. Asterisk takes "all" for everybody, and a part
// of a name for the first that matches: only who is really there is named to it.
func (e *exchange) TellRoom(ctx context.Context, id, verb, member string) error {
	fields := []ami.Field{{Key: "Conference", Value: id}}
	if member != "" {
		room, err := e.Room(ctx, id)
		if err != nil {
			return err
		}
		there := false
		for _, m := range room.Members {
			there = there || m.ID == member
		}
		if !there {
			return fs.ErrNotExist
		}
		fields = append(fields, ami.Field{Key: "Channel", Value: member})
	}
	_, err := e.ask(ctx, ami.Action{Name: roomActions[verb], Fields: fields})
	if refused := (*ami.RefusedError)(nil); errors.As(err, &refused) {
		return fmt.Errorf("%w: nobody is in the room", portal.ErrConflict)
	}
	return err
}

// ask sends an action; an empty list that Asterisk calls an error is an empty list.
func (e *exchange) ask(ctx context.Context, a ami.Action) (ami.Response, error) {
	if e.client == nil {
		return ami.Response{}, fmt.Errorf("%w: there is no [asterisk] in the settings", portal.ErrConflict)
	}
	r, err := e.client.Do(ctx, a)
	if errors.Is(err, ami.ErrDown) {
		return r, fmt.Errorf("%w: asterisk does not answer now: try again in a moment", portal.ErrConflict)
	}
	if refused := (*ami.RefusedError)(nil); errors.As(err, &refused) && strings.HasPrefix(a.Name, "ConfbridgeList") {
		return ami.Response{}, nil
	}
	return r, err
}

func yes(m ami.Event, key string) bool { return strings.EqualFold(m.Get(key), "yes") }
