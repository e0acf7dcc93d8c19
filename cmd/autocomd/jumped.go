package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"autocom/upkeep/health"
)

// contactFamily is where Asterisk keeps who is registered, until when by the clock
// (res_pjsip_registrar's sorcery objects in AstDB).
const contactFamily = "registrar/contact"

// maxManagerLine is the longest line that Asterisk's manager takes, without its ending
// (main/manager.c reads into 1025 bytes).
const maxManagerLine = 1023

// leastJump is a jump of the clock that matters to registrations, which last minutes.
const leastJump = 5 * time.Second

// Steady keeps phones registered when the clock is set: a box without a clock of its own
// is hours or days behind until a time server or a visitor tells it, and Asterisk, which
// counts registrations by the clock, would find all of them out of date within 30 s. Phones
// would not be reached until they register again by themselves, up to ten minutes later.
func (e *exchange) Steady(ctx context.Context) error {
	return health.Jumps(ctx, func(by time.Duration) {
		if by.Abs() < leastJump || !e.Up() {
			return
		}
		moved, err := e.moveContacts(ctx, by)
		if err != nil && ctx.Err() == nil {
			e.log.Warn("the clock was set: phones may be away until they register again", "by", by.Round(time.Second), "kept", moved, "error", err)
			return
		}
		e.log.Info("the clock was set: registrations last as long as before", "by", by.Round(time.Second), "registrations", moved)
		poke(e.mirrors)
	})
}

// moveContacts moves the ends of all registrations, and tells of how many.
func (e *exchange) moveContacts(ctx context.Context, by time.Duration) (moved int, err error) {
	found, err := e.client.DBTree(ctx, contactFamily)
	if err != nil {
		return 0, err
	}
	for key, was := range found {
		now, ok := moveExpiration(was, by)
		if !ok || len("Val: ")+len(now) > maxManagerLine {
			err = fmt.Errorf("the registration %q is one that cannot be changed", key)
			continue
		}
		if perr := e.client.DBPut(ctx, contactFamily, strings.TrimPrefix(key, "/"+contactFamily+"/"), now); perr != nil {
			return moved, perr
		}
		moved++
	}
	return moved, err
}

// moveExpiration moves the end of a registration as Asterisk has written it: an object of
// texts, expiration_time in seconds since 1970.
func moveExpiration(contact string, by time.Duration) (string, bool) {
	fields := map[string]json.RawMessage{}
	if json.Unmarshal([]byte(contact), &fields) != nil {
		return "", false
	}
	var text string
	if json.Unmarshal(fields["expiration_time"], &text) != nil {
		return "", false
	}
	at, err := strconv.ParseInt(text, 10, 64)
	if err != nil || at <= 0 {
		return "", false
	}
	fields["expiration_time"] = json.RawMessage(strconv.Quote(strconv.FormatInt(at+int64(by.Round(time.Second)/time.Second), 10)))
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false) // a line of the manager is short
	if enc.Encode(fields) != nil {
		return "", false
	}
	return strings.TrimSpace(b.String()), true
}
