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

	"autocom/pbx/pbxtest"
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

// somebody opens the box's page in a window of their own, takes a number and opens the phone.
func somebody(t testing.TB, b *browsertest.Browser, v browsertest.Visitor) *person {
	t.Helper()
	p := &person{Page: b.Page(v), t: t}
	must(t, p.Script(`(page, script) => page.addInitScript(script)`, watching, nil))
	p.Goto(page)
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

// TestTheBrowserPhone: a browser and a desk phone, one autocomd, one Asterisk.
func TestTheBrowserPhone(t *testing.T) {
	b, wire := newBox(t)
	b.start()
	desk := deskPhone(t, wire, 31)
	browser := browsertest.Open(t, browsertest.Options{Speaks: browsertest.Tone(t, browserHz)})
	awa := somebody(t, browser, browsertest.Visitor{Language: "en", Width: 360})
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the page: %s\nsaid:\n%s", awa.Screenshot("awa"), strings.Join(awa.Said(), "\n"))
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	// What comes from Chromium's made-up microphone by Opus is not as pure as a desk phone's.
	clear := func(c *phonesim.Call) {
		t.Helper()
		var ear phonesim.Ear
		for range 5 {
			var err error
			ear, err = c.Hear(ctx, time.Second, browserHz, 440)
			if must(t, err); ear.Level > -25 && ear.Level-ear.Other > 20 && ear.Level-ear.Noise > 10 {
				t.Logf("the desk phone hears %v", ear)
				return
			}
		}
		t.Errorf("the desk phone hears %v", ear)
	}
	// call is one from the browser that the desk phone has answered.
	call := func() *phonesim.Call {
		t.Helper()
		awa.dial(desk.Number())
		rings, err := desk.Ring(ctx)
		must(t, err)
		awa.state("ringing")
		c, err := rings.Answer(ctx)
		must(t, err)
		c.Speak(440)
		awa.state("up")
		return c
	}
	over := func(c *phonesim.Call) {
		t.Helper()
		select {
		case <-c.Done():
		case <-ctx.Done():
			t.Fatal("the call goes on")
		}
		awa.Gone("#calls li")
	}

	pbxtest.Scenario(t, "a browser calls a desk phone: both hear the other", func(t *testing.T) {
		c := call()
		awa.hears(440)
		clear(c)
		awa.act("hangup")
		over(c)
	})
	pbxtest.Scenario(t, "a desk phone calls a browser, which shows who calls", func(t *testing.T) {
		out, err := desk.Dial(ctx, awa.number)
		must(t, err)
		awa.state("incoming")
		if who := awa.Text("#calls .who"); !strings.Contains(who, desk.Number()) {
			t.Errorf("the browser shows %q", who)
		}
		awa.act("answer")
		c, err := out.Wait(ctx)
		must(t, err)
		c.Speak(440)
		awa.state("up")
		awa.hears(440)
		clear(c)
		must(t, c.Hangup(ctx))
		over(c)
	})
	pbxtest.Scenario(t, "a browser declines a call, and misses one", func(t *testing.T) {
		out, err := desk.Dial(ctx, awa.number)
		must(t, err)
		awa.state("incoming")
		awa.act("decline")
		awa.Gone("#calls li")
		must(t, out.Cancel(ctx))
		out, err = desk.Dial(ctx, awa.number)
		must(t, err)
		awa.state("incoming")
		must(t, out.Cancel(ctx))
		awa.Gone("#calls li")
		if text := awa.Text("#trouble"); !strings.Contains(text, "Missed call") || !strings.Contains(text, desk.Number()) {
			t.Errorf("the page says %q", text)
		}
	})
	pbxtest.Scenario(t, "who is on hold hears music and not the browser", func(t *testing.T) {
		c := call()
		clear(c)
		awa.act("hold")
		awa.state("held")
		music := false
		for range 10 {
			ear, err := c.Hear(ctx, time.Second, browserHz, 440)
			must(t, err)
			if loud, err := c.Loudness(ctx, time.Second); err == nil && loud > -60 && ear.Level < -50 {
				music = true
				break
			}
		}
		if !music {
			t.Error("no music on hold")
		}
		awa.act("resume")
		awa.state("up")
		awa.hears(440)
		clear(c)
		awa.act("hangup")
		over(c)
	})
	pbxtest.Scenario(t, "a muted browser is not heard", func(t *testing.T) {
		c := call()
		clear(c)
		awa.act("mute")
		var ear phonesim.Ear
		for range 5 {
			var err error
			if ear, err = c.Hear(ctx, time.Second, browserHz, 440); err == nil && ear.Level < -50 {
				break
			}
		}
		if ear.Level >= -50 {
			t.Errorf("muted, and heard: %v", ear)
		}
		awa.act("unmute")
		clear(c)
		awa.act("hangup")
		over(c)
	})
	pbxtest.Scenario(t, "keys pressed in the browser reach the other side", func(t *testing.T) {
		c := call()
		awa.act("keys")
		for _, key := range []string{"4", "2", "#"} {
			awa.Click("#calls .onward [data-act='" + key + "']")
		}
		b.wait(10*time.Second, "heard at the desk phone", func() bool { return c.Keys() == "42#" })
		awa.act("hangup")
		over(c)
	})
	pbxtest.Scenario(t, "the browser phone fits a small screen and can be used without eyes or mouse", func(t *testing.T) {
		for _, state := range []string{"idle", "call"} {
			var c *phonesim.Call
			if state == "call" {
				c = call()
				awa.act("transfer")
			}
			if px := awa.Overflow(); px > 0 {
				t.Errorf("%s: the page is %d pixels wider than the window", state, px)
			}
			for _, v := range awa.Violations() {
				if v.Serious() {
					t.Errorf("%s: %s: %s: %q", state, v.Rule, v.Help, v.Nodes)
				}
			}
			awa.Screenshot("softphone-" + state + "-en-360")
			if c != nil {
				awa.act("hangup")
				over(c)
			}
		}
		if said := awa.Errors(); len(said) > 0 {
			t.Errorf("the page said %q", said)
		}
	})
	pbxtest.Scenario(t, "the browser shows who is free, who is on the phone and whose phone is gone", func(t *testing.T) {
		lamp := "#people [data-number='" + desk.Number() + "'] .lamp."
		awa.Wait(lamp + "free")
		c := call()
		awa.Wait(lamp + "onphone")
		awa.act("hangup")
		over(c)
		awa.Wait(lamp + "free")
		must(t, desk.Unregister(ctx))
		awa.Wait(lamp + "absent")
	})
}

// send is a change made by the API.
func (b *box) send(method, path string, body any) error {
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
	if answer, _ := io.ReadAll(resp.Body); resp.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, answer)
	}
	return nil
}

