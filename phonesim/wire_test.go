package phonesim

import (
	"context"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"autocom/qemu"

	"github.com/emiago/sipgo/sip"
	"github.com/google/go-cmp/cmp"
	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/mdlayher/packet"
	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) { os.Exit(qemu.Isolated(m.Run)) }

// office is a LAN with a router and a wire for phones.
func office(t *testing.T, bridge, router string) *Wire {
	t.Helper()
	addr := netip.MustParsePrefix(router)
	if _, err := qemu.OpenLAN(bridge, addr); err != nil {
		t.Fatal(err)
	}
	r := &Router{Interface: bridge, Addr: addr, Log: slog.New(slog.DiscardHandler)}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := r.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
	w, err := OpenWire(bridge)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// frames collects the DHCP messages that cross a bridge, as the box would see them.
func frames(t *testing.T, bridge string) func() []*dhcpv4.DHCPv4 {
	t.Helper()
	dev, err := net.InterfaceByName(bridge)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := packet.Listen(dev, packet.Raw, 0x0800, nil)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var got []*dhcpv4.DHCPv4
	go func() {
		buf := make([]byte, 2000)
		for {
			n, _, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if n > 42 && buf[23] == 17 && buf[37] == 67 {
				if m, err := dhcpv4.FromBytes(buf[42:n]); err == nil && slices.Equal(m.ClientHWAddr, buf[6:12]) {
					mu.Lock()
					got = append(got, m)
					mu.Unlock()
				}
			}
		}
	}()
	t.Cleanup(func() { conn.Close() })
	return func() []*dhcpv4.DHCPv4 { mu.Lock(); defer mu.Unlock(); return slices.Clone(got) }
}

func TestPhonesGetAddressesWithFramesOfTheirOwn(t *testing.T) {
	w := office(t, "br-dhcp", "192.168.61.1/24")
	seen := frames(t, "br-dhcp")
	y, s := NewYealink([]byte{0, 0x15, 0x65, 0, 0, 2}), NewSnom([]byte{0, 4, 0x13, 0, 0, 2})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for _, p := range []*Phone{y, s} {
		if err := w.Plug(ctx, p); err != nil {
			t.Fatal(err)
		}
		defer w.Unplug(p)
	}
	if y.Link().Addr != netip.MustParsePrefix("192.168.61.100/24") || y.Link().Router != netip.MustParseAddr("192.168.61.1") {
		t.Errorf("the Yealink's place is %+v", y.Link())
	}
	type said struct{ Kind, MAC, Class, Host, Wants string }
	var got []said
	for _, m := range seen() {
		got = append(got, said{m.MessageType().String(), m.ClientHWAddr.String(), m.ClassIdentifier(), m.HostName(),
			fmt.Sprint(m.Options.Get(dhcpv4.OptionParameterRequestList))})
	}
	yea := said{"DISCOVER", "00:15:65:00:00:02", "yealink", "SIP-T46S", fmt.Sprint(y.maker.dhcp().wants)}
	sno := said{"DISCOVER", "00:04:13:00:00:02", "snomD735", "snomD735", "[1 3 6 12 15 42 66 67 120]"}
	want := []said{yea, yea, sno, sno}
	want[1].Kind, want[3].Kind = "REQUEST", "REQUEST"
	// A client repeats what was not answered (RFC 2131 4.1), and the first answer may come
	// before its cable carries anything.
	if d := cmp.Diff(want, slices.Compact(got)); d != "" {
		t.Errorf("what crossed the wire (-want +got):\n%s", d)
	}
}

func TestPhoneWithoutAnyServerSaysSo(t *testing.T) {
	if _, err := qemu.OpenLAN("br-mute", netip.MustParsePrefix("192.168.62.1/24")); err != nil {
		t.Fatal(err)
	}
	w, err := OpenWire("br-mute")
	if err != nil {
		t.Fatal(err)
	}
	p := NewYealink([]byte{0, 0x15, 0x65, 0, 0, 3})
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := w.Plug(ctx, p); err == nil || !strings.Contains(err.Error(), "no DHCP server gave an address") {
		t.Errorf("error %v", err)
	}
	if err := w.PlugStatic(p, netip.MustParsePrefix("192.168.62.9/24")); err != nil {
		t.Fatal(err)
	}
	if err := w.Unplug(p); err != nil {
		t.Error(err)
	}
}

// bindGroup binds the group itself: Go's net would bind 0.0.0.0, and the Snom needs
// port 5060 of its own address.
func bindGroup(t *testing.T) *net.UDPConn {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), "pnp")
	defer f.Close()
	if err := unix.Bind(fd, &unix.SockaddrInet4{Port: 5060, Addr: [4]byte{224, 0, 1, 75}}); err != nil {
		t.Fatal(err)
	}
	conn, err := net.FilePacketConn(f)
	if err != nil {
		t.Fatal(err)
	}
	return conn.(*net.UDPConn)
}

