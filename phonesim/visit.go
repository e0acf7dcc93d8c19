package phonesim

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
)

// visit is one look for settings: what a phone asks of a server, and what it has read.
type visit struct {
	ctx      context.Context
	phone    *Phone
	agent    string
	blksize  int // by TFTP
	settings map[string]string
	found    int // files that were there
}

func newVisit(ctx context.Context, p *Phone) *visit {
	return &visit{ctx: ctx, phone: p, agent: p.maker.agent(p.MAC), settings: map[string]string{}}
}

// get fetches url over HTTP, HTTPS or TFTP; a file that is not there is nil.
func (v *visit) get(url string) ([]byte, error) {
	body, err := v.phone.fetch(v.ctx, url, v.agent, v.blksize)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if body == nil {
		body = []byte{}
	}
	v.found++
	return body, nil
}

// read fetches url and gives it to parse; there is false when the file is not there.
func (v *visit) read(url string, parse func([]byte) (map[string]string, error)) (there bool, err error) {
	body, err := v.get(url)
	if err != nil || body == nil {
		return false, err
	}
	settings, err := parse(body)
	if err != nil {
		return false, fmt.Errorf("%s: %w", url, err)
	}
	for k, s := range settings { // the later file wins
		v.settings[k] = s
	}
	return true, nil
}

// fetch gets url by the protocol that it names.
func (p *Phone) fetch(ctx context.Context, raw, agent string, blksize int) ([]byte, error) {
	link := p.Link()
	if strings.HasPrefix(raw, "tftp://") {
		return fetchTFTP(ctx, link.Addr.Addr(), raw, blksize)
	}
	p.mu.Lock()
	trusts := p.Memory.Trusts
	p.mu.Unlock()
	return fetch(ctx, link.browser(trusts), raw, agent, nil)
}

// put sends a file, as phones do with their logs. What the server answers does not matter to them.
func (p *Phone) put(ctx context.Context, raw, agent, body string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, raw, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", agent)
	res, err := p.Link().browser("").Do(req)
	if err != nil {
		return err
	}
	return res.Body.Close()
}

// trust keeps the CA certificates that settings carry: PEM, or URLs of it.
func (v *visit) trust(said string) error {
	if strings.Contains(said, "-----BEGIN CERTIFICATE-----") {
		return v.phone.Trust(said)
	}
	for where := range strings.FieldsSeq(said) {
		body, err := v.get(where)
		if err != nil {
			return fmt.Errorf("fetch the CA certificate: %w", err)
		}
		if body == nil {
			return fmt.Errorf("the CA certificate is not at %s", where)
		}
		if err := v.phone.Trust(string(body)); err != nil {
			return err
		}
	}
	return nil
}

// absolute makes of what a server, a person or a DHCP option said a URL: a bare host or
// address speaks the protocol that the maker takes for granted.
func absolute(said, scheme string) (string, error) {
	said = strings.TrimSpace(said)
	if said == "" {
		return "", nil
	}
	if !strings.Contains(said, "://") {
		said = scheme + "://" + said
	}
	u, err := url.Parse(said)
	if err != nil {
		return "", err
	}
	if u.Host == "" || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "tftp" {
		return "", fmt.Errorf("%q is no address of settings that this phone can use", clip(said))
	}
	if u.Path == "" {
		said += "/"
	}
	return said, nil
}

// split parts a URL into its folder and its file, which is "" when it ends with "/".
func split(raw string) (dir, file string) {
	i := strings.LastIndexByte(raw, '/')
	return raw[:i+1], raw[i+1:]
}
