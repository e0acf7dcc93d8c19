package main

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"autocom/office"
	"autocom/pbx"
	"autocom/portal"
)

// softphones keeps which browsers ring with which numbers.
type softphones struct{ desk }

// browsersEach is how many browsers ring with a number; the one registered longest ago
// goes when there is one more. A private window is another browser each time.
const browsersEach = 4

// lineWithin is how long a browser waits for its line: Asterisk takes 0.1 s for 500.
const lineWithin = 5 * time.Second

// Exchange is Asterisk's own (http.conf).
func (softphones) Exchange() string { return "ws://127.0.0.1:8088/ws" }

// Line gives the browser that holds token a line with a number of its owner.
func (s softphones) Line(ctx context.Context, token string, owner portal.SoftOwner) (portal.SoftLine, error) {
	id := office.BrowserID(token)
	body, err := json.Marshal(pbx.Softphone{Number: owner.Number, Person: owner.Person, Device: owner.Device})
	if err != nil {
		return portal.SoftLine{}, err
	}
	for _, other := range s.surplus(id, owner.Number) {
		if err := s.apply(ctx, office.DropObject{Kind: pbx.KindSoftphone, ID: other}); err != nil {
			return portal.SoftLine{}, err
		}
	}
	revision, err := s.Apply(ctx, office.PutObject{Object: pbx.Object{Kind: pbx.KindSoftphone, ID: id, Name: owner.Name, Body: body}})
	if err != nil {
		return portal.SoftLine{}, conflict(err)
	}
	// A REGISTER that comes before the line is there would be refused, and tried again.
	ctx, cancel := context.WithTimeout(ctx, lineWithin)
	defer cancel()
	if err := s.exchange.Live(ctx, revision); err != nil {
		s.exchange.log.Debug("a browser is given a line that Asterisk does not have yet", "device", id, "error", err)
	}
	user, password := s.BrowserLine(id)
	return portal.SoftLine{User: user, Password: password}, nil
}

// surplus are the browsers that make room for one more: those without a line, whose
// number has gone to somebody else, and the oldest of the number.
func (s softphones) surplus(id, number string) []string {
	rings := map[string]bool{}
	for _, e := range s.Plan().Endpoints {
		rings[e.ID] = e.Web
	}
	var out []string
	var same []pbx.Object
	for _, x := range s.Objects(pbx.KindSoftphone) {
		var soft pbx.Softphone
		user, _ := s.BrowserLine(x.ID)
		switch {
		case x.ID == id:
		case pbx.Decode(x, &soft) != nil || !rings[user]:
			out = append(out, x.ID)
		case soft.Number == number:
			same = append(same, x)
		}
	}
	slices.SortFunc(same, func(a, b pbx.Object) int { return cmp.Compare(a.Rev, b.Rev) })
	for len(same) >= browsersEach {
		out, same = append(out, same[0].ID), same[1:]
	}
	return out
}
