package phonesim

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/mdlayher/packet"
)

// Thief sits on the LAN with an address and, perhaps, an account of its own, and tries to
// come by what belongs to others: with their MAC and without it, by every door of the box.
type Thief struct {
	Phone   *Phone // plugged in; its own secrets are no loot
	Box     netip.Addr
	Victims []*Phone
	Secrets []string // further texts that must not be given away
	HTTP    int      // port of the box; 80 when zero
	TFTP    int      // 69 when zero
}

// Theft is an answer that held something of somebody else.
type Theft struct {
	How    string // what the thief did
	Whose  string // the victim
	Answer []byte // every byte it got
}

// Loot is what a raid brought.
type Loot struct {
	Tries  int
	Bytes  int // that came back altogether
	Thefts []Theft
	URLs   []string // of settings that it was told
}

// Raid tries everything once. An error is a try that could not be made, not one that failed.
func (t *Thief) Raid(ctx context.Context) (Loot, error) {
	var l Loot
	if !t.Phone.Link().Addr.IsValid() {
		return l, fmt.Errorf("the thief has no address: plug it in first")
	}
	for _, v := range t.Victims {
		if err := t.byPnP(ctx, &l, v); err != nil {
			return l, err
		}
		if t.Phone.Link().Interface != "" {
			if err := t.byDHCP(ctx, &l, v); err != nil {
				return l, err
			}
		}
	}
	t.byHTTP(ctx, &l)
	t.byTFTP(ctx, &l)
	return l, ctx.Err()
}

// got looks through one answer for what is not the thief's own.
func (t *Thief) got(l *Loot, how string, answer []byte) {
	l.Tries++
	l.Bytes += len(answer)
	own := t.Phone.Secrets()
	look := func(whose, secret string) {
		if secret != "" && !slices.Contains(own, secret) && bytes.Contains(answer, []byte(secret)) {
			l.Thefts = append(l.Thefts, Theft{How: how, Whose: whose, Answer: bytes.Clone(answer)})
		}
	}
	for _, v := range t.Victims {
		for _, s := range v.Secrets() {
			look(v.String(), s)
		}
	}
	for _, s := range t.Secrets {
		look("", s)
	}
	for _, u := range settingsURL.FindAllString(string(answer), -1) {
		if !slices.Contains(l.URLs, u) && len(l.URLs) < 100 {
			l.URLs = append(l.URLs, u)
		}
	}
}

var settingsURL = regexp.MustCompile(`(?:https?|tftp)://[!#-&(-;=?-~]+`)

// pnpForms are the questions of the makers that have PnP.
func pnpForms() map[string]string {
	y := NewYealink(nil).maker.(yealink)
	return map[string]string{
		"yealink": y.subscribe(), "grandstream": strings.NewReplacer("{model}", "GXP2170", "{fw}", "1.0.11.79").Replace(grandstreamForm),
		"snom":   strings.NewReplacer("{model}", "D735", "{fw}", "10.1.46.16").Replace(snomDesk),
		"fanvil": strings.NewReplacer("{model}", "X4U", "{fw}", "2.12.4").Replace(fanvilForm),
		"htek":   htekForm, "panasonic": panasonicForm,
	}
}

// pnpPatience is how long the thief waits for each answer; a box answers in milliseconds.
const pnpPatience = time.Second

// byPnP asks in every maker's form with the victim's MAC, and keeps whatever comes back.
func (t *Thief) byPnP(ctx context.Context, l *Loot, v *Phone) error {
	group, err := net.ResolveUDPAddr("udp4", pnpGroup)
	if err != nil {
		return err
	}
	type answer struct {
		how string
		all []byte
	}
	var asks sync.WaitGroup
	answers := make(chan answer, 100)
	for maker, form := range pnpForms() {
		for _, to := range []*net.UDPAddr{group, {IP: t.Box.AsSlice(), Port: group.Port}} {
			conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: t.Phone.Link().Addr.Addr().AsSlice()})
			if err != nil {
				return err
			}
			asks.Go(func() {
				defer conn.Close()
				answers <- answer{fmt.Sprintf("SUBSCRIBE as %s with the MAC of %s to %s", maker, v, to), t.ask(ctx, conn, to, form, v)}
			})
		}
	}
	asks.Wait()
	close(answers)
	for a := range answers {
		t.got(l, a.how, a.all)
	}
	return ctx.Err()
}

