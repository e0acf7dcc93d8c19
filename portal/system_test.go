package portal

import (
	"context"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"autocom/portal/account"
)

// aBox is a Raspberry that does well, and notes what is asked of it.
type aBox struct {
	state SystemState
	did   []string
}

func (b *aBox) Look(context.Context) SystemState { return b.state }

func (b *aBox) Restart(_ context.Context, what string) error {
	b.did = append(b.did, what)
	return nil
}

// install puts a box under a portal, with one call that is up.
func install(p *Portal) *aBox {
	b := &aBox{state: SystemState{
		Interface: "end0", Addresses: []netip.Prefix{netip.MustParsePrefix("192.168.1.10/24")}, Clock: "synchronised", Exchange: "connected",
		Total: 31_000_000_000, Free: 24_800_000_000, Recordings: 412_000_000, RecordingFiles: 318, Memory: 955_518_976, Unused: 524_288_000, Load: .42, Processors: 4,
		Temperature: 51.6, Hot: true, Board: "Raspberry Pi 4 Model B Rev 1.4", Kernel: "6.12.6-arm64", Version: "1.2.3", AsteriskVersion: "22.10.1",
		Booted: p.Now().Add(-26 * time.Hour), Started: p.Now().Add(-25 * time.Hour),
		Log: []string{`time=2026-05-04T11:58:12.100Z level=INFO msg="phone assigned" mac=00:15:65:aa:00:01 model=T46S extension=201`, `time=2026-05-04T11:59:30.400Z level=WARN msg="a phone says <script>alert(1)</script>"`},
	}}
	p.System = b
	p.LiveCalls = func() []LiveCall {
		return []LiveCall{{Call: "a.1", From: "201", Dialled: "203", Number: "203", State: "answer", Since: p.Now().Add(-2 * time.Minute)}}
	}
	return b
}

func TestTheBox(t *testing.T) {
	f, p := desk(t)
	staff(t, f, p)
	b := install(p)
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	c := asking(f.as(t, account.Admin))
	for lang, says := range map[string][]string{
		"fr": {"État de la boîte", "en marche", "192.168.1.10/24", "observe\u00a0: un autre appareil donne les adresses", "synchronisée", "remplie à 20\u00a0%", "24,8\u00a0Go / 31,0\u00a0Go", "412\u00a0Mo, 318 fichiers", "52\u00a0°C", "1\u00a0j 2\u00a0h", "0,4 sur 4 processeurs", "22.10.1", "ne sont pas encore faites"},
		"en": {"State of the box", "running", "synchronised", "20% full", "24.8\u00a0GB / 31.0\u00a0GB", "412\u00a0MB, 318 files", "1\u00a0d 2\u00a0h", "0.4 on 4 processors", "are not made yet", "Raspberry Pi 4"},
	} {
		code, _, body := get(t, c, "GET", srv.URL+"/ui/system", "Accept-Language", lang)
		for _, s := range append(says, "phone assigned", "&lt;script&gt;alert(1)") {
			if code != 200 || !strings.Contains(body, s) {
				t.Errorf("%s: %d, %q is not on the page", lang, code, s)
			}
		}
		if strings.Contains(body, "<script>alert") || strings.Contains(body, "style=") {
			t.Errorf("%s: the log is not escaped, or a style is in the page", lang)
		}
	}
	// A box in trouble says so.
	b.state = SystemState{Exchange: "away", Clock: "alone", Gives: true, Rival: netip.MustParseAddr("192.168.1.1"), Total: 100, Free: 2, Memory: 100, Unused: 50, Temperature: 83, Hot: true}
	_, _, body := get(t, c, "GET", srv.URL+"/ui/system", "Accept-Language", "en")
	for _, s := range []string{"does not answer", "no address", "192.168.1.1 gives out addresses, too", "not synchronised", "98% full", "The card is nearly full", "Give it air"} {
		if !strings.Contains(body, s) {
			t.Errorf("%q is not on the page", s)
		}
	}
}

func TestARestartIsAskedForTwice(t *testing.T) {
	f, p := desk(t)
	staff(t, f, p)
	b := install(p)
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	c := asking(f.as(t, account.Admin))
	for what, says := range map[string]string{"asterisk": "Restart the exchange?", "box": "Restart the box?"} {
		_, _, body := get(t, c, "GET", srv.URL+"/ui/system/restart/"+what, "Accept-Language", "en")
		for _, s := range []string{says, "These calls will be cut:", "201 Awa Diop", "203 Awa &lt;Ngo&gt;", "since 11:58"} {
			if !strings.Contains(body, s) {
				t.Errorf("%s: %q is not on the page", what, s)
			}
		}
	}
	if len(b.did) != 0 {
		t.Errorf("looking has restarted %v", b.did)
	}
	p.LiveCalls = nil
	if _, _, body := get(t, c, "GET", srv.URL+"/ui/system/restart/box", "Accept-Language", "fr"); !strings.Contains(body, "Aucun appel en cours.") {
		t.Error("no calls, but some are named")
	}
	if code, _, body := post(t, c, srv.URL+"/ui/system/restart/asterisk", nil, "Accept-Language", "fr"); code != 200 || !strings.Contains(body, "Le standard redémarre") {
		t.Errorf("%d", code)
	}
	post(t, c, srv.URL+"/ui/system/restart/box", nil)
	if code, _, _ := post(t, c, srv.URL+"/ui/system/restart/world", nil); code != 404 {
		t.Errorf("another thing: %d", code)
	}
	if code, _, _ := post(t, asking(f.as(t, account.Supervisor)), srv.URL+"/ui/system/restart/box", nil); code != 403 {
		t.Errorf("a supervisor: %d", code)
	}
	if diff := cmp.Diff([]string{"asterisk", "box"}, b.did); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// What the page shows and does, for programs.
func TestTheBoxForPrograms(t *testing.T) {
	f, p := desk(t)
	b := install(p)
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	c := asking(f.as(t, account.Admin))
	code, _, body := get(t, c, "GET", srv.URL+"/api/v1/system")
	for _, s := range []string{`"addresses":["192.168.1.10/24"]`, `"clock":"synchronised"`, `"temperature":51.6`, `"storage_free_bytes":24800000000`, `phone assigned`} {
		if code != 200 || !strings.Contains(body, s) {
			t.Errorf("%d, %s is not in %s", code, s, body)
		}
	}
	if strings.Contains(body, "rival") {
		t.Errorf("a rival nobody met: %s", body)
	}
	for what, want := range map[string]int{"asterisk": 202, "box": 202, "world": 400, "": 400} {
		if code, _, _ := send(t, c, "POST", srv.URL+"/api/v1/system/restart", "application/json", `{"what":"`+what+`"}`); code != want {
			t.Errorf("restart %q: %d, want %d", what, code, want)
		}
	}
	slices.Sort(b.did)
	if diff := cmp.Diff([]string{"asterisk", "box"}, b.did); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
