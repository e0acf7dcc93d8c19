package portal

import (
	"context"
	"net/http"
)

type actorKey struct{}

// Actor is who asked for what a context does: "admin", "api", or an account's name.
func Actor(ctx context.Context) string {
	name, _ := ctx.Value(actorKey{}).(string)
	return name
}

// sessionActor is who has the setup code's session: there is one administrator so far.
const sessionActor = "admin"

// acting notes who sends a request.
func acting(r *http.Request, name string) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), actorKey{}, name))
}
