package phonesim

import (
	"fmt"
	"net"
	"strings"
)

// polycomModel is a VVX 411 with UC software 6.
const polycomModel = "VVX411"

// NewPolycom makes a VVX 411: option 160, then 66, then DHCPINFORM. It has no PnP.
func NewPolycom(mac net.HardwareAddr) *Phone {
	return newPhone(desk{
		name: "polycom", model: polycomModel,
		says: identity{class: polycomClass(), wants: []byte{1, 28, 160, 66, 3, 4, 42, 2, 6, 15}},
		// While it boots the phone says Type/Updater.
		ua:     "FileTransport PolycomVVX-VVX_411-UA/6.4.5.2302 Type/Application",
		scheme: "http",
		roads:  []road{byOption(160), byOption(66), byInform(160, 66)},
		files:  polycomFiles,
		reads: reader{accounts: polycomAccounts, url: setting("device.prov.serverName"),
			trusts: setting("device.sec.TLS.customCaCert1")},
		told: func(s map[string]string, rebooting bool) order {
			if rebooting || s["voIpProt.SIP.specialEvent.checkSync.alwaysReboot"] == "1" {
				return reboot
			}
			return refetch
		},
	}, mac)
}

// polycomClass is option 60 as it comes from the factory: RFC 3925's form with the number
// of the enterprise and three sub-options (CX5500 guide, page 225).
func polycomClass() string {
	sub := func(code byte, text string) string { return string([]byte{code, byte(len(text))}) + text }
	data := sub(1, "Polycom") + sub(2, polycomModel+"-"+polycomModel) + sub(3, "3111-48450-001,6.4.5.2302")
	return "\x00\x00\x36\x3d" + string([]byte{byte(len(data))}) + data
}

// polycomFiles reads the master file and what it names, and sends the logs back. Of a
// parameter that stands in two files the first counts (UC software guide, "precedence").
func polycomFiles(v *visit, url string) error {
	dir, file := split(url)
	if file != "" && !strings.Contains(file, ".") {
		dir, file = url+"/", ""
	}
	master := []string{"{mac}.cfg", "000000000000.cfg"}
	if file != "" {
		master = []string{file}
	}
	var body []byte
	for _, name := range master {
		var err error
		if body, err = v.get(dir + spell(name, v.phone.MAC)); err != nil {
			return err
		}
		if body != nil {
			break
		}
	}
	if body == nil {
		return nil
	}
	names, err := parsePolycomMaster(body)
	if err != nil {
		return fmt.Errorf("master file: %w", err)
	}
	names = append(names, "{mac}-phone.cfg", "{mac}-web.cfg")
	for _, name := range names {
		name = strings.NewReplacer("[PHONE_MAC_ADDRESS]", "{mac}", "[MACADDRESS]", "{mac}", "[PHONE_MODEL]", polycomModel).Replace(name)
		if !strings.Contains(name, "://") {
			name = dir + name
		}
		body, err := v.get(spell(name, v.phone.MAC))
		if err != nil {
			return err
		}
		if body == nil {
			continue
		}
		settings, err := parsePolycom(body)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for k, s := range settings {
			if _, before := v.settings[k]; !before {
				v.settings[k] = s
			}
		}
	}
	if strings.HasPrefix(dir, "http") {
		for _, log := range []string{"{mac}-boot.log", "{mac}-app.log"} {
			if err := v.phone.put(v.ctx, dir+spell(log, v.phone.MAC), v.agent, "0101000000|cfg|4|00|started\n"); err != nil {
				return err
			}
		}
	}
	return nil
}

// parsePolycomMaster reads the files that a master file names:
//
//	<APPLICATION APP_FILE_PATH="sip.ld" CONFIG_FILES="[PHONE_MAC_ADDRESS]-user.cfg, common.cfg" LOG_FILE_DIRECTORY="" />
func parsePolycomMaster(body []byte) ([]string, error) {
	root, err := document(body, "APPLICATION")
	if err != nil {
		return nil, err
	}
	var out []string
	for name := range strings.SplitSeq(root.attr("CONFIG_FILES"), ",") {
		if name = strings.TrimSpace(name); name != "" {
			out = append(out, name)
		}
	}
	if len(out) > 16 {
		return nil, fmt.Errorf("%d files in CONFIG_FILES", len(out))
	}
	return out, nil
}

// parsePolycom reads a configuration file: parameters are attributes, in elements of any
// name and depth.
//
//	<PHONE_CONFIG><reg reg.1.address="0004f2000001-1" reg.1.auth.userId="…"/></PHONE_CONFIG>
func parsePolycom(body []byte) (map[string]string, error) {
	if len(body) > maxSettings {
		return nil, fmt.Errorf("%d bytes are too many for a settings file", len(body))
	}
	root, err := decodeXML(body)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	return out, polycomAttributes(root, out)
}

func polycomAttributes(n snomNode, out map[string]string) error {
	if s := strings.TrimSpace(n.Text); s != "" {
		return fmt.Errorf("text %q inside <%s> where attributes must stand", clip(s), n.XMLName.Local)
	}
	for _, a := range n.Attrs {
		if a.Name.Space != "" || a.Name.Local == "xmlns" {
			continue // the schema
		}
		if err := once(out, a.Name.Local, a.Value); err != nil {
			return err
		}
	}
	for _, c := range n.Children {
		if err := polycomAttributes(c, out); err != nil {
			return err
		}
	}
	return nil
}

var polycomTransport = map[string]string{"": "udp", "dnsnaptr": "udp", "udponly": "udp", "tcponly": "tcp", "tcppreferred": "tcp", "tls": "tls"}

// polycomAccounts reads twelve registrations.
func polycomAccounts(s map[string]string) ([]*Account, error) {
	return drafts(12, func(i int) draft {
		at := func(key string) string { return s[fmt.Sprintf("reg.%d.%s", i, key)] }
		server, port, transport, expiry := at("server.1.address"), at("server.1.port"), at("server.1.transport"), at("server.1.expires")
		if server == "" {
			server, port = s["voIpProt.server.1.address"], s["voIpProt.server.1.port"]
			transport, expiry = s["voIpProt.server.1.transport"], s["voIpProt.server.1.expires"]
		}
		return draft{
			on:   at("address") != "" && at("server.1.register") != "0",
			user: at("address"), auth: at("auth.userId"), password: at("auth.password"), name: at("displayName"), label: at("label"),
			server: server, port: port, transport: transport, transports: polycomTransport, expiry: expiry,
		}
	})
}
