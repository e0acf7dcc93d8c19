package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the zone names are the same on every machine
	"unicode"

	"github.com/pelletier/go-toml/v2"

	"autocom/provision"
	"autocom/provision/link"
)

// config is autocom.toml. Every key has a default; a file without [asterisk] has no exchange.
type config struct {
	Site struct {
		Name     string `toml:"name"`
		Language string `toml:"language"`
		Country  string `toml:"country"`
		TimeZone string `toml:"timezone"`

		SetupCode string `toml:"setup_code"` // "": made at the first start
	} `toml:"site"`
	Network struct {
		Interface string `toml:"interface"`
		Uplink    string `toml:"uplink"`
		Address   string `toml:"address"`
		DHCP      string `toml:"dhcp"`
		VoiceVLAN uint16 `toml:"voice_vlan"` // that phones are told to use; 0: none

		Leases []string `toml:"leases"` // lease files of DHCP servers on this machine
	} `toml:"network"`
	Phones struct {
		Mode             string   `toml:"mode"`
		Extensions       string   `toml:"extensions"`
		Window           duration `toml:"window"`
		Quarantine       duration `toml:"quarantine"`
		NewPerMinute     int      `toml:"new_per_minute"`
		NewPerDay        int      `toml:"new_per_day"`
		OpenReservations int      `toml:"open_reservations"`
		Encryption       string   `toml:"encryption"`

		Pools    map[string]string `toml:"pools"`    // kind or maker → its own range
		Reserved map[string]string `toml:"reserved"` // MAC → number
	} `toml:"phones"`
	Listen struct {
		HTTP  string `toml:"http"`
		HTTPS string `toml:"https"`
		TFTP  string `toml:"tftp"`
		PnP   bool   `toml:"pnp"`
	} `toml:"listen"`
	Paths struct {
		Data     string `toml:"data"`
		Asterisk string `toml:"asterisk"`
		Run      string `toml:"run"`
	} `toml:"paths"`
	Asterisk struct {
		AMI string `toml:"ami"`
	} `toml:"asterisk"`

	Folder   string        `toml:"-"` // of the settings file
	Patience time.Duration `toml:"-"` // for a DHCP server; no key, for nobody needs another one
}

// presetForm is a setup code of the owner's: it is typed with a space or a dash or without.
var presetForm = regexp.MustCompile(`^[0-9]{8,16}$`)

// duration reads "10m" and "24h".
type duration struct{ time.Duration }

func (d *duration) UnmarshalText(b []byte) (err error) {
	if d.Duration, err = time.ParseDuration(string(b)); err != nil {
		return fmt.Errorf("%q is no duration: write 30s, 10m or 24h", b)
	}
	return nil
}

func defaults() config {
	var c config
	c.Site.Name, c.Site.Language, c.Site.Country, c.Site.TimeZone = "Bureau", "fr", "CM", "Africa/Douala"
	c.Network.Interface, c.Network.Uplink, c.Network.Address, c.Network.DHCP = link.Auto, "auto", "auto", "observe"
	c.Phones.Mode, c.Phones.Extensions = "open", "201-299"
	c.Phones.Window.Duration, c.Phones.Quarantine.Duration = 10*time.Minute, 24*time.Hour
	c.Phones.Encryption, c.Phones.Pools, c.Phones.Reserved = "off", map[string]string{}, map[string]string{}
	c.Network.Leases = []string{"/var/lib/misc/dnsmasq.leases", "/var/lib/kea/kea-leases4.csv", "/var/lib/dhcp/dhcpd.leases"}
	c.Phones.NewPerMinute, c.Phones.NewPerDay, c.Phones.OpenReservations = 120, 500, 64
	c.Listen.HTTP, c.Listen.HTTPS, c.Listen.TFTP, c.Listen.PnP = ":80", ":443", ":69", true
	c.Paths.Data, c.Paths.Asterisk, c.Paths.Run = "/data", "/etc/asterisk", "/run/autocom"
	c.Asterisk.AMI = "127.0.0.1:5038"
	c.Patience = patience
	return c
}

