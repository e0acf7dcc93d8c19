//go:build lab

package asteriskconf

import (
	"context"
	"log/slog"
	"math"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"autocom/asterisk-conf/asterisktest"
	"autocom/pbx"
	"autocom/pbx/ami"

	"github.com/emiago/diago"
	"github.com/google/go-cmp/cmp"
)

// The exchange and three phones, all on the loopback of a network of our own.
const (
	lan    = "192.168.77.1"
	alice  = "192.168.77.11"
	bob    = "192.168.77.12"
	carole = "192.168.77.13"
)

func TestMain(m *testing.M) {
	asterisktest.InOwnNetwork(m, lan+"/24", alice+"/24", bob+"/24", carole+"/24", "203.0.113.5/32")
}

func labPlan() pbx.Plan {
	numbers, _ := pbx.EmergencyNumbers("CM")
	return pbx.Plan{
		Revision: 1, Name: "Bureau", Hostname: "autocom", Language: "fr", Country: "CM",
		Address: netip.MustParseAddr(lan), Emergency: numbers, ManagerSecret: "manager-secret-0123456789",
		Endpoints: []pbx.Endpoint{
			{ID: "001565000001-1", Secret: "secret-of-phone-1-abcdef", Number: "201", Name: `Aïcha "la chef"; Ñ`, Lang: "fr", Right: pbx.RightInternal},
			{ID: "001565000002-1", Secret: "secret-of-phone-2-abcdef", Number: "202", Name: "Bob", Lang: "en", Right: pbx.RightInternal},
			{ID: "001565000003-1", Secret: "secret-of-phone-3-abcdef", Number: "", Name: "", Lang: "fr", Right: pbx.RightGuest},
			{ID: "soft-7f3a-1", Secret: "secret-of-phone-4-abcdef", Number: "202", Name: "Bob", Lang: "fr", Right: pbx.RightInternal},
		},
	}
}

