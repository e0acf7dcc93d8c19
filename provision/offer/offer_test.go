package offer

import (
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"autocom/provision"
)

var update = flag.Bool("update", false, "write the golden files")

const root = `{{if .URL}}{{.URL}}{{else}}http://{{.Site.Host}}/{{end}}`

// Makers with each form that there is, as their data may say.
var makers = []provision.Vendor{
	{ID: "aastra", Name: "Aastra", Classes: []string{"AastraIPPhone"}, OUIs: []string{"00085d"}, Options: []provision.Option{
		{Code: 43, Sub: map[uint8]string{2: root}},
	}},
	{ID: "cisco", Name: "Cisco", Classes: []string{"Cisco Systems, Inc. IP Phone"}, OUIs: []string{"002699"}, Options: []provision.Option{
		{Code: 150, Form: "address", Text: "{{.Site.Address}}"}, {Code: 66, Text: "{{.Site.Address}}"},
	}},
	{ID: "ciscospa", Name: "Cisco SPA", Classes: []string{"Cisco SPA", "LINKSYS SPA", "Cisco Systems, Inc. IP Phone SPA"}, OUIs: []string{"002699", "000e08"},
		Options: []provision.Option{{Code: 66, Text: "http://{{.Site.Host}}/spa$PSN.cfg"}}},
	{ID: "fanvil", Name: "Fanvil", Classes: []string{"Fanvil"}, OUIs: []string{"0c383e"}, PnPURL: "http://{{.Site.Host}}/$mac.cfg", Options: []provision.Option{
		{Code: 43, Text: "http://{{.Site.Host}}/$mac.cfg"}, {Code: 66, Text: "http://{{.Site.Host}}/$mac.cfg"},
	}},
	{ID: "generic", Generic: true},
	{ID: "goip", Kind: provision.KindGateway, OUIs: []string{"0021f2"}, Unsupported: "a gateway"},
	{ID: "panasonic", Name: "Panasonic", Classes: []string{"Panasonic"}, OUIs: []string{"0080f0"}, TypeURL: "http://{{.Site.Host}}/Config{MAC}.cfg"},
	{ID: "polycom", Name: "Polycom", Classes: []string{"Polycom"}, OUIs: []string{"0004f2"}, Options: []provision.Option{
		{Code: 160, Text: root}, {Code: 132, Text: `VLAN-A={{.Site.VoiceVLAN}};`},
	}},
	{ID: "snom", Name: "Snom", Classes: []string{"snom"}, OUIs: []string{"000413"}, Options: []provision.Option{
		{Code: 43, Sub: map[uint8]string{66: "http://{{.Site.Host}}", 67: "/", 132: "{{.Site.VoiceVLAN}}"}},
		{Code: 66, Text: "http://{{.Site.Host}}"}, {Code: 67, Text: "/"},
	}},
	{ID: "yealink", Name: "Yealink", Classes: []string{"yealink"}, OUIs: []string{"001565", "805ec0"}, PnPURL: root, Options: []provision.Option{
		{Code: 66, Text: root}, {Code: 43, Text: root},
	}},
}

func site() provision.Site {
	return provision.Site{Address: netip.MustParseAddr("192.0.2.10"), HTTPPort: 80}
}

func lan() LAN {
	return LAN{Interface: "eth0", Address: netip.MustParsePrefix("192.0.2.10/24"), Lease: 5 * time.Minute, LeaseFile: "/run/autocom/dnsmasq.leases"}
}

