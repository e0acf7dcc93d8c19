package portal

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"slices"
	"strings"

	"autocom/provision"
)

// ErrConflict marks what cannot be done as things are: the API answers 409.
var ErrConflict = errors.New("conflict")

// device is a provision.Device as the API shows it, with what is derived.
type device struct {
	provision.Device
	State     string `json:"state"`
	Extension string `json:"extension"`
}

func shown(d provision.Device) device {
	if d.Lines == nil {
		d.Lines = []provision.Line{}
	}
	if d.Evidence == nil {
		d.Evidence = []provision.Evidence{}
	}
	return device{Device: d, State: d.State(), Extension: d.Number()}
}

// keyed lets in who shows the key of the API.
func (p *Portal) keyed(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !p.known(r) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="autocom"`)
			problem(w, http.StatusUnauthorized, "send the header Authorization: Bearer with the text of the file api-token in the data directory")
			return
		}
		h(w, r)
	}
}

// known compares digests: neither the key's length nor its beginning shows in the time taken.
func (p *Portal) known(r *http.Request) bool {
	key, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	a, b := sha256.Sum256([]byte(key)), sha256.Sum256([]byte(p.Key))
	return ok && p.Key != "" && subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

func (p *Portal) status(w http.ResponseWriter, r *http.Request) {
	body := map[string]any{}
	if p.known(r) {
		body = p.Status()
	}
	body["name"], body["version"], body["ready"] = p.Site().Name, p.Version, p.Ready()
	reply(w, http.StatusOK, body)
}

func (p *Portal) devices(w http.ResponseWriter, _ *http.Request) {
	list := []device{}
	for _, d := range p.Devices.Devices() {
		list = append(list, shown(d))
	}
	reply(w, http.StatusOK, list)
}

func (p *Portal) device(w http.ResponseWriter, r *http.Request) {
	d, ok := p.Devices.Device(canonical(r.PathValue("id")))
	if !ok {
		problem(w, http.StatusNotFound, "there is no such device")
		return
	}
	reply(w, http.StatusOK, shown(d))
}

// verbs are what can be done to a device.
var verbs = []string{"approve", "reject", "release", "resync", "reset"}

func (p *Portal) do(w http.ResponseWriter, r *http.Request) {
	id, verb := canonical(r.PathValue("id")), r.PathValue("verb")
	if !slices.Contains(verbs, verb) {
		problem(w, http.StatusNotFound, "a device can be told to "+strings.Join(verbs, ", "))
		return
	}
	switch err := p.Desk.Do(r.Context(), verb, id); {
	case errors.Is(err, fs.ErrNotExist):
		problem(w, http.StatusNotFound, "there is no such device")
	case errors.Is(err, ErrConflict):
		problem(w, http.StatusConflict, err.Error())
	case err != nil:
		p.Log.Error("command of the API", "verb", verb, "device", id, "error", err)
		problem(w, http.StatusInternalServerError, "the change could not be kept: see the box's log")
	default:
		p.Log.Info("command of the API", "verb", verb, "device", id)
		p.device(w, r)
	}
}

func (p *Portal) openapi(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	http.ServeFileFS(w, r, embedded, "assets/openapi.json")
}

func (p *Portal) noRoute(w http.ResponseWriter, _ *http.Request) {
	problem(w, http.StatusNotFound, "the API has no such path and method: see /api/v1/openapi.json")
}

// canonical gives a device's id in the one spelling we use: a MAC may come in any.
func canonical(id string) string {
	if m, err := provision.ParseMAC(id); err == nil {
		return m.String()
	}
	return id
}

func reply(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(body) // an error is the client's who went away
}

// problem answers as RFC 9457 says.
func problem(w http.ResponseWriter, code int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(map[string]any{
		"type": "about:blank", "title": http.StatusText(code), "status": code, "detail": detail,
	})
}