// ask sends one SUBSCRIBE with the victim's MAC and the thief's own address to answer to.
func (t *Thief) ask(ctx context.Context, conn *net.UDPConn, to *net.UDPAddr, form string, v *Phone) []byte {
	port := conn.LocalAddr().(*net.UDPAddr).Port
	text := subscribe(form, &Phone{MAC: v.MAC, link: t.Phone.Link()}, fmt.Sprintf("%d@thief", port))
	text = regexp.MustCompile(`:50[68][09]|:5059`).ReplaceAllString(text, fmt.Sprintf(":%d", port))
	text = strings.ReplaceAll(strings.TrimLeft(text, "\n"), "\n", "\r\n")
	_, err := conn.WriteToUDP([]byte(text), to)
	var all []byte
	buf := make([]byte, 4096)
	conn.SetReadDeadline(time.Now().Add(pnpPatience))
	for err == nil && ctx.Err() == nil {
		var n int
		if n, _, err = conn.ReadFromUDP(buf); err == nil {
			all = append(append(all, buf[:n]...), '\n')
		}
	}
	return all
}

// byDHCP asks for an address and for information in the victim's name, from a frame of the
// thief's MAC and from one of the victim's.
func (t *Thief) byDHCP(ctx context.Context, l *Loot, v *Phone) error {
	dev, err := net.InterfaceByName(t.Phone.Link().Interface)
	if err != nil {
		return err
	}
	conn, err := packet.Listen(dev, packet.Raw, 0x0800, nil)
	if err != nil {
		return err
	}
	defer conn.Close()
	own := t.Phone.Link().Addr.Addr()
	says := v.maker.dhcp().modifiers(v.MAC)
	discover, err := dhcpv4.NewDiscovery(v.MAC, append(says, dhcpv4.WithBroadcast(true))...)
	if err != nil {
		return err
	}
	inform, err := dhcpv4.NewInform(v.MAC, own.AsSlice(), append(says, dhcpv4.WithBroadcast(true))...)
	if err != nil {
		return err
	}
	for what, m := range map[string]*dhcpv4.DHCPv4{"DISCOVER": discover, "INFORM": inform} {
		for _, from := range []net.HardwareAddr{t.Phone.MAC, v.MAC} {
			if len(from) != 6 {
				continue // a softphone has made its MAC up
			}
			if _, err := conn.WriteTo(broadcast(from, m), &packet.Addr{HardwareAddr: net.HardwareAddr{255, 255, 255, 255, 255, 255}}); err != nil {
				return err
			}
			var all []byte
			buf := make([]byte, 2000)
			for until := time.Now().Add(pnpPatience); ctx.Err() == nil; {
				conn.SetReadDeadline(until)
				n, _, err := conn.ReadFrom(buf)
				if err != nil {
					break
				}
				if n > 42 && buf[23] == 17 && buf[37] == 68 { // to a DHCP client
					all = append(all, buf[42:n]...)
				}
			}
			t.got(l, fmt.Sprintf("%s in the name of %s from %s", what, v, from), all)
		}
	}
	return nil
}

// broadcast is a DHCP message in UDP, IP and Ethernet.
func broadcast(from net.HardwareAddr, m *dhcpv4.DHCPv4) []byte {
	body := m.ToBytes()
	f := append([]byte{255, 255, 255, 255, 255, 255}, from...)
	f = append(f, 8, 0)
	size := 28 + len(body)
	ip := []byte{0x45, 0, byte(size >> 8), byte(size), 0, 1, 0, 0, 64, 17, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255}
	sum := uint32(0)
	for i := 0; i < len(ip); i += 2 {
		sum += uint32(ip[i])<<8 | uint32(ip[i+1])
	}
	sum = ^(sum&0xffff + sum>>16)
	ip[10], ip[11] = byte(sum>>8), byte(sum)
	f = append(f, ip...)
	f = append(f, 0, 68, 0, 67, byte((8+len(body))>>8), byte(8+len(body)), 0, 0) // no UDP checksum
	return append(f, body...)
}

// names are all files that a phone of any maker might ask for with this MAC.
func names(mac net.HardwareAddr) []string {
	var out []string
	for _, n := range []string{"{mac}.cfg", "{mac}.boot", "{mac}.xml", "{mac}.htm", "{MAC}.xml", "{MAC}.htm", "{MAC}.cfg", "cfg{mac}", "cfg{mac}.xml",
		"snomD735-{MAC}.htm", "snomM700-{MAC}.htm", "Config{MAC}.cfg", "42/2/{MAC}.xml", "{mac}-phone.cfg", "{mac}-user.cfg", "{mac}-local.cfg",
		"spa{mac}.xml", "spa{mac}.cfg", "init_{mac}.xml", "SEP{MAC}.cnf.xml", "Cisco/CP-8841-3PCC/{mac}.cfg", "{mac}-contacts.xml"} {
		out = append(out, spell(n, mac))
	}
	return out
}