func TestDnsmasqGoldens(t *testing.T) {
	for name, change := range map[string]func(*provision.Site, *LAN){
		"alone":           func(*provision.Site, *LAN) {},
		"with-a-way-out":  func(_ *provision.Site, l *LAN) { l.Router, l.Lease = netip.MustParseAddr("192.0.2.1"), 12*time.Hour },
		"with-voice-vlan": func(s *provision.Site, _ *LAN) { s.VoiceVLAN, s.HTTPPort = 20, 8080 },
	} {
		s, l := site(), lan()
		change(&s, &l)
		got, err := Dnsmasq(s, makers, l)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		path := filepath.Join("testdata", name+".conf")
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// Whatever stands in a vendor file, its bytes are data: no line of dnsmasq's begins there.
func TestNothingIsInjected(t *testing.T) {
	plain, err := Dnsmasq(site(), nil, lan())
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]provision.Vendor{
		"an option with quotes":        {ID: "x", Options: []provision.Option{{Code: 160, Text: `http://h/",3,"#\`}}},
		"an option with commas":        {ID: "x", Options: []provision.Option{{Code: 66, Text: `http://h/,3,192.0.2.1 # x`}}},
		"a class with a comma":         {ID: "x", Classes: []string{"a,b\nlog-queries"}},
		"a class of high bytes":        {ID: "x", Classes: []string{"\x00\xff"}},
		"OUIs that are none":           {ID: "x", OUIs: []string{"001565\nlog", "00:15:65"}},
		"a comment with a line of its": {ID: "x", Options: []provision.Option{{Code: 43, Sub: map[uint8]string{1: "a\\nb #"}}}},
	} {
		got, err := Dnsmasq(site(), []provision.Vendor{v}, lan())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for line := range strings.Lines(string(got)) {
			word, _, _ := strings.Cut(strings.TrimRight(line, "\n"), "=")
			switch word {
			case "dhcp-option", "dhcp-match", "dhcp-mac", "tag-if", "":
			default:
				if !strings.HasPrefix(line, "# ") && !strings.Contains(string(plain), line) {
					t.Errorf("%s: the line %q came in", name, line)
				}
			}
		}
	}
	for name, v := range map[string]provision.Vendor{
		"a quote":                    {ID: "x", Options: []provision.Option{{Code: 66, Text: `http://h/",3,"#`}}},
		"a backslash at the end":     {ID: "x", Options: []provision.Option{{Code: 67, Text: `file\`}}},
		"a line break":               {ID: "x", Options: []provision.Option{{Code: 66, Text: "http://h/\ndhcp-script=/bin/sh"}}},
		"a control sign":             {ID: "x", Options: []provision.Option{{Code: 66, Text: "a\x00b"}}},
		"no ASCII":                   {ID: "x", Options: []provision.Option{{Code: 66, Text: "é"}}},
		"an id with a comma":         {ID: "x,3"},
		"too long":                   {ID: "x", Options: []provision.Option{{Code: 66, Text: strings.Repeat("x", 256)}}},
		"too long, encapsulated":     {ID: "x", Options: []provision.Option{{Code: 43, Sub: map[uint8]string{1: strings.Repeat("x", 254)}}}},
		"no address":                 {ID: "x", Options: []provision.Option{{Code: 150, Form: "address", Text: "box.local"}}},
		"no form":                    {ID: "x", Options: []provision.Option{{Code: 150, Form: "hex", Text: "00"}}},
		"the end of options":         {ID: "x", Options: []provision.Option{{Code: 255, Text: "x"}}},
		"twice the same":             {ID: "x", Options: []provision.Option{{Code: 66, Text: "x"}, {Code: 66, Text: "y"}}},
		"a field that is not there":  {ID: "x", Options: []provision.Option{{Code: 66, Text: "{{.Nothing}}"}}},
		"a template that never ends": {ID: "x", Options: []provision.Option{{Code: 66, Text: "{{if}}"}}},
	} {
		if got, err := Dnsmasq(site(), []provision.Vendor{v}, lan()); err == nil || !strings.Contains(err.Error(), "maker") {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
	}
	for name, change := range map[string]func(*LAN){
		"an interface of two lines": func(l *LAN) { l.Interface = "eth0\nx" },
		"a lease file of two lines": func(l *LAN) { l.LeaseFile = "/run/x\ndhcp-script=/bin/sh" },
		"IPv6":                      func(l *LAN) { l.Address = netip.MustParsePrefix("2001:db8::1/64") },
		"a host without a network":  func(l *LAN) { l.Address = netip.MustParsePrefix("192.0.2.10/32") },
		"no time":                   func(l *LAN) { l.Lease = time.Second },
		"an IPv6 router":            func(l *LAN) { l.Router = netip.MustParseAddr("2001:db8::1") },
	} {
		l := lan()
		change(&l)
		if got, err := Dnsmasq(site(), nil, l); err == nil {
			t.Errorf("%s:\n%s", name, got)
		}
	}
}

func TestTheRangeLeavesRoom(t *testing.T) {
	for own, want := range map[string]string{
		"192.0.2.10/24":   "192.0.2.50 192.0.2.250",
		"192.168.77.1/24": "192.168.77.50 192.168.77.250",
		"10.1.2.3/16":     "10.1.50.0 10.1.65.160",
		"10.0.0.1/8":      "10.50.0.0 10.50.15.160",
		"192.168.4.1/22":  "192.168.4.200 192.168.7.232",
		"192.0.2.1/28":    "192.0.2.3 192.0.2.14",
		"192.0.2.1/29":    "192.0.2.1 192.0.2.6",
		"192.0.2.1/30":    "192.0.2.1 192.0.2.2",
	} {
		first, last, ok := Range(netip.MustParsePrefix(own))
		if got := first.String() + " " + last.String(); !ok || got != want {
			t.Errorf("%s: %s, want %s", own, got, want)
		}
	}
}

func TestAdviceForAForeignRouter(t *testing.T) {
	got := map[string][]Typed{}
	for _, a := range Router(site(), makers) {
		for i := range a.Options {
			if a.Options[i].Form == "text" {
				a.Options[i].Hex = "" // the golden files show them
			}
		}
		got[a.Maker] = a.Options
	}
	want := map[string][]Typed{
		"aastra": {{Code: 43, Form: "hex", Value: "02:12:68:74:74:70:3a:2f:2f:31:39:32:2e:30:2e:32:2e:31:30:2f",
			Hex: "02:12:68:74:74:70:3a:2f:2f:31:39:32:2e:30:2e:32:2e:31:30:2f", Means: "2 = http://192.0.2.10/"}},
		"cisco":     {{Code: 150, Form: "address", Value: "192.0.2.10", Hex: "c0:00:02:0a"}, {Code: 66, Form: "text", Value: "192.0.2.10"}},
		"ciscospa":  {{Code: 66, Form: "text", Value: "http://192.0.2.10/spa$PSN.cfg"}},
		"fanvil":    {{Code: 43, Form: "text", Value: "http://192.0.2.10/$mac.cfg"}, {Code: 66, Form: "text", Value: "http://192.0.2.10/$mac.cfg"}},
		"panasonic": {{Code: 66, Form: "text", Value: "http://192.0.2.10/"}},
		"polycom":   {{Code: 160, Form: "text", Value: "http://192.0.2.10/"}},
		"snom": {
			{Code: 43, Form: "hex", Value: "42:11:68:74:74:70:3a:2f:2f:31:39:32:2e:30:2e:32:2e:31:30:43:01:2f",
				Hex: "42:11:68:74:74:70:3a:2f:2f:31:39:32:2e:30:2e:32:2e:31:30:43:01:2f", Means: "66 = http://192.0.2.10, 67 = /"},
			{Code: 66, Form: "text", Value: "http://192.0.2.10"}, {Code: 67, Form: "text", Value: "/"},
		},
		"yealink": {{Code: 66, Form: "text", Value: "http://192.0.2.10/"}, {Code: 43, Form: "text", Value: "http://192.0.2.10/"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if a := Router(provision.Site{}, makers); a != nil {
		t.Errorf("a box without an address: %v", a)
	}
}

func FuzzDnsmasq(f *testing.F) {
	f.Add("yealink", "yealink", "001565", root, "x")
	f.Add("x", "a\nb", "0015:5", "{{.Site.Address}}\n", "\"")
	f.Fuzz(func(t *testing.T, id, class, oui, text, sub string) {
		v := provision.Vendor{ID: id, Classes: []string{class}, OUIs: []string{oui}, Options: []provision.Option{
			{Code: 66, Text: text}, {Code: 43, Sub: map[uint8]string{1: sub}},
		}}
		if strings.Contains(text, "{{") && text != root || strings.Contains(sub, "{{") {
			return // vendor files are ours; what a template may do is not the question here
		}
		got, err := Dnsmasq(site(), []provision.Vendor{v}, lan())
		if err != nil {
			return
		}
		for line := range strings.Lines(string(got)) {
			word, _, _ := strings.Cut(strings.TrimSpace(line), "=")
			switch word {
			case "port", "interface", "bind-interfaces", "dhcp-range", "dhcp-authoritative", "dhcp-leasefile", "dhcp-lease-max", "dhcp-option", "dhcp-match", "dhcp-mac", "tag-if":
			default:
				if !strings.HasPrefix(line, "# ") {
					t.Fatalf("the line %q", line)
				}
			}
			if len(line) > 1001 {
				t.Fatalf("%d bytes in a line: dnsmasq reads 1024", len(line))
			}
		}
	})
}
