package phonesim

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"autocom/qemu"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/insomniacslk/dhcp/dhcpv4/server4"
	"github.com/mdlayher/packet"
)

func TestPhonesOfEveryMakerWithPnPAreTold(t *testing.T) {
	w := office(t, "br-told", "192.168.66.1/24")
	asked := box(t, "br-told", "192.168.66.1", nil)
	kinds := map[string]string{
		"yealink-w70b": "/p/t/805ec0000001.boot", "snom-m700": "/p/t/snomM700.htm", "grandstream-gxp": "/p/t/cfg805ec0000001",
		"grandstream-grp": "/p/t/cfg805ec0000001", "grandstream-ht802": "/p/t/cfg805ec0000001", "fanvil": "/p/t/f0X4Uhw1.100.cfg",
		"gigaset-n510": "/p/t/42/2/805EC0000001.xml", "gigaset-n870": "/p/t/805ec0000001.xml", "panasonic": "/p/t/KX-HDV130.cfg", "htek": "/p/t/cfg805ec0000001.xml",
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for kind, first := range kinds {
		p, err := New(kind, []byte{0x80, 0x5e, 0xc0, 0, 0, 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Plug(ctx, p); err != nil {
			t.Fatal(err)
		}
		if err := p.Provision(ctx); err == nil || !strings.Contains(err.Error(), "has no file for this phone") {
			t.Errorf("%s: error %v", kind, err)
		}
		got := asked()
		if len(got) == 0 || !strings.Contains(got[0], "GET "+first+" ") {
			t.Errorf("%s asked for %v, want %s first", kind, got, first)
		}
		if err := w.Unplug(p); err != nil {
			t.Error(err)
		}
	}
}

// lan is a bridge without any server.
func lan(t *testing.T, bridge, addr string) *Wire {
	t.Helper()
	if _, err := qemu.OpenLAN(bridge, netip.MustParsePrefix(addr)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("/proc/sys/net/ipv4/conf/"+bridge+"/accept_local", []byte("1"), 0o644); err != nil {
		t.Fatal(err)
	}
	w, err := OpenWire(bridge)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestYealinkAsksByInform(t *testing.T) {
	w := lan(t, "br-inform", "192.168.67.1/24")
	asked := make(chan *dhcpv4.DHCPv4, 10)
	self := net.IPv4(192, 168, 67, 1)
	s, err := server4.NewServer("br-inform", &net.UDPAddr{IP: net.IPv4zero, Port: 67}, func(conn net.PacketConn, _ net.Addr, m *dhcpv4.DHCPv4) {
		asked <- m
		ack, err := dhcpv4.NewReplyFromRequest(m, dhcpv4.WithMessageType(dhcpv4.MessageTypeAck), dhcpv4.WithServerIP(self),
			dhcpv4.WithOption(dhcpv4.OptTFTPServerName("http://192.168.67.1/p/t/")))
		if err != nil {
			t.Error(err)
			return
		}
		if _, err := conn.WriteTo(ack.ToBytes(), &net.UDPAddr{IP: net.IPv4bcast, Port: 68}); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	go s.Serve()
	defer s.Close()
	p := NewYealink([]byte{0, 0x15, 0x65, 0, 0, 5})
	if err := w.PlugStatic(p, netip.MustParsePrefix("192.168.67.9/24")); err != nil {
		t.Fatal(err)
	}
	defer w.Unplug(p)
	// Server and phone share a namespace here, so the answer comes from an address of our own.
	if err := os.WriteFile("/proc/sys/net/ipv4/conf/"+p.Link().Interface+"/accept_local", []byte("1"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := p.Inform(t.Context(), 5*time.Second); err != nil {
		t.Fatal(err)
	}
	if got := p.Link().BootFrom; got != "http://192.168.67.1/p/t/" || string(p.Link().Option(66)) != got {
		t.Errorf("it was told %q, %d questions arrived", got, len(asked))
	}
	m := <-asked
	if m.MessageType() != dhcpv4.MessageTypeInform || !m.ClientIPAddr.Equal(net.IPv4(192, 168, 67, 9)) || m.ClassIdentifier() != "yealink" ||
		!slices.Equal(m.ClientHWAddr, p.MAC) {
		t.Errorf("it sent %s", m.Summary())
	}
}

func TestPhoneAnnouncesItselfByLLDP(t *testing.T) {
	w := lan(t, "br-lldp", "192.168.68.1/24")
	p := NewPolycom([]byte{0x64, 0x16, 0x7f, 0, 0, 5})
	if err := w.PlugStatic(p, netip.MustParsePrefix("192.168.68.9/24")); err != nil {
		t.Fatal(err)
	}
	defer w.Unplug(p)
	dev, err := net.InterfaceByName("socket1")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := packet.Listen(dev, packet.Raw, lldpType, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := p.Announce(Inventory{Manufacturer: "Polycom", Model: "VVX411", Serial: "64167f000005"}); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1500)
	conn.SetReadDeadline(time.Now().Add(2 * time.Second))
	n, _, err := conn.ReadFrom(buf)
	if err != nil {
		t.Fatal(err)
	}
	// By hand from IEEE 802.1AB and TIA-1057.
	want := "0180c200000e" + "64167f000005" + "88cc" + "0206" + "0501c0a84409" + "0407" + "0364167f000005" + "0602" + "00b4" + "0a00" +
		"0c0e" + hex.EncodeToString([]byte("Polycom VVX411")) + "0e04" + "00240024" + "fe07" + "0012bb01003f03" + "fe08" + "0012bb0201800000" +
		"fe10" + "0012bb08" + hex.EncodeToString([]byte("64167f000005")) + "fe0b" + "0012bb09" + hex.EncodeToString([]byte("Polycom")) +
		"fe0a" + "0012bb0a" + hex.EncodeToString([]byte("VVX411")) + "0000"
	if got := hex.EncodeToString(buf[:n]); got != want {
		t.Errorf("frame\n%s want\n%s", got, want)
	}
}

func TestTFTPOverSeveralBlocks(t *testing.T) {
	long := strings.Repeat("0123456789", 1000)
	serve(t, "127.0.48.1", map[string]string{"long": long, "exact": long[:1024], "empty": ""})
	p := placed(t, "cisco-spa", "00:26:99:00:00:01", "127.0.48.2", nil)
	for _, blksize := range []int{0, 1428} {
		for name, want := range map[string]string{"long": long, "exact": long[:1024], "empty": ""} {
			got, err := p.fetch(t.Context(), "tftp://127.0.48.1/"+name, "", blksize)
			if err != nil || string(got) != want {
				t.Errorf("%s with blocks of %d: %d bytes, error %v", name, blksize, len(got), err)
			}
		}
	}
	if _, err := p.fetch(t.Context(), "tftp://127.0.48.1/none", "", 0); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestThiefReportsWhatIsGivenAway(t *testing.T) {
	victim := placed(t, "grandstream-gxp", "00:0b:82:00:00:01", "127.0.49.3", nil)
	a := account("000b82000001-1", "127.0.49.1")
	a.Password = "Pass-of-the-victim"
	victim.Memory.Account, victim.Memory.URL = &a, "http://127.0.49.1/p/0123456789abcdef0123/"
	s := serve(t, "127.0.49.1", map[string]string{
		"cfg000b82000001.xml": "…<P34>Pass-of-the-victim</P34>…",               // HTTP and TFTP
		"000b82000001.cfg":    "see http://127.0.49.1/p/0123456789abcdef0123/", // a token
		"cfg.xml":             "<P47>127.0.49.1</P47>",                         // common: no theft
	})
	thief := &Thief{Phone: placed(t, "yealink", "00:15:65:00:00:09", "127.0.49.2", nil), Box: netip.MustParseAddr("127.0.49.1"), Victims: []*Phone{victim}}
	l, err := thief.Raid(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var how []string
	for _, theft := range l.Thefts {
		how = append(how, strings.Fields(theft.How)[0]+" "+theft.Whose)
		if !bytes.Contains(theft.Answer, []byte("victim")) && !bytes.Contains(theft.Answer, []byte("0123456789abcdef0123")) {
			t.Errorf("%s has the answer %q", theft.How, theft.Answer)
		}
	}
	for _, want := range []string{"GET " + victim.String(), "RRQ " + victim.String()} {
		if !slices.Contains(how, want) {
			t.Errorf("thefts %v lack %q", how, want)
		}
	}
	if l.Tries < 100 || l.Bytes == 0 {
		t.Errorf("%d tries, %d bytes", l.Tries, l.Bytes)
	}

	s.mu.Lock()
	s.files = map[string]string{"cfg.xml": "<P47>127.0.49.1</P47>"}
	s.mu.Unlock()
	if l, err = thief.Raid(t.Context()); err != nil || len(l.Thefts) > 0 {
		t.Errorf("of a tight box it got %v, error %v", l.Thefts, err)
	}
	// What is its own is no loot.
	thief.Phone.Memory.Account = &a
	s.mu.Lock()
	s.files = map[string]string{"cfg000b82000001.xml": "Pass-of-the-victim"}
	s.mu.Unlock()
	if l, err = thief.Raid(t.Context()); err != nil || len(l.Thefts) > 0 {
		t.Errorf("its own password is loot: %v, error %v", l.Thefts, err)
	}
}

func TestThiefReportsATokenThatDHCPGivesAway(t *testing.T) {
	w := lan(t, "br-thief", "192.168.69.1/24")
	const secret = "0123456789abcdef0123"
	r := &Router{Interface: "br-thief", Addr: netip.MustParsePrefix("192.168.69.1/24"), Log: slog.New(slog.DiscardHandler),
		Options: map[uint8][]byte{66: []byte("http://192.168.69.1/p/" + secret + "/")}}
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	go r.Run(ctx)
	victim := placed(t, "snom", "00:04:13:00:00:01", "192.168.69.77", nil)
	victim.Type("http://192.168.69.1/p/" + secret + "/")
	thief := NewYealink([]byte{0, 0x15, 0x65, 0, 0, 9})
	if err := w.Plug(ctx, thief); err != nil {
		t.Fatal(err)
	}
	defer w.Unplug(thief)
	l, err := (&Thief{Phone: thief, Box: netip.MustParseAddr("192.168.69.1"), Victims: []*Phone{victim}}).Raid(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var discovers []string
	for _, theft := range l.Thefts {
		if strings.HasPrefix(theft.How, "DISCOVER") {
			discovers = append(discovers, theft.How)
		}
	}
	if len(discovers) != 2 { // from the thief's MAC, and from the victim's
		t.Errorf("thefts by DHCP: %q of %d", discovers, len(l.Thefts))
	}
	if want := []string{"http://192.168.69.1/p/" + secret + "/"}; !slices.Equal(l.URLs, want) {
		t.Errorf("it was told %q, want %q", l.URLs, want)
	}
}

func TestASiteBootsAfterAPowerCut(t *testing.T) {
	site(t, "br-site", "10.61.0.1/22", 24, 2*time.Second)
}

// site boots n phones of three makers within a time, cuts their power and boots them again.
// It gives what one phone costs.
func site(t *testing.T, bridge, router string, n int, within time.Duration) (bytesEach, goroutinesEach float64) {
	t.Helper()
	w := lan(t, bridge, router)
	addr := netip.MustParsePrefix(router)
	ip := addr.Addr().String()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	dhcp := &Router{Interface: bridge, Addr: addr, Log: slog.New(slog.DiscardHandler), Options: map[uint8][]byte{66: []byte("http://" + ip + "/p/t/")}}
	routing, stop := context.WithCancel(ctx)
	defer stop()
	go dhcp.Run(routing)
	(&registrar{password: "secret", granted: "300"}).start(t, ip)
	l, err := net.Listen("tcp", ip+":80")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		name := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
		user := strings.NewReplacer("cfg", "", ".xml", "", ".", "", "snomD735-", "", "htm", "").Replace(name)
		switch {
		case strings.HasPrefix(name, "snomD735-"):
			fmt.Fprintf(rw, "<settings><phone-settings><user_name idx=\"1\">%s</user_name><user_pass idx=\"1\">secret</user_pass><user_host idx=\"1\">%s</user_host></phone-settings></settings>", user, ip)
		case strings.HasPrefix(name, "cfg000b82"):
			if strings.HasSuffix(name, ".xml") {
				fmt.Fprintf(rw, `<gs_provision version="1"><config version="1"><P271>1</P271><P47>%s</P47><P35>%s</P35><P34>secret</P34></config></gs_provision>`, ip, user)
				return
			}
			http.NotFound(rw, r)
		case strings.HasPrefix(name, "00085D"):
			fmt.Fprintf(rw, "sip registrar ip: %s\nsip line1 user name: %s\nsip line1 password: secret\n", ip, user)
		default:
			http.NotFound(rw, r)
		}
	})}
	go srv.Serve(l)
	defer srv.Close()
	var phones []*Phone
	for i := range n {
		mac := func(a, b, c byte) net.HardwareAddr { return net.HardwareAddr{a, b, c, 1, byte(i >> 8), byte(i)} }
		phones = append(phones, []*Phone{NewSnom(mac(0, 4, 0x13)), NewGrandstream(mac(0, 0x0b, 0x82)), NewMitel(mac(0, 8, 0x5d))}[i%3])
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	idle := runtime.NumGoroutine()
	for round := range 2 {
		start := time.Now()
		if err := w.Boot(ctx, phones, within); err != nil {
			t.Fatalf("round %d: %v", round+1, err)
		}
		for _, p := range phones {
			if !p.Registered() {
				t.Errorf("round %d: %s is not registered", round+1, p)
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		bytesEach = (float64(after.HeapAlloc) + float64(after.StackInuse) - float64(before.HeapAlloc) - float64(before.StackInuse)) / float64(n)
		goroutinesEach = float64(runtime.NumGoroutine()-idle) / float64(n)
		t.Logf("round %d: %d phones that start within %v are registered after %v; each holds %.0f KiB and %.1f goroutines",
			round+1, n, within, time.Since(start).Round(time.Millisecond), bytesEach/1024, goroutinesEach)
		if err := w.PowerCut(phones); err != nil {
			t.Fatal(err)
		}
	}
	return bytesEach, goroutinesEach
}
