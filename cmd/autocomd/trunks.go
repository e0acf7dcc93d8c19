package main

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"strconv"
	"strings"
	"time"

	"autocom/office"
	"autocom/pbx"
	"autocom/pbx/ami"
	"autocom/pbx/trunk"
	"autocom/portal"
	"autocom/provision"
)

// trunkOf is the id of the trunk of an address of record, of a registration or of a
// contact's name: "trunk-orange", "trunk-orange@@8f3c…" for one that never registers.
func trunkOf(name string) (string, bool) {
	name, _, _ = strings.Cut(name, "@@")
	return strings.CutPrefix(name, trunk.Endpoint(""))
}

// trunkEvent takes what the exchange tells of lines to the outside: blocked calls,
// emergency calls, trunks that come and go. It reports whether there is no more to it.
//
//	Event: UserEvent
//	UserEvent: Alert
//	Kind: fraud
//	Why: international at night
//	By: 201
//	Number: 0033612345678
func (e *exchange) trunkEvent(ev ami.Event) bool {
	if ev.Name == "UserEvent" && ev.Get("UserEvent") == "Alert" {
		if a, ok := dialplanAlert(ev); ok {
			e.office.NoteAlert(a)
		}
		return true
	}
	if ev.Name == "Registry" && ev.Get("Status") == "Rejected" {
		e.rejected(ev.Get("Username"))
		return true
	}
	c, ok := ami.DecodeContact(ev)
	if !ok {
		return false
	}
	id, ok := trunkOf(c.AOR)
	if ok && c.Status == "Unreachable" {
		e.office.NoteAlert(office.Alert{Kind: office.AlertTrunk, Device: "trunk " + id, Text: fmt.Sprintf("trunk %s does not answer: look at its cable, its address and the internet", id)})
	}
	return ok
}

// rejected tells that a provider refuses the log-in of the trunk with client URI
// "sip:user@server".
func (e *exchange) rejected(uri string) {
	for _, o := range e.office.Objects(pbx.KindTrunk) {
		if t, err := trunk.Decode(o); err == nil && !t.Off && uri == "sip:"+t.User+"@"+t.Server {
			e.office.NoteAlert(office.Alert{Kind: office.AlertTrunk, Device: "trunk " + o.ID, Text: fmt.Sprintf("the provider of trunk %s does not let us in: it does not answer, or refuses the user name or the password; test the trunk on its page", o.ID)})
		}
	}
}

// dialplanAlert makes a sentence of an alert. What callers dialled is digits; Asterisk
// filters them, and here they are filtered again.
func dialplanAlert(ev ami.Event) (office.Alert, bool) {
	by, number, why := onlyDigits(ev.Get("By")), onlyDigits(ev.Get("Number")), ev.Get("Why")
	if by == "" {
		by = "a phone without number"
		if line := ev.Get("Line"); line != "" {
			by = "line " + provision.Clean(line)
		}
	}
	text := ""
	switch ev.Get("Kind") {
	case office.AlertEmergency:
		switch why {
		case "called":
			text = fmt.Sprintf("%s has called the emergency number %s", by, number)
		case "answered":
			text = fmt.Sprintf("the emergency call of %s to %s was answered", by, number)
		case "no line":
			text = fmt.Sprintf("the emergency call of %s to %s found no line to the outside: the people of the house were called", by, number)
		}
	case office.AlertFraud:
		switch why {
		case "minutes of a person":
			text = fmt.Sprintf("the call of %s to %s was blocked: their minutes of the day are used up", by, number)
		case "minutes of the site":
			text = fmt.Sprintf("the call of %s to %s was blocked: the site's minutes of the day are used up", by, number)
		case "international minutes":
			text = fmt.Sprintf("the call of %s to %s was blocked: the international minutes of the day are used up", by, number)
		case "calls at once":
			text = fmt.Sprintf("the call of %s to %s was blocked: too many calls outside at once", by, number)
		case "international at night":
			text = fmt.Sprintf("the call of %s to %s was blocked: no international calls at night", by, number)
		case "new country":
			verb := "was blocked: add country code %s to the settings of the guard if it may be called"
			if ev.Get("Blocked") == "no" {
				verb = "is the first to country code %s"
			}
			text = fmt.Sprintf("the call of %s to %s "+verb, by, number, onlyDigits(ev.Get("Country")))
		}
	}
	// By and number are of the key by which the same is told once: a second caller is news.
	return office.Alert{Kind: ev.Get("Kind"), Device: by + " " + why, Text: text}, text != ""
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, s[:min(len(s), 40)])
}

// Trunk asks how a line to the outside is.
func (e *exchange) Trunk(ctx context.Context, id string) (portal.TrunkLive, error) {
	live, _, err := e.trunkNow(ctx, id)
	return live, err
}

// Bounds of a test: Asterisk waits 3 s for an answer to OPTIONS (qualify_timeout).
const (
	testWithin = 5 * time.Second
	testPause  = 300 * time.Millisecond
	nameWithin = 3 * time.Second
)

