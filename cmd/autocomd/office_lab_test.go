//go:build lab

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"autocom/pbx"
	pbxsound "autocom/pbx/sound"
	"autocom/portal/browsertest"
)

// Every page of a shop that a real box runs, as a person sees it who holds a phone, and one
// who sits at a PC, in both languages.
//
// In words: a shop with six phones is set up by the API, and every page of it is read in a browser in both languages.
func TestEveryPageOfAShop(t *testing.T) {
	b, wire := newBox(t)
	b.start()
	for n := range 6 {
		deskPhone(t, wire, byte(31+n))
	}
	text, err := os.ReadFile("../../asterisk-conf/testdata/offices/shop.json")
	must(t, err)
	var shop struct{ Objects []pbx.Object }
	must(t, json.Unmarshal(text, &shop))
	paths := map[string]string{"person": "people", "group": "groups", "queue": "queues", "menu": "menus", "announcement": "announcements", "directory": "directories",
		"prompt": "prompts", "conference": "conferences", "speeddial": "speeddials", "trunk": "trunks", "route": "routes"}
	path := func(o pbx.Object) string {
		if p, ok := paths[o.Kind]; ok {
			return p + "/" + o.ID
		}
		return o.Kind + "/" + o.ID // hours, music, settings …
	}
	var last error
	for waiting := shop.Objects; len(waiting) > 0; { // one names another that comes later
		var left []pbx.Object
		for _, o := range waiting {
			body := map[string]any{}
			if len(o.Body) > 0 {
				must(t, json.Unmarshal(o.Body, &body))
			}
			body["name"], body["number"] = o.Name, o.Number
			if err := b.send(http.MethodPut, path(o), body); err != nil {
				left, last = append(left, o), err
			}
		}
		if len(left) == len(waiting) {
			t.Fatalf("%d objects are refused, the last one: %v", len(left), last)
		}
		waiting = left
	}
	key, err := os.ReadFile(filepath.Join(b.dir, "data", "api-token"))
	must(t, err)
	for _, id := range []string{"accueil", "ferme"} {
		r, err := http.NewRequest(http.MethodPut, page+"api/v1/prompts/"+id+"/sound", bytes.NewReader(pbxsound.WAV(make([]int16, 3*16000))))
		must(t, err)
		r.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(key)))
		answer, err := http.DefaultClient.Do(r)
		must(t, err)
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			t.Fatalf("prompt %s: %s", id, answer.Status)
		}
	}

	first := true
	for i, v := range []browsertest.Visitor{
		{Language: "fr", Width: 1440}, {Language: "fr", Width: 360}, {Language: "en", Width: 1440}, {Language: "en", Width: 360},
	} {
		t.Run(fmt.Sprintf("%s at %d px", v.Language, v.Width), func(t *testing.T) {
			o := owner{t: t}
			if first {
				o = newOwner(t, b, v)
				first = false
			} else {
				o.Page = browsertest.Open(t, browsertest.Options{Wait: 40 * time.Second}).Page(v)
				o.Goto(page + "ui/login")
				o.Fill("#name", "admin")
				o.Fill("#password", "correct horse battery")
				o.Press("Enter")
				o.Wait("#tabs")
			}
			if o.Count("html[lang="+v.Language+"]") == 0 { // the account's own language is the other one
				o.Click("a[hreflang=" + v.Language + "]")
				o.Wait("html[lang=" + v.Language + "]")
			}
			visit := func(path, name string) {
				t.Helper()
				if status := o.Goto(page + path); status != http.StatusOK {
					t.Errorf("%s: %d", path, status)
				}
				if o.Count("html[lang="+v.Language+"]") != 1 {
					t.Errorf("%s is not in %s", path, v.Language)
				}
				if n := o.Overflow(); n != 0 {
					t.Errorf("%s: %d px wider than the window", path, n)
				}
				for _, x := range o.Violations() {
					if x.Serious() {
						t.Errorf("%s: %+v", path, x)
					}
				}
				o.Screenshot(fmt.Sprintf("%s-%s-%d", name, v.Language, v.Width))
			}
			for _, x := range []string{"people", "groups", "menus", "hours", "queues", "prompts", "music", "trunks", "routes", "inbound", "outside", "announcements", "directories", "paging", "speeddials", "blacklist", "conferences", "settings", "changes"} {
				visit("ui/"+x, x)
			}
			for n, object := range shop.Objects { // each in two of the four ways
				if (n+i)%2 == 1 {
					continue
				}
				visit("ui/"+path(object), object.Kind+"-"+object.ID)
			}
			visit("ui/menus/accueil", "menu-editor")
			if n := o.Count(".flow audio"); n == 0 {
				t.Error("the tree of the menu has no prompt to hear")
			}
			visit("ui/hours/ouverture", "opening-hours")
			if o.Count(".strip .state") != 1 {
				t.Error("the page of opening hours does not say whether it is open now")
			}
			o.Goto(page + "ui/groups/vente")
			o.Fill("#f-ring", "40")
			o.Click("form.form .submit button[value=save]")
			o.Wait("form.review")
			o.Screenshot(fmt.Sprintf("review-%s-%d", v.Language, v.Width))
			o.Close()
		})
	}
}
