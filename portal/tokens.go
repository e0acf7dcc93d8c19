package portal

import (
	"errors"
	"io/fs"
	"net/http"

	"autocom/portal/account"
)

// tokenRoutes are the programs that use the API.
func (p *Portal) tokenRoutes() []route {
	return []route{
		{"GET /api/v1/tokens", p.listTokens, admin},
		{"POST /api/v1/tokens", p.makeToken, admin},
		{"DELETE /api/v1/tokens/{id}", p.revokeToken, admin},
	}
}

func (p *Portal) listTokens(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, p.Accounts.Tokens())
}

// madeToken is a token with its secret, which is shown this once.
type madeToken struct {
	account.Token
	Secret string `json:"token"`
}

func (p *Portal) makeToken(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Name   string       `json:"name"`
		Role   account.Role `json:"role"`
		Writes bool         `json:"writes"`
	}
	if !decode(w, r, &body, false) {
		return
	}
	secret, t, err := p.Accounts.MakeToken(r.Context(), body.Name, body.Role, body.Writes, Actor(r.Context()))
	switch {
	case errors.Is(err, account.ErrFull):
		problem(w, http.StatusConflict, err.Error())
	case errors.Is(err, account.ErrTokenName) || err != nil && body.Role == account.Nobody:
		problem(w, http.StatusBadRequest, err.Error())
	case err != nil:
		p.Log.Error("no token made", "error", err)
		problem(w, http.StatusInternalServerError, "the change could not be kept: see the box's log")
	default:
		p.Log.Info("token made", "name", t.Name, "role", t.Role, "writes", t.Writes, "by", t.MadeBy)
		reply(w, http.StatusCreated, madeToken{t, secret})
	}
}

func (p *Portal) revokeToken(w http.ResponseWriter, r *http.Request) {
	switch err := p.Accounts.Revoke(r.Context(), r.PathValue("id")); {
	case errors.Is(err, fs.ErrNotExist):
		problem(w, http.StatusNotFound, "there is no such token")
	case err != nil:
		p.Log.Error("token not revoked", "error", err)
		problem(w, http.StatusInternalServerError, "the change could not be kept: see the box's log")
	default:
		p.Log.Info("token revoked", "id", r.PathValue("id"), "by", Actor(r.Context()))
		w.WriteHeader(http.StatusNoContent)
	}
}
