//go:build lab

package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"mime"
	"mime/multipart"
	"net"
	netmail "net/mail"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"autocom/pbx"
	"autocom/pbx/pbxtest"
	"autocom/pbx/voicemail"
)

// A real call leaves a message; the mail server is there only later.
func TestAMessageIsMailed(t *testing.T) {
	lo, err := netlink.LinkByName("lo")
	must(t, err)
	addr, err := netlink.ParseAddr(pbxtest.Box + "/24") // all of it is on the loopback
	must(t, err)
	must(t, netlink.AddrAdd(lo, addr))
	t.Cleanup(func() { must(t, netlink.AddrDel(lo, addr)) })
	shut, err := net.Listen("tcp", "127.0.0.1:0") // a port where nobody listens afterwards
	must(t, err)
	port := shut.Addr().(*net.TCPAddr).Port
	must(t, shut.Close())
	plan := pbxtest.Plan("201", "202")
	pbxtest.Person(&plan, "aicha", "Aïcha", func(p *pbx.Person) { p.Email = "aicha@example.org" }, "202")
	pbxtest.Put(&plan, pbx.KindSettings, "mail", "", "", map[string]any{"host": "127.0.0.1", "port": port, "tls": "none", "from": "pbx@example.org"})
	w := pbxtest.Open(t, plan)
	caller := w.Agent("201")
	m := newMailer(newMailboxes(&exchange{plan: w.Plan}, w.Data()), filepath.Join(w.Data(), "mailed.json"), "autocom", slog.New(slog.NewTextHandler(io.Discard, nil)))
	clock := time.Now()
	m.now = func() time.Time { return clock }
	var office postOffice

	pbxtest.Scenario(t, "a message that was left while the mail server was away is mailed with its sound, once, when it is back", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
		defer cancel()
		call, err := caller.Call(ctx, "*99202")
		must(t, err)
		pbxtest.Eventually(t, 20*time.Second, func() error { // keys before the greeting are lost
			db, err := call.Loudness(ctx, 200*time.Millisecond)
			if err == nil && db < -50 {
				err = errors.New("no greeting is heard")
			}
			return err
		})
		must(t, call.Press(ctx, "#"))
		call.Speak(440)
		time.Sleep(5 * time.Second) // the length of the message, after the beep
		must(t, call.Hangup(ctx))
		var left voicemail.Message
		pbxtest.Eventually(t, 15*time.Second, func() error {
			list, err := m.boxes.spool.Messages("202")
			if err == nil && len(list) != 1 {
				err = fmt.Errorf("%d messages are in the box", len(list))
			}
			if err == nil {
				left = list[0]
			}
			return err
		})

		m.round(ctx)
		if m.failed == "" || office.count() != 0 {
			t.Fatalf("without a server: %q, %d letters", m.failed, office.count())
		}
		office.serveAt(t, port)
		m.round(ctx)
		if office.count() != 0 {
			t.Error("it tried again at once")
		}
		clock = clock.Add(mailFirst)
		m.round(ctx)
		m.round(ctx)
		if n := office.count(); n != 1 {
			t.Fatalf("%d letters came: %s", n, m.failed)
		}
		sound := soundOf(t, office.letters[0], "aicha@example.org", "Poste 201 (201)")
		kept, err := m.boxes.spool.Sound("202", left.ID)
		must(t, err)
		if !bytes.Equal(sound, kept) {
			t.Errorf("%d bytes are mailed, %d lie in the box", len(sound), len(kept))
		}
		if got := loudAt(sound, 440); got < 0.8 {
			t.Errorf("%.0f %% of the mailed sound is what was said", 100*got)
		}
	})
}

// soundOf reads a letter as a mail program does.
func soundOf(t *testing.T, letter, to, from string) []byte {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(letter))
	must(t, err)
	if list, err := m.Header.AddressList("To"); err != nil || len(list) != 1 || list[0].Address != to {
		t.Errorf("it goes to %v, %v", list, err)
	}
	if s, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil || !strings.Contains(s, from) {
		t.Errorf("its subject is %q, %v", s, err)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	must(t, err)
	for parts := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			t.Fatal("no sound is attached")
		}
		must(t, err)
		if strings.HasSuffix(part.FileName(), ".wav") {
			sound, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, part))
			must(t, err)
			return sound
		}
	}
}

// loudAt is how much of the best tenth of a second of a WAV file of 8000 samples a second is
// a tone of hz, 0 to 1 (Goertzel).
func loudAt(wav []byte, hz float64) (best float64) {
	const n = 800
	for pcm := wav[min(44, len(wav)):]; len(pcm) >= 2*n; pcm = pcm[2*n:] {
		var s1, s2, energy float64
		w := 2 * math.Cos(2*math.Pi*hz/8000)
		for i := range n {
			x := float64(int16(binary.LittleEndian.Uint16(pcm[2*i:])))
			s1, s2 = x+w*s1-s2, s1
			energy += x * x
		}
		if energy > n*1000 {
			best = max(best, (s1*s1+s2*s2-w*s1*s2)/(energy*n/2))
		}
	}
	return best
}
