package phonesim

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// dialogs is a document of RFC 4235.
type dialogs struct {
	XMLName xml.Name `xml:"urn:ietf:params:xml:ns:dialog-info dialog-info"`
	Version int      `xml:"version,attr"`
	State   string   `xml:"state,attr"`
	Entity  string   `xml:"entity,attr"`
	Dialogs []struct {
		ID        string `xml:"id,attr"`
		Direction string `xml:"direction,attr"`
		State     string `xml:"state"`
	} `xml:"dialog"`
}

// dialogStates are those that a lamp shows, the brightest last (RFC 4235 3.7.1).
var dialogStates = []string{"terminated", "trying", "proceeding", "early", "confirmed"}

// readDialogInfo is as strict as the strictest phone.
func readDialogInfo(body []byte) (dialogs, error) {
	var d dialogs
	x := xml.NewDecoder(bytes.NewReader(body))
	if err := x.Decode(&d); err != nil {
		return d, fmt.Errorf("dialog-info: %w", err)
	}
	for {
		t, err := x.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if space, ok := t.(xml.CharData); err != nil || !ok || len(bytes.TrimSpace(space)) > 0 {
			return d, errors.New("dialog-info: something follows the document")
		}
	}
	switch {
	case d.State != "full":
		return d, fmt.Errorf("dialog-info: state %q: this phone reads whole documents", clip(d.State))
	case d.user() == "":
		return d, fmt.Errorf("dialog-info: entity %q is no address", clip(d.Entity))
	}
	for _, one := range d.Dialogs {
		if one.ID == "" {
			return d, errors.New("dialog-info: a dialog has no id")
		}
		if !slices.Contains(dialogStates, one.State) {
			return d, fmt.Errorf("dialog-info: a dialog is %q", clip(one.State))
		}
	}
	return d, nil
}

// user is the extension that the document is about.
func (d dialogs) user() string {
	var uri sip.Uri
	if sip.ParseUri(d.Entity, &uri) != nil {
		return ""
	}
	return uri.User
}

// busiest is what the lamp shows.
func (d dialogs) busiest() string {
	best := 0
	for _, one := range d.Dialogs {
		best = max(best, slices.Index(dialogStates, one.State))
	}
	return dialogStates[best]
}

// readWaits reads a summary of RFC 3842 5.2: "Voice-Message: 2/8 (0/2)".
func readWaits(body []byte) (new, old int, err error) {
	waiting, counted := "", false
	for line := range strings.Lines(string(body)) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok && key != "" {
			return 0, 0, fmt.Errorf("message-summary: %q is no line of it", clip(line))
		}
		switch value = strings.TrimSpace(value); strings.ToLower(key) {
		case "messages-waiting":
			waiting = strings.ToLower(value)
		case "voice-message":
			value, _, _ = strings.Cut(value, " ")
			a, b, ok := strings.Cut(value, "/")
			var errs [2]error
			new, errs[0] = strconv.Atoi(a)
			old, errs[1] = strconv.Atoi(b)
			if !ok || errors.Join(errs[:]...) != nil {
				return 0, 0, fmt.Errorf("message-summary: %q is no count", clip(value))
			}
			counted = true
		}
	}
	if waiting != "yes" && waiting != "no" {
		return 0, 0, fmt.Errorf("message-summary: it does not say whether messages wait")
	}
	if counted && (waiting == "yes") != (new > 0) {
		return 0, 0, fmt.Errorf("message-summary: messages wait: %s, and %d are new", waiting, new)
	}
	return new, old, nil
}
