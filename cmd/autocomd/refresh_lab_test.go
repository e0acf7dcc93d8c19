//go:build lab

package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"autocom/phonesim"
)

// TestARenamedPhoneFetchesItsFile: somebody changes the name of one phone on the page;
// that phone is asked to fetch its file, without a boot, and no other is.
//
// In words: a phone whose person gets another name shows it without a restart.
func TestARenamedPhoneFetchesItsFile(t *testing.T) {
	b, wire := newBox(t)
	b.start()
	one := b.plug(wire, phonesim.NewYealink(mac(1)))
	two := b.plug(wire, phonesim.NewYealink(mac(2)))
	b.wait(10*time.Second, "two registered", func() bool {
		d := b.devices()
		return d[one.MAC.String()].State == "registered" && d[two.MAC.String()].State == "registered"
	})
	time.Sleep(refreshCalm + 2*refreshSeen) // what was due by their arrival
	accounts := func() int {
		var s struct {
			Counters struct{ Files map[string]int }
		}
		must(t, b.get("status", &s))
		return s.Counters.Files["files_secret"]
	}
	given := accounts()

	key, err := os.ReadFile(filepath.Join(b.dir, "data", "api-token"))
	must(t, err)
	r, err := http.NewRequest("PATCH", b.page+"api/v1/devices/"+one.MAC.String(), strings.NewReader(`{"name":"Awa"}`))
	must(t, err)
	r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(key)))
	r.Header.Set("Content-Type", "application/json")
	resp, err := (&http.Client{Timeout: 5 * time.Second}).Do(r)
	must(t, err)
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("rename: %s", resp.Status)
	}
	took := b.wait(3*refreshCalm, "fetching its new file", func() bool { return accounts() > given })
	t.Logf("its file is fetched %v after the change", took.Round(time.Millisecond))
	b.wait(5*time.Second, "called by its new name", func() bool {
		a, _ := one.Account()
		return a.Name == "Awa"
	})
	if n := boots(one) + boots(two); n != 0 {
		t.Errorf("told to boot %d times", n)
	}
	if a, _ := two.Account(); a.Name == "Awa" {
		t.Error("another phone has the name")
	}
	time.Sleep(refreshCalm + refreshSeen)
	if now := accounts(); now != given+1 {
		t.Errorf("%d files with an account were given for one change of one phone", now-given)
	}
}