// box answers PnP on bridge with 200 and NOTIFY, and serves files.
func box(t *testing.T, bridge, ip string, files map[string]string) func() []string {
	t.Helper()
	// Here box and phones share a namespace, so what phones send comes from our own addresses.
	if err := os.WriteFile("/proc/sys/net/ipv4/conf/"+bridge+"/accept_local", []byte("1"), 0o644); err != nil {
		t.Fatal(err)
	}
	dev, err := net.InterfaceByName(bridge)
	if err != nil {
		t.Fatal(err)
	}
	group := &net.UDPAddr{IP: net.IPv4(224, 0, 1, 75), Port: 5060}
	conn := bindGroup(t)
	if err := ipv4.NewPacketConn(conn).JoinGroup(dev, group); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buf := make([]byte, 4096)
		for {
			n, from, err := conn.ReadFromUDP(buf)
			if err != nil {
				return
			}
			m, err := sip.NewParser().ParseSIP(buf[:n])
			if err != nil {
				t.Errorf("a phone's SUBSCRIBE: %v", err)
				continue
			}
			req, ok := m.(*sip.Request)
			if !ok {
				continue // the phone's 200 to our NOTIFY
			}
			res := sip.NewResponseFromRequest(req, 200, "OK", nil)
			conn.WriteToUDP([]byte(res.String()), from)
			notify := fmt.Sprintf("NOTIFY %s SIP/2.0\r\nVia: SIP/2.0/UDP %s:5060;branch=z9hG4bKx\r\nMax-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: 1 NOTIFY\r\nContact: <sip:%s:5060>\r\nEvent: ua-profile\r\nSubscription-State: terminated;reason=timeout\r\nContent-Type: application/url\r\nContent-Length: %d\r\n\r\nhttp://%s/p/t/",
				req.Contact().Address.String(), ip, res.To().Value(), req.From().Value(), req.CallID().Value(), ip, len("http:///p/t/")+len(ip), ip)
			conn.WriteToUDP([]byte(notify), from)
		}
	}()
	l, err := net.Listen("tcp", ip+":80")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var asked []string
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		asked = append(asked, host+" "+r.Method+" "+r.URL.Path+" "+r.UserAgent())
		body, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, body)
	})}
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
	return func() []string { mu.Lock(); defer mu.Unlock(); out := asked; asked = nil; return out }
}