func stateDirs(t testing.TB, data string) {
	t.Helper()
	for _, d := range StateDirs {
		if err := os.MkdirAll(filepath.Join(data, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func start(t testing.TB, plan pbx.Plan, opts asterisktest.Options) *asterisktest.Asterisk {
	t.Helper()
	files, err := Render(plan)
	if err != nil {
		t.Fatal(err)
	}
	opts.DataDir = t.TempDir()
	stateDirs(t, opts.DataDir)
	asterisktest.Install(t, opts.DataDir, files)
	return asterisktest.Start(t, opts)
}

func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// clean fails the test for every error or warning in the log, but those that hold an allowed text.
func clean(t testing.TB, a *asterisktest.Asterisk, allowed ...string) {
	t.Helper()
	for _, line := range a.Complaints() {
		if !slices.ContainsFunc(allowed, func(s string) bool { return strings.Contains(line, s) }) {
			t.Error("log: ", line)
		}
	}
}

func TestBootIsClean(t *testing.T) {
	a := start(t, labPlan(), asterisktest.Options{})
	clean(t, a)
	out, err := a.CLI(within(t, 5*time.Second), "module show")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out, "Not Running") {
		t.Errorf("some modules do not run:\n%s", out)
	}
	files, _ := Render(labPlan())
	for line := range strings.Lines(string(files["modules.conf"])) {
		if _, module, ok := strings.Cut(strings.TrimSpace(line), " = "); ok && strings.HasSuffix(module, ".so") && !strings.Contains(out, module) {
			t.Errorf("%s is not loaded", module)
		}
	}
}

func TestTheSoundsAreInTheImage(t *testing.T) {
	sounds := os.DirFS(filepath.Join(asterisktest.Rootfs(t), "usr/share/asterisk/sounds"))
	for _, plan := range []pbx.Plan{small(), lab500()} {
		if err := Check(render(t, plan), sounds); err != nil {
			t.Error(err)
		}
	}
}

// SIP on the one address of the phones, the manager on the loopback, nothing else.
func TestItListensNowhereElse(t *testing.T) {
	start(t, labPlan(), asterisktest.Options{})
	want := []string{
		"tcp 0100007F:13AE", // 127.0.0.1:5038
		"tcp 014DA8C0:13C4", // 192.168.77.1:5060
		"udp 014DA8C0:13C4",
	}
	// pjproject's DNS resolver has a socket of each family on a random port.
	resolver := regexp.MustCompile(`^udp6? 0+:[89A-F][0-9A-F]{3}$`)
	var got []string
	for _, proto := range []string{"tcp", "tcp6", "udp", "udp6"} {
		table, err := os.ReadFile("/proc/net/" + proto)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(table)) {
			f := strings.Fields(line)
			// State 0A is a listening TCP socket, 07 an unconnected UDP one.
			if len(f) < 4 || f[3] != "0A" && f[3] != "07" {
				continue
			}
			if socket := proto + " " + f[1]; !resolver.MatchString(socket) {
				got = append(got, socket)
			}
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// A resolver that swallows every question is what a box behind a dead uplink has:
// each question costs 10 s (facts/pbx.md §0.3), so there must be none.
func TestTwoPhonesCallEachOtherWithoutDNS(t *testing.T) {
	questions := deadResolver(t)
	began := time.Now()
	a := start(t, labPlan(), asterisktest.Options{ResolvConf: "nameserver 127.0.0.53"})
	t.Logf("booted after %s", time.Since(began))
	plan := labPlan()
	heardByBob := make(chan float64, 1)
	one := newPhone(t, plan.Endpoints[0], alice, 5060, func(*diago.DialogServerSession) {})
	two := newPhone(t, plan.Endpoints[1], bob, 5060, accept(880, heardByBob))
	ctx := within(t, 20*time.Second)
	for _, p := range []*phone{one, two} {
		if err := p.register(ctx); err != nil {
			t.Fatal(err)
		}
	}
	began = time.Now()
	d, status, _, err := one.call(ctx, "202")
	took := time.Since(began)
	if err != nil {
		t.Fatalf("%v, status %d\n%s", err, status, a.Log())
	}
	t.Logf("call answered after %s", took)
	if took > time.Second {
		t.Errorf("call answered after %s, more than 1 s", took)
	}
	go play(d.Context(), &d.DialogMedia, 440)
	if hz := listen(&d.DialogMedia); math.Abs(hz-880) > 20 {
		t.Errorf("the caller hears %.0f Hz, want 880", hz)
	}
	if hz := <-heardByBob; math.Abs(hz-440) > 20 {
		t.Errorf("the called hears %.0f Hz, want 440", hz)
	}
	if err := d.Hangup(ctx); err != nil {
		t.Error(err)
	}
	if n := questions.Load(); n > 0 {
		t.Errorf("asterisk asked %d questions of a dead resolver", n)
	}
	clean(t, a)
}

// deadResolver reads questions on 127.0.0.53 and answers none.
func deadResolver(t *testing.T) *atomic.Int64 {
	t.Helper()
	hole, err := net.ListenPacket("udp", "127.0.0.53:53")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { hole.Close() })
	var questions atomic.Int64
	go func() {
		buf := make([]byte, 512)
		for {
			n, _, err := hole.ReadFrom(buf)
			if err != nil {
				return
			}
			questions.Add(1)
			t.Logf("question: %q", buf[min(12, n):n])
		}
	}()
	return &questions
}

func TestWhatACallerIsTold(t *testing.T) {
	plan := labPlan()
	a := start(t, plan, asterisktest.Options{})
	ctx := within(t, 60*time.Second)
	busy := func(d *diago.DialogServerSession) { d.Respond(486, "Busy Here", nil) }
	one := newPhone(t, plan.Endpoints[0], alice, 5060, busy)
	guest := newPhone(t, plan.Endpoints[2], carole, 5060, busy)
	for _, p := range []*phone{one, guest} {
		if err := p.register(ctx); err != nil {
			t.Fatal(err)
		}
	}
	cases := []struct {
		name   string
		from   *phone
		number string
		status int
		early  bool
		limit  time.Duration
	}{
		{"nobody is registered", one, "202", 480, false, time.Second},
		{"the called is busy", one, "201", 486, false, time.Second},
		{"no such number", one, "299", 404, false, time.Second},
		{"no such feature", one, "*99", 404, false, time.Second},
		{"a guest does not call inside", guest, "201", 404, false, time.Second},
		{"a guest hears the echo", guest, "*43", 200, false, time.Second},
		{"emergency without a line outside", guest, "117", 503, true, 10 * time.Second},
		{"emergency with the office prefix", one, "0112", 503, true, 10 * time.Second},
		{"a line's name is no number", one, "001565000001-1", 404, false, time.Second},
		{"an injection", one, "201,60,tT", 404, false, time.Second},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			began := time.Now()
			d, status, early, err := c.from.call(ctx, c.number)
			took := time.Since(began)
			if d != nil && err == nil {
				d.Hangup(ctx)
			}
			if status != c.status || early != c.early {
				t.Errorf("status %d, early media %t, want %d, %t (%v)", status, early, c.status, c.early, err)
			}
			if took > c.limit {
				t.Errorf("took %s", took)
			}
		})
	}
	if !strings.Contains(a.Log(), "emergency call to 117 by 001565000003-1: no line to the outside") {
		t.Error("the log does not have the emergency call")
	}
	clean(t, a, "no line to the outside")
}

// The plug is pulled right after the phone registered: Asterisk does not know yet.
func TestAPhoneWithoutItsPlug(t *testing.T) {
	plan := labPlan()
	start(t, plan, asterisktest.Options{})
	ctx := within(t, 30*time.Second)
	one := newPhone(t, plan.Endpoints[0], alice, 5060, nil)
	two := newPhone(t, plan.Endpoints[1], bob, 5070, nil)
	if err := one.register(ctx); err != nil {
		t.Fatal(err)
	}
	if err := two.register(ctx); err != nil {
		t.Fatal(err)
	}
	two.unplug()
	// Without a socket the kernel would tell Asterisk that nobody is there.
	deaf, err := net.ListenPacket("udp", bob+":5070")
	for ; err != nil; deaf, err = net.ListenPacket("udp", bob+":5070") {
		if ctx.Err() != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	defer deaf.Close()
	began := time.Now()
	_, status, _, _ := one.call(ctx, "202")
	took := time.Since(began)
	t.Logf("status %d after %s", status, took)
	if status != 480 || took > 8*time.Second {
		t.Errorf("status %d after %s, want 480 within 8 s", status, took)
	}
}

func TestTwoLinesOfANumberRingTogether(t *testing.T) {
	plan := labPlan()
	a := start(t, plan, asterisktest.Options{})
	ctx := within(t, 30*time.Second)
	rang := make(chan string, 2)
	ring := func(name string) func(*diago.DialogServerSession) {
		return func(d *diago.DialogServerSession) {
			d.Ringing()
			rang <- name
			<-d.Context().Done()
		}
	}
	one := newPhone(t, plan.Endpoints[0], alice, 5060, nil)
	desk := newPhone(t, plan.Endpoints[1], bob, 5060, ring("desk"))
	soft := newPhone(t, plan.Endpoints[3], carole, 5062, ring("soft"))
	for _, p := range []*phone{one, desk, soft} {
		if err := p.register(ctx); err != nil {
			t.Fatal(err)
		}
	}
	calling, hangup := context.WithCancel(ctx)
	go one.call(calling, "202")
	got := []string{<-rang, <-rang}
	hangup()
	slices.Sort(got)
	if !slices.Equal(got, []string{"desk", "soft"}) {
		t.Errorf("rang %v", got)
	}
	clean(t, a)
}

func TestStrangersGetNothing(t *testing.T) {
	plan := labPlan()
	start(t, plan, asterisktest.Options{})
	ctx := within(t, 30*time.Second)
	wrong := plan.Endpoints[0]
	wrong.Secret = "not-the-secret-of-phone-1"
	unknown := pbx.Endpoint{ID: "201", Secret: "201"}
	outside := plan.Endpoints[1]
	for name, p := range map[string]*phone{
		"wrong secret":        newPhone(t, wrong, alice, 5060, nil),
		"a number as account": newPhone(t, unknown, bob, 5060, nil),
		"a public address":    newPhone(t, outside, "203.0.113.5", 5060, nil),
	} {
		short, cancel := context.WithTimeout(ctx, 5*time.Second)
		if err := p.register(short); err == nil {
			t.Errorf("%s: registered", name)
		}
		cancel()
	}
}

// manager is a client of the running Asterisk, up.
func manager(t testing.TB, plan pbx.Plan, onEvent func(ami.Event)) *ami.Client {
	t.Helper()
	up := make(chan struct{}, 1)
	c := &ami.Client{Addr: "127.0.0.1:5038", User: "autocomd", Secret: plan.ManagerSecret,
		Log: slog.New(slog.DiscardHandler), OnEvent: onEvent,
		OnUp: func(context.Context) { up <- struct{}{} }}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- c.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	select {
	case <-up:
	case <-time.After(10 * time.Second):
		t.Fatal("the manager does not come up")
	}
	return c
}

func TestManagerSeesARegistration(t *testing.T) {
	plan := labPlan()
	a := start(t, plan, asterisktest.Options{})
	seen := make(chan ami.Contact, 16)
	c := manager(t, plan, func(e ami.Event) {
		if contact, ok := ami.DecodeContact(e); ok {
			seen <- contact
		}
	})
	ctx := within(t, 20*time.Second)
	if got, err := c.Contacts(ctx); err != nil || len(got) != 0 {
		t.Errorf("contacts before: %v, %v", got, err)
	}
	one := newPhone(t, plan.Endpoints[0], alice, 5060, nil)
	if err := one.register(ctx); err != nil {
		t.Fatal(err)
	}
	first := <-seen
	if first.AOR != "001565000001-1" || !first.Registered() || !strings.Contains(first.URI, alice) {
		t.Errorf("event says %+v", first)
	}
	got, err := c.Contacts(ctx)
	if err != nil || len(got) != 1 || got[0].AOR != "001565000001-1" || !got[0].Registered() {
		t.Errorf("contacts: %+v, %v", got, err)
	}
	t.Logf("%+v %+v", first, got)
	endpoints, err := c.Endpoints(ctx)
	if err != nil || len(endpoints) != 4 {
		t.Errorf("endpoints: %v, %v", endpoints, err)
	}
	if n, err := c.Channels(ctx); err != nil || n != 0 {
		t.Errorf("channels: %d, %v", n, err)
	}
	if err := c.Reload(ctx, "pbx_config.so"); err != nil {
		t.Error(err)
	}
	if err := c.Reload(ctx, "no_such.so"); err == nil {
		t.Error("reload of no_such.so is no error")
	}
	if err := c.Notify(ctx, "001565000001-1", ami.Field{Key: "Event", Value: "check-sync;reboot=false"}); err != nil {
		t.Error(err)
	}
	if _, err := c.Do(ctx, ami.Action{Name: "Command", Fields: []ami.Field{{Key: "Command", Value: "core show version"}}}); err == nil {
		t.Error("autocomd may run commands")
	}
	clean(t, a, "no_such")
}
