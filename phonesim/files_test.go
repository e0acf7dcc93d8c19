package phonesim

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const goodYealink = yealinkMagic + `
## account 1
account.1.enable = 1
account.1.label = 201
account.1.display_name = Accueil = étage 2
account.1.user_name = 001565000001-1
account.1.auth_name = 001565000001-1
account.1.password = s3cr=t
account.1.sip_server.1.address = 192.168.1.10
account.1.sip_server.1.port = 5060
account.1.sip_server.1.transport_type = 0
account.1.sip_server.1.expires = 600
static.auto_provision.server.url = http://192.168.1.10/p/abc/
account.2.label = %NULL%
`

// first is the account of line 1.
func first(all []*Account, err error) (*Account, error) {
	if len(all) == 0 {
		return nil, err
	}
	return all[0], err
}

func TestYealinkReadsItsAccount(t *testing.T) {
	f, err := parseYealink([]byte(goodYealink))
	if err != nil {
		t.Fatal(err)
	}
	got, err := first(yealinkAccounts(f.settings))
	if err != nil {
		t.Fatal(err)
	}
	want := &Account{
		User: "001565000001-1", Auth: "001565000001-1", Password: "s3cr=t", Name: "Accueil = étage 2", Label: "201",
		Server: "192.168.1.10", Port: 5060, Transport: "udp", Expiry: 10 * time.Minute,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("account (-want +got):\n%s", d)
	}
}

