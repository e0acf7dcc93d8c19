package asteriskconf

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

func TestReadBack(t *testing.T) {
	files, err := Render(small())
	if err != nil {
		t.Fatal(err)
	}
	endpoints := []string{"soft-7f3a-1", "001565000003-1", "001565000002-1", "001565000001-1"}
	hints := func(edit ...string) map[string]string {
		h := map[string]string{"201": "PJSIP/001565000001-1&Custom:DND-201", "202": "PJSIP/001565000002-1&PJSIP/soft-7f3a-1&Custom:DND-202"}
		for slot := 701; slot <= 720; slot++ {
			h[strconv.Itoa(slot)] = fmt.Sprintf("park:%d@ac-parking-lot", slot)
		}
		for i := 0; i < len(edit); i += 2 {
			h[edit[i]] = edit[i+1]
		}
		return h
	}
	cases := []struct {
		name      string
		endpoints []string
		hints     map[string]string
		says      string
	}{
		{"as planned", endpoints, hints(), ""},
		{"an endpoint was not taken", endpoints[1:], hints(), "does not know endpoint soft-7f3a-1"},
		{"an old endpoint is still there", append([]string{"old-1"}, endpoints...), hints(), "knows 5 endpoints, the plan has 4"},
		{"a lamp of a pattern is watched", endpoints, hints("*21*201", "Custom:CFU-201"), ""},
		{"a number rings somebody else", endpoints, hints("201", "PJSIP/old-1"), "hint of 201"},
		{"an old number is still there", endpoints, hints("203", "PJSIP/old-1"), "of 203, which the plan has not"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := ReadBack(files, c.endpoints, c.hints)
			if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}
}
