package main

import (
	"context"
	"fmt"
	"io/fs"
	"time"

	"autocom/pbx"
	"autocom/pbx/hours"
	"autocom/portal"
)

// night asks for and switches opening hours by hand. Asterisk's database is the truth:
// phones switch there while we are not running.
type night struct {
	plan func() pbx.Plan
	db   database // nil: no exchange
	now  func() time.Time
}

// find gives the hours of an id.
func (n *night) find(id string) (hours.Hours, *time.Location, error) {
	plan := n.plan()
	o, ok := plan.Object(hours.Kind, id)
	if !ok {
		return hours.Hours{}, nil, fmt.Errorf("hours %q: %w", id, fs.ErrNotExist)
	}
	h, err := hours.Decode(o)
	if err != nil {
		return h, nil, err
	}
	zone, err := hours.Zone(plan)
	return h, zone, err
}

// Night tells how hours stand.
func (n *night) Night(ctx context.Context, id string) (portal.Night, error) {
	h, zone, err := n.find(id)
	if err != nil {
		return portal.Night{}, err
	}
	hand, err := n.hand(ctx, id)
	if err != nil {
		return portal.Night{}, err
	}
	if hand == hours.Auto {
		return portal.Night{State: string(h.At(n.now().In(zone))), Hand: hand}, nil
	}
	return portal.Night{State: hand, Hand: hand}, nil
}

func (n *night) hand(ctx context.Context, id string) (string, error) {
	if n.db == nil || !n.db.Up() {
		return "", fmt.Errorf("%w: the telephone exchange is starting: try again in a minute", portal.ErrConflict)
	}
	value, _, err := n.db.DBGet(ctx, hours.Family, id)
	if value != string(hours.Open) && value != string(hours.Closed) {
		value = hours.Auto
	}
	return value, err
}

// SwitchNight does what the code of a phone does, and the lamps follow.
func (n *night) SwitchNight(ctx context.Context, id, hand string) error {
	if _, _, err := n.find(id); err != nil {
		return err
	}
	if _, err := n.hand(ctx, id); err != nil {
		return err
	}
	var err error
	if hand == hours.Auto {
		err = n.db.DBDel(ctx, hours.Family, id)
	} else {
		err = n.db.DBPut(ctx, hours.Family, id, hand)
	}
	if err != nil {
		return err
	}
	return n.db.SetDeviceState(ctx, hours.Device(id), hours.Lamp(hand))
}
