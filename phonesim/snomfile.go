package phonesim

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// snomFile is a parsed answer to a Snom phone: settings, or a list of further files.
type snomFile struct {
	settings map[string]string // "user_name 1" for <user_name idx="1">
	files    []string          // URLs of <setting-files>
	cas      []string          // URLs of <certificates>
}

// snomSections are the children of <settings> that the phone knows.
var snomSections = map[string]bool{
	"phone-settings": true, "functionKeys": true, "tbook": true, "dialplan": true,
	"firmware-settings": true, "gui-languages": true, "web-languages": true, "certificates": true,
}

// snomNode is one element with everything in it.
type snomNode struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []snomNode `xml:",any"`
}

func (n snomNode) attr(name string) string {
	for _, a := range n.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// parseSnom reads the XML settings of Snom phones since firmware 7:
//
//	<settings><phone-settings e="2">
//	  <user_name idx="1" perm="">0004131a2b3c-1</user_name>
//	</phone-settings></settings>
//
// or <setting-files><file url="http://…"/></setting-files>. XML that is not well
// formed, an unknown section, a repeated setting or text between the elements is an error.
func parseSnom(body []byte) (snomFile, error) {
	f := snomFile{settings: map[string]string{}}
	if len(body) > maxSettings {
		return f, fmt.Errorf("%d bytes are too many for a settings file", len(body))
	}
	root, err := decodeXML(body)
	if err != nil {
		return f, err
	}
	switch root.XMLName.Local {
	case "setting-files":
		for _, c := range root.Children {
			if c.XMLName.Local != "file" || c.attr("url") == "" {
				return f, fmt.Errorf("<%s> inside <setting-files> where <file url=…> must stand", c.XMLName.Local)
			}
			f.files = append(f.files, c.attr("url"))
		}
		return f, nil
	case "settings":
	default:
		return f, fmt.Errorf("<%s> where <settings> or <setting-files> must stand", root.XMLName.Local)
	}
	for _, section := range root.Children {
		if !snomSections[section.XMLName.Local] {
			return f, fmt.Errorf("<%s> is no section of <settings>", section.XMLName.Local)
		}
		if section.XMLName.Local == "certificates" {
			for _, c := range section.Children {
				if c.XMLName.Local != "certificate" || c.attr("url") == "" {
					return f, fmt.Errorf("<%s> inside <certificates> where <certificate url=…> must stand", c.XMLName.Local)
				}
				f.cas = append(f.cas, c.attr("url"))
			}
		}
		if section.XMLName.Local != "phone-settings" {
			continue
		}
		if s := strings.TrimSpace(section.Text); s != "" {
			return f, fmt.Errorf("text %q between the settings", clip(s))
		}
		for _, c := range section.Children {
			key := c.XMLName.Local
			if idx := c.attr("idx"); idx != "" {
				key += " " + idx
			}
			if len(c.Children) > 0 {
				return f, fmt.Errorf("<%s> holds elements where text must stand", c.XMLName.Local)
			}
			if _, twice := f.settings[key]; twice {
				return f, fmt.Errorf("<%s> a second time", key)
			}
			f.settings[key] = strings.TrimSpace(c.Text)
		}
	}
	return f, nil
}

// decodeXML reads exactly one document and nothing after it.
func decodeXML(body []byte) (snomNode, error) {
	var root snomNode
	d := xml.NewDecoder(bytes.NewReader(body))
	d.CharsetReader = charset
	if err := d.Decode(&root); err != nil {
		return root, err
	}
	for {
		t, err := d.Token()
		if err == io.EOF {
			return root, nil
		}
		if err != nil {
			return root, err
		}
		if c, ok := t.(xml.CharData); ok && len(bytes.TrimSpace(c)) == 0 {
			continue
		}
		if _, ok := t.(xml.Comment); ok {
			continue
		}
		return root, fmt.Errorf("something follows </%s>", root.XMLName.Local)
	}
}

// charset reads the one other encoding that makers use.
func charset(name string, r io.Reader) (io.Reader, error) {
	if !strings.EqualFold(name, "iso-8859-1") {
		return nil, fmt.Errorf("a file in %s: phones read UTF-8 and ISO-8859-1", clip(name))
	}
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	out := make([]rune, len(b))
	for i, c := range b {
		out[i] = rune(c)
	}
	return strings.NewReader(string(out)), nil
}

// snomLines is how many identities the models here have.
const snomLines = 12

var snomTransport = map[string]string{"": "udp", "udp": "udp", "tcp": "tcp", "tls": "tls"}

// snomAccounts reads every identity; nil where the settings switch it off or hold none.
func snomAccounts(s map[string]string) ([]*Account, error) {
	return drafts(snomLines, func(i int) draft {
		at := func(key string) string { return s[fmt.Sprintf("%s %d", key, i)] }
		if at("user_active") == "off" {
			return draft{}
		}
		// A base keeps its servers in a list of their own and each extension names one.
		host, n := at("user_host"), at("subscr_sip_ua_data_server_id")
		if n != "" {
			host = s["user_host "+n]
		}
		// user_outbound "sip:192.168.1.10:5060;transport=tcp" wins over user_host.
		if out := at("user_outbound"); out != "" {
			host = strings.TrimPrefix(out, "sip:")
		}
		host, params, _ := strings.Cut(host, ";")
		transport, _ := strings.CutPrefix(params, "transport=")
		label := at("user_idle_text")
		if label == "" {
			label = at("subscr_sip_line_name")
		}
		return draft{
			on: at("user_name") != "", user: at("user_name"), auth: at("user_pname"), password: at("user_pass"), name: at("user_realname"), label: label,
			server: host, transport: transport, transports: snomTransport, expiry: at("user_expiry"),
		}
	})
}
