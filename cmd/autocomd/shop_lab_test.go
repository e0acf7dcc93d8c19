//go:build lab

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"autocom/pbx"
	pbxsound "autocom/pbx/sound"
	"autocom/phonesim"
)

// boutique is a small shop that a real box runs: six smartphones' accounts, two desk phones, and
// everything that testdata/offices/shop.json sets up.
type boutique struct {
	*box
	objects []pbx.Object
	desks   []*phonesim.Agent // 201 to 206
}

// collections are the kinds whose path is another word.
var collections = map[string]string{"person": "people", "group": "groups", "queue": "queues", "menu": "menus", "announcement": "announcements", "directory": "directories",
	"prompt": "prompts", "conference": "conferences", "speeddial": "speeddials", "trunk": "trunks", "route": "routes"}

// pathOf is the path of an object, the same on the pages and in the API.
func pathOf(o pbx.Object) string {
	if c, ok := collections[o.Kind]; ok {
		return c + "/" + o.ID
	}
	return o.Kind + "/" + o.ID // hours, music, settings …
}

// openShop sets the shop up by the API, as a person would with a script.
func openShop(t testing.TB) *boutique {
	t.Helper()
	b, wire := newBox(t)
	b.start()
	s := &boutique{box: b}
	for n := range 6 {
		s.desks = append(s.desks, deskPhone(t, wire, byte(31+n)))
	}
	for _, p := range []*phonesim.Phone{phonesim.NewYealink(mac(1)), phonesim.NewSnom(net.HardwareAddr{0x00, 0x04, 0x13, 0xab, 0x00, 0x02})} {
		p.Log, p.Retry = slog.New(slog.DiscardHandler), time.Second
		must(t, wire.Plug(t.Context(), p))
		t.Cleanup(func() { wire.Unplug(p) })
		must(t, p.Provision(t.Context()))
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		must(t, p.Register(ctx))
		cancel()
	}
	for id, d := range b.devices() {
		if name := map[string]string{"201": "Bureau", "202": "Caisse", "203": "Fournil", "204": "Vente", "205": "Vente, vitrine", "206": "Commandes", "208": "Atelier"}[d.Extension]; name != "" {
			must(t, b.send(http.MethodPatch, "devices/"+id, map[string]any{"name": name}))
		}
	}
	text, err := os.ReadFile("../../asterisk-conf/testdata/offices/shop.json")
	must(t, err)
	var office struct{ Objects []pbx.Object }
	must(t, json.Unmarshal(text, &office))
	s.objects = append(office.Objects,
		thing(pbx.KindPerson, "awa", "", `{"name":"Awa","numbers":["206"],"agent":true}`),
		thing("queue", "commandes", "612", `{"name":"Commandes","members":[{"number":"204"}],"agents":[{"person":"awa"}],"max_wait":300,"position":false}`),
		thing("conference", "reunion", "630", `{"name":"Réunion"}`),
	)
	s.put(t)
	for _, id := range []string{"accueil", "ferme"} {
		s.upload(t, "prompts/"+id+"/sound", pbxsound.WAV(make([]int16, 3*16000)))
	}
	return s
}

// put writes all objects; one may name another that comes later.
func (s *boutique) put(t testing.TB) {
	t.Helper()
	var last error
	for waiting := s.objects; len(waiting) > 0; {
		var left []pbx.Object
		for _, o := range waiting {
			body := map[string]any{}
			if len(o.Body) > 0 {
				must(t, json.Unmarshal(o.Body, &body))
			}
			if body["name"] == nil {
				body["name"] = o.Name
			}
			body["number"] = o.Number
			if err := s.send(http.MethodPut, pathOf(o), body); err != nil {
				left, last = append(left, o), err
			}
		}
		if len(left) == len(waiting) {
			t.Fatalf("%d objects are refused, the last one: %v", len(left), last)
		}
		waiting = left
	}
}

func (s *boutique) upload(t testing.TB, path string, wav []byte) {
	t.Helper()
	key, err := os.ReadFile(filepath.Join(s.dir, "data", "api-token"))
	must(t, err)
	r, err := http.NewRequest(http.MethodPut, page+"api/v1/"+path, bytes.NewReader(wav))
	must(t, err)
	r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(key)))
	answer, err := http.DefaultClient.Do(r)
	must(t, err)
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", path, answer.Status)
	}
}

// morning is what has happened by the time that somebody looks: a call between two phones,
// one that an agent of a queue took, and now one that waits and one that goes on.
func (s *boutique) morning(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	answered := func(from int, number string, by int) (a, b *phonesim.Call) {
		t.Helper()
		out, err := s.desks[from].Dial(ctx, number)
		must(t, err)
		in, err := s.desks[by].Ring(ctx)
		must(t, err)
		b, err = in.Answer(ctx)
		must(t, err)
		a, err = out.Wait(ctx)
		must(t, err)
		return a, b
	}
	inside, _ := answered(4, "201", 0)
	must(t, inside.Hangup(ctx))
	must(t, s.send(http.MethodPost, "agents/206/login", map[string]any{}))
	must(t, s.send(http.MethodPost, "agents/206/pause", map[string]any{}))
	ordered, _ := answered(4, "612", 3)
	must(t, ordered.Hangup(ctx))
	answered(4, "612", 3)                 // goes on
	_, err := s.desks[5].Call(ctx, "612") // waits: 204 is on the phone, 206 pauses
	must(t, err)
	s.wait(30*time.Second, "one on the phone and one waiting", func() bool {
		var live struct{ Callers []any }
		return s.get("queues/commandes/live", &live) == nil && len(live.Callers) == 1 && len(s.calls()) >= 2
	})
}

// calls are the identities of the calls that have ended.
func (s *boutique) calls() (out []string) {
	var list struct{ Calls []struct{ ID string } }
	if s.get("calls", &list) == nil {
		for _, c := range list.Calls {
			out = append(out, c.ID)
		}
	}
	return out
}
