//go:build lab

package pbxtest_test

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"autocom/pbx/pbxtest"
	"autocom/phonesim"
)

// The scenes are short calls through the house, each of which a sabotage must spoil.

// reach dials number from one phone and waits until another rings.
func reach(ctx context.Context, t testing.TB, from, to *phonesim.Agent, number string) (*phonesim.Outgoing, *phonesim.Incoming) {
	t.Helper()
	out, err := from.Dial(ctx, number)
	if err != nil {
		t.Fatal(err)
	}
	in, err := to.Ring(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return out, in
}

// lift answers and gives both ends.
func lift(ctx context.Context, t testing.TB, out *phonesim.Outgoing, in *phonesim.Incoming) (caller, callee *phonesim.Call) {
	t.Helper()
	callee, err := in.Answer(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if caller, err = out.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	return caller, callee
}

// press dials something that answers, and presses keys there.
func press(ctx context.Context, t testing.TB, from *phonesim.Agent, number, keys string) *phonesim.Call {
	t.Helper()
	c, err := from.Call(ctx, number)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Press(ctx, keys); err != nil {
		t.Fatal(err)
	}
	return c
}

// ends waits for the far side's end of a call.
func ends(ctx context.Context, t testing.TB, c *phonesim.Call) {
	t.Helper()
	select {
	case <-c.Done():
	case <-ctx.Done():
		t.Fatal("the exchange does not hang up")
	}
}

// refused checks that a call ends with that code.
func refused(ctx context.Context, t testing.TB, from *phonesim.Agent, number string, want int) {
	t.Helper()
	c, err := from.Call(ctx, number)
	var no *phonesim.Refused
	if !errors.As(err, &no) || no.Code != want {
		t.Errorf("%s calls %s: %v, want %d", from, number, err, want)
	}
	if c != nil {
		c.Hangup(ctx)
	}
}

func callScene(t testing.TB, w *pbxtest.World) {
	ctx := pbxtest.Within(t, 20*time.Second)
	one, two, three := w.Agent("201"), w.Agent("202"), w.Agent("203")
	lamp, err := three.Watch(ctx, "202")
	if err != nil {
		t.Fatal(err)
	}
	out, in := reach(ctx, t, one, two, "202")
	if in.FromNumber != "201" || in.FromName != "Poste 201" {
		t.Errorf("the called sees %q %q", in.FromNumber, in.FromName)
	}
	if err := lamp.Wait(ctx, "early"); err != nil {
		t.Fatal(err)
	}
	a, b := lift(ctx, t, out, in)
	talk(ctx, t, a, b)
	if err := lamp.Wait(ctx, "confirmed"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*phonesim.Call{a, b} {
		if at := netip.MustParseAddrPort(c.Far()).Addr().String(); at != pbxtest.Box {
			t.Errorf("the sound goes to %s", at)
		}
	}
}

// strangerScene: who does not know a phone's secret is told 401.
func strangerScene(t testing.TB, w *pbxtest.World) {
	ctx := pbxtest.Within(t, 10*time.Second)
	account := pbxtest.Account(w.Plan().Endpoints[0])
	account.Password = "guess"
	thief := w.AgentOf(account, w.Free(), phonesim.AgentOptions{})
	refused(ctx, t, thief, "*60", 401)
	refused(ctx, t, thief, "202", 401)
}

func groupScene(t testing.TB, w *pbxtest.World) {
	ctx := pbxtest.Within(t, 20*time.Second)
	one, two, three := w.Agent("201"), w.Agent("202"), w.Agent("203")
	out, in := reach(ctx, t, one, two, "600")
	if in.FromName != "Ventes Poste 201" {
		t.Errorf("the member sees %q", in.FromName)
	}
	other, err := three.Ring(ctx)
	if err != nil {
		t.Fatal(err)
	}
	lift(ctx, t, out, in)
	select {
	case <-other.Gone():
	case <-ctx.Done():
		t.Error("the other member rings on")
	}
}

func nobodyInTheGroupScene(t testing.TB, w *pbxtest.World) {
	ctx := pbxtest.Within(t, 20*time.Second)
	reach(ctx, t, w.Agent("201"), w.Agent("204"), "600")
}

func mailboxScene(t testing.TB, w *pbxtest.World) {
	ctx := pbxtest.Within(t, 30*time.Second)
	one := w.Agent("201")
	a, err := one.Call(ctx, "*99202")
	if err != nil {
		t.Fatal(err)
	}
	a.Speak(440)
	if err := a.Press(ctx, ",,,#"); err != nil { // the greeting need not be heard
		t.Fatal(err)
	}
	time.Sleep(2900 * time.Millisecond) // two seconds are the shortest message
	if err := a.Hangup(ctx); err != nil {
		t.Error(err)
	}
	box, err := w.Agent("202").Mailbox(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := box.WaitMessages(pbxtest.Within(t, 15*time.Second), 1); err != nil {
		t.Error(err)
	}
}

// absentScene: who is not there has a mailbox that answers.
func absentScene(t testing.TB, w *pbxtest.World) {
	ctx := pbxtest.Within(t, 20*time.Second)
	a, err := w.Agent("201").Call(ctx, "202")
	if err != nil {
		t.Fatal(err)
	}
	loud(ctx, t, a)
}

// loud waits until something is heard.
func loud(ctx context.Context, t testing.TB, c *phonesim.Call) {
	t.Helper()
	for ctx.Err() == nil {
		if dB, err := c.Loudness(ctx, 200*time.Millisecond); err == nil && dB > -50 {
			return
		}
	}
	t.Error("nothing is heard")
}

func menuScene(t testing.TB, w *pbxtest.World) {
	ctx := pbxtest.Within(t, 20*time.Second)
	one, two, four := w.Agent("201"), w.Agent("202"), w.Agent("204")
	for keys, to := range map[string]*phonesim.Agent{"1": two, "204": four} {
		c := press(ctx, t, one, "610", ",,"+keys)
		in, err := to.Ring(ctx)
		if err != nil {
			t.Fatalf("%s is pressed: %v", keys, err)
		}
		if err := c.Hangup(ctx); err != nil {
			t.Error(err)
		}
		<-in.Gone()
	}
}

// silenceScene: who presses nothing in the menu is led on.
func silenceScene(t testing.TB, w *pbxtest.World) {
	one, four := w.Agent("201"), w.Agent("204")
	c, err := one.Call(pbxtest.Within(t, 10*time.Second), "610")
	if err != nil {
		t.Fatal(err)
	}
	c.Quiet()
	patience := pbxtest.Within(t, 15*time.Second) // the greeting is heard to its end
	if _, err := four.Ring(patience); err != nil {
		t.Error(err)
	}
}

func queueScene(t testing.TB, w *pbxtest.World) {
	ctx := pbxtest.Within(t, 20*time.Second)
	one, two := w.Agent("201"), w.Agent("202")
	a, err := one.Call(ctx, "620")
	if err != nil {
		t.Fatal(err)
	}
	in, err := two.Ring(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if in.FromName != "Aide Poste 201" {
		t.Errorf("the member sees %q", in.FromName)
	}
	b, err := in.Answer(ctx)
	if err != nil {
		t.Fatal(err)
	}
	talk(ctx, t, a, b)
}

// conferenceScene: the right PIN opens the room, in which two hear each other.
func conferenceScene(t testing.TB, w *pbxtest.World) {
	ctx := pbxtest.Within(t, 30*time.Second)
	a, b := press(ctx, t, w.Agent("201"), "630", ",,4711#"), press(ctx, t, w.Agent("202"), "630", ",,4711#")
	a.Speak(440)
	b.Speak(660)
	for _, side := range []struct {
		c      *phonesim.Call
		wanted float64
	}{{a, 660}, {b, 440}} {
		heard := false
		for ctx.Err() == nil && !heard {
			e, err := side.c.Hear(ctx, 300*time.Millisecond, side.wanted, 1000)
			heard = err == nil && e.Level > -30 && e.Level-e.Noise > 6
		}
		if !heard {
			t.Errorf("%.0f Hz is not heard in the room", side.wanted)
		}
	}
}

// wrongPINScene: three wrong PINs end the call.
func wrongPINScene(t testing.TB, w *pbxtest.World) {
	ctx := pbxtest.Within(t, 30*time.Second)
	c := press(ctx, t, w.Agent("201"), "630", ",,1111#,,,1111#,,,1111#")
	patience := pbxtest.Within(t, 15*time.Second)
	ends(patience, t, c)
}

func forwardScene(t testing.TB, w *pbxtest.World) {
	ctx := pbxtest.Within(t, 30*time.Second)
	one, two, three := w.Agent("201"), w.Agent("202"), w.Agent("203")
	c, err := two.Call(ctx, "*21203")
	if err != nil {
		t.Fatal(err)
	}
	_ = c
	reach(ctx, t, one, three, "202")
	if two.Rang() > 0 {
		t.Error("who forwards rings too")
	}
}

func disturbScene(t testing.TB, w *pbxtest.World) {
	ctx := pbxtest.Within(t, 30*time.Second)
	one, two := w.Agent("201"), w.Agent("202")
	if _, err := two.Call(ctx, "*78"); err != nil {
		t.Fatal(err)
	}
	if _, err := one.Call(ctx, "202"); err != nil { // the mailbox
		t.Fatal(err)
	}
	if two.Rang() > 0 {
		t.Error("who does not want to be disturbed rings")
	}
}

// keysScene: a phone without keys for it hands a call over by digits.
func keysScene(t testing.TB, w *pbxtest.World) {
	ctx := pbxtest.Within(t, 30*time.Second)
	one, two, three := w.Agent("201"), w.Agent("202"), w.Agent("203")
	out, in := reach(ctx, t, one, two, "202")
	a, b := lift(ctx, t, out, in)
	talk(ctx, t, a, b)
	if err := b.Press(ctx, "##,,203"); err != nil {
		t.Fatal(err)
	}
	patience := pbxtest.Within(t, 10*time.Second)
	to, err := three.Ring(patience)
	if err != nil {
		t.Fatal(err)
	}
	c, err := to.Answer(patience)
	if err != nil {
		t.Fatal(err)
	}
	talk(patience, t, a, c)
}

func parkScene(t testing.TB, w *pbxtest.World) {
	ctx := pbxtest.Within(t, 30*time.Second)
	one, two, three := w.Agent("201"), w.Agent("202"), w.Agent("203")
	lamp, err := three.Watch(ctx, "701")
	if err != nil {
		t.Fatal(err)
	}
	out, in := reach(ctx, t, one, two, "202")
	a, b := lift(ctx, t, out, in)
	talk(ctx, t, a, b)
	if err := b.Refer(ctx, "700"); err != nil {
		t.Fatal(err)
	}
	if err := lamp.Wait(ctx, "confirmed"); err != nil {
		t.Fatal(err)
	}
	c, err := three.Call(ctx, "701")
	if err != nil {
		t.Fatal(err)
	}
	talk(ctx, t, a, c)
}

func pickupScene(t testing.TB, w *pbxtest.World) {
	ctx := pbxtest.Within(t, 20*time.Second)
	one, two, three := w.Agent("201"), w.Agent("202"), w.Agent("203")
	for _, code := range []string{"*8", "**202"} {
		out, in := reach(ctx, t, one, two, "202")
		c, err := three.Call(ctx, code)
		if err != nil {
			t.Fatalf("%s: %v", code, err)
		}
		a, err := out.Wait(ctx)
		if err != nil {
			t.Fatal(err)
		}
		talk(ctx, t, a, c)
		<-in.Gone()
		if err := a.Hangup(ctx); err != nil {
			t.Error(err)
		}
		ends(ctx, t, c)
	}
}

// intercomScene: the called phone answers by itself.
func intercomScene(t testing.TB, w *pbxtest.World) {
	ctx := pbxtest.Within(t, 20*time.Second)
	one, two := w.Agent("201"), w.Agent("202")
	two.AutoAnswer(true)
	a, err := one.Call(ctx, "*80202")
	if err != nil {
		t.Fatal(err)
	}
	b, err := two.Lifted(ctx)
	if err != nil {
		t.Fatal(err)
	}
	talk(ctx, t, a, b)
}

func speedDialScene(t testing.TB, w *pbxtest.World) {
	ctx := pbxtest.Within(t, 20*time.Second)
	reach(ctx, t, w.Agent("201"), w.Agent("203"), "*001")
}

// guestScene: a phone that nobody approved has emergency calls and hears itself, and
// reaches nobody.
func guestScene(t testing.TB, w *pbxtest.World) {
	ctx := pbxtest.Within(t, 20*time.Second)
	var guest *phonesim.Agent
	for _, e := range w.Plan().Endpoints {
		if e.Number == "" {
			guest = w.AgentOf(pbxtest.Account(e), w.Free(), phonesim.AgentOptions{})
		}
	}
	if err := guest.Register(ctx); err != nil {
		t.Fatal(err)
	}
	two := w.Agent("202")
	for _, number := range []string{"202", "600", "*99202", "**202", "701", "*80202"} {
		refused(ctx, t, guest, number, 404)
	}
	if two.Rang() > 0 {
		t.Error("a phone rang")
	}
	c, err := guest.Call(ctx, "*43")
	if err != nil {
		t.Fatal(err)
	}
	loud(ctx, t, c)
}

// inwardScene: a call from outside rings where it is told.
func inwardScene(t testing.TB, w *pbxtest.World) {
	ctx := pbxtest.Within(t, 20*time.Second)
	one, outside := w.Agent("201"), w.Outside("222000111")
	out, in := reach(ctx, t, outside, one, "222333444")
	a, b := lift(ctx, t, out, in)
	talk(ctx, t, a, b)
}

// outwardScene: who may call national numbers does, and reaches no mobile one.
func outwardScene(t testing.TB, w *pbxtest.World) {
	ctx := pbxtest.Within(t, 30*time.Second)
	two, outside := w.Agent("202"), w.Outside("222000111")
	out, in := reach(ctx, t, two, outside, "222123456")
	a, _ := lift(ctx, t, out, in)
	if err := a.Hangup(ctx); err != nil {
		t.Error(err)
	}
	if c, err := two.Call(ctx, "699123456"); err == nil {
		c.Hangup(ctx)
	}
	if n := outside.Rang(); n != 1 {
		t.Errorf("the outside rang %d times", n)
	}
}
