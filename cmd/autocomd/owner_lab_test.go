//go:build lab

package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"autocom/pbx/pbxtest"
	"autocom/portal/browsertest"
)

// owner is who sets up the exchange in a browser.
type owner struct {
	*browsertest.Page
	t testing.TB
}

// newOwner types the setup code and makes the first account.
func newOwner(t testing.TB, b *box, v browsertest.Visitor) owner {
	t.Helper()
	o := owner{browsertest.Open(t, browsertest.Options{Wait: 40 * time.Second}).Page(v), t}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the page: %s\n%s", o.Screenshot("owner"), strings.Join(o.Said(), "\n"))
		}
	})
	var code []byte
	pbxtest.Eventually(t, 30*time.Second, func() (err error) {
		code, err = os.ReadFile(filepath.Join(b.dir, "data", "setup-code"))
		return err
	})
	o.Goto(page + "ui/code")
	o.Fill("#code", strings.TrimSpace(string(code)))
	o.Press("Enter")
	o.Wait("#account")
	o.Fill("#password", "correct horse battery")
	o.Press("Enter")
	o.Wait("nav.menu a[href='/ui/groups']")
	// The first minute's choices begin the box anew when they are others than those it has,
	// and Asterisk when they concern it: within two seconds, or not at all.
	time.Sleep(2 * time.Second)
	b.wait(60*time.Second, "the box has begun anew", func() bool {
		log := b.log.String()
		up := strings.LastIndex(log, "manager is up")
		return strings.LastIndex(log, "asterisk is to be restarted") < up && strings.LastIndex(log, "beginning anew") < up
	})
	time.Sleep(2 * time.Second)
	b.wait(60*time.Second, "Asterisk is there again", func() bool {
		log := b.log.String()
		return strings.LastIndex(log, "asterisk is to be restarted") < strings.LastIndex(log, "manager is up")
	})
	return o
}

// save presses the button, looks at the review and applies it.
func (o owner) save(says ...string) {
	o.t.Helper()
	o.Click("form.form .submit button[value=save]")
	o.Wait("form.review")
	said := o.Text("form.review")
	for _, s := range says {
		if !strings.Contains(said, s) {
			o.t.Errorf("the review does not say %q:\n%s", s, said)
		}
	}
	o.Click("form.review .submit button[value=apply]")
	o.Wait("form.undo")
}

// What an owner sets up with the pages alone works a moment later on the phones, and what
// is undone does not.
//
// In words: in a browser alone the owner names people, makes a group and a voice menu, and the phones obey.
func TestAnOwnerSetsUpTheHouseInABrowser(t *testing.T) {
	b, wire := newBox(t)
	b.start()
	one, two := deskPhone(t, wire, 31), deskPhone(t, wire, 32)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	o := newOwner(t, b, browsertest.Visitor{Language: "en", Width: 1440})

	// reaches has one call a number and press keys until two rings. Asterisk reads a change a
	// moment after the page has said that it is kept.
	reaches := func(number string, keys string) error {
		try, cancel := context.WithTimeout(ctx, 30*time.Second)
		defer cancel()
		called := make(chan error, 1)
		go func() {
			c, err := one.Call(try, number)
			if err == nil && keys != "" {
				err = c.Press(try, keys)
			}
			if called <- err; err != nil {
				cancel() // nobody will ring
				return
			}
			<-try.Done()
			c.Hangup(context.WithoutCancel(try))
		}()
		in, err := two.Ring(try)
		if err != nil {
			return errors.Join(err, <-called)
		}
		c, err := in.Answer(try)
		if err != nil {
			return err
		}
		return c.Hangup(try)
	}

	pbxtest.Scenario(t, "a person who is named on a page has that name on the phones", func(t *testing.T) {
		o.Goto(page + "ui/people/new")
		o.Fill("#f-name", "Awa Ndiaye")
		o.Click(`button[value="add:numbers"]`)
		o.Fill("#f-numbers-0-v", two.Number())
		o.save("Awa Ndiaye", "accounts of phones", two.Number())
		o.Goto(page + "ui/people")
		if said := o.Text("table"); !strings.Contains(said, "Awa Ndiaye") || !strings.Contains(said, two.Number()) {
			t.Errorf("the list of people: %s", said)
		}
	})

	pbxtest.Scenario(t, "a group that is made on a page rings, and when it is undone it is gone", func(t *testing.T) {
		o.Goto(page + "ui/groups/new")
		o.Fill("#f-name", "Sales")
		o.Fill("#f-number", "610")
		o.Click(`button[value="add:members"]`)
		o.Fill("#f-members-0-v", two.Number())
		o.save("610", "the way of calls", "No call is on")
		pbxtest.Eventually(t, 20*time.Second, func() error { return reaches("610", "") })
		o.Click("form.undo button")
		o.Gone("form.undo")
		pbxtest.Eventually(t, 20*time.Second, func() error {
			try, cancel := context.WithTimeout(ctx, 10*time.Second)
			defer cancel()
			if c, err := one.Call(try, "610"); err == nil {
				c.Hangup(try)
				return errors.New("610 still answers")
			}
			return nil
		})
	})

	pbxtest.Scenario(t, "a voice menu that is made on a page leads a caller who presses a key", func(t *testing.T) {
		o.Goto(page + "ui/menus/new")
		o.Fill("#f-name", "Reception")
		o.Fill("#f-number", "601")
		o.Click(`button[value="add:keys"]`)
		o.Choose("#f-keys-0-key", "1")
		o.Choose("#f-keys-0-v", "number:"+two.Number())
		o.save("601", "1 · "+two.Number()+" Awa Ndiaye")
		if said := o.Text(".flow"); !strings.Contains(said, "Key 1") || !strings.Contains(said, "Awa Ndiaye") {
			t.Errorf("the tree says %s", said)
		}
		pbxtest.Eventually(t, 60*time.Second, func() error { return reaches("601", ",,1") })
	})

	pbxtest.Scenario(t, "a mistake on a page is told at its field, and changes nothing", func(t *testing.T) {
		o.Goto(page + "ui/groups/new")
		o.Fill("#f-name", "Nobody")
		o.Fill("#f-number", "112")
		o.Click(`button[value="add:members"]`)
		o.Fill("#f-members-0-v", two.Number())
		o.Click("form.form .submit button[value=save]")
		o.Wait(".notice.bad")
		if said := o.Text(".notice.bad"); !strings.Contains(said, "112") {
			t.Errorf("the emergency number as a group's: %s", said)
		}
		o.Fill("#f-number", "611")
		o.Fill("#f-members-0-v", "999")
		o.Click("form.form .submit button[value=save]")
		o.Wait("#f-members .bad, #f-members ~ .bad, #f-members-e")
		if said := o.Text("#f-members-e"); !strings.Contains(said, "There is no such extension") && !strings.Contains(said, "no such extension") {
			t.Errorf("a member that does not exist: %s", said)
		}
	})
}
