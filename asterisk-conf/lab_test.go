//go:build lab

package asteriskconf

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"autocom/asterisk-conf/asterisktest"
	"autocom/pbx"

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
		Objects: []pbx.Object{ // without mailboxes, so that callers are told why nobody answers
			{Kind: pbx.KindPerson, ID: "aicha", Body: []byte(`{"numbers":["201"],"language":"fr","voicemail":false}`)},
			{Kind: pbx.KindPerson, ID: "bob", Body: []byte(`{"numbers":["202"],"language":"en","voicemail":false}`)},
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

// next is what comes out of ch before ctx ends, or the end of the test.
func next[T any](ctx context.Context, t testing.TB, ch <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-ch:
	case <-ctx.Done():
		t.Fatal("nothing came")
	}
	return v
}

// clean fails the test for every error or warning in the log, but those that hold an allowed text.
func clean(t testing.TB, a *asterisktest.Asterisk, allowed ...string) {
	t.Helper()
	for _, line := range a.Complaints() {
		if strings.Contains(line, ": Ext. ") { // our dialplan's own words, by Log()
			continue
		}
		if !slices.ContainsFunc(allowed, func(s string) bool { return strings.Contains(line, s) }) {
			t.Error("log: ", line)
		}
	}
}

// In words: Asterisk starts without a complaint.
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

// In words: every recorded word that callers may hear is in the image of the box.
func TestTheSoundsAreInTheImage(t *testing.T) {
	sounds := os.DirFS(filepath.Join(asterisktest.Rootfs(t), "usr/share/asterisk/sounds"))
	for _, plan := range []pbx.Plan{small(), lab500()} {
		if err := Check(render(t, plan), sounds); err != nil {
			t.Error(err)
		}
	}
}

// SIP on the one address of the phones, the manager and browsers' SIP on the loopback,
// nothing else.
//
// In words: Asterisk listens on the telephones' network and nowhere else.
func TestItListensNowhereElse(t *testing.T) {
	a := start(t, labPlan(), asterisktest.Options{})
	own := sockets(t, a.PID())
	want := []string{
		"tcp 0100007F:13AE", // 127.0.0.1:5038
		"tcp 0100007F:1F98", // 127.0.0.1:8088
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
			if len(f) < 10 || f[3] != "0A" && f[3] != "07" || !own[f[9]] {
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

// sockets are the inodes of the sockets that a process holds.
func sockets(t *testing.T, pid int) map[string]bool {
	t.Helper()
	own := map[string]bool{}
	links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range links {
		if to, err := os.Readlink(l); err == nil {
			inode, _ := strings.CutPrefix(to, "socket:[")
			own[strings.TrimSuffix(inode, "]")] = true
		}
	}
	return own
}

// In words: phones are answered over UDP and over TCP.
func TestItAnswersOverUDPAndTCP(t *testing.T) {
	start(t, labPlan(), asterisktest.Options{})
	for _, proto := range []string{"udp", "tcp"} {
		conn, err := net.Dial(proto, lan+":5060")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(5 * time.Second))
		fmt.Fprintf(conn, "OPTIONS sip:%[1]s SIP/2.0\r\nVia: SIP/2.0/%[2]s %[3]s;branch=z9hG4bK%[2]s\r\nMax-Forwards: 70\r\n"+
			"From: <sip:x@%[1]s>;tag=1\r\nTo: <sip:%[1]s>\r\nCall-ID: %[2]s\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
			lan, strings.ToUpper(proto), conn.LocalAddr())
		buf := make([]byte, 4096)
		n, err := conn.Read(buf)
		if answer, _, _ := strings.Cut(string(buf[:n]), "\r\n"); answer != "SIP/2.0 401 Unauthorized" {
			t.Errorf("%s: a stranger is answered %q, %v", proto, answer, err)
		}
		if strings.Contains(string(buf[:n]), "Asterisk") {
			t.Errorf("%s: the answer says what we are:\n%s", proto, buf[:n])
		}
	}
}

// Asterisk runs in the network that it is given; here, one where its address does
// not exist yet: overlay's ip_nonlocal_bind lets it start without a link.
//
// In words: Asterisk starts while the cable is not plugged in.
func TestItStartsWithoutALinkInAnotherNetwork(t *testing.T) {
	other := exec.Command("unshare", "--net", "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_nonlocal_bind && ip link set lo up && echo ready && exec sleep 60")
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	defer other.Wait()
	defer other.Process.Kill()
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("make a network: %q, %v", line, err)
	}
	network := fmt.Sprintf("/proc/%d/ns/net", other.Process.Pid)
	a := start(t, labPlan(), asterisktest.Options{NetNS: network})
	want, err := os.Readlink(network)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", a.PID())); got != want {
		t.Errorf("network %s, want %s, %v", got, want, err)
	}
	transports, err := a.CLI(within(t, 5*time.Second), "pjsip show transports")
	if err != nil || !strings.Contains(transports, lan+":5060") || !strings.Contains(transports, "Objects found: 3") {
		t.Errorf("transports: %v\n%s", err, transports)
	}
	clean(t, a)
}