// TestTransfersByABrowser: to a second desk phone, at once and after talking.
func TestTransfersByABrowser(t *testing.T) {
	b, wire := newBox(t)
	b.start()
	one, two := deskPhone(t, wire, 31), deskPhone(t, wire, 32)
	browser := browsertest.Open(t, browsertest.Options{Speaks: browsertest.Tone(t, browserHz)})
	awa := somebody(t, browser, browsertest.Visitor{Language: "fr", Width: 360})
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the page: %s\nsaid:\n%s", awa.Screenshot("awa"), strings.Join(awa.Said(), "\n"))
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	// first is a call from desk phone one that the browser has answered.
	first := func() *phonesim.Call {
		t.Helper()
		out, err := one.Dial(ctx, awa.number)
		must(t, err)
		awa.state("incoming")
		awa.act("answer")
		c, err := out.Wait(ctx)
		must(t, err)
		c.Speak(440)
		awa.state("up")
		return c
	}
	// together are two desk phones that hear each other, without the browser.
	together := func(a, b *phonesim.Call) {
		t.Helper()
		a.Speak(440)
		b.Speak(620)
		awa.Gone("#calls li")
		var ear phonesim.Ear
		var err error
		for range 10 {
			if ear, err = a.Hear(ctx, time.Second, 620, browserHz); err == nil && ear.Clear() {
				break
			}
		}
		if !ear.Clear() {
			t.Errorf("the first desk phone hears %v, %v", ear, err)
		}
		if ear, err = b.Hear(ctx, time.Second, 440, browserHz); err != nil || !ear.Clear() {
			t.Errorf("the second desk phone hears %v, %v", ear, err)
		}
		must(t, a.Hangup(ctx))
		<-b.Done()
	}

	pbxtest.Scenario(t, "a browser gives a call to another phone at once", func(t *testing.T) {
		c := first()
		awa.act("transfer")
		awa.Fill("#calls .onward input", two.Number())
		awa.act("blind")
		rings, err := two.Ring(ctx)
		must(t, err)
		other, err := rings.Answer(ctx)
		must(t, err)
		together(c, other)
	})
	pbxtest.Scenario(t, "a browser talks to another phone first, then connects the two", func(t *testing.T) {
		c := first()
		awa.act("transfer")
		awa.Fill("#calls .onward input", two.Number())
		awa.act("consult")
		rings, err := two.Ring(ctx)
		must(t, err)
		other, err := rings.Answer(ctx)
		must(t, err)
		other.Speak(620)
		awa.state("held")
		awa.state("up")
		awa.hears(620)
		awa.act("join")
		together(c, other)
	})
	pbxtest.Scenario(t, "a browser's transfer to a number that is not there leaves the call where it is", func(t *testing.T) {
		c := first()
		awa.act("transfer")
		awa.Fill("#calls .onward input", "299")
		awa.act("blind")
		awa.Wait("text=Le transfert n'a pas abouti")
		awa.hears(440)
		awa.act("hangup")
		<-c.Done()
	})
}

