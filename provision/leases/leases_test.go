package leases

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"autocom/provision"
)

var (
	now    = time.Date(2026, 11, 23, 14, 30, 0, 0, time.UTC)
	first  = provision.MAC{0, 0, 0x5e, 0, 0x53, 1}
	second = provision.MAC{0, 0, 0x5e, 0, 0x53, 2}
)

// In the form that dnsmasq 2.90, Kea 2.2 and dhcpd 4.4.3 write (the lab test has them do
// it), with what must not count between.
const (
	dnsmasqFile = `1795447800 00:00:5e:00:53:01 192.0.2.50 SIP-T46G 01:00:00:5e:00:53:01
0 06-00:00:5e:00:53:02 192.0.2.51 * *
1795440000 00:00:5e:00:53:03 192.0.2.52 late *
1795447800 00:00:5e:00:53:04 192.0.2.53
1795447800 20-00:00:5e:00:53:05 192.0.2.54 infiniband *
duid 00:01:00:01:2f:0a:0b:0c:00:00:5e:00:53:fe
1795447800 1 2001:db8::50 six 00:01:00:01:2f:0a:0b:0c
`
	keaFile = `address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id
192.0.2.50,00:00:5e:00:53:01,01:00:00:5e:00:53:01,3600,1795447800,1,0,0,sip-t46g.,0,,0
192.0.2.51,00:00:5e:00:53:02,,4294967295,1795440000,1,0,0,a&#x2cb,0,{ "x": 1 },0
192.0.2.52,00:00:5e:00:53:03,,3600,1795447800,1,0,0,declined,1,,0
192.0.2.53,00:00:5e:00:53:04,,3600,1795447800,1,0,0,gone,0,,0
192.0.2.53,00:00:5e:00:53:04,,0,1795440000,1,0,0,gone,0,,0
192.0.2.54,00:00:5e:00:53:05,,3600,1795440000,1,0,0,late,0,,0
192.0.2.55,,,3600,1795447800,1,0,0,,0,,0
address,hwaddr
`
	// Fewer columns, in another order, as older versions have them.
	keaOldFile = `address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state
192.0.2.50,00:00:5e:00:53:01,01:00:00:5e:00:53:01,3600,1795447800,1,0,0,sip-t46g,0
192.0.2.51,00:00:5e:00:53:02,,3600,1795447800,1,0,0,"a,0
`
	dhcpdFile = `# The format of this file is documented in the dhcpd.leases(5) manual page.
# This lease file was written by isc-dhcp-4.4.3-P1

# authoring-byte-order entry is generated, DO NOT DELETE
authoring-byte-order little-endian;

server-duid "\000\001\000\0011\031\034\304\000\000^\000S\376";

lease 192.0.2.50 {
  starts 1 2026/11/23 14:00:00;
  ends 1 2026/11/23 14:10:00;
  cltt 1 2026/11/23 14:00:00;
  binding state active;
  next binding state free;
  rewind binding state free;
  hardware ethernet 00:00:5e:00:53:07;
}
lease 192.0.2.50 {
  starts 1 2026/11/23 14:20:00;
  ends 1 2026/11/23 15:30:00;
  binding state active;
  hardware ethernet 00:00:5e:00:53:01;
  uid "\001\000\000^\000S\001";
  set vendor-class-identifier = "yealink";
  client-hostname "SIP-\"T46G\"";
  on expiry or release {
    execute ("/bin/true");
  }
}
lease 192.0.2.51 {
  ends never;
  binding state active;
  hardware ethernet 00:00:5e:00:53:02;
  set vendor-string = "snomD735";
}
lease 192.0.2.52 {
  ends epoch 1795447800; # Mon Nov 23 15:30:00 2026
  binding state free;
  hardware ethernet 00:00:5e:00:53:03;
}
host here { dynamic; hardware ethernet 00:00:5e:00:53:09; }
lease 192.0.2.53 {
  binding state active;
  hardware ethernet 00:00:5e:00:53:04;
`
)

