package main

import (
	"encoding/json"
	"strings"
	"testing"

	"autocom/pbx"
)

func TestSlotsAreNoNumbersOfPhones(t *testing.T) {
	d := &daemon{}
	d.cfg.Phones.Extensions, d.cfg.Phones.Pools = "201-299", map[string]string{"softphone": "710-719"}
	for body, says := range map[string]string{
		`{"first":301,"last":310}`: "",
		`{"first":290,"last":310}`: "slot 290",
		`{"first":701,"last":720}`: "slot 710",
		`{}`:                       "slot 710",
	} {
		plan := pbx.Plan{Objects: []pbx.Object{{Kind: pbx.KindSettings, ID: "parking", Body: json.RawMessage(body)}}}
		err := d.slotsApart(plan)
		if says == "" && err != nil || says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("%s: %v, want %q", body, err, says)
		}
	}
	if err := d.slotsApart(pbx.Plan{}); err != nil {
		t.Error(err)
	}
}
