package phonesim

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
)

// snomFile is a parsed answer to a Snom phone: settings, or a list of further files.
type snomFile struct {
	settings map[string]string // "user_name 1" for <user_name idx="1">
	files    []string          // URLs of <setting-files>
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

// snomAccount reads identity 1; nil when the settings switch it off or hold none.
func snomAccount(s map[string]string) (*Account, error) {
	if s["user_name 1"] == "" || s["user_active 1"] == "off" {
		return nil, nil
	}
	expiry, err := number(s["user_expiry 1"], 3600)
	if err != nil {
		return nil, fmt.Errorf("user_expiry: %w", err)
	}
	a := &Account{
		User:      s["user_name 1"],
		Auth:      s["user_pname 1"],
		Password:  s["user_pass 1"],
		Name:      s["user_realname 1"],
		Label:     s["user_idle_text 1"],
		Transport: "udp",
		Expiry:    time.Duration(expiry) * time.Second,
	}
	if a.Auth == "" {
		a.Auth = a.User
	}
	// user_outbound "sip:192.168.1.10:5060;transport=tcp" wins over user_host.
	host := s["user_host 1"]
	if out := s["user_outbound 1"]; out != "" {
		host = strings.TrimPrefix(out, "sip:")
	}
	host, params, _ := strings.Cut(host, ";")
	if t, ok := strings.CutPrefix(params, "transport="); ok {
		a.Transport = strings.ToLower(t)
	}
	if a.Server, a.Port, err = hostPort(host); err != nil {
		return nil, fmt.Errorf("user_host: %w", err)
	}
	return a, a.Check()
}