func TestYealinkBootFileNamesItsFiles(t *testing.T) {
	f, err := parseYealink([]byte(yealinkMagic + "\r\ninclude:config \"common.cfg\"\r\ninclude:config <mac.cfg>\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"common.cfg", "mac.cfg"}, f.includes); d != "" {
		t.Errorf("includes (-want +got):\n%s", d)
	}
}

func TestYealinkRefuses(t *testing.T) {
	for name, c := range map[string]struct{ body, want string }{
		"no magic line":          {"account.1.enable = 1\n", "line 1"},
		"an HTML error page":     {"<html><body>404</body></html>", "line 1"},
		"an empty file":          {"", "line 1"},
		"a line of junk":         {yealinkMagic + "\nhello world\n", "line 2"},
		"a key with a space":     {yealinkMagic + "\naccount 1.enable = 1\n", "line 2"},
		"a template left over":   {yealinkMagic + "\n{{if .Secrets}}\n", "line 2"},
		"a key twice":            {yealinkMagic + "\na.b = 1\na.b = 2\n", "second time"},
		"a control character":    {yealinkMagic + "\na.b = 1\x1b[2J\n", "control"},
		"bytes that are no text": {yealinkMagic + "\na.b = \xff\n", "UTF-8"},
	} {
		if _, err := parseYealink([]byte(c.body)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
}

const goodSnom = `<?xml version="1.0" encoding="utf-8"?>
<settings>
  <phone-settings e="2">
    <user_active idx="1" perm="">on</user_active>
    <user_name idx="1" perm="">000413000001-1</user_name>
    <user_pname idx="1" perm="">000413000001-1</user_pname>
    <user_pass idx="1" perm="">a&amp;b</user_pass>
    <user_host idx="1" perm="">192.168.1.10</user_host>
    <user_realname idx="1" perm="">Atelier</user_realname>
    <user_expiry idx="1" perm="">600</user_expiry>
    <setting_server perm="">http://192.168.1.10/p/abc/</setting_server>
  </phone-settings>
  <functionKeys e="2"><fkey idx="0" context="active" perm="">line</fkey></functionKeys>
</settings>`

func TestSnomReadsItsIdentity(t *testing.T) {
	f, err := parseSnom([]byte(goodSnom))
	if err != nil {
		t.Fatal(err)
	}
	got, err := first(snomAccounts(f.settings))
	if err != nil {
		t.Fatal(err)
	}
	want := &Account{
		User: "000413000001-1", Auth: "000413000001-1", Password: "a&b", Name: "Atelier",
		Server: "192.168.1.10", Port: 5060, Transport: "udp", Expiry: 10 * time.Minute,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("account (-want +got):\n%s", d)
	}
	if f.settings["setting_server"] != "http://192.168.1.10/p/abc/" {
		t.Errorf("setting_server is %q", f.settings["setting_server"])
	}
}

func TestSnomFollowsAListOfFiles(t *testing.T) {
	f, err := parseSnom([]byte(`<setting-files><file url="http://h/a.xml"/><file url="http://h/b.xml"/></setting-files>`))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"http://h/a.xml", "http://h/b.xml"}, f.files); d != "" {
		t.Errorf("files (-want +got):\n%s", d)
	}
}

func TestSnomRefuses(t *testing.T) {
	for name, body := range map[string]string{
		"text that is no XML":       "hello",
		"an element left open":      "<settings><phone-settings></settings>",
		"an unescaped ampersand":    `<settings><phone-settings><user_pass idx="1">a&b</user_pass></phone-settings></settings>`,
		"another root":              "<html></html>",
		"an unknown section":        "<settings><phone><a>1</a></phone></settings>",
		"a setting twice":           `<settings><phone-settings><a idx="1">1</a><a idx="1">2</a></phone-settings></settings>`,
		"text between the settings": `<settings><phone-settings>oops<a>1</a></phone-settings></settings>`,
		"two documents":             `<settings></settings><settings></settings>`,
		"an element in a setting":   `<settings><phone-settings><a><b/></a></phone-settings></settings>`,
		"a file without its URL":    `<setting-files><file/></setting-files>`,
	} {
		if f, err := parseSnom([]byte(body)); err == nil {
			t.Errorf("%s: read as %v, want an error", name, f)
		}
	}
}

const goodLinphone = `<?xml version="1.0" encoding="UTF-8"?>
<config xmlns="http://www.linphone.org/xsds/lpconfig.xsd">
  <section name="auth_info_0">
    <entry name="username" overwrite="true">soft-1f2e-1</entry>
    <entry name="passwd" overwrite="true">pw</entry>
  </section>
  <section name="proxy_0">
    <entry name="reg_identity" overwrite="true">"203" &lt;sip:soft-1f2e-1@192.168.1.10&gt;</entry>
    <entry name="reg_proxy" overwrite="true">&lt;sip:192.168.1.10:5060;transport=udp&gt;</entry>
    <entry name="reg_sendregister" overwrite="true">1</entry>
  </section>
</config>`

func TestLinphoneReadsItsProxy(t *testing.T) {
	s, err := parseLinphone([]byte(goodLinphone))
	if err != nil {
		t.Fatal(err)
	}
	got, err := linphoneAccount(s)
	if err != nil {
		t.Fatal(err)
	}
	want := &Account{
		User: "soft-1f2e-1", Auth: "soft-1f2e-1", Password: "pw", Name: "203", Label: "203",
		Server: "192.168.1.10", Port: 5060, Transport: "udp", Expiry: time.Hour,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("account (-want +got):\n%s", d)
	}
}

func TestLinphoneRefuses(t *testing.T) {
	for name, body := range map[string]string{
		"another name space":        `<config><section name="a"/></config>`,
		"an element of another":     `<config xmlns="http://www.linphone.org/xsds/lpconfig.xsd"><sektion name="a"/></config>`,
		"an entry twice":            strings.Replace(goodLinphone, `<entry name="passwd" overwrite="true">pw</entry>`, `<entry name="passwd">a</entry><entry name="passwd">b</entry>`, 1),
		"an entry without its name": `<config xmlns="http://www.linphone.org/xsds/lpconfig.xsd"><section name="a"><entry>1</entry></section></config>`,
	} {
		if s, err := parseLinphone([]byte(body)); err == nil {
			t.Errorf("%s: read as %v, want an error", name, s)
		}
	}
}

func TestAccountNeedsAServerAddressAndAPassword(t *testing.T) {
	good := Account{User: "u", Auth: "u", Password: "p", Server: "192.168.1.10", Port: 5060, Transport: "udp"}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Account){
		"no user":        func(a *Account) { a.User = "" },
		"no password":    func(a *Account) { a.Password = "" },
		"a host name":    func(a *Account) { a.Server = "autocom.local" },
		"port zero":      func(a *Account) { a.Port = 0 },
		"no server":      func(a *Account) { a.Server = "" },
		"an odd carrier": func(a *Account) { a.Transport = "sctp" },
	} {
		a := good
		change(&a)
		if a.Check() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
