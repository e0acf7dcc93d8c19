package office

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"time"

	"autocom/provision"
)

// boots are a phone of each maker as it asks for its files: the names in their order,
// {m} and {M} for its MAC in either case.
var boots = []struct {
	vendor, mac, class, agent, folder, names string
}{
	{"yealink", "805ec0aabb01", "yealink", "Yealink SIP-T46G 28.72.0.1 80:5e:c0:aa:bb:01", "Yealink", "y000000000000.boot {m}.boot y000000000028.cfg {m}.cfg"},
	{"grandstream", "c074adaabb02", "Grandstream GRP2612W dslforum.org", "Grandstream Model HW GRP2612W SW 1.0.5.67 DevId c074adaabb02", "Grandstream", "cfg{m} cfg{m}.xml cfggrp2612w.xml cfg.xml"},
	{"snom", "000413aabb03", "snomD785", "Mozilla/4.0 (compatible; snomD785-SIP 10.1.39.11 000413AABB03)", "snom", "snomD785.htm snomD785-{M}.htm"},
	{"snom", "000413aabb04", "snomM900", "Mozilla/4.0 (compatible; Snom M900 05.20.0001 000413aabb04)", "snom", "snomM900.htm snomM900-{M}.htm"},
	{"fanvil", "0c383eaabb05", "Fanvil X6U Pro", "Fanvil X6U Pro 0.0.10 0c383eaabb05", "Fanvil", "f0X6hw1.100.cfg {m}.cfg"},
	{"polycom", "64167faabb06", "Polycom-VVX410", "FileTransport PolycomVVX-VVX_410-UA/5.9.5.0614 Type/Updater", "poly/ucs", "{m}.cfg 000000000000.cfg {m}-user.cfg {m}-phone.cfg"},
	{"ciscospa", "503de5aabb07", "Cisco SPA504G", "Cisco/SPA504G-7.4.8a (503DE5AABB07)(CBT000000AA)", "Cisco", "spa504G.cfg"},
	{"ciscompp", "d0ec35aabb08", "CP-7841-3PCC", "Cisco-CP-7841-3PCC/11.0.1 (d0ec35aabb08)", "Cisco", "CP-7841-3PCC.xml"},
	{"ciscompp", "d0ec35aabb09", "CISCO ATA191-MPP", "Cisco/ATA191-MPP-11-1-0-MSR4 (FCH0000D9R4)", "Cisco/ATA191-MPP", "{m}.cfg"},
	{"mitel", "00085daabb0a", "AastraIPPhone6867i", "Aastra6867i MAC:00-08-5D-AA-BB-0A V:4.1.0.128-SIP", "Aastra", "aastra.cfg 6867i.cfg {M}.cfg"},
	{"gigaset", "7c2f80aabb0b", "N510_IP_PRO", "N510 IP PRO/42.258.00.000.000", "prov", "42/2/master.bin 42/2/{M}.xml"},
	{"gigaset", "7c2f80aabb0c", "Gigaset_N720_DM_PRO", "N720-DM-PRO/70.040.00.000.000", "gigaset", "70/2/{M}.xml"},
	{"panasonic", "0080f0aabb0d", "Panasonic", "Panasonic_KX-UT113/01.133 (0080f0aabb0d)", "Panasonic", "KX-UT113.cfg Config{M}.cfg"},
	{"htek", "001fc1aabb0e", "Htek UC903", "Htek UC903 2.0.4.2 00:1f:c1:aa:bb:0e", "Htek", "cfg0023.xml cfg{m}.xml"},
	{"digium", "000fd3aabb0f", "digium_D40_1_0_5_46476", "Digium D40 2_8_1", "Digium", "{m}.cfg {m}-contacts.xml"},
	{"sangoma", "005058aabb10", "Sangoma S500", "Sangoma S500 V3.0.4.76 005058aabb10", "sangoma", "cfg{m}.xml"},
}

// A phone needs one boot, whatever part of it we have seen: the frames and all, its
// requests alone, TFTP without a User-Agent, an OUI that nobody knows, a folder that
// another server's URL left in its names. Once it has registered, the same boot gives
// the files without the account.
func TestPhoneOfEachMakerBootsOnce(t *testing.T) {
	for name, how := range map[string]struct {
		dhcp, tftp, folder, stranger bool
	}{
		"DHCP and HTTP":                     {dhcp: true},
		"HTTP alone":                        {},
		"HTTP alone, an unknown OUI":        {stranger: true},
		"HTTP alone, in a folder":           {folder: true},
		"DHCP and TFTP, in a folder":        {dhcp: true, tftp: true, folder: true},
		"DHCP and TFTP, with another's OUI": {dhcp: true, tftp: true, stranger: true},
	} {
		for _, b := range boots {
			t.Run(name+", "+b.class, func(t *testing.T) {
				d := open(t, nil)
				s := d.phone(1)
				text := b.mac
				if how.stranger {
					text = "f4ceab" + text[6:]
				}
				var err error
				if s.MAC, err = provision.ParseMAC(text); err != nil {
					t.Fatal(err)
				}
				d.arp[s.IP] = s.MAC
				s.Fields = map[string]string{provision.FieldOption60: b.class}
				if how.dhcp {
					d.do(Sighted{s})
				}
				r := provision.Request{MAC: s.MAC, Protocol: "http", Remote: netip.AddrPortFrom(s.IP, 40000)}
				if r.UserAgent = b.agent; how.tftp {
					r.Protocol, r.UserAgent = "tftp", ""
				}
				if how.stranger {
					spelt := strings.NewReplacer(b.mac, text, strings.ToUpper(b.mac), strings.ToUpper(text), "80:5e:c0", "f4:ce:ab", "00:1f:c1", "f4:ce:ab", "00-08-5D", "F4-CE-AB")
					r.UserAgent = spelt.Replace(r.UserAgent)
				}
				boot := func() (files []provision.File) {
					for _, name := range strings.Fields(strings.NewReplacer("{m}", text, "{M}", strings.ToUpper(text)).Replace(b.names)) {
						if r.Name = name; how.folder {
							r.Name = b.folder + "/" + name
						}
						if f, err := d.Find(t.Context(), r); err == nil {
							files = append(files, f)
						}
					}
					return files
				}
				files := boot()
				got := d.device(s.MAC.String())
				if got.Vendor != b.vendor || got.Number() == "" {
					t.Fatalf("it is of %q with number %q (%s), want one of %s", got.Vendor, got.Number(), got.Reason, b.vendor)
				}
				if !registers(files, got) {
					t.Fatalf("none of %d files holds the account of %s", len(files), got.SIPUser(1))
				}
				d.do(Registered{got.SIPUser(1)})
				d.clock = d.clock.Add(time.Hour)
				files = boot()
				if len(files) == 0 {
					t.Fatal("it was given nothing once it had registered")
				}
				for _, f := range files {
					for what, secret := range map[string]string{"password": got.Lines[0].Secret, "token": got.Token, "web password": got.Admin} {
						if f.Secret || bytes.Contains(f.Body, []byte(secret)) {
							t.Errorf("%s without a token holds its %s", f.Name, what)
						}
					}
				}
			})
		}
	}
}

// registers reports whether a file names the box, the first line's user and its password.
func registers(files []provision.File, d provision.Device) bool {
	for _, f := range files {
		if bytes.Contains(f.Body, []byte("192.168.1.10")) && bytes.Contains(f.Body, []byte(d.SIPUser(1))) && bytes.Contains(f.Body, []byte(d.Lines[0].Secret)) {
			return true
		}
	}
	return false
}
