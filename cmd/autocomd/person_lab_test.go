//go:build lab

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"autocom/phonesim"
	"autocom/portal/browsertest"
)

const (
	securePage = "https://192.168.88.1/"
	browserHz  = 700 // what the browsers' microphone hears
)

// watching keeps the connections of a page where a test finds them, and switches off what
// Chromium does to a voice: a tone that goes on is a noise to it.
const watching = `(() => {
	if (!navigator.mediaDevices) return; // by http
	window.connections = [];
	const Real = RTCPeerConnection;
	window.RTCPeerConnection = class extends Real { constructor(...a) { super(...a); connections.push(this); } };
	const media = navigator.mediaDevices, open = media.getUserMedia.bind(media);
	// A small picture: four people share two processors here.
	media.getUserMedia = wish => open({ video: wish.video && { width: 160, height: 120, frameRate: 8 }, audio: wish.audio && { echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
})()`

// hearing gives the loudest frequency of what the page plays, in Hz, and how loud it is
// in dB: the strongest of a second.
const hearing = `async () => {
	const stream = document.getElementById("sound").srcObject;
	if (!stream) return { hz: 0, db: -200 };
	const context = new AudioContext(), analyser = context.createAnalyser();
	analyser.fftSize = 8192;
	analyser.smoothingTimeConstant = 0;
	context.createMediaStreamSource(stream).connect(analyser);
	await context.resume();
	const bins = new Float32Array(analyser.frequencyBinCount);
	let best = { hz: 0, db: -200 };
	for (let i = 0; i < 10; i++) {
		await new Promise(done => setTimeout(done, 100));
		analyser.getFloatFrequencyData(bins);
		bins.forEach((db, n) => { if (db > best.db) best = { hz: n * context.sampleRate / analyser.fftSize, db }; });
	}
	await context.close();
	return best;
}`

// person is somebody with a browser phone.
type person struct {
	*browsertest.Page
	t      testing.TB
	number string
}

// somebody opens the box's page in a window of their own, takes a number by a name and
// opens the phone.
func somebody(t testing.TB, b *browsertest.Browser, name string, v browsertest.Visitor) *person {
	t.Helper()
	p := &person{Page: b.Page(v), t: t}
	must(t, p.Script(`(page, script) => page.addInitScript(script)`, watching, nil))
	p.Goto(page)
	p.Click("a[href='/?number']") // of a box that nobody has set up
	p.Fill("#name", name)
	p.Click("form[action='/ui/number'] button")
	p.number = strings.TrimSpace(p.Text(".number"))
	p.Click("a.go") // from http to https
	p.registered()
	return p
}

func (p *person) registered() { p.Wait("#state[data-state=ready]") }

func (p *person) dial(number string) {
	p.t.Helper()
	p.Fill("#to", number)
	p.Click("#call")
}

// hears waits until what the page plays is a tone.
func (p *person) hears(hz float64) {
	p.t.Helper()
	var got struct{ Hz, DB float64 }
	for end := time.Now().Add(20 * time.Second); ; {
		p.Eval(fmt.Sprintf("(%s)()", hearing), &got)
		if got.DB > -60 && got.Hz > hz-15 && got.Hz < hz+15 {
			p.t.Logf("%s hears %.0f Hz at %.0f dB", p.number, got.Hz, got.DB)
			return
		}
		if time.Now().After(end) {
			p.t.Fatalf("%s hears %.0f Hz at %.0f dB, want %.0f Hz", p.number, got.Hz, got.DB, hz)
		}
	}
}

// state waits until a call of the page is in a state.
func (p *person) state(state string) { p.t.Helper(); p.Wait("#calls li[data-state=" + state + "]") }

func (p *person) act(word string) { p.t.Helper(); p.Click("#calls [data-act=" + word + "]") }

// desk is a telephone of the office with a number of its own.
func deskPhone(t testing.TB, wire *phonesim.Wire, n byte) *phonesim.Agent {
	t.Helper()
	p := phonesim.NewSoftphone(page)
	p.Log = slog.New(slog.DiscardHandler)
	address := netip.AddrFrom4([4]byte{192, 168, 88, n})
	must(t, wire.PlugStatic(p, netip.PrefixFrom(address, 24)))
	t.Cleanup(func() { wire.Unplug(p) })
	must(t, p.Provision(t.Context()))
	account, ok := p.Account()
	if !ok {
		t.Fatal("the desk phone has no account")
	}
	a, err := phonesim.OpenAgent(account, netip.AddrPortFrom(address, 0), phonesim.AgentOptions{Codecs: []string{"alaw"}})
	must(t, err)
	t.Cleanup(func() { a.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	must(t, a.Register(ctx))
	return a
}

// send is a change made by the API.
func (b *box) send(method, path string, body any) error { return b.ask(method, path, body, nil) }

// ask is the same; into takes the answer, unless it is nil.
func (b *box) ask(method, path string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	key, err := os.ReadFile(filepath.Join(b.dir, "data", "api-token"))
	if err != nil {
		return err
	}
	r, err := http.NewRequest(method, b.page+"api/v1/"+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(key)))
	r.Header.Set("Content-Type", "application/json")
	resp, err := (&http.Client{Timeout: 10 * time.Second}).Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %s, %v", method, path, resp.Status, answer, err)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}
