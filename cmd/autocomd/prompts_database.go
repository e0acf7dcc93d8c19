package main

import (
	"context"
)

// database is what Asterisk keeps in AstDB, and its lamps.
type database interface {
	Up() bool
	DBGet(ctx context.Context, family, key string) (value string, ok bool, err error)
	DBPut(ctx context.Context, family, key, value string) error
	DBDel(ctx context.Context, family, key string) error
	SetDeviceState(ctx context.Context, device, state string) error
}

// database is that of the exchange, nil without one.
func (e *exchange) database() database {
	if e.client == nil {
		return nil
	}
	return e.client
}