// loadConfig reads the file at path; found is false when there is none, which gives
// the defaults: the card may have lost it, and telephones matter more. A file
// without [asterisk] has no exchange to talk to, on purpose.
func loadConfig(path string) (c config, found bool, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		c = defaults()
		c.Folder = filepath.Dir(path)
		return c, false, nil
	}
	if err != nil {
		return defaults(), false, fmt.Errorf("read the settings: %w", err)
	}
	if c, err = parseConfig(text); err != nil {
		return c, true, fmt.Errorf("%s: %w", path, err)
	}
	c.Folder = filepath.Dir(path)
	return c, true, nil
}

func parseConfig(text []byte) (config, error) {
	c := defaults()
	c.Asterisk.AMI = ""
	// Windows' editor writes a byte order mark.
	d := toml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")))).DisallowUnknownFields()
	err := d.Decode(&c)
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		e := strict.Errors[0]
		row, _ := e.Position()
		return c, fmt.Errorf("line %d: the key %s is unknown: correct its spelling or remove it", row, strings.Join(e.Key(), "."))
	}
	var bad *toml.DecodeError
	if errors.As(err, &bad) {
		row, column := bad.Position()
		return c, fmt.Errorf("line %d, column %d: %s", row, column, strings.TrimPrefix(bad.Error(), "toml: "))
	}
	if err != nil {
		return c, err
	}
	return c, c.validate()
}

// validate names the first key whose value cannot be used, and what to write.
// The range of numbers is checked by the office.
func (c *config) validate() error {
	oneOf := func(key, value string, may ...string) error {
		if !slices.Contains(may, value) {
			return fmt.Errorf("%s = %q: write %s", key, value, strings.Join(may, " or "))
		}
		return nil
	}
	_, zone := time.LoadLocation(c.Site.TimeZone)
	_, reserved := c.reserved()
	checks := []error{
		oneOf("site.language", c.Site.Language, "fr", "en"),
		unless(len(c.Site.Country) == 2 && c.Site.Country == strings.ToUpper(c.Site.Country),
			"site.country = %q: write the two capital letters of ISO 3166, as CM", c.Site.Country),
		unless(zone == nil && c.Site.TimeZone != "" && c.Site.TimeZone != "Local",
			"site.timezone = %q is unknown: write a name of the IANA list, as Africa/Douala", c.Site.TimeZone),
		unless(c.Site.Name != "" && len(c.Site.Name) <= 60, "site.name = %q: write 1 to 60 letters", c.Site.Name),
		unless(!strings.ContainsFunc(c.Site.Name, func(r rune) bool { return !unicode.IsPrint(r) }), "site.name = %q: write letters, digits and signs alone", c.Site.Name),
		unless(c.Site.SetupCode == "" || presetForm.MatchString(c.Site.SetupCode),
			`site.setup_code: write 8 to 16 digits, or "" for one that is made at the first start`),
		unless(c.Network.Interface != "", `network.interface is empty: write "auto" or a name, as "eth0"`),
		unless(c.Network.Uplink == "auto" || c.Network.Interface != link.Auto,
			"network.uplink = %q needs network.interface too: name the phones' interface, so that the uplink is not taken for it", c.Network.Uplink),
		unless(c.Network.Uplink == "auto" || c.Network.Interface != c.Network.Uplink,
			"network.interface and network.uplink are both %q: phones must not be looked for towards the internet", c.Network.Uplink),
		unless(c.Network.Address == "auto" || c.static().IsValid(),
			`network.address = %q: write "auto" or an IPv4 address of a host with its prefix of /8 to /30, as "192.168.1.10/24"`, c.Network.Address),
		oneOf("network.dhcp", c.Network.DHCP, "observe", "serve"),
		unless(c.Network.VoiceVLAN <= 4094, "network.voice_vlan = %d: write 1 to 4094, or 0 for none", c.Network.VoiceVLAN),
		oneOf("phones.mode", c.Phones.Mode, "open", "ask", "closed"),
		oneOf("phones.encryption", c.Phones.Encryption, "off", "on"),
		c.absolute(),
		reserved,
		unless(c.Phones.Window.Duration > 0 && c.Phones.Window.Duration <= 24*time.Hour, "phones.window = %q: write 1m to 24h", c.Phones.Window),
		unless(c.Phones.Quarantine.Duration >= 0, "phones.quarantine = %q: write 0s or more", c.Phones.Quarantine),
		unless(c.Phones.NewPerMinute > 0, "phones.new_per_minute = %d: write 1 or more", c.Phones.NewPerMinute),
		unless(c.Phones.NewPerDay > 0, "phones.new_per_day = %d: write 1 or more", c.Phones.NewPerDay),
		unless(c.Phones.OpenReservations > 0, "phones.open_reservations = %d: write 1 or more", c.Phones.OpenReservations),
		unless(c.httpPort() != 0, `listen.http = %q: write ":80" or an address with a port`, c.Listen.HTTP),
		port("listen.https", c.Listen.HTTPS),
		port("listen.tftp", c.Listen.TFTP),
		unless(filepath.IsAbs(c.Paths.Data), "paths.data = %q: write a path that begins with /", c.Paths.Data),
		unless(filepath.IsAbs(c.Paths.Asterisk), "paths.asterisk = %q: write a path that begins with /", c.Paths.Asterisk),
		unless(filepath.IsAbs(c.Paths.Run), "paths.run = %q: write a path that begins with /", c.Paths.Run),
	}
	if c.Asterisk.AMI != "" {
		_, _, err := net.SplitHostPort(c.Asterisk.AMI)
		checks = append(checks, unless(err == nil, `asterisk.ami = %q: write "127.0.0.1:5038"`, c.Asterisk.AMI))
	}
	for _, err := range checks {
		if err != nil {
			return err
		}
	}
	return nil
}