func TestPhonesFindTheirSettings(t *testing.T) {
	w := office(t, "br-pnp", "192.168.63.1/24")
	y, s := NewYealink([]byte{0, 0x15, 0x65, 0, 0, 4}), NewSnom([]byte{0, 4, 0x13, 0, 0, 0xaa})
	files := map[string]string{
		"/p/t/y000000000066.cfg":         yealinkMagic + "\nlang.gui = French\n",
		"/p/t/001565000004.cfg":          goodYealink,
		"/p/t/snomD735-0004130000AA.htm": goodSnom,
	}
	asked := box(t, "br-pnp", "192.168.63.1", files)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for _, p := range []*Phone{y, s} {
		if err := w.Plug(ctx, p); err != nil {
			t.Fatal(err)
		}
		if err := p.Provision(ctx); err != nil {
			t.Fatal(err)
		}
		defer w.Unplug(p)
	}
	yip, sip := y.Link().Addr.Addr().String(), s.Link().Addr.Addr().String()
	ua, sua := y.maker.agent(y.MAC), s.maker.agent(s.MAC)
	want := []string{
		yip + " GET /p/t/001565000004.boot " + ua, yip + " GET /p/t/y000000000000.boot " + ua,
		yip + " GET /p/t/y000000000066.cfg " + ua, yip + " GET /p/t/001565000004.cfg " + ua,
		sip + " GET /p/t/snomD735.htm " + sua, sip + " GET /p/t/snomD735-0004130000AA.htm " + sua,
	}
	if d := cmp.Diff(want, asked()); d != "" {
		t.Errorf("what the phones asked for (-want +got):\n%s", d)
	}
	if y.Number() != "201" || y.Memory.URL != "http://192.168.1.10/p/abc/" || y.Memory.Settings["lang.gui"] != "French" {
		t.Errorf("the Yealink understood number %q, URL %q, settings %v", y.Number(), y.Memory.URL, y.Memory.Settings)
	}
	if s.Number() != "Atelier" {
		t.Errorf("the Snom shows %q", s.Number())
	}

	// A file without account keys leaves the account as it is.
	files["/p/t/"+hex.EncodeToString(y.MAC)+".cfg"] = yealinkMagic + "\nlang.gui = English\n"
	before := *y.Memory.Account
	if err := y.Provision(ctx); err != nil {
		t.Fatal(err)
	}
	if *y.Memory.Account != before || y.Memory.Settings["lang.gui"] != "English" {
		t.Errorf("account %+v, settings %v", *y.Memory.Account, y.Memory.Settings)
	}

	// What is in memory is there after the plug was pulled and after a save.
	path := filepath.Join(t.TempDir(), "phone.json")
	if err := y.Save(path); err != nil {
		t.Fatal(err)
	}
	again, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(y.Memory, again.Memory); d != "" || again.Kind() != "yealink" || again.MAC.String() != y.MAC.String() {
		t.Errorf("loaded %s (-want +got):\n%s", again, d)
	}
}

func TestSoftphonePressesTheButton(t *testing.T) {
	page := `<!doctype html><form method="get" action="/search"><input name="q"></form>
<form method="post" action="/ui/number"><input type="hidden" name="csrf" value="k1"><input name="name" value=""><button>Get a number</button></form>`
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "inst", Value: "c1", Path: "/"})
		fmt.Fprint(w, page)
	})
	mux.HandleFunc("POST /ui/number", func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("inst"); err != nil || c.Value != "c1" || r.FormValue("csrf") != "k1" {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		http.Redirect(w, r, "/ui/mine", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /ui/mine", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `<h1>Votre numéro</h1><p class="number">207</p><a href="/p/tok/linphone.xml">Linphone</a>`)
	})
	mux.HandleFunc("GET /p/tok/linphone.xml", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get(linphoneHeader) == "" {
			http.Error(w, "crawler", http.StatusForbidden)
			return
		}
		fmt.Fprint(w, goodLinphone)
	})
	l, err := net.Listen("tcp", "127.0.36.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: mux}
	go srv.Serve(l)
	defer srv.Close()
	p := NewSoftphone("http://" + l.Addr().String() + "/")
	p.Attach(Link{Addr: netip.MustParsePrefix("127.0.36.2/8")})
	if err := p.Provision(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p.Number() != "207" || p.Memory.URL != "http://"+l.Addr().String()+"/p/tok/linphone.xml" {
		t.Errorf("number %q, URL %q", p.Number(), p.Memory.URL)
	}
}
