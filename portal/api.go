package portal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

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

func (p *Portal) status(w http.ResponseWriter, r *http.Request) {
	body := map[string]any{}
	if p.visitor(r).Role >= supervisor {
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
	if decode(w, r, &struct{}{}, true) {
		p.answer(w, r, verb, id, p.Desk.Do(r.Context(), verb, id))
	}
}

// answer tells the outcome of a command: the device as it is now, or the problem.
func (p *Portal) answer(w http.ResponseWriter, r *http.Request, verb, id string, err error) {
	if p.went(w, verb, id, err) {
		p.device(w, r)
	}
}

// went reports a command that was done; else the problem was answered.
func (p *Portal) went(w http.ResponseWriter, verb, id string, err error) bool {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		problem(w, http.StatusNotFound, "there is no such device")
	case errors.Is(err, ErrConflict):
		problem(w, http.StatusConflict, strings.TrimPrefix(err.Error(), ErrConflict.Error()+": "))
	case err != nil:
		p.Log.Error("command of the API", "verb", verb, "device", id, "error", err)
		problem(w, http.StatusInternalServerError, "the change could not be kept: see the box's log")
	default:
		p.Log.Info("command of the API", "verb", verb, "device", id)
		return true
	}
	return false
}

func (p *Portal) replace(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Extension string `json:"extension"`
	}
	id := canonical(r.PathValue("id"))
	if !decode(w, r, &body, false) {
		return
	}
	if !extension.MatchString(body.Extension) {
		problem(w, http.StatusBadRequest, "extension is the number to take over: 2 to 6 digits")
		return
	}
	p.answer(w, r, "replace", id, p.Desk.Replace(r.Context(), id, body.Extension))
}

// change sets what the body names and leaves the rest.
func (p *Portal) change(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Name *string          `json:"name"`
		Keys *[]provision.Key `json:"keys"`
	}
	id := canonical(r.PathValue("id"))
	if !decode(w, r, &body, false) {
		return
	}
	if body.Name == nil && body.Keys == nil {
		problem(w, http.StatusBadRequest, "nothing to change: send name, keys or both")
		return
	}
	if body.Name != nil && utf8.RuneCountInString(*body.Name) > maxName {
		problem(w, http.StatusBadRequest, fmt.Sprintf("name is longer than %d characters", maxName))
		return
	}
	if body.Keys != nil {
		if why := badKeys(*body.Keys); why != "" {
			problem(w, http.StatusBadRequest, why)
			return
		}
	}
	var err error
	if body.Name != nil {
		err = p.Desk.Rename(r.Context(), id, provision.Clean(*body.Name))
	}
	if body.Keys != nil && err == nil {
		err = p.Desk.SetKeys(r.Context(), id, *body.Keys)
	}
	p.answer(w, r, "change", id, err)
}

// badKeys cleans the labels and says what is wrong with the keys.
func badKeys(keys []provision.Key) string {
	if len(keys) > provision.MaxKeys {
		return fmt.Sprintf("a phone has %d keys at most", provision.MaxKeys)
	}
	for i, k := range keys {
		if !dialled.MatchString(k.Number) {
			return fmt.Sprintf("key %d: its number is 1 to 20 digits, * or #", i+1)
		}
		if keys[i].Label = provision.Clean(k.Label); utf8.RuneCountInString(keys[i].Label) > maxName {
			return fmt.Sprintf("key %d: its label is longer than %d characters", i+1, maxName)
		}
	}
	return ""
}

func (p *Portal) addLine(w http.ResponseWriter, r *http.Request) {
	id := canonical(r.PathValue("id"))
	if decode(w, r, &struct{}{}, true) {
		p.answer(w, r, "add a line", id, p.Desk.AddLine(r.Context(), id))
	}
}

func (p *Portal) password(w http.ResponseWriter, r *http.Request) {
	id := canonical(r.PathValue("id"))
	user, password, err := p.Desk.Password(r.Context(), id)
	if p.went(w, "show the password", id, err) {
		reply(w, http.StatusOK, map[string]string{"user": user, "password": password})
	}
}

// maxBody bounds the body of a request of the API.
const maxBody = 64 << 10

// decode reads a body strictly: one JSON value, no unknown field. It answers the
// problem itself, and returns false then. Optional bodies may be missing.
func decode(w http.ResponseWriter, r *http.Request, to any, optional bool) bool {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && kind != "application/json" && r.ContentLength != 0 {
		problem(w, http.StatusUnsupportedMediaType, "the body is to be application/json")
		return false
	}
	in := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	in.DisallowUnknownFields()
	err := in.Decode(to)
	if optional && errors.Is(err, io.EOF) {
		return true
	}
	if err == nil {
		if _, err = in.Token(); errors.Is(err, io.EOF) {
			return true
		}
		if err == nil {
			err = errors.New("there is more after the first value")
		}
	}
	if big := (*http.MaxBytesError)(nil); errors.As(err, &big) {
		problem(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is larger than %d bytes", big.Limit))
		return false
	}
	problem(w, http.StatusBadRequest, "the body is not what openapi.json describes: "+strings.TrimPrefix(provision.Clean(err.Error()), "json: "))
	return false
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
