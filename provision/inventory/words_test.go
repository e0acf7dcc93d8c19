package inventory

import (
	"regexp"
	"testing"

	"autocom/provision"
)

// LLDP-MED has fields of its own for model and firmware: they need no rule of a maker.
func TestAModelThatNoRuleReads(t *testing.T) {
	maker := provision.Vendor{ID: "yealink", Name: "Yealink", OUIs: []string{"00005e"}}
	for said, want := range map[string]string{
		"T46S": "T46S", "Yealink T46S": "T46S", "yealink-T46S": "T46S", "Yealink": "Yealink", "": "", "T46S<script>": "T46S",
	} {
		f := Weigh(provision.Sighting{
			Sensor: provision.SensorLLDP, MAC: provision.MAC{0, 0, 0x5e, 0, 0x53, 1}, Proved: true,
			Fields: map[string]string{provision.FieldModel: said, provision.FieldFirmware: "66.86.0.15"},
		}, []provision.Vendor{maker})
		if f.Model != want || f.Firmware != "66.86.0.15" {
			t.Errorf("%q gives model %q and firmware %q, want %q", said, f.Model, f.Firmware, want)
		}
	}
}

// Some phones ask for files of other models than their own.
func TestAFilesNameDoesNotRenameAPhone(t *testing.T) {
	maker := provision.Vendor{ID: "snom", Name: "Snom", Match: []provision.Match{
		{Field: provision.FieldPath, Pattern: regexp.MustCompile(`^snom(?P<model>[0-9A-Z]+)\.htm$`), Weight: 3},
		{Field: provision.FieldUserAgent, Pattern: regexp.MustCompile(`^snom(?P<model>[0-9A-Z]+)-SIP`), Weight: 3},
	}}
	d := provision.Device{}
	for _, step := range []struct {
		fields map[string]string
		want   string
	}{
		{map[string]string{provision.FieldPath: "snomM700.htm"}, "M700"},
		{map[string]string{provision.FieldPath: "snomM700.htm", provision.FieldUserAgent: "snomD735-SIP 10"}, "D735"},
		{map[string]string{provision.FieldPath: "snomM900.htm"}, "D735"},
	} {
		s := provision.Sighting{Sensor: provision.SensorHTTP, MAC: provision.MAC{0, 0, 0x5e, 0, 0x53, 1}, Proved: true, Fields: step.fields}
		if d = Merge(d, s, Weigh(s, []provision.Vendor{maker})); d.Model != step.want {
			t.Errorf("after %v it is a %s, want %s", step.fields, d.Model, step.want)
		}
	}
}
