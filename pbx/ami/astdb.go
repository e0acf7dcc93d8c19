package ami

import (
	"context"
	"errors"
	"strings"
)

// DBGet reads a key of AstDB; ok is false when there is none.
func (c *Client) DBGet(ctx context.Context, family, key string) (value string, ok bool, err error) {
	r, err := c.Do(ctx, Action{"DBGet", []Field{{"Family", family}, {"Key", key}}})
	if absent(err) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	for _, e := range r.Items {
		if e.Name == "DBGetResponse" {
			return e.Get("Val"), true, nil
		}
	}
	return "", false, nil
}

// DBPut writes a key.
func (c *Client) DBPut(ctx context.Context, family, key, value string) error {
	_, err := c.Do(ctx, Action{"DBPut", []Field{{"Family", family}, {"Key", key}, {"Val", value}}})
	return err
}

// DBDel removes a key. One that is not there is not touched: Asterisk would complain in
// its log and give no reason.
func (c *Client) DBDel(ctx context.Context, family, key string) error {
	if _, there, err := c.DBGet(ctx, family, key); err != nil || !there {
		return err
	}
	_, err := c.Do(ctx, Action{"DBDel", []Field{{"Family", family}, {"Key", key}}})
	return err
}

// absent tells that an action was refused because there is no such key (main/db.c).
func absent(err error) bool {
	var refused *RefusedError
	return errors.As(err, &refused) && strings.Contains(refused.Reason, "not found")
}

// SetDeviceState sets a lamp that the dialplan sets too: "Custom:NIGHT-main", "INUSE".
func (c *Client) SetDeviceState(ctx context.Context, device, state string) error {
	_, err := c.Do(ctx, Action{"Setvar", []Field{{"Variable", "DEVICE_STATE(" + device + ")"}, {"Value", state}}})
	return err
}

// DBDelTree removes a family and all below it; that there is nothing is no error.
func (c *Client) DBDelTree(ctx context.Context, family string) error {
	_, err := c.Do(ctx, Action{"DBDelTree", []Field{{"Family", family}}})
	if absent(err) {
		return nil
	}
	return err
}

// DBTree reads all keys below a family: by their whole path, "/family/key".
func (c *Client) DBTree(ctx context.Context, family string) (map[string]string, error) {
	r, err := c.Do(ctx, Action{"DBGetTree", []Field{{"Family", family}}})
	if absent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for _, e := range r.Items {
		if e.Name == "DBGetTreeResponse" {
			found[e.Get("Key")] = e.Get("Val")
		}
	}
	return found, nil
}
