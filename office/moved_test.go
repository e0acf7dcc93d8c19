package office

import (
	"net/netip"
	"strings"
	"testing"

	"autocom/provision"
)

// The box gets another address: what a bound phone is told by the root names.
func TestABoundPhoneFollowsTheBox(t *testing.T) {
	const cfg = "001565aa0001.cfg"
	d := open(t, nil)
	one := d.phone(1)
	id := one.MAC.String()
	ask := func(what, token string) string {
		t.Helper()
		f, err := d.ask(one, token, cfg)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		return string(f.Body)
	}
	url := func(what, body, want string) {
		t.Helper()
		got := "none"
		for line := range strings.Lines(body) {
			if v, ok := strings.CutPrefix(line, "auto_provision.server.url = "); ok {
				got = strings.TrimSpace(v)
			}
		}
		if got != want {
			t.Errorf("%s: provisioning URL %s, want %s", what, got, want)
		}
	}
	server := func(what, want string, atRoot bool) {
		t.Helper()
		if now := d.device(id); now.Server.String() != want || now.AtRoot != atRoot {
			t.Errorf("%s: told %v, at the root %v; want %s, %v", what, now.Server, now.AtRoot, want, atRoot)
		}
	}

	d.do(Sighted{one})
	ask("reserved", "")
	d.do(Registered{"001565aa0001-1"})
	before := d.device(id)
	server("bound", "192.168.1.10", false)
	url("bound, boots by the root", ask("root", ""), "none") // it keeps the token

	d.do(Moved{netip.MustParseAddr("192.168.1.77")})
	if _, err := d.ask(one, "", "y000000000028.cfg"); err != nil {
		t.Fatal(err)
	}
	server("moved, the common file says nothing", "192.168.1.10", false)
	first := ask("moved", "")
	url("moved", first, "http://192.168.1.77/")
	if !strings.Contains(first, "account.1.sip_server.1.address = 192.168.1.77\n") {
		t.Errorf("moved: the file does not name the new address:\n%s", first)
	}
	server("moved", "192.168.1.77", true)
	d.reopen()
	d.do(Moved{netip.MustParseAddr("192.168.1.77")}) // the box boots with the lease it had
	if again := ask("moved, booted again", ""); again != first {
		t.Errorf("the file changed though nothing did:\n%s\n%s", first, again)
	}
	d.do(Moved{netip.MustParseAddr("192.168.1.10")})
	url("and back", ask("back", ""), "http://192.168.1.10/")

	after := d.device(id)
	if after.Number() != before.Number() || after.Lines[0].Secret != before.Lines[0].Secret || after.Token != before.Token {
		t.Error("number, secret or token changed with the address")
	}
	url("with its token", ask("token", after.Token), "http://192.168.1.10/p/"+after.Token+"/")
	server("with its token", "192.168.1.10", false)
	url("then by the root", ask("root", ""), "none")

	d.do(Release{id})
	if now := d.device(id); now.Server.IsValid() || now.AtRoot || now.Allocation != provision.AllocationReleased {
		t.Errorf("released: %+v, want nothing of the old account", now)
	}
}