// TestABrowserPhoneComesBack: autocomd and Asterisk may go, the phone finds them again.
func TestABrowserPhoneComesBack(t *testing.T) {
	b, wire := newBox(t)
	b.start()
	desk := deskPhone(t, wire, 31)
	browser := browsertest.Open(t, browsertest.Options{Speaks: browsertest.Tone(t, browserHz), Wait: 40 * time.Second})
	awa := somebody(t, browser, browsertest.Visitor{Language: "en"})
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the page: %s\nsaid:\n%s", awa.Screenshot("awa"), strings.Join(awa.Said(), "\n"))
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()

	pbxtest.Scenario(t, "a call of a browser outlives autocomd, and ends as calls do", func(t *testing.T) {
		out, err := desk.Dial(ctx, awa.number)
		must(t, err)
		awa.state("incoming")
		awa.act("answer")
		c, err := out.Wait(ctx)
		must(t, err)
		c.Speak(440)
		awa.state("up")
		awa.hears(440)
		b.kill()
		awa.Wait("#state[data-state=lost]")
		awa.hears(440) // without autocomd
		b.start()
		awa.registered()
		awa.hears(440)
		awa.act("hold") // the exchange knows where the browser is now
		awa.state("held")
		awa.act("resume")
		awa.state("up")
		awa.hears(440)
		must(t, c.Hangup(ctx))
		awa.Gone("#calls li")
	})
	pbxtest.Scenario(t, "a browser registers again after a restart of Asterisk", func(t *testing.T) {
		b.mu.Lock()
		b.pbx.Kill()
		b.pbx.Restart()
		b.mu.Unlock()
		must(t, desk.Register(ctx))
		awa.registered()
		out, err := desk.Dial(ctx, awa.number)
		for err != nil && ctx.Err() == nil { // until its registration is there
			time.Sleep(200 * time.Millisecond)
			out, err = desk.Dial(ctx, awa.number)
		}
		must(t, err)
		awa.state("incoming")
		awa.act("answer")
		c, err := out.Wait(ctx)
		must(t, err)
		c.Speak(440)
		awa.hears(440)
		must(t, c.Hangup(ctx))
		awa.Gone("#calls li")
	})
}

