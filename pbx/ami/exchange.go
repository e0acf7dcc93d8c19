package ami

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Contact is where a line is registered.
type Contact struct {
	AOR       string // the line: "0015654aa937-1"
	URI       string // "sip:0015654aa937-1@192.168.1.50:5060"
	Status    string // "Created", "NonQualified", "Reachable", "Unreachable", "Removed"
	UserAgent string // of the phone; only in lists, "" in events
	RTT       int64  // µs of the last OPTIONS, 0 when there was none
}

// Registered says whether the line has this contact: a phone that does not answer
// OPTIONS just now is still registered.
func (c Contact) Registered() bool { return c.Status != "Removed" && c.URI != "" }

// Reachable says whether the phone answered, or was never asked.
func (c Contact) Reachable() bool { return c.Registered() && c.Status != "Unreachable" }

// DecodeContact reads a ContactStatus event; ok is false for any other.
// Asterisk sends one when a contact comes, goes, or answers differently.
func DecodeContact(e Event) (c Contact, ok bool) {
	if e.Name != "ContactStatus" {
		return Contact{}, false
	}
	return contact(e.Message, e.Get("ContactStatus"), e.Get("AOR")), true
}

func contact(m Message, status, aor string) Contact {
	rtt, _ := strconv.ParseInt(m.Get("RoundtripUsec"), 10, 64) // "N/A" when not asked
	return Contact{AOR: aor, URI: m.Get("URI"), Status: status, UserAgent: m.Get("UserAgent"), RTT: rtt}
}

// Contacts are all present registrations.
func (c *Client) Contacts(ctx context.Context) ([]Contact, error) {
	items, err := c.list(ctx, "PJSIPShowContacts")
	var out []Contact
	for _, e := range items {
		if e.Name != "ContactList" {
			continue
		}
		// ObjectName is "<aor>;@<hash of the URI>".
		aor, _, _ := strings.Cut(e.Get("ObjectName"), ";@")
		out = append(out, contact(e.Message, e.Get("Status"), aor))
	}
	return out, err
}

// Endpoints are the names of all lines that Asterisk knows.
func (c *Client) Endpoints(ctx context.Context) ([]string, error) {
	items, err := c.list(ctx, "PJSIPShowEndpoints")
	var out []string
	for _, e := range items {
		if e.Name == "EndpointList" {
			out = append(out, e.Get("ObjectName"))
		}
	}
	return out, err
}

// list is an action whose answer is a list; Asterisk refuses when it would be empty.
func (c *Client) list(ctx context.Context, action string) ([]Event, error) {
	r, err := c.Do(ctx, Action{Name: action})
	var refused *RefusedError
	if errors.As(err, &refused) && strings.HasPrefix(refused.Reason, "No ") {
		return nil, nil
	}
	return r.Items, err
}

// Notify sends a SIP NOTIFY to all contacts of a line: Field{"Event", "check-sync;reboot=false"}.
func (c *Client) Notify(ctx context.Context, endpoint string, headers ...Field) error {
	fields := []Field{{"Endpoint", endpoint}}
	for _, h := range headers {
		fields = append(fields, Field{"Variable", h.Key + "=" + h.Value})
	}
	_, err := c.Do(ctx, Action{"PJSIPNotify", fields})
	return err
}

// Channels is how many channels are open now: two for a call between two phones,
// and 0 when a restart disturbs nobody. Asterisk calls them CoreCurrentCalls.
func (c *Client) Channels(ctx context.Context) (int, error) {
	r, err := c.Do(ctx, Action{Name: "CoreStatus"})
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(r.Get("CoreCurrentCalls"))
	if err != nil {
		return 0, fmt.Errorf("read CoreStatus: %w", err)
	}
	return n, nil
}

// Started is when this run of Asterisk began, in its own words: it tells one run
// from the next, whatever the clock thinks.
func (c *Client) Started(ctx context.Context) (string, error) {
	r, err := c.Do(ctx, Action{Name: "CoreStatus"})
	return r.Get("CoreStartupDate") + " " + r.Get("CoreStartupTime"), err
}

// Hints are the extensions that can be watched, with their devices: "201" → "PJSIP/a&PJSIP/b".
func (c *Client) Hints(ctx context.Context) (map[string]string, error) {
	items, err := c.list(ctx, "ExtensionStateList")
	out := map[string]string{}
	for _, e := range items {
		if e.Name == "ExtensionStatus" {
			out[e.Get("Exten")] = e.Get("Hint")
		}
	}
	return out, err
}
