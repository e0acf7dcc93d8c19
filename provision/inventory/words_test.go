package inventory

import (
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
