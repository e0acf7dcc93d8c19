//go:build lab

package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"autocom/phonesim"
)

// phones plugs in one of each kind and waits until all are registered.
func (o *office) phones(macs byte) []*phonesim.Phone {
	o.t.Helper()
	phones := []*phonesim.Phone{
		phonesim.NewYealink(net.HardwareAddr{0x80, 0x5e, 0xc0, 1, 1, macs}),
		phonesim.NewSnom(net.HardwareAddr{0x00, 0x04, 0x13, 1, 1, macs}),
		phonesim.NewSoftphone("http://" + o.at.String() + "/"),
	}
	for _, p := range phones {
		o.plug(p)
	}
	return phones
}

// plug does with one phone what a person does.
func (o *office) plug(p *phonesim.Phone) {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(o.t.Context(), 45*time.Second)
	defer cancel()
	o.t.Cleanup(func() { o.wire.Unplug(p) })
	start := time.Now()
	if err := o.wire.Plug(ctx, p); err != nil {
		o.t.Fatalf("%v\n%s", err, o.daemon.log())
	}
	o.bringUp(ctx, p, start)
}

// bringUp lets a phone with an address find its settings and register.
func (o *office) bringUp(ctx context.Context, p *phonesim.Phone, start time.Time) {
	o.t.Helper()
	if err := p.Provision(ctx); err != nil {
		o.t.Fatalf("%v\n%s", err, o.daemon.log())
	}
	if err := p.Register(ctx); err != nil {
		o.t.Fatalf("%v\n%s\n%s", err, o.daemon.log(), o.asterisk().Log())
	}
	o.t.Logf("%s has number %s, registered %.2f s after it was plugged in", p, p.Number(), time.Since(start).Seconds())
}

// everyoneCalls lets each phone call each other one.
func (o *office) everyoneCalls(phones []*phonesim.Phone) {
	o.t.Helper()
	for _, a := range phones {
		for _, b := range phones {
			if a != b {
				o.talk(a, b)
			}
		}
	}
}

func (o *office) talk(a, b *phonesim.Phone) phonesim.Heard {
	o.t.Helper()
	h, err := phonesim.Talk(o.t.Context(), a, b, b.Number())
	if err != nil {
		o.t.Errorf("%v\n%s", err, o.asterisk().Log())
		return h
	}
	o.t.Logf("%s calls %s: answered after %.3f s; %s; %s", h.From, h.To, h.Answered.Seconds(), h.Caller, h.Callee)
	return h
}

// device is what the API says of a phone; a test needs these fields alone.
type device struct {
	ID         string    `json:"id"`
	MAC        string    `json:"mac"`
	Vendor     string    `json:"vendor"`
	Model      string    `json:"model"`
	Kind       string    `json:"kind"`
	Verdict    string    `json:"verdict"`
	Extension  string    `json:"extension"`
	Allocation string    `json:"allocation"`
	Reach      string    `json:"reach"`
	State      string    `json:"state"`
	Code       string    `json:"code"`
	Reason     string    `json:"reason"`
	URL        string    `json:"url"`
	LastSeen   time.Time `json:"last_seen"`
	Lines      []struct {
		N          int    `json:"n"`
		Extension  string `json:"extension"`
		Registered bool   `json:"registered"`
	} `json:"lines"`
	Evidence []evidence `json:"evidence"`
}

type evidence struct {
	Sensor string `json:"sensor"`
	Field  string `json:"field"`
	Value  string `json:"value"`
	Weight int    `json:"weight"`
}

// devices asks the API from the phones' side of the LAN.
func (o *office) devices(from *phonesim.Phone) map[string]device {
	o.t.Helper()
	var list []device
	o.api(from, http.MethodGet, "devices", nil, &list)
	out := map[string]device{}
	for _, d := range list {
		out[d.ID] = d
	}
	return out
}

// device asks the API for one phone; a zero device when it is not known.
func (o *office) device(from, p *phonesim.Phone) device {
	o.t.Helper()
	return o.devices(from)[p.MAC.String()]
}

// api asks the API from a phone's place on the LAN; out may be nil.
func (o *office) api(from *phonesim.Phone, method, path string, in, out any) {
	o.t.Helper()
	status, body := o.ask(from, method, path, in)
	if status/100 != 2 {
		o.t.Fatalf("%s %s: %d %s\n%s", method, path, status, body, o.daemon.log())
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal(body, out); err != nil {
		o.t.Fatalf("%s %s: %v: %s", method, path, err, body)
	}
}

// ask is api with its status, whatever it is.
func (o *office) ask(from *phonesim.Phone, method, path string, in any) (status int, body []byte) {
	o.t.Helper()
	token, err := os.ReadFile(filepath.Join(o.data, "api-token"))
	if err != nil {
		o.t.Fatal(err)
	}
	var sent bytes.Buffer
	if in != nil {
		if err := json.NewEncoder(&sent).Encode(in); err != nil {
			o.t.Fatal(err)
		}
	}
	dial := net.Dialer{LocalAddr: &net.TCPAddr{IP: from.Link().Addr.Addr().AsSlice()}}
	c := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DialContext: dial.DialContext, DisableKeepAlives: true}}
	req, err := http.NewRequestWithContext(o.t.Context(), method, "http://"+o.at.String()+"/api/v1/"+path, &sent)
	if err != nil {
		o.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := c.Do(req)
	if err != nil {
		o.t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err = io.ReadAll(res.Body); err != nil {
		o.t.Fatal(err)
	}
	return res.StatusCode, body
}

// until waits for something to become true.
func (o *office) until(patience time.Duration, what string, done func() bool) {
	o.t.Helper()
	for start := time.Now(); !done(); time.Sleep(100 * time.Millisecond) {
		if time.Since(start) > patience {
			o.t.Fatalf("%s: not within %v\n%s", what, patience, o.daemon.log())
		}
	}
}
