package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"time"

	"autocom/phonesim"
)

// owner is who stands beside the box and sees its screen.
type owner struct {
	trial  *trial
	client *http.Client
	code   string // of the screen, before the first minute
}

// enter makes the first minute of a new box, with the code of its screen, and logs in to one
// that has had it.
func (t *trial) enter(ctx context.Context) (*owner, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	o := &owner{trial: t, client: &http.Client{Timeout: 20 * time.Second, Jar: jar}}
	if t.password != "" {
		return o, t.step("log in with the password of the first minute", func() (string, error) {
			return o.opened(ctx, page{"/ui/login", url.Values{"name": {"admin"}, "password": {t.password}}})
		})
	}
	err = t.step("read the screen: address, QR code, setup code", func() (said string, err error) {
		o.code, err = t.readScreen(ctx)
		return "they are there", err
	})
	if err != nil {
		return nil, err
	}
	if err = t.step("ask the network for "+boxName, func() (string, error) { return t.named(ctx) }); err != nil {
		return nil, err
	}
	err = t.step("type the code of the screen and a password into the page", func() (string, error) {
		if err := t.visit(); err != nil {
			return "", err
		}
		t.password, t.clockSet = rand.Text(), t.visitorTime()
		now := strconv.FormatInt(t.clockSet.UnixMilli(), 10) // as the page's script sends it
		return o.opened(ctx, page{"/ui/code", url.Values{"code": {o.code}}},
			page{"/ui/welcome", url.Values{"account": {"admin"}, "password": {t.password}, "now": {now}}})
	})
	if err != nil {
		return nil, err
	}
	return o, t.step("the visitor's browser has set the clock", func() (string, error) { return t.rightTime(ctx) })
}

// page is a form that the owner fills in.
type page struct {
	path string
	form url.Values
}

// opened fills in pages; afterwards the owner's pages are open.
func (o *owner) opened(ctx context.Context, pages ...page) (string, error) {
	for _, x := range pages {
		if err := o.press(ctx, x.path, x.form); err != nil {
			return "", err
		}
	}
	if _, err := o.ask(ctx, http.MethodGet, "devices", "", nil); err != nil {
		return "", err
	}
	return "the pages are open", nil
}

// ask sends one request to the API and gives its answer.
func (o *owner) ask(ctx context.Context, method, path, kind string, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, "http://"+o.trial.box.String()+"/api/v1/"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	res, err := o.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 10<<20))
	if err == nil && res.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s: %s: %s", method, path, res.Status, answer)
	}
	return answer, err
}

// set sets up an object.
func (o *owner) set(ctx context.Context, path, body string) error {
	_, err := o.ask(ctx, http.MethodPut, path, "application/json", []byte(body))
	return err
}