func TestFormats(t *testing.T) {
	seen := func(mac provision.MAC, ip string, fields ...string) provision.Sighting {
		s := provision.Sighting{At: now, Sensor: provision.SensorLease, MAC: mac, IP: netip.MustParseAddr(ip), Fields: map[string]string{}}
		for i := 0; i < len(fields); i += 2 {
			s.Fields[fields[i]] = fields[i+1]
		}
		return s
	}
	for name, tc := range map[string]struct {
		text, format string
		malformed    int
		want         []provision.Sighting
	}{
		"dnsmasq": {dnsmasqFile, "dnsmasq", 2, []provision.Sighting{
			seen(first, "192.0.2.50", "hostname", "SIP-T46G", "option61", "0100005e005301"), seen(second, "192.0.2.51")}},
		"kea": {keaFile, "kea", 2, []provision.Sighting{
			seen(first, "192.0.2.50", "hostname", "sip-t46g", "option61", "0100005e005301"), seen(second, "192.0.2.51", "hostname", "a,b")}},
		"kea, older": {keaOldFile, "kea", 0, []provision.Sighting{
			seen(first, "192.0.2.50", "hostname", "sip-t46g", "option61", "0100005e005301"), seen(second, "192.0.2.51", "hostname", `"a`)}},
		"dhcpd": {dhcpdFile, "dhcpd", 0, []provision.Sighting{
			seen(first, "192.0.2.50", "hostname", `SIP-"T46G"`, "option60", "yealink", "option61", "0100005e005301"),
			seen(second, "192.0.2.51", "option60", "snomD735")}},
	} {
		f, ok := sense(tc.text)
		if !ok || f.name != tc.format {
			t.Fatalf("%s: taken for %q", name, f.name)
		}
		var tab table
		f.read(&tab, tc.text)
		var got []provision.Sighting
		for last := byte(50); last < 60; last++ {
			if l, there := tab.by[netip.AddrFrom4([4]byte{192, 0, 2, last})]; there && l.live(now) {
				got = append(got, l.sighting(now))
			}
		}
		if diff := cmp.Diff(tc.want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if tab.malformed != tc.malformed {
			t.Errorf("%s: %d malformed, want %d", name, tab.malformed, tc.malformed)
		}
	}
	for _, text := range []string{"", "# nothing yet\n", "[Unit]\nDescription=x\n", "1 2 3\n", "lease of life\n"} {
		if f, ok := sense(text); ok {
			t.Errorf("%q is taken for a file of %s", text, f.name)
		}
	}
}

// desk watches one file without waiting: the clock is the test's.
type desk struct {
	t    *testing.T
	w    *Watch
	f    *file
	at   time.Time
	seen []string
}

func newDesk(t *testing.T) *desk {
	d := &desk{t: t, at: now}
	d.f = &file{path: filepath.Join(t.TempDir(), "leases")}
	d.w = &Watch{Paths: []string{d.f.path}, Sink: func(s provision.Sighting) {
		d.seen = append(d.seen, fmt.Sprintf("%s %s %s", s.MAC, s.IP, s.Fields["hostname"]))
	}}
	return d
}

// write puts a text in the file's place, or into it; each write is a minute later.
func (d *desk) write(path, text string, rename bool) {
	d.t.Helper()
	to := path
	if rename {
		to += ".new"
	}
	err := os.WriteFile(to, []byte(text), 0o644)
	if err == nil {
		err = os.Chtimes(to, d.at, d.at)
	}
	if err == nil && rename {
		err = os.Rename(to, path)
	}
	if err != nil {
		d.t.Fatal(err)
	}
	d.at = d.at.Add(time.Minute)
}

func (d *desk) expect(what string, want ...string) {
	d.t.Helper()
	d.at = d.at.Add(time.Minute)
	d.w.look(d.f, d.at)
	if diff := cmp.Diff(want, d.seen); diff != "" {
		d.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
	d.seen = nil
}

func TestALeaseIsToldOnce(t *testing.T) {
	d := newDesk(t)
	path := d.f.path
	const a, b = "0 00:00:5e:00:53:01 192.0.2.50 one *\n", "0 00:00:5e:00:53:02 192.0.2.51 two *\n"
	d.expect("no file yet")
	d.write(path, a, true)
	d.expect("a first lease", "00:00:5e:00:53:01 192.0.2.50 one")
	d.expect("the same file")
	d.write(path, a+b, true)
	d.expect("a second lease, by rename", "00:00:5e:00:53:02 192.0.2.51 two")
	d.write(path, a+b, false)
	d.expect("written again")
	d.write(path, "1999999999"+a[1:]+b, false)
	d.expect("renewed")
	d.write(path, "", false)
	d.expect("emptied before it is written anew")
	d.write(path, a+b, false)
	d.expect("written anew")
	d.write(path, strings.Replace(a, "one", "uno", 1)+b, false)
	d.expect("another name", "00:00:5e:00:53:01 192.0.2.50 uno")
	d.write(path, strings.Replace(a, "one", "*", 1)+strings.Replace(b, "two", "uno", 1), false)
	d.expect("another device has the name", "00:00:5e:00:53:02 192.0.2.51 uno")
	d.write(path, strings.Replace(a, "one", "uno", 1)+b, false)
	d.expect("and gives it back", "00:00:5e:00:53:01 192.0.2.50 uno", "00:00:5e:00:53:02 192.0.2.51 two")
	d.write(path, b, true)
	d.expect("released")
	d.expect("and that lasts")
	d.write(path, a+b, true)
	d.expect("asked for again", "00:00:5e:00:53:01 192.0.2.50 one")
	d.write(path, strings.Replace(a, ":01 ", ":03 ", 1)+b, true)
	d.expect("another device has the address", "00:00:5e:00:53:03 192.0.2.50 one")
	d.write(path, a+b+"0 00:00:5e:00:53:09 192.0.2.59 half", true)
	d.expect("a line half written", "00:00:5e:00:53:01 192.0.2.50 one")
	d.write(path, "<html>\n", true)
	d.expect("no lease file")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	d.expect("taken away")
	if c := d.w.Counters(); c.Errors != 1 || c.Leases != 2 || c.Sightings != 9 {
		t.Errorf("counters %+v", c)
	}
}

// A file that was just written may change unseen, so it is read again, and what is
// missing twice is gone at once.
func TestAYoungFileIsReadAgain(t *testing.T) {
	d := newDesk(t)
	const a = "0 00:00:5e:00:53:01 192.0.2.50 one *\n"
	const b = "0 00:00:5e:00:53:02 192.0.2.51 two *\n"
	look := func(after time.Duration, reads, leases uint64) {
		t.Helper()
		d.f.rest = time.Time{}
		d.w.look(d.f, d.at.Add(after-time.Minute))
		if c := d.w.Counters(); c.Reads != reads || c.Leases != leases {
			t.Errorf("%v after it was written: %+v, want %d reads, %d leases", after, c, reads, leases)
		}
	}
	d.write(d.f.path, a+b, true)
	look(0, 1, 2)
	d.write(d.f.path, a, true)
	look(0, 2, 2)
	look(time.Second, 3, 1)
	look(2*time.Second, 4, 1)
	look(3*time.Second, 4, 1)
	if len(d.seen) != 2 {
		t.Errorf("seen %q", d.seen)
	}
}

// What Kea's clean-up (kea-lfc) does with the files, step by step.
func TestKeaCleansUp(t *testing.T) {
	d := newDesk(t)
	path := d.f.path
	const header = "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context\n"
	const a, b = "192.0.2.50,00:00:5e:00:53:01,,3600,1999999999,1,0,0,one,0,\n", "192.0.2.51,00:00:5e:00:53:02,,3600,1999999999,1,0,0,two,0,\n"
	move := func(from, to string) {
		t.Helper()
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	d.write(path, header+a+b, false)
	d.write(path+".2", header+strings.Replace(a, "one", "old", 1), false)
	d.w.look(d.f, d.at)
	if len(d.seen) != 2 {
		t.Errorf("at first: %q", d.seen)
	}
	d.seen = nil
	move(path, path+".1")
	d.expect("between two files")
	d.write(path, header, false)
	d.expect("a new file, the old one beside it")
	d.write(path+".completed", header+a+b, false)
	move(path+".1", path+".gone")
	move(path+".2", path+".gone")
	d.expect("merged")
	move(path+".completed", path+".2")
	d.expect("done")
	d.expect("and that lasts")
	d.write(path, header+strings.Replace(b, ",3600,", ",0,", 1), false)
	d.expect("one is released in the new file")
	d.write(path, header+b, false)
	d.expect("and comes back", "00:00:5e:00:53:02 192.0.2.51 two")

	other := newDesk(t)
	other.write(other.f.path+".1", a, false)
	other.write(other.f.path, "0 00:00:5e:00:53:01 192.0.2.50 one *\n", false)
	other.expect("the rotated log of another program counts for nothing", "00:00:5e:00:53:01 192.0.2.50 one")
}

func TestOfALongFileTheEndCounts(t *testing.T) {
	d := newDesk(t)
	var b strings.Builder
	b.WriteString("address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state\n")
	for b.Len() < maxRead+maxRead/2 {
		fmt.Fprintf(&b, "192.0.2.50,00:00:5e:00:53:01,,3600,1999999999,1,0,0,row%d,0\n", b.Len())
	}
	b.WriteString("192.0.2.50,00:00:5e:00:53:01,,3600,1999999999,1,0,0,last,0\n")
	d.write(d.f.path, b.String(), false)
	start := time.Now()
	d.expect("Kea", "00:00:5e:00:53:01 192.0.2.50 last")
	t.Logf("%d bytes read in %v", maxRead, time.Since(start))

	b.Reset()
	b.WriteString("# The format of this file is documented.\nauthoring-byte-order little-endian;\n")
	for b.Len() < maxRead+100 {
		b.WriteString("lease 192.0.2.50 {\n  binding state active;\n  hardware ethernet 00:00:5e:00:53:01;\n}\n")
	}
	b.WriteString("lease 192.0.2.50 {\n  binding state active;\n  client-hostname \"last\";\n  hardware ethernet 00:00:5e:00:53:01;\n}\n")
	d = newDesk(t)
	d.write(d.f.path, b.String(), false)
	d.expect("dhcpd", "00:00:5e:00:53:01 192.0.2.50 last")

	d = newDesk(t)
	b.Reset()
	for i := range 2 * maxLeases {
		fmt.Fprintf(&b, "0 00:00:5e:00:%02x:%02x 10.0.%d.%d * *\n", i>>8, i&255, i>>8, i&255)
	}
	d.write(d.f.path, b.String(), false)
	d.w.look(d.f, d.at)
	if len(d.seen) != maxLeases {
		t.Errorf("%d leases of a hostile file, want %d", len(d.seen), maxLeases)
	}
}

func fuzz(f *testing.F, read func(*table, string), seeds ...string) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		sense(text)
		var tab table
		read(&tab, text)
		for ip, l := range tab.by {
			if ip != l.ip || !l.usable() {
				t.Errorf("lease %+v", l)
			}
			for field, value := range l.sighting(now).Fields {
				if value == "" || value != provision.Clean(value) {
					t.Errorf("%s is not clean: %q", field, value)
				}
			}
		}
	})
}

func FuzzDnsmasq(f *testing.F) { fuzz(f, readDnsmasq, dnsmasqFile) }
func FuzzKea(f *testing.F)     { fuzz(f, readKea, keaFile, keaOldFile) }
func FuzzDHCPD(f *testing.F)   { fuzz(f, readDHCPD, dhcpdFile) }

func BenchmarkKea(b *testing.B) {
	text := keaFile + strings.Repeat("192.0.2.50,00:00:5e:00:53:01,01:00:00:5e:00:53:01,3600,1795447800,1,0,0,sip-t46g.,0,,0\n", 1000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		var t table
		readKea(&t, text)
	}
}
