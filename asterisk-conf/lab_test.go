//go:build lab

package asteriskconf

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"autocom/asterisk-conf/asterisktest"
	"autocom/pbx"
)

const lan = "192.168.77.1"

func TestMain(m *testing.M) { asterisktest.InOwnNetwork(m, lan+"/24") }

func labPlan() pbx.Plan {
	numbers, _ := pbx.EmergencyNumbers("CM")
	return pbx.Plan{
		Revision: 1, Name: "Bureau", Hostname: "autocom", Language: "fr", Country: "CM",
		Address: netip.MustParseAddr(lan), Emergency: numbers, ManagerSecret: "manager-secret-0123456789",
		Endpoints: []pbx.Endpoint{
			{ID: "001565000001-1", Secret: "secret-of-phone-1-abcdef", Number: "201", Name: "Aïcha", Lang: "fr", Right: pbx.RightInternal},
			{ID: "001565000002-1", Secret: "secret-of-phone-2-abcdef", Number: "202", Name: "Bob", Lang: "en", Right: pbx.RightInternal},
		},
	}
}

func start(t *testing.T, plan pbx.Plan) *asterisktest.Asterisk {
	t.Helper()
	files, err := Render(plan)
	if err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	for _, d := range StateDirs {
		if err := os.MkdirAll(filepath.Join(data, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	asterisktest.Install(t, data, files)
	return asterisktest.Start(t, asterisktest.Options{DataDir: data})
}

func TestBootIsClean(t *testing.T) {
	a := start(t, labPlan())
	for _, line := range a.Complaints() {
		t.Error(line)
	}
	t.Log(a.Log())
	for _, c := range []string{"module show", "pjsip show endpoints", "core show hints", "manager show user autocomd"} {
		out, err := a.CLI(context.Background(), c)
		t.Log(out, err)
	}
}