// eventually tries until it works, as people do for a while.
func eventually(ctx context.Context, patience time.Duration, try func() error) error {
	for start := time.Now(); ; {
		err := try()
		if err == nil || ctx.Err() != nil || time.Since(start) > patience {
			return err
		}
		pause(ctx, 300*time.Millisecond)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// promptHz is the tone that stands for an announcement.
const promptHz = 600

// setsUp has the owner set up a group, an announcement and people, and looks whether
// callers find them: it is the card's own users and rights that this is about.
func (o *owner) setsUp(ctx context.Context, phones []*phonesim.Phone) error {
	t, a, b := o.trial, phones[0], phones[1]
	for _, s := range []struct {
		what string
		do   func() (string, error)
	}{
		{"a group of both is set up, and rings", func() (string, error) {
			if err := o.set(ctx, "groups/all", fmt.Sprintf(`{"name":"All","number":"300","members":[%q]}`, b.Number())); err != nil {
				return "", err
			}
			return "300", eventually(ctx, 10*time.Second, func() error { return phonesim.Rings(ctx, a, b, "300") })
		}},
		{"an announcement is uploaded, and heard", func() (string, error) { return o.announces(ctx, a) }},
		{"a message is left, listed and fetched", func() (string, error) { return o.leaves(ctx, a, b) }},
		{"a call is recorded, and its sound fetched", func() (string, error) { return o.records(ctx, a, b) }},
	} {
		if err := t.step(s.what, s.do); err != nil {
			return err
		}
	}
	return nil
}

func (o *owner) announces(ctx context.Context, a *phonesim.Phone) (string, error) {
	if err := o.set(ctx, "prompts/tone", `{"name":"Tone"}`); err != nil {
		return "", err
	}
	if _, err := o.ask(ctx, http.MethodPut, "prompts/tone/sound", "audio/wav", toneWAV(promptHz, 4*time.Second)); err != nil {
		return "", err
	}
	if err := o.set(ctx, "announcements/tone", `{"name":"Tone","number":"301","prompt":"tone"}`); err != nil {
		return "", err
	}
	var ear phonesim.Ear
	return "301", eventually(ctx, 10*time.Second, func() error {
		call, err := a.Call(ctx, "301")
		if err != nil {
			return err
		}
		defer call.Hangup(context.WithoutCancel(ctx))
		if ear, err = call.Hear(ctx, 2*time.Second, promptHz, 2*promptHz); err != nil {
			return err
		}
		if ear.Level-ear.Other < 20 {
			return fmt.Errorf("another sound is heard: %s", ear)
		}
		return nil
	})
}

// leaves has a leave a message for b, which the page must have.
func (o *owner) leaves(ctx context.Context, a, b *phonesim.Phone) (string, error) {
	call, err := a.Call(ctx, "*99"+b.Number())
	if err != nil {
		return "", err
	}
	call.Speak(440)
	pause(ctx, 3*time.Second) // the greeting has begun
	if err := call.Press(ctx, "#"); err != nil {
		return "", err
	}
	pause(ctx, 8*time.Second)
	if err := call.Hangup(ctx); err != nil {
		return "", err
	}
	return o.messages(ctx, b)
}

// messages looks for messages of a phone, and fetches the sound of the first.
func (o *owner) messages(ctx context.Context, b *phonesim.Phone) (string, error) {
	var list []struct {
		ID string `json:"id"`
	}
	err := eventually(ctx, 15*time.Second, func() error {
		answer, err := o.ask(ctx, http.MethodGet, "numbers/"+b.Number()+"/messages", "", nil)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(answer, &list); err != nil || len(list) == 0 {
			return errors.Join(fmt.Errorf("no message is listed: %s", answer), err)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	sound, err := o.ask(ctx, http.MethodGet, "numbers/"+b.Number()+"/messages/"+list[0].ID, "", nil)
	if err != nil {
		return "", err
	}
	if len(sound) < 8000 || !bytes.HasPrefix(sound, []byte("RIFF")) {
		return "", fmt.Errorf("the message is no sound, or shorter than half a second: %d bytes", len(sound))
	}
	return fmt.Sprintf("%d message, %d kB", len(list), len(sound)>>10), nil
}

// records has a person's calls recorded.
func (o *owner) records(ctx context.Context, a, b *phonesim.Phone) (string, error) {
	if err := o.set(ctx, "people/first", fmt.Sprintf(`{"name":"First","numbers":[%q],"record":"always"}`, a.Number())); err != nil {
		return "", err
	}
	if err := o.set(ctx, "settings/recording", `{"announce":false}`); err != nil {
		return "", err
	}
	var kept struct {
		Calls []struct {
			ID         string   `json:"id"`
			Recordings []string `json:"recordings"`
		} `json:"calls"`
	}
	err := eventually(ctx, 30*time.Second, func() error {
		if _, err := phonesim.Talk(ctx, a, b, b.Number()); err != nil {
			return err
		}
		return eventually(ctx, 8*time.Second, func() error {
			answer, err := o.ask(ctx, http.MethodGet, "calls", "", nil)
			if err != nil {
				return err
			}
			if err := json.Unmarshal(answer, &kept); err != nil {
				return err
			}
			for _, c := range kept.Calls {
				if len(c.Recordings) > 0 {
					sound, err := o.ask(ctx, http.MethodGet, "calls/"+c.ID+"/recording", "", nil)
					if err == nil && !bytes.HasPrefix(sound, []byte("RIFF")) {
						err = errors.New("the recording is no sound")
					}
					return err
				}
			}
			return fmt.Errorf("none of %d calls was recorded", len(kept.Calls))
		})
	})
	return fmt.Sprintf("%d calls are in the records", len(kept.Calls)), err
}

// toneWAV is a tone of 8 kHz, 16 bits, as people would upload an announcement.
func toneWAV(hz float64, d time.Duration) []byte {
	const rate = 8000
	n := int(d * rate / time.Second)
	var b bytes.Buffer
	b.WriteString("RIFF")
	le := func(v any) { binary.Write(&b, binary.LittleEndian, v) } // into memory: it cannot fail
	le(uint32(36 + 2*n))
	b.WriteString("WAVEfmt ")
	le(uint32(16))
	le(uint16(1))
	le(uint16(1))
	le(uint32(rate))
	le(uint32(2 * rate))
	le(uint16(2))
	le(uint16(16))
	b.WriteString("data")
	le(uint32(2 * n))
	for i := range n {
		le(int16(8000 * math.Sin(2*math.Pi*hz*float64(i)/rate)))
	}
	return b.Bytes()
}
