package main

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	asteriskconf "autocom/asterisk-conf"
	"autocom/office"
	"autocom/pbx"
	"autocom/pbx/ami"
	"autocom/provision"
	"autocom/provision/vendors"
	"autocom/store"
)

// manager stands for Asterisk behind its manager interface: it believes whatever the
// plan says, and has the registrations, calls and start that the test gives it.
type manager struct {
	t       *testing.T
	address string
	mu      sync.Mutex
	conn    net.Conn
	plan    func() pbx.Plan
	started string
	calls   int
	here    map[string]bool // SIP users with a contact
	lists   int             // of contacts, given
	refuse  bool            // the next list of contacts
	listing func()          // called once between the list of contacts and its answer
}

func newManager(t *testing.T, plan func() pbx.Plan) *manager {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	m := &manager{t: t, address: l.Addr().String(), plan: plan, started: "11:00", here: map[string]bool{}}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			m.mu.Lock()
			m.conn = conn
			m.mu.Unlock()
			go m.serve(conn)
		}
	}()
	return m
}

// send writes one block; fields are "Key: value".
func (m *manager) send(fields ...string) {
	fmt.Fprint(m.conn, strings.Join(fields, "\r\n")+"\r\n\r\n")
}

func (m *manager) serve(conn net.Conn) {
	fmt.Fprint(conn, "Asterisk Call Manager/11.0.0\r\n")
	r := bufio.NewReader(conn)
	for {
		q, err := ami.ReadMessage(r)
		if err != nil {
			return
		}
		m.mu.Lock()
		m.answer(q)
		m.mu.Unlock()
	}
}

func (m *manager) answer(q ami.Message) {
	id := "ActionID: " + q.Get("ActionID")
	list := func(items ...[]string) {
		m.send("Response: Success", id, "EventList: start")
		for _, item := range items {
			m.send(append(item, id)...)
		}
		m.send("Event: ListComplete", "EventList: Complete", id)
	}
	var items [][]string
	switch plan := m.plan(); q.Get("Action") {
	case "Login":
		m.send("Response: Success", id)
		m.send("Event: FullyBooted")
	case "CoreStatus":
		m.send("Response: Success", id, "CoreStartupDate: 2026-05-04", "CoreStartupTime: "+m.started, fmt.Sprintf("CoreCurrentCalls: %d", m.calls))
	case "PJSIPShowEndpoints":
		for _, e := range plan.Endpoints {
			items = append(items, []string{"Event: EndpointList", "ObjectName: " + e.ID})
		}
		list(items...)
	case "ExtensionStateList":
		for exten, hint := range hints(plan) {
			items = append(items, []string{"Event: ExtensionStatus", "Exten: " + exten, "Hint: " + hint})
		}
		list(items...)
	case "PJSIPShowContacts":
		m.lists++
		if m.refuse {
			m.refuse = false
			m.send("Response: Error", id, "Message: Busy")
			return
		}
		for user := range m.here {
			items = append(items, []string{"Event: ContactList", "ObjectName: " + user + ";@0123", "Uri: sip:" + user + "@192.0.2.7", "Status: NonQualified"})
		}
		if f := m.listing; f != nil {
			m.listing = nil
			f()
		}
		list(items...)
	default:
		m.send("Response: Success", id)
	}
}

// do changes what Asterisk has, or has it send something.
func (m *manager) do(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
}

// contact is the event of a contact that comes.
func (m *manager) contact(user string) {
	m.here[user] = true
	m.send("Event: ContactStatus", "URI: sip:"+user+"@192.0.2.7", "ContactStatus: NonQualified", "AOR: "+user)
}

// proof is the event of a password that was right.
func (m *manager) proof(user string) {
	m.send("Event: SuccessfulAuth", "Service: PJSIP", "AccountID: "+user, "UsingPassword: 1")
}

// bureau is an office with its exchange on such a manager, in its own directory.
type bureau struct {
	*exchange
	t       *testing.T
	office  *office.Office
	full    func() pbx.Plan
	manager *manager
	dir     string
	at      netip.Addr
	mu      sync.Mutex
}

const user = "001565aa0001-1"