// Test finds the server's name, logs in again where we log in, asks the other end by OPTIONS
// and waits for what comes of it.
func (e *exchange) Test(ctx context.Context, id string) (portal.TrunkLive, error) {
	before, answer, err := e.trunkNow(ctx, id)
	if err != nil || before.State == "off" {
		return before, err
	}
	o, _ := e.office.Object(pbx.KindTrunk, id)
	t, err := trunk.Decode(o)
	if err != nil {
		return before, err
	}
	if t.Mode != trunk.Accept && !findable(ctx, t.Server) {
		before.State, before.Text = "down", fmt.Sprintf("the name %s is not found: look at its spelling, and whether this box reaches the internet", t.Server)
		return before, nil
	}
	var actions []ami.Action
	if t.Mode == trunk.Register {
		actions = append(actions, ami.Action{Name: "PJSIPRegister", Fields: []ami.Field{{Key: "Registration", Value: trunk.Endpoint(id)}}})
	}
	actions = append(actions, ami.Action{Name: "PJSIPQualify", Fields: []ami.Field{{Key: "Endpoint", Value: trunk.Endpoint(id)}}})
	for _, a := range actions {
		if _, err := e.ask(ctx, a); err != nil && !refused(err, "") {
			return before, err
		}
	}
	end := time.Now().Add(testWithin)
	for {
		live, again, err := e.trunkNow(ctx, id)
		switch {
		case err != nil:
			return live, err
		case again != answer && live.State == "up":
			return live, nil // a new answer has come
		case time.Now().After(end):
			if live.State == "up" && answer != "" { // what it says is of before
				live.State, live.Text = "down", "it does not answer: look at its cable, its address and the internet"
			}
			return live, nil
		}
		select {
		case <-ctx.Done():
			return live, ctx.Err()
		case <-time.After(testPause):
		}
	}
}

// findable reports a server that is an address, or whose name is found.
func findable(ctx context.Context, server string) bool {
	ctx, cancel := context.WithTimeout(ctx, nameWithin)
	defer cancel()
	found, err := net.DefaultResolver.LookupHost(ctx, server)
	return err == nil && len(found) > 0
}

// trunkNow is Trunk with how long its last answer took, in Asterisk's own figure: another
// one says that it has answered again.
func (e *exchange) trunkNow(ctx context.Context, id string) (live portal.TrunkLive, answer string, err error) {
	live.State = "unknown"
	o, ok := e.office.Object(pbx.KindTrunk, id)
	if !ok {
		return live, "", fs.ErrNotExist
	}
	t, err := trunk.Decode(o)
	if err != nil {
		return live, "", err
	}
	if t.Off {
		live.State, live.Text = "off", "it is switched off"
		return live, "", nil
	}
	registrations, err := e.ask(ctx, ami.Action{Name: "PJSIPShowRegistrationsOutbound"})
	if refused(err, "") {
		err = nil // of none Asterisk says so by an error
	}
	if err != nil {
		return live, "", err
	}
	for _, r := range registrations.Items {
		// Its auth comes in the same list, by the same name.
		if r.Name == "OutboundRegistrationDetail" && r.Get("ObjectName") == trunk.Endpoint(id) {
			live.Registration = map[string]string{"Registered": "registered", "Rejected": "rejected"}[r.Get("Status")]
			if live.Registration == "" {
				live.Registration = "trying"
			}
		}
	}
	// PJSIPShowContacts has none of those that are written in the files.
	endpoint, err := e.ask(ctx, ami.Action{Name: "PJSIPShowEndpoint", Fields: []ami.Field{{Key: "Endpoint", Value: trunk.Endpoint(id)}}})
	if err != nil && !refused(err, "") {
		return live, "", err
	}
	there := false
	for _, c := range endpoint.Items {
		if c.Name != "ContactStatusDetail" {
			continue
		}
		there = true
		rtt, _ := strconv.Atoi(c.Get("RoundtripUsec"))
		live.Milliseconds = rtt / 1000
		answer = c.Get("RoundtripUsec")
		switch c.Get("Status") {
		case "Reachable":
			live.State = "up"
		case "Unreachable":
			live.State = "down"
		}
	}
	channels, err := e.ask(ctx, ami.Action{Name: "CoreShowChannels"})
	if err != nil && !refused(err, "") {
		return live, "", err
	}
	for _, c := range channels.Items {
		if strings.HasPrefix(c.Get("Channel"), "PJSIP/"+trunk.Endpoint(id)+"-") {
			live.Calls++
		}
	}
	return judged(live, t.Mode == trunk.Accept, there), answer, nil
}

// judged says in words what the figures mean. Asterisk calls a registration "Rejected" too
// when nobody answers or the server's name is not found (res_pjsip_outbound_registration of
// 22): only who answers OPTIONS at the same time has refused the account.
func judged(live portal.TrunkLive, accept, there bool) portal.TrunkLive {
	switch {
	case live.Registration == "rejected" && live.State == "up":
		live.State, live.Text = "down", "the provider refuses the user name or the password: correct them"
	case live.Registration == "rejected" && live.State == "unknown":
		live.State, live.Text = "down", "it does not let us in: it does not answer, or refuses the user name or the password"
	case accept && !there:
		live.State, live.Text = "down", "the gateway has not logged in: enter this box's address, the id and the password there"
	case live.State == "down":
		live.Text = "it does not answer: look at its cable, its address and the internet"
	case live.Registration == "trying":
		live.State, live.Text = "down", "it has not accepted our log-in yet: look at server, user and the internet"
	case live.Registration == "registered" || accept || live.State == "up":
		live.State, live.Text = "up", "it is ready"
	default:
		live.Text = "nobody has asked it: make a call to see"
	}
	return live
}

// TrunkPresets are the kinds of trunks to choose from.
func (e *exchange) TrunkPresets() any { return trunk.Presets() }

// TrunkFor proposes a trunk for a gateway in the LAN.
func (e *exchange) TrunkFor(device string) (portal.TrunkProposal, error) {
	d, ok := e.office.Device(device)
	if !ok || d.Kind != provision.KindGateway {
		return portal.TrunkProposal{}, fs.ErrNotExist
	}
	p := trunk.ForMaker(d.Vendor, d.Model)
	out := portal.TrunkProposal{Preset: p.ID, Name: strings.TrimSpace(d.Vendor + " " + d.Model)}
	if p.Mode != trunk.Accept && d.IP.IsValid() {
		out.Server = d.IP.String()
	}
	return out, nil
}
