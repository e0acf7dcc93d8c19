package phonesim

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
)

// fetch gets url as a phone does: its own User-Agent, at most maxSettings bytes.
// An answer of 404 is fs.ErrNotExist; any other than 200 is an error.
func fetch(ctx context.Context, c *http.Client, url, agent string, header map[string]string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", agent)
	for k, v := range header {
		req.Header.Set(k, v)
	}
	res, err := c.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxSettings+1))
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", url, err)
	}
	switch res.StatusCode {
	case http.StatusOK:
		return body, nil
	case http.StatusNotFound:
		return nil, fmt.Errorf("get %s: %w", url, fs.ErrNotExist)
	}
	return nil, fmt.Errorf("get %s: %s", url, res.Status)
}

// folder gives the folder of a provisioning URL: "http://h/p/x/" as it is,
// "http://h/p/x" with "/", and "http://h/p/x/y.cfg" without its file.
func folder(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", err
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", fmt.Errorf("%q is not an http URL", clip(raw))
	}
	i := strings.LastIndexByte(u.Path, '/')
	switch last := u.Path[i+1:]; {
	case last == "" && i >= 0:
	case strings.Contains(last, "."):
		u.Path = u.Path[:i+1]
	default:
		u.Path += "/"
	}
	return u.String(), nil
}