func newBureau(t *testing.T) *bureau {
	b := &bureau{t: t, dir: t.TempDir(), at: netip.MustParseAddr("127.0.0.1")}
	o := newOffice(t)
	plan := func() pbx.Plan {
		p := o.Plan()
		b.mu.Lock()
		defer b.mu.Unlock()
		p.Hostname, p.ManagerSecret, p.Address = "autocom", "0123456789abcdef0123", b.at
		return p
	}
	b.manager = newManager(t, plan)
	b.office, b.full = o, plan
	b.exchange = b.fresh()
	if err := b.writePlan(t.Context()); err != nil { // the first, before Asterisk was ever started
		t.Fatal(err)
	}
	if err := os.Remove(b.request()); err != nil {
		t.Fatal(err)
	}
	return b
}

// fresh is the exchange of an autocomd that was just started.
func (b *bureau) fresh() *exchange {
	cfg := defaults()
	cfg.Paths.Data, cfg.Paths.Run, cfg.Asterisk.AMI = b.dir, b.dir, b.manager.address
	return newExchange(b.office, cfg, b.full, "0123456789abcdef0123", slog.New(slog.NewTextHandler(b.t.Output(), nil)))
}

// start runs the exchange's tasks, until the end of the test at most.
func (b *bureau) start() (stop func()) {
	ctx, cancel := context.WithCancel(b.t.Context())
	var tasks sync.WaitGroup
	for _, run := range []func(context.Context) error{b.Sync, b.Manager, b.Mirror} {
		tasks.Go(func() { run(ctx) })
	}
	stop = func() { cancel(); tasks.Wait() }
	b.t.Cleanup(stop)
	return stop
}

func (b *bureau) do(c office.Command) {
	b.t.Helper()
	if _, err := b.office.Apply(b.t.Context(), c); err != nil {
		b.t.Fatalf("%T: %v", c, err)
	}
}

func (b *bureau) eventually(what string, ok func() bool) {
	b.t.Helper()
	for range 200 {
		if ok() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.t.Fatalf("not %s after 10 s", what)
}

func (b *bureau) phone() provision.Device {
	d, _ := b.office.Device("00:15:65:aa:00:01")
	return d
}

func (b *bureau) confirmed() {
	b.t.Helper()
	b.eventually("confirmed", func() bool { return b.Confirmed() == office.Revision(b.office.Plan().Revision) })
}

func (b *bureau) request() string { return filepath.Join(b.dir, "restart-asterisk") }

func (b *bureau) requested() bool { _, err := os.Stat(b.request()); return err == nil }

// bound is where Asterisk has confirmed to be.
func (b *bureau) bound() netip.Addr {
	b.exchange.mu.Lock()
	defer b.exchange.mu.Unlock()
	return b.exchange.at
}

func newOffice(t *testing.T) *office.Office {
	makers, err := vendors.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), filepath.Join(t.TempDir(), store.FileName))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	o, err := office.Open(t.Context(), office.Config{
		Site: provision.Site{Name: "Bureau", Language: "fr", Country: "CM"}, Mode: office.ModeOpen, Extensions: "201-299",
		NewPerMinute: 9, NewPerDay: 9, OpenReservations: 9, Files: makers, Window: time.Minute,
	}, st, makers.Vendors(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func seen() office.Sighted {
	return office.Sighted{Sighting: provision.Sighting{
		Sensor: provision.SensorDHCP, MAC: provision.MAC{0x00, 0x15, 0x65, 0xaa, 0x00, 0x01}, Proved: true, IP: netip.MustParseAddr("192.0.2.7"),
		Fields: map[string]string{provision.FieldOption60: "yealink", provision.FieldHostname: "SIP-T46G"},
	}}
}

// hintLine is a hint of extensions.conf; a pattern's is not listed.
var hintLine = regexp.MustCompile(`(?m)^exten => ([0-9*]+),hint,(.*)$`)

// hints are what Asterisk would know of a plan.
func hints(plan pbx.Plan) map[string]string {
	out := map[string]string{}
	files, err := asteriskconf.Render(plan)
	if err != nil {
		return out
	}
	for _, m := range hintLine.FindAllStringSubmatch(string(files["extensions.conf"]), -1) {
		out[m[1]] = m[2]
	}
	return out
}