// commons are files that need no MAC; none may hold a secret.
var commons = []string{"y000000000066.cfg", "y000000000146.cfg", "y000000000000.boot", "snomD735.htm", "snomM700.htm", "cfg.xml", "cfggrp2614.xml",
	"000000000000.cfg", "spa504G.cfg", "CP-8841-3PCC.xml", "aastra.cfg", "startup.cfg", "6867i.cfg", "KX-HDV130.cfg", "f0X4Uhw1.100.cfg",
	"linphone.xml", "phonebook.xml", "directory.xml", "XMLDefault.cnf.xml"}

// guesses are tokens that are not the thief's, and paths around them.
func (t *Thief) guesses() []string {
	out := []string{"", "p/", "p//", "p/0/", "p/../", "p/%2e%2e/", "p/" + strings.Repeat("0", 32) + "/", "p/" + strings.Repeat("A", 26) + "/", "p/*/", "files/", "vendors/", "../", "..%2f"}
	for _, s := range t.Phone.Secrets() { // its own, one sign wrong, cut, and in another case
		out = append(out, "p/"+s+"/", "p/"+s[:len(s)-1]+"/", "p/"+s[:len(s)-1]+"0/", "p/"+strings.ToUpper(s)+"/")
	}
	return out
}

// byHTTP fetches the names of every victim at the root, with guessed tokens, and where
// other doors said that settings are; as the thief, and as the victim's phone would.
func (t *Thief) byHTTP(ctx context.Context, l *Loot) {
	port := t.HTTP
	if port == 0 {
		port = 80
	}
	c := t.Phone.Link().browser(t.Phone.Memory.Trusts)
	c.Timeout = 3 * time.Second
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	root := fmt.Sprintf("http://%s/", netip.AddrPortFrom(t.Box, uint16(port)))
	told := slices.Clone(l.URLs)
	for _, v := range t.Victims {
		wanted := append(names(v.MAC), commons...)
		for _, agent := range []string{v.maker.agent(v.MAC), t.Phone.maker.agent(t.Phone.MAC), "curl/8.5.0"} {
			for i, dir := range t.guesses() {
				for j, n := range wanted {
					if i > 0 && j > 8 { // the token is wrong: a few names are as good as all
						break
					}
					t.fetch(ctx, c, l, root+dir+n, agent, v)
				}
			}
			for _, u := range told {
				if dir, _ := split(u); strings.HasPrefix(u, "http") {
					t.fetch(ctx, c, l, u, agent, v)
					for _, n := range names(v.MAC) {
						t.fetch(ctx, c, l, dir+n, agent, v)
					}
				}
			}
		}
		t.fetch(ctx, c, l, root+"?mac="+hex.EncodeToString(v.MAC), v.maker.agent(v.MAC), v)
	}
}

// fetch reads one answer whole, its headers too.
func (t *Thief) fetch(ctx context.Context, c *http.Client, l *Loot, where, agent string, v *Phone) {
	u, err := url.Parse(where)
	if err != nil || ctx.Err() != nil {
		return
	}
	req := (&http.Request{Method: http.MethodGet, URL: u, Host: u.Host, Header: http.Header{
		"User-Agent": {agent}, "X-Forwarded-For": {v.Link().Addr.Addr().String()}, linphoneHeader: {"1"}}}).WithContext(ctx)
	res, err := c.Do(req)
	if err != nil {
		t.got(l, "GET "+where, nil)
		return
	}
	defer res.Body.Close()
	var all bytes.Buffer
	res.Header.Write(&all)
	io.Copy(&all, io.LimitReader(res.Body, maxSettings)) // what came before an error counts too
	t.got(l, fmt.Sprintf("GET %s as %q", where, agent), all.Bytes())
}

// byTFTP asks for the same names. TFTP has no identity at all.
func (t *Thief) byTFTP(ctx context.Context, l *Loot) {
	port := t.TFTP
	if port == 0 {
		port = 69
	}
	for _, v := range t.Victims {
		dirs := []string{"", "/"}
		for _, u := range l.URLs {
			if dir, _ := split(u); strings.HasPrefix(u, "tftp://") {
				if at, err := url.Parse(dir); err == nil && !slices.Contains(dirs, at.Path) {
					dirs = append(dirs, at.Path)
				}
			}
		}
		for _, dir := range dirs {
			for i, n := range append(names(v.MAC), commons...) {
				// A server that does not answer at all is not asked for every name.
				short, cancel := context.WithTimeout(ctx, time.Second)
				where := fmt.Sprintf("tftp://%s/%s%s", netip.AddrPortFrom(t.Box, uint16(port)), dir, n)
				body, err := fetchTFTP(short, t.Phone.Link().Addr.Addr(), where, 0)
				silent := short.Err() != nil
				cancel()
				answer := body
				if err != nil && !silent {
					answer = []byte(strings.ReplaceAll(err.Error(), where, "")) // with the server's words
				}
				t.got(l, "RRQ "+where, answer)
				if silent && i == 0 {
					return
				}
			}
		}
	}
}
