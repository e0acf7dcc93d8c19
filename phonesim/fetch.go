package phonesim

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
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
