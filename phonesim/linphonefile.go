package phonesim

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// parseLinphone reads a remote provisioning file of Linphone (lpconfig.xsd):
//
//	<config xmlns="http://www.linphone.org/xsds/lpconfig.xsd">
//	  <section name="auth_info_0"><entry name="username" overwrite="true">soft-1f2e-1</entry></section>
//	</config>
//
// The result is keyed "section/entry". Anything else in the file is an error.
func parseLinphone(body []byte) (map[string]string, error) {
	if len(body) > maxSettings {
		return nil, fmt.Errorf("%d bytes are too many for a settings file", len(body))
	}
	root, err := decodeXML(body)
	if err != nil {
		return nil, err
	}
	if root.XMLName.Local != "config" {
		return nil, fmt.Errorf("<%s> where <config> must stand", root.XMLName.Local)
	}
	const space = "http://www.linphone.org/xsds/lpconfig.xsd"
	if root.XMLName.Space != space {
		return nil, fmt.Errorf("<config> is of %q, not of %s", root.XMLName.Space, space)
	}
	out := map[string]string{}
	for _, section := range root.Children {
		if section.XMLName.Local != "section" || section.attr("name") == "" {
			return nil, fmt.Errorf("<%s> where <section name=…> must stand", section.XMLName.Local)
		}
		for _, entry := range section.Children {
			if entry.XMLName.Local != "entry" || entry.attr("name") == "" || len(entry.Children) > 0 {
				return nil, fmt.Errorf("<%s> inside section %s where <entry name=…> must stand", entry.XMLName.Local, section.attr("name"))
			}
			key := section.attr("name") + "/" + entry.attr("name")
			if _, twice := out[key]; twice {
				return nil, fmt.Errorf("%s a second time", key)
			}
			out[key] = strings.TrimSpace(entry.Text)
		}
	}
	return out, nil
}

// linphoneAccount reads proxy 0 and its password.
func linphoneAccount(s map[string]string) (*Account, error) {
	identity, name, err := nameAddr(s["proxy_0/reg_identity"])
	if err != nil {
		return nil, fmt.Errorf("proxy_0/reg_identity: %w", err)
	}
	proxy, _, err := nameAddr(s["proxy_0/reg_proxy"])
	if err != nil {
		return nil, fmt.Errorf("proxy_0/reg_proxy: %w", err)
	}
	if s["proxy_0/reg_sendregister"] != "1" {
		return nil, fmt.Errorf("proxy_0/reg_sendregister is %q: the softphone would not register", s["proxy_0/reg_sendregister"])
	}
	expiry, err := number(s["proxy_0/reg_expires"], 3600)
	if err != nil {
		return nil, fmt.Errorf("proxy_0/reg_expires: %w", err)
	}
	user, _, _ := strings.Cut(identity.Opaque, "@")
	at := proxy.Opaque[strings.LastIndexByte(proxy.Opaque, '@')+1:]
	at, params, _ := strings.Cut(at, ";")
	a := &Account{
		User: user, Auth: s["auth_info_0/userid"], Password: s["auth_info_0/passwd"],
		Name: name, Label: name, Transport: "udp", Expiry: time.Duration(expiry) * time.Second,
	}
	for p := range strings.SplitSeq(params, ";") {
		if t, ok := strings.CutPrefix(p, "transport="); ok {
			a.Transport = strings.ToLower(t)
		}
	}
	if a.Server, a.Port, err = hostPort(at); err != nil {
		return nil, fmt.Errorf("proxy_0/reg_proxy: %w", err)
	}
	if u := s["auth_info_0/username"]; u != user {
		return nil, fmt.Errorf("auth_info_0 is for user %q, the identity is %q", u, user)
	}
	if a.Auth == "" {
		a.Auth = a.User
	}
	return a, a.Check()
}

func linphoneAccounts(s map[string]string) ([]*Account, error) {
	a, err := linphoneAccount(s)
	return []*Account{a}, err
}

// nameAddr splits `"Accueil" <sip:soft-1@192.168.1.10>` into the URI and the name.
func nameAddr(s string) (*url.URL, string, error) {
	name := ""
	if open := strings.IndexByte(s, '<'); open >= 0 {
		if !strings.HasSuffix(s, ">") {
			return nil, "", fmt.Errorf("%q lacks >", clip(s))
		}
		name = strings.Trim(strings.TrimSpace(s[:open]), `"`)
		s = s[open+1 : len(s)-1]
	}
	u, err := url.Parse(s)
	if err != nil {
		return nil, "", err
	}
	if u.Scheme != "sip" || u.Opaque == "" {
		return nil, "", fmt.Errorf("%q is not a sip: address", clip(s))
	}
	return u, name, nil
}

// hostPort splits "192.168.1.10:5062"; the port is 5060 when absent.
func hostPort(s string) (string, int, error) {
	if s == "" {
		return "", 0, fmt.Errorf("no server is named")
	}
	if !strings.Contains(s, ":") {
		return s, 5060, nil
	}
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return "", 0, err
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return "", 0, fmt.Errorf("%q is not a port", port)
	}
	return host, n, nil
}