// absolute refuses a lease file that would be looked for wherever the program started.
func (c *config) absolute() error {
	for _, path := range c.Network.Leases {
		if !filepath.IsAbs(path) {
			return fmt.Errorf("network.leases has %q: write a path that begins with /", path)
		}
	}
	return nil
}

// reserved is phones.reserved by hardware address.
func (c *config) reserved() (map[provision.MAC]string, error) {
	out := map[provision.MAC]string{}
	for text, number := range c.Phones.Reserved {
		mac, err := provision.ParseMAC(text)
		if err != nil {
			return nil, fmt.Errorf("phones.reserved: %w", err)
		}
		if _, twice := out[mac]; twice {
			return nil, fmt.Errorf("phones.reserved: %s is there twice: keep one of them", mac)
		}
		out[mac] = number
	}
	return out, nil
}

func unless(ok bool, format string, args ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf(format, args...)
}

// serves reports whether the box is to be the LAN's DHCP server.
func (c *config) serves() bool { return c.Network.DHCP == "serve" }

// static is the address that the owner chose, the zero Prefix when it is automatic.
func (c *config) static() netip.Prefix {
	p, err := netip.ParsePrefix(c.Network.Address)
	if err != nil || !p.Addr().Is4() || p.Addr().IsUnspecified() || p.Addr().IsLoopback() || p.Addr().IsMulticast() {
		return netip.Prefix{}
	}
	// A LAN has other hosts, and its first and last address belong to none of them.
	if p.Bits() < 8 || p.Bits() > 30 || p.Addr() == p.Masked().Addr() || !p.Contains(p.Addr().Next()) {
		return netip.Prefix{}
	}
	return p
}

// httpPort is the port phones are told, 0 when listen.http has none.
func (c *config) httpPort() uint16 {
	_, port, err := net.SplitHostPort(c.Listen.HTTP)
	if err != nil {
		return 0
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return 0
	}
	return uint16(n)
}

// offset is the zone's standard time minus UTC: phones add summer time themselves.
func (c *config) offset(now time.Time) time.Duration {
	zone, err := time.LoadLocation(c.Site.TimeZone)
	if err != nil {
		return 0 // validate refused it
	}
	for _, month := range []time.Month{time.January, time.July} {
		if t := time.Date(now.Year(), month, 1, 12, 0, 0, 0, zone); !t.IsDST() {
			_, seconds := t.Zone()
			return time.Duration(seconds) * time.Second
		}
	}
	return 0
}
