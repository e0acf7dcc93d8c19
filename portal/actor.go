package portal

import (
	"context"
	"net/http"
)

type actorKey struct{}

// Actor is who asked for what a context does: an account's name, a token's, "api" for the file's.
func Actor(ctx context.Context) string {
	name, _ := ctx.Value(actorKey{}).(string)
	return name
}

// acting notes who sends a request.
func acting(r *http.Request, name string) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), actorKey{}, name))
}
