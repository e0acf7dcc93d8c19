package phonesim

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// NewDigium makes a D65. It has no PnP; option 66 is a URL.
func NewDigium(mac net.HardwareAddr) *Phone {
	return newPhone(desk{
		name: "digium", model: "D65",
		says:   identity{class: "digium_D65_2_9_4_0", wants: []byte{1, 3, 6, 12, 15, 28, 42, 66}, hostname: "digium-{mac}"},
		ua:     "Digium D65 2_9_4_0",
		scheme: "http",
		roads:  []road{byOption(66)},
		files: func(v *visit, url string) error {
			if !strings.HasSuffix(url, "/") {
				url += "/"
			}
			_, err := v.read(url+spell("{mac}.cfg", v.phone.MAC), parseDigium)
			return err
		},
		reads: reader{accounts: digiumAccounts, url: setting("config_server_url")},
	}, mac)
}

// digiumParts are the children of <config> beside settings and accounts.
var digiumParts = []string{"contacts", "ringtones", "firmwares", "smart_blf", "codecs", "rapiddial", "networks", "multicastpage", "displayrules"}

// parseDigium reads the XML of D-series phones; accounts come out as "0 username",
// "0 host_primary server":
//
//	<config><setting id="ntp_server" value="…"/><accounts><account index="0" username="…"><host_primary server="…"/></account></accounts></config>
func parseDigium(body []byte) (map[string]string, error) {
	root, err := document(body, "config")
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, c := range root.Children {
		switch name := c.XMLName.Local; {
		case name == "setting":
			if c.attr("id") == "" {
				return nil, fmt.Errorf("<setting> without id")
			}
			if err := once(out, c.attr("id"), c.attr("value")); err != nil {
				return nil, err
			}
		case name == "accounts":
			for _, a := range c.Children {
				if err := digiumAccount(a, out); err != nil {
					return nil, err
				}
			}
		case !contains(digiumParts, name):
			return nil, fmt.Errorf("<%s> inside <config>", clip(name))
		}
	}
	return out, nil
}

func digiumAccount(n snomNode, out map[string]string) error {
	index := n.attr("index")
	if i, err := strconv.Atoi(index); n.XMLName.Local != "account" || err != nil || i < 0 {
		return fmt.Errorf("<%s index=%q> inside <accounts>", clip(n.XMLName.Local), clip(index))
	}
	for _, a := range n.Attrs {
		if err := once(out, index+" "+a.Name.Local, a.Value); err != nil {
			return err
		}
	}
	for _, host := range n.Children {
		for _, a := range host.Attrs {
			if err := once(out, index+" "+host.XMLName.Local+" "+a.Name.Local, a.Value); err != nil {
				return err
			}
		}
	}
	return nil
}

var digiumTransport = map[string]string{"": "udp", "udp": "udp", "tcp": "tcp", "tls": "tls"}

// digiumAccounts reads six accounts, which are counted from 0.
func digiumAccounts(s map[string]string) ([]*Account, error) {
	return drafts(6, func(i int) draft {
		at := func(key string) string { return s[fmt.Sprintf("%d %s", i-1, key)] }
		return draft{
			on:   at("register") == "1" && at("username") != "" && at("status") != "0",
			user: at("username"), auth: at("authname"), password: at("password"), name: at("line_label"), label: at("line_label"),
			server: at("host_primary server"), port: at("host_primary port"), transport: at("host_primary transport"), transports: digiumTransport,
			expiry: at("host_primary reregister"),
		}
	})
}
