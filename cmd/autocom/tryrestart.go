package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"autocom/phonesim"
)

// restartPatience is how long the exchange may be away, and the box until it is off.
const restartPatience = 3 * time.Minute

// press fills in a form of the pages and tells an answer that is none of success.
func (o *owner) press(ctx context.Context, path string, form url.Values) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+o.trial.box.String()+path, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := o.client.Do(req)
	if err != nil {
		return err
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("POST %s: %s", path, res.Status)
	}
	return nil
}

// restartsExchange has Asterisk begin again by the page, in the midst of a call, which that
// ends; afterwards the phones reach each other as before.
func (o *owner) restartsExchange(ctx context.Context, a, b *phonesim.Phone) (string, error) {
	call, err := a.Call(ctx, "*43")
	if err != nil {
		return "", err
	}
	defer call.Hangup(context.WithoutCancel(ctx))
	if err := o.press(ctx, "/ui/system/restart/asterisk", nil); err != nil {
		return "", err
	}
	began := time.Now()
	for call.Up() {
		if pause(ctx, 100*time.Millisecond); ctx.Err() != nil || time.Since(began) > restartPatience {
			return "", errors.New("the call goes on: Asterisk was not restarted")
		}
	}
	err = eventually(ctx, restartPatience, func() error { return phonesim.Rings(ctx, a, b, b.Number()) })
	return fmt.Sprintf("%s rings again %.0f s later", b.Number(), time.Since(began).Seconds()), err
}

// restartsBox has the box restart by the page. QEMU ends when its machine restarts; what
// follows is a boot like any other.
func (o *owner) restartsBox(ctx context.Context) (string, error) {
	if err := o.press(ctx, "/ui/system/restart/box", nil); err != nil {
		return "", err
	}
	select {
	case <-o.trial.vm.Done():
		return "it goes off", o.trial.vm.Wait()
	case <-ctx.Done():
		return "", ctx.Err()
	case <-time.After(restartPatience):
		return "", fmt.Errorf("it is still on after %v", restartPatience)
	}
}
