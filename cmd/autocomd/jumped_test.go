package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A registration as Asterisk 22 writes it gets another end, and nothing else.
func TestAnEndOfARegistrationIsMoved(t *testing.T) {
	for what, tt := range map[string]struct {
		was, now string
		ok       bool
	}{
		"forward": {
			`{"via_addr":"192.168.50.20","via_port":"5060","uri":"sip:201@192.168.50.20:5060;x=\"<&>\"","expiration_time":"1793491200","qualify_timeout":"3.000000"}`,
			`{"expiration_time":"1793577600","qualify_timeout":"3.000000","uri":"sip:201@192.168.50.20:5060;x=\"<&>\"","via_addr":"192.168.50.20","via_port":"5060"}`, true,
		},
		"without an end":      {`{"uri":"sip:201@192.168.50.20"}`, "", false},
		"an end that is none": {`{"expiration_time":"soon"}`, "", false},
		"never":               {`{"expiration_time":"0"}`, "", false},
		"no object":           {`"1793491200"`, "", false},
		"nothing":             {``, "", false},
	} {
		now, ok := moveExpiration(tt.was, 24*time.Hour)
		if diff := cmp.Diff(tt.now, now); diff != "" || ok != tt.ok {
			t.Errorf("%s: %v (-want +got)\n%s", what, ok, diff)
		}
	}
}
