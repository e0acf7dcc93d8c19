package office

import (
	"bytes"
	"net/netip"
	"sync"
	"testing"
	"time"

	"autocom/provision"
)

// morning lets n phones be seen by two sensors, fetch and register, sixteen at a time.
func morning(t testing.TB, d *desk, n int) {
	t.Helper()
	var wg sync.WaitGroup
	phones := make(chan int)
	for range 16 {
		wg.Go(func() {
			for i := range phones {
				s := d.phone(i)
				r := d.request(i, s.MAC.Hex()+".cfg")
				if x, ok := d.Device(s.MAC.String()); ok && x.Allocation == provision.AllocationBound {
					r.Token = x.Token // as it has kept it
				}
				for range 2 {
					if _, err := d.Apply(t.Context(), Sighted{s}); err != nil {
						t.Error(err)
					}
				}
				if f, err := d.Find(t.Context(), r); err != nil || !f.Secret {
					t.Errorf("phone %d: keys %v, %v", i, f.Secret, err)
				}
				if _, err := d.Apply(t.Context(), Registered{s.MAC.Hex() + "-1"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range n {
		phones <- i + 1
	}
	close(phones)
	wg.Wait()
}

func crowd(c *Config) {
	c.Extensions, c.NewPerMinute, c.NewPerDay, c.OpenReservations = "2001-2999", 1000, 1000, 1000
}

// After a power cut of the whole site every phone has what it had, and nothing is written.
func TestAfterAPowerCut(t *testing.T) {
	d := open(t, crowd)
	morning(t, d, 100)
	before := d.Devices()
	revision := d.Plan().Revision
	d.clock = d.clock.Add(time.Hour)
	d.reopen()
	morning(t, d, 100)
	for i, x := range d.Devices() {
		if b := before[i]; b.ID != x.ID || b.Number() != x.Number() || b.Lines[0].Secret != x.Lines[0].Secret || b.Token != x.Token || b.Admin != x.Admin || x.State() != "registered" {
			t.Errorf("%s: %s %s, want what it had", x.ID, x.State(), x.Number())
		}
	}
	if now := d.Plan().Revision; now != revision {
		t.Errorf("revision went from %d to %d", revision, now)
	}
}

func BenchmarkMorningOf500Phones(b *testing.B) {
	for b.Loop() {
		d := open(b, crowd)
		morning(b, d, 500)
		b.ReportMetric(float64(d.Plan().Revision), "commits")
	}
}

func BenchmarkPowerCutOf500Phones(b *testing.B) {
	d := open(b, crowd)
	morning(b, d, 500)
	for b.Loop() {
		d.reopen()
		morning(b, d, 500)
	}
}

// FuzzFind lets anything ask: no answer may hold what belongs to another.
func FuzzFind(f *testing.F) {
	f.Add("001565aa0001.cfg", "", "http", "Yealink SIP-T46G 28.72.0.1 00:15:65:aa:00:01", byte(2))
	f.Add("001565aa0002.cfg", "TOKEN", "tftp", "", byte(2))
	f.Add("y000000000028.cfg", "", "https", "curl/8", byte(0))
	f.Add("../../etc/passwd", "TOKEN", "", "\x00\xff", byte(9))
	f.Add("autocom-ca.crt", "", "http", "", byte(1))
	d := open(f, secure)
	for n := range 3 {
		d.do(Sighted{d.phone(n + 1)})
	}
	d.do(Registered{"001565aa0001-1"})
	f.Fuzz(func(t *testing.T, name, token, protocol, agent string, from byte) {
		victim, _ := d.Device("00:15:65:aa:00:01")
		r := d.request(int(from), name)
		if from == 0 {
			r.MAC = provision.MAC{}
			r.Remote = netip.MustParseAddrPort("10.9.9.9:1")
		}
		if r.Protocol, r.UserAgent, r.Token = protocol, agent, token; token == "TOKEN" {
			r.Token = victim.Token
		}
		file, err := d.Find(t.Context(), r)
		if err != nil {
			return
		}
		for _, x := range d.Devices() {
			if x.MAC == r.MAC {
				continue
			}
			for _, secret := range append(secretsOf(x), x.Admin, x.Token) {
				if secret != "" && bytes.Contains(file.Body, []byte(secret)) {
					t.Fatalf("%+v was given a secret of %s", r, x.ID)
				}
			}
		}
		if r.MAC == victim.MAC && file.Secret && r.Token != victim.Token {
			t.Fatalf("%+v was given its keys without its token", r)
		}
		if len(d.Alerts()) > maxAlerts || len(d.guard.addrs) > guardAddresses || len(d.forged.addrs) > guardAddresses || len(d.Trail(0)) > maxGiven+maxRefused {
			t.Fatal("memory is not bounded")
		}
	})
}
