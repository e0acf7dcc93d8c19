package phonesim

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// softphone is a person with Linphone: opens the box's page, presses "Get a
// number", and gives the URL found there to the softphone.
type softphone struct{ page *string }

// linphoneHeader tells a provisioning server that no crawler is asking.
const linphoneHeader = "X-Linphone-Provisioning"

// NewSoftphone makes a softphone whose owner opens page, "http://192.168.1.10/".
func NewSoftphone(page string) *Phone { return newPhone(softphone{page: &page}, nil) }

// Open tells the softphone's owner which page to open, or with an address of linphone.xml
// which code to scan; other phones find by themselves.
func (p *Phone) Open(page string) {
	if s, ok := p.maker.(softphone); ok {
		*s.page = page
	}
}

func (softphone) kind() string { return "softphone" }

// A smartphone on the Wi-Fi says no more than this.
func (softphone) dhcp() identity {
	return identity{class: "android-dhcp-14", wants: []byte{1, 3, 6, 15, 26, 28, 51, 58, 59, 43}, hostname: "Pixel-7"}
}

func (softphone) agent(net.HardwareAddr) string {
	return "LinphoneAndroid/5.2.5 (Pixel 7) LinphoneSDK/5.3.47"
}

const browserAgent = "Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36"

func (softphone) base() bool { return false }

// Linphone knows no check-sync.
func (softphone) obeys(map[string]string, bool) order { return ignore }

func (s softphone) provision(ctx context.Context, p *Phone, _ string) error {
	if p.account() != nil { // Linphone fetches once, when it is told to
		return nil
	}
	if *s.page == "" {
		return fmt.Errorf("the owner was told no page to open")
	}
	c := p.Link().browser(p.Memory.Trusts)
	where, shown := *s.page, ""
	if !strings.HasSuffix(where, "/linphone.xml") { // else it is a code that its owner scanned
		var err error
		if where, shown, err = s.getNumber(ctx, c); err != nil {
			return err
		}
	}
	p.mu.Lock()
	p.Memory.Number = shown
	p.mu.Unlock()
	body, err := fetch(ctx, c, where, s.agent(nil), map[string]string{linphoneHeader: "1"})
	if err != nil {
		return err
	}
	settings, err := parseLinphone(body)
	if err != nil {
		return fmt.Errorf("%s: %w", where, err)
	}
	settings["url"] = where
	return p.remember(settings, reader{accounts: linphoneAccounts, url: setting("url")})
}

// getNumber does on the page what a person does and returns the provisioning URL and
// the number that it shows then.
func (s softphone) getNumber(ctx context.Context, c *http.Client) (where, number string, err error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return "", "", err
	}
	c.Jar = jar
	at, doc, err := browse(ctx, c, http.MethodGet, *s.page, nil)
	if err != nil {
		return "", "", err
	}
	// A box that nobody has set up asks for its code first, and has a link for who wants no
	// more than a number.
	if link := findLink(doc, "/?number"); link != "" {
		u, err := at.Parse(link)
		if err != nil {
			return "", "", fmt.Errorf("%s: link to a number: %w", at, err)
		}
		if at, doc, err = browse(ctx, c, http.MethodGet, u.String(), nil); err != nil {
			return "", "", err
		}
	}
	form, err := findForm(doc)
	if err != nil {
		return "", "", fmt.Errorf("%s: %w", *s.page, err)
	}
	target, err := at.Parse(form.action)
	if err != nil {
		return "", "", fmt.Errorf("%s: form action: %w", *s.page, err)
	}
	if at, doc, err = browse(ctx, c, http.MethodPost, target.String(), form.values); err != nil {
		return "", "", err
	}
	found := findLink(doc, "linphone.xml")
	if found == "" {
		return "", "", fmt.Errorf("%s shows no provisioning URL", at)
	}
	u, err := at.Parse(found)
	if err != nil {
		return "", "", fmt.Errorf("%s: provisioning URL: %w", at, err)
	}
	return u.String(), findNumber(doc), nil
}

// browse loads a page as a browser does, following redirects with cookies.
func browse(ctx context.Context, c *http.Client, method, page string, form url.Values) (*url.URL, *html.Node, error) {
	req, err := http.NewRequestWithContext(ctx, method, page, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("User-Agent", browserAgent)
	req.Header.Set("Accept", "text/html,application/xhtml+xml")
	req.Header.Set("Accept-Language", "fr-FR,fr;q=0.9,en;q=0.8")
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", req.URL.Scheme+"://"+req.URL.Host)
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		req.Header.Set("Referer", page)
	}
	res, err := c.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("%s %s: %s", strings.ToLower(method), page, res.Status)
	}
	doc, err := html.Parse(http.MaxBytesReader(nil, res.Body, maxSettings))
	if err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", page, err)
	}
	return res.Request.URL, doc, nil
}
