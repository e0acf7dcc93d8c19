package office

import (
	"testing"

	"autocom/pbx"
)

// The message key of phones dials what the owner says, from the next file on.
func TestTheMessageKeyFollowsTheCode(t *testing.T) {
	o := open(t, nil)
	if got := o.Site().Voicemail; got != "*98" {
		t.Errorf("the key dials %q", got)
	}
	change := pbx.Object{Kind: pbx.KindSettings, ID: "codes", Body: []byte(`{"voicemail":["*11="]}`)}
	if _, err := o.Apply(t.Context(), PutObject{Object: change}); err != nil {
		t.Fatal(err)
	}
	if got := o.Site().Voicemail; got != "*11" {
		t.Errorf("then %q", got)
	}
}
