package asteriskconf

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"autocom/pbx"
)

var update = flag.Bool("update", false, "write the golden files again")

// small is a plan of three phones: one with a name that needs cleaning, two lines
// of one number, one that waits for approval.
func small() pbx.Plan {
	return pbx.Plan{
		Revision: 7, Name: "Bureau", Hostname: "autocom", Language: "fr", Country: "CM",
		Address: netip.MustParseAddr("192.168.1.10"), Emergency: []string{"112", "117"},
		ManagerSecret: "0123456789abcdefghijklmn",
		Endpoints: []pbx.Endpoint{
			{ID: "001565000001-1", Secret: "aaaaaaaaaaaaaaaaaaaaaaaa", Number: "201", Name: "Aïcha; \"chef\"\n[x]", Lang: "fr", Right: pbx.RightInternal, Expiry: 31 * time.Minute},
			{ID: "001565000002-1", Secret: "bbbbbbbbbbbbbbbbbbbbbbbb", Number: "202", Name: "Bob", Lang: "en", Right: pbx.RightInternal},
			{ID: "001565000003-1", Secret: "cccccccccccccccccccccccc", Right: pbx.RightGuest},
			{ID: "soft-7f3a-1", Secret: "dddddddddddddddddddddddd", Number: "202", Name: "Bob", Right: pbx.RightInternal},
		},
	}
}

// many is a plan of n phones.
func many(n int) pbx.Plan {
	p := small()
	p.Endpoints = nil
	for i := range n {
		p.Endpoints = append(p.Endpoints, pbx.Endpoint{
			ID: fmt.Sprintf("0015651%05x-1", i), Secret: fmt.Sprintf("secret-of-phone-number-%04d", i),
			Number: fmt.Sprint(2000 + i), Name: fmt.Sprintf("Poste %d", 2000+i), Right: pbx.RightInternal,
		})
	}
	return p
}

func TestRenderGolden(t *testing.T) {
	files, err := Render(small())
	if err != nil {
		t.Fatal(err)
	}
	got := &txtar.Archive{Comment: []byte("What a plan of four lines becomes; go test -update writes it again.\n")}
	// Files without a value of the plan are as their template says.
	for _, name := range []string{"asterisk.conf", "extensions.conf", "manager.conf", "pjsip.conf", "pjsip_lines.conf"} {
		got.Files = append(got.Files, txtar.File{Name: name, Data: files[name]})
	}
	path := filepath.Join("testdata", "small.txtar")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, txtar.Format(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(txtar.Format(got))); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestRenderIsStable(t *testing.T) {
	plan := many(50)
	first, err := Render(plan)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(plan.Endpoints)
	plan.Revision++
	second, err := Render(plan)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("the order of endpoints or the revision changes files: -first +second\n%s", diff)
	}
}

// An owner's LAN need not be private: universities and carriers use public addresses
// or those of RFC 6598, and a phone there must not be taken for a stranger.
func TestTheLANIsLetIn(t *testing.T) {
	for address, want := range map[string]string{
		"203.0.113.10/24": "permit = 203.0.113.0/24\n",
		"100.64.3.4/22":   "permit = 100.64.0.0/22\n",
		"192.168.1.10/24": "",
		"":                "",
	} {
		plan := small()
		if address != "" {
			plan.LAN = netip.MustParsePrefix(address)
			plan.Address = plan.LAN.Addr()
		}
		files, err := Render(plan)
		if err != nil {
			t.Fatal(err)
		}
		_, list, _ := strings.Cut(string(files["pjsip_acl.conf"]), "permit = 169.254.0.0/16\n")
		if list != want {
			t.Errorf("%q: let in besides private networks: %q, want %q", address, list, want)
		}
	}
}

func TestRenderRefuses(t *testing.T) {
	cases := []struct {
		name string
		edit func(*pbx.Plan)
		says string
	}{
		{"no address", func(p *pbx.Plan) { p.Address = netip.Addr{} }, "address"},
		{"every address", func(p *pbx.Plan) { p.Address = netip.IPv4Unspecified() }, "address 0.0.0.0"},
		{"a LAN that is the internet", func(p *pbx.Plan) { p.LAN = netip.MustParsePrefix("0.0.0.0/0") }, "network.address"},
		{"a LAN of others", func(p *pbx.Plan) { p.LAN = netip.MustParsePrefix("203.0.113.0/24") }, "network.address"},
		{"a hostname of two lines", func(p *pbx.Plan) { p.Hostname = "a\nb" }, `hostname "a\nb"`},
		{"no manager secret", func(p *pbx.Plan) { p.ManagerSecret = "" }, "manager secret"},
		{"a short secret", func(p *pbx.Plan) { p.Endpoints[0].Secret = "1234" }, "secret of endpoint 001565000001-1"},
		{"a secret with a comment", func(p *pbx.Plan) { p.Endpoints[0].Secret = "aaaaaaaaaaaaaaaa;x" }, "secret of endpoint"},
		{"an endpoint with a section", func(p *pbx.Plan) { p.Endpoints[0].ID = "x]\n[y" }, "endpoint"},
		{"an endpoint with an ampersand", func(p *pbx.Plan) { p.Endpoints[0].ID = "a&b" }, "endpoint"},
		{"an endpoint twice", func(p *pbx.Plan) { p.Endpoints[1].ID = p.Endpoints[0].ID }, "twice"},
		{"a number with a pattern", func(p *pbx.Plan) { p.Endpoints[0].Number = "_X." }, "number of endpoint"},
		{"an emergency number", func(p *pbx.Plan) { p.Endpoints[0].Number = "117" }, "emergency number 117"},
		{"the beginning of one", func(p *pbx.Plan) { p.Endpoints[0].Number = "11" }, "emergency number 112"},
		{"an unknown right", func(p *pbx.Plan) { p.Endpoints[0].Right = "admin" }, `right "admin"`},
		{"an unknown language", func(p *pbx.Plan) { p.Endpoints[0].Lang = "xx" }, `language "xx"`},
		{"a word as emergency number", func(p *pbx.Plan) { p.Emergency = []string{"police"} }, `"police"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			plan := small()
			c.edit(&plan)
			_, err := Render(plan)
			if err == nil {
				t.Fatal("rendered")
			}
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("%q does not say %q", err, c.says)
			}
			if strings.Contains(err.Error(), plan.Endpoints[0].Secret) || plan.ManagerSecret != "" && strings.Contains(err.Error(), plan.ManagerSecret) {
				t.Errorf("%q tells a secret", err)
			}
		})
	}
}

func BenchmarkRender500(b *testing.B) {
	plan := many(500)
	for b.Loop() {
		if _, err := Render(plan); err != nil {
			b.Fatal(err)
		}
	}
}
