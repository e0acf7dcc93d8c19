package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"autocom/office"
	"autocom/pbx"
	"autocom/portal/account"
	"autocom/provision"
)

// whole is a daemon with everything but a network and Asterisk: no task runs, requests are
// answered. log takes the faults that it tells; nil: nobody.
func whole(t testing.TB, log *bytes.Buffer, change ...func(*config)) *daemon {
	t.Helper()
	if log == nil {
		return wholeSaying(t, slog.DiscardHandler, change...)
	}
	return wholeSaying(t, slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelError}), change...)
}

// wholeSaying is whole with what it says at any level.
func wholeSaying(t testing.TB, says slog.Handler, change ...func(*config)) *daemon {
	t.Helper()
	dir := t.TempDir()
	cfg := defaults()
	cfg.Paths.Data, cfg.Paths.Run, cfg.Paths.Asterisk, cfg.Folder = filepath.Join(dir, "data"), filepath.Join(dir, "run"), filepath.Join(dir, "etc"), dir
	cfg.Asterisk.AMI, cfg.Listen.HTTPS, cfg.Listen.TFTP = "", "", ""
	for _, f := range change {
		f(&cfg)
	}
	ctx, cancel := context.WithCancel(context.Background())
	d, err := assemble(ctx, cfg, slog.New(says))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); d.records.Close(); d.store.Close() })
	if _, err := d.office.Apply(ctx, office.Moved{Address: netip.MustParseAddr("192.168.1.10")}); err != nil {
		t.Fatal(err)
	}
	return d
}

// settle gives the daemon phones, and the house something of every kind to ask about.
func settle(t testing.TB, d *daemon, phones int) {
	t.Helper()
	ctx := t.Context()
	for n := range phones {
		mac := provision.MAC{0x00, 0x15, 0x65, 0xaa, byte(n >> 8), byte(n)}
		s := provision.Sighting{
			At: time.Now(), Sensor: provision.SensorDHCP, MAC: mac, Proved: true, IP: netip.AddrFrom4([4]byte{192, 168, byte(2 + n>>8), byte(n)}), Interface: "eth0",
			Fields: map[string]string{provision.FieldOption60: "yealink", provision.FieldHostname: "SIP-T46G"},
		}
		if _, err := d.office.Apply(ctx, office.Sighted{Sighting: s}); err != nil {
			t.Fatal(err)
		}
	}
	var held []string
	for _, x := range d.office.Devices() {
		held = append(held, x.Number())
	}
	slices.Sort(held)
	first, second := held[0], held[1]
	for _, o := range []pbx.Object{
		thing("person", "awa", "", `{"numbers":["`+first+`"],"agent":true}`),
		thing("group", "sales", "610", `{"members":["`+first+`","`+second+`"]}`),
		thing("queue", "sav", "620", `{"members":[{"number":"`+second+`"}],"agents":[{"person":"awa"}]}`),
		thing("conference", "room", "630", `{}`),
		thing("prompt", "hello", "", `{"text":"Bonjour"}`),
		thing("settings", "recording", "", `{"announce":false}`),
	} {
		if _, err := d.office.Apply(ctx, office.PutObject{Object: o, By: "admin"}); err != nil {
			t.Fatal(err)
		}
	}
}

// cookies opens a session for each role.
func cookies(t testing.TB, d *daemon) map[string]string {
	t.Helper()
	out := map[string]string{"nobody": ""}
	for _, role := range []account.Role{account.User, account.Agent, account.Supervisor, account.Admin} {
		name := "the." + role.String()
		if _, known := d.accounts.Account(name); !known {
			if err := d.accounts.Add(t.Context(), account.Account{Name: name, Role: role, Person: "awa"}); err != nil {
				t.Fatal(err)
			}
		}
		secret, err := d.accounts.Start(t.Context(), name, "192.168.1.77", "a test")
		if err != nil {
			t.Fatal(err)
		}
		out[role.String()] = "autocom-session=" + secret
	}
	return out
}

func TestTheDaemonsFigures(t *testing.T) {
	d := whole(t, nil)
	settle(t, d, 3)
	r := httptest.NewRequest("GET", "/metrics", nil)
	r.Header.Set("Authorization", "Bearer "+d.portal.Key)
	w := httptest.NewRecorder()
	d.portal.ServeHTTP(w, r)
	for _, want := range []string{
		"autocom_exchange_up 0", "autocom_ready 1", `autocom_devices{state="allocated"} 3`, `autocom_dropped_total{what="sightings"} 0`,
		`autocom_counted_total{part="http",what="limited"} 0`, "# TYPE autocom_queue_callers gauge", fmt.Sprintf("autocom_store_commits_total %d", d.office.Plan().Revision),
	} {
		if !strings.Contains(w.Body.String(), want+"\n") {
			t.Errorf("no %s in\n%s", want, w.Body)
		}
	}
	if w.Code != http.StatusOK || d.office.Plan().Revision < 9 || strings.Contains(w.Body.String(), "process_resident_memory_bytes 0\n") {
		t.Errorf("%d, revision %d:\n%s", w.Code, d.office.Plan().Revision, w.Body)
	}
}
