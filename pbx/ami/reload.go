package ami

import (
	"context"
	"errors"
)

// Reload makes Asterisk read the files of one module again: "res_pjsip.so".
func (c *Client) Reload(ctx context.Context, module string) error {
	if module == "app_queue.so" {
		return c.reloadQueues(ctx)
	}
	return c.reload(ctx, module)
}

func (c *Client) reload(ctx context.Context, module string) error {
	_, err := c.Do(ctx, Action{"Reload", []Field{{"Module", module}}})
	return err
}

// reloadQueues also sends away who waits in a queue that is no more: Asterisk 22 leaves them
// with music for ever, and rings nobody.
func (c *Client) reloadQueues(ctx context.Context) error {
	_, waiting, err := c.queues(ctx)
	if err != nil {
		return err
	}
	if err := c.reload(ctx, "app_queue.so"); err != nil || len(waiting) == 0 {
		return err
	}
	there, _, err := c.queues(ctx)
	errs := []error{err}
	for channel, queue := range waiting {
		if err != nil || there[queue] {
			continue
		}
		_, err := c.Do(ctx, Action{"Redirect", []Field{{"Channel", channel}, {"Context", "ac-nobody"}, {"Exten", "s"}, {"Priority", "1"}}})
		var gone *RefusedError // they were answered, or have hung up meanwhile
		if err != nil && !errors.As(err, &gone) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// queues are those that Asterisk has, and the channels that wait in them.
func (c *Client) queues(ctx context.Context) (there map[string]bool, waiting map[string]string, err error) {
	items, err := c.list(ctx, "QueueStatus")
	there, waiting = map[string]bool{}, map[string]string{}
	for _, e := range items {
		switch e.Name {
		case "QueueParams":
			there[e.Get("Queue")] = true
		case "QueueEntry":
			waiting[e.Get("Channel")] = e.Get("Queue")
		}
	}
	return there, waiting, err
}
