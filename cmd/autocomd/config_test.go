package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The reference that lies on every card says what happens without it.
func TestTheReferenceFileIsTheDefaults(t *testing.T) {
	text, err := os.ReadFile("../../overlay/boot/autocom.toml")
	if err != nil {
		t.Fatal(err)
	}
	got, err := parseConfig(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(defaults(), got); diff != "" {
		t.Errorf("overlay/boot/autocom.toml differs from the defaults (-defaults +file):\n%s", diff)
	}
}

func TestSettings(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"empty":                {"", ""},
		"a byte order mark":    {"\xef\xbb\xbf[site]\nname = \"Chez Awa\"\n", ""},
		"a window in minutes":  {"[phones]\nwindow = \"5m\"\n", ""},
		"an unknown key":       {"[site]\nname = \"B\"\n\n[phones]\nmodus = \"open\"\n", "line 5: the key phones.modus is unknown: correct its spelling or remove it"},
		"an unknown section":   {"[fone]\nx = 1\n", "line 1: the key fone is unknown: correct its spelling or remove it"},
		"no quotes":            {"[site]\nname = Bureau\n", "line 2, column 8: "},
		"a number for a text":  {"[site]\nname = 3\n", "line 2, column 8: "},
		"an unknown mode":      {"[phones]\nmode = \"shut\"\n", `phones.mode = "shut": write open or ask or closed`},
		"a language we lack":   {"[site]\nlanguage = \"de\"\n", `site.language = "de": write fr or en`},
		"a country in full":    {"[site]\ncountry = \"Cameroun\"\n", `site.country = "Cameroun": write the two capital letters of ISO 3166, as CM`},
		"a zone nobody knows":  {"[site]\ntimezone = \"Africa/Yaounde\"\n", `site.timezone = "Africa/Yaounde" is unknown: write a name of the IANA list, as Africa/Douala`},
		"a setup code":         {"[site]\nsetup_code = \"27182818\"\n", ""},
		"a short setup code":   {"[site]\nsetup_code = \"1234\"\n", "site.setup_code: write 8 to 16 digits"},
		"an address, no mask":  {"[network]\naddress = \"192.168.1.10\"\n", `network.address = "192.168.1.10": write "auto" or an IPv4 address of a host with its prefix of /8 to /30, as "192.168.1.10/24"`},
		"a network, no host":   {"[network]\naddress = \"192.168.1.0/24\"\n", `network.address = "192.168.1.0/24": write "auto" or an IPv4 address of a host`},
		"everybody's address":  {"[network]\naddress = \"192.168.1.255/24\"\n", `network.address = "192.168.1.255/24": write "auto" or an IPv4 address of a host`},
		"a LAN of one":         {"[network]\naddress = \"192.168.1.10/32\"\n", `network.address = "192.168.1.10/32": write "auto" or an IPv4 address of a host`},
		"an uplink alone":      {"[network]\nuplink = \"wlan0\"\n", `network.uplink = "wlan0" needs network.interface too: `},
		"phones on the uplink": {"[network]\nuplink = \"eth0\"\ninterface = \"eth0\"\n", `network.interface and network.uplink are both "eth0": `},
		"an uplink of its own": {"[network]\nuplink = \"wlan0\"\ninterface = \"eth0\"\n", ""},
		"DHCP is ours":         {"[network]\ndhcp = \"serve\"\nvoice_vlan = 20\n", ""},
		"DHCP by both":         {"[network]\ndhcp = \"both\"\n", `network.dhcp = "both": write observe or serve`},
		"no such VLAN":         {"[network]\nvoice_vlan = 4095\n", `network.voice_vlan = 4095: write 1 to 4094, or 0 for none`},
		"TFTP without a port":  {"[listen]\ntftp = \"69\"\n", `listen.tftp = "69": write ":443" or ":69", an address with a port, or "" for none`},
		"neither HTTPS":        {"[listen]\nhttps = \"\"\ntftp = \"\"\n", ""},
		"a duration in words":  {"[phones]\nwindow = \"ten minutes\"\n", "line 2, column 10: "},
		"no port":              {"[listen]\nhttp = \"80\"\n", `listen.http = "80": write ":80" or an address with a port`},
		"a relative directory": {"[paths]\ndata = \"data\"\n", `paths.data = "data": write a path that begins with /`},
		"a relative lease":     {"[network]\nleases = [\"leases\"]\n", `network.leases has "leases": write a path that begins with /`},
		"half encryption":      {"[phones]\nencryption = \"maybe\"\n", `phones.encryption = "maybe": write off or on`},
		"a MAC that is none":   {"[phones.reserved]\n\"accueil\" = \"204\"\n", `phones.reserved: "accueil" is not a hardware address`},
		"a pool and a number":  {"[phones.pools]\nsoftphone = \"280-299\"\n[phones.reserved]\n\"00-15-65-aa-bb-01\" = \"204\"\n", ""},
		"no reservations":      {"[phones]\nopen_reservations = 0\n", "phones.open_reservations = 0: write 1 or more"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parseConfig([]byte(tt.text))
			got := ""
			if err != nil {
				got = err.Error()
			}
			if tt.want == "" && got != "" || !strings.HasPrefix(got, tt.want) {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestWithoutAsteriskThereIsNoManager(t *testing.T) {
	c, err := parseConfig([]byte("[site]\nname = \"B\"\n"))
	if err != nil || c.Asterisk.AMI != "" {
		t.Errorf("manager %q (%v), want none", c.Asterisk.AMI, err)
	}
	c, found, err := loadConfig(t.TempDir() + "/none.toml")
	if err != nil || found || c.Asterisk.AMI != "127.0.0.1:5038" {
		t.Errorf("no file: %q, found %v (%v), want the defaults", c.Asterisk.AMI, found, err)
	}
}

func TestOffsetIsTheStandardTime(t *testing.T) {
	for zone, want := range map[string]time.Duration{
		"Africa/Douala": time.Hour, "Europe/Paris": time.Hour, "America/New_York": -5 * time.Hour,
		"Asia/Kolkata": 5*time.Hour + 30*time.Minute, "UTC": 0, "Australia/Sydney": 10 * time.Hour,
	} {
		c := defaults()
		c.Site.TimeZone = zone
		for _, month := range []time.Month{time.January, time.July} {
			if got := c.offset(time.Date(2026, month, 15, 0, 0, 0, 0, time.UTC)); got != want {
				t.Errorf("%s in %s: %v, want %v", zone, month, got, want)
			}
		}
	}
}