// TestFourBrowsersInAVideoConference: each gets the pictures of the three others, and a
// desk phone hears and is heard.
func TestFourBrowsersInAVideoConference(t *testing.T) {
	b, wire := newBox(t)
	b.start()
	must(t, b.send("POST", "conferences", map[string]any{"id": "team", "number": "290", "name": "Équipe", "video": "sfu"}))
	desk := deskPhone(t, wire, 31)
	browser := browsertest.Open(t, browsertest.Options{Speaks: browsertest.Tone(t, browserHz), Wait: 60 * time.Second})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	var people []*person
	for n := range 4 {
		language := []string{"fr", "en"}[n%2]
		people = append(people, somebody(t, browser, browsertest.Visitor{Language: language, Width: 720}))
	}
	t.Cleanup(func() {
		for n, p := range people {
			if t.Failed() {
				t.Logf("the page: %s\nsaid:\n%s", p.Screenshot(fmt.Sprint("conference", n)), strings.Join(p.Said(), "\n"))
			}
		}
	})
	for _, p := range people {
		p.Fill("#to", "290")
		p.Click("#video")
		p.state("up")
	}
	c, err := desk.Call(ctx, "290")
	must(t, err)
	c.Speak(440)
	const decoded = `(async () => {
		let n = 0;
		for (const c of connections) (await c.getStats()).forEach(s => { if (s.type === "inbound-rtp" && s.kind === "video" && s.framesDecoded > 5) n++; });
		return n;
	})()`

	pbxtest.Scenario(t, "four browsers in a video conference each see the three others", func(t *testing.T) {
		for _, p := range people {
			n := 0
			b.wait(90*time.Second, p.number+" seeing three pictures", func() bool {
				p.Eval(decoded, &n)
				return n >= 3
			})
			b.wait(20*time.Second, p.number+" showing them", func() bool {
				p.Eval(`[...document.querySelectorAll("#pictures video:not(.mirror)")].filter(v => v.videoWidth > 0 && !v.paused).length`, &n)
				return n == 3
			})
		}
		people[0].Screenshot("softphone-conference-fr")
	})
	pbxtest.Scenario(t, "a desk phone in a video conference hears and is heard", func(t *testing.T) {
		var ear phonesim.Ear
		for range 10 {
			ear, err = c.Hear(ctx, time.Second, browserHz, 440)
			if must(t, err); ear.Level > -40 && ear.Level-ear.Other > 15 {
				break
			}
		}
		if ear.Level <= -40 || ear.Level-ear.Other <= 15 {
			t.Errorf("the desk phone hears %v", ear)
		}
		// A mixed tone of three microphones is louder than the desk phone's: they are silent.
		for _, p := range people {
			p.act("mute")
		}
		people[0].hears(440)
	})
	pbxtest.Scenario(t, "the picture of who leaves a conference goes", func(t *testing.T) {
		people[3].act("hangup")
		n := 0
		b.wait(60*time.Second, "two pictures left", func() bool {
			people[0].Eval(`document.querySelectorAll("#pictures video:not(.mirror)").length`, &n)
			return n == 2
		})
	})
	must(t, c.Hangup(ctx))
}

// TestTwoBrowsersSeeEachOther: pictures in a call of two, shown and hidden while it lasts.
func TestTwoBrowsersSeeEachOther(t *testing.T) {
	b, _ := newBox(t)
	b.start()
	browser := browsertest.Open(t, browsertest.Options{Speaks: browsertest.Tone(t, browserHz), Wait: 40 * time.Second})
	awa := somebody(t, browser, browsertest.Visitor{Language: "fr", Width: 720})
	eve := somebody(t, browser, browsertest.Visitor{Language: "en", Width: 360})
	t.Cleanup(func() {
		for _, p := range []*person{awa, eve} {
			if t.Failed() {
				t.Logf("%s: %s\nsaid:\n%s", p.number, p.Screenshot(p.number), strings.Join(p.Said(), "\n"))
			}
		}
	})
	// sees waits until a page shows n pictures of others that move.
	sees := func(p *person, n int) {
		t.Helper()
		p.Until(fmt.Sprintf("%s sees %d pictures", p.number, n), fmt.Sprintf(
			`(() => { const shown = [...document.querySelectorAll("#pictures video:not(.mirror)")]; return shown.length === %d && shown.every(v => v.videoWidth > 0 && v.currentTime > 0); })()`, n))
	}

	pbxtest.Scenario(t, "a browser calls another with picture: both see and hear", func(t *testing.T) {
		awa.Fill("#to", eve.number)
		awa.Click("#video")
		eve.Wait("#calls li[data-state=incomingvideo]")
		eve.act("answervideo")
		awa.state("up")
		eve.state("up")
		sees(awa, 1)
		sees(eve, 1)
		awa.hears(browserHz)
		eve.hears(browserHz)
	})
	pbxtest.Scenario(t, "a picture is hidden and shown again in a call", func(t *testing.T) {
		eve.act("cameraoff")
		sees(awa, 0)
		sees(eve, 1)
		eve.act("cameraon")
		sees(awa, 1)
		awa.hears(browserHz)
		awa.act("hangup")
		eve.Gone("#calls li")
		awa.Gone("#pictures")
	})
	pbxtest.Scenario(t, "a call that began with sound gets pictures", func(t *testing.T) {
		eve.dial(awa.number)
		awa.state("incoming")
		awa.act("answer")
		eve.state("up")
		sees(eve, 0)
		awa.act("cameraon")
		sees(eve, 1)
		eve.act("cameraon")
		sees(awa, 1)
		eve.hears(browserHz)
		eve.act("hangup")
		awa.Gone("#calls li")
	})
}
