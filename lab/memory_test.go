//go:build lab

package lab

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"autocom/pbx/calls"
	"autocom/store"
)

// pastCalls is what a house of 500 phones makes in some months.
const pastCalls = 100_000

// calledBefore writes calls of the past months into the records, while autocomd does not run.
func (o *office) calledBefore(n int) {
	o.t.Helper()
	records, err := store.OpenRecords(o.t.Context(), filepath.Join(o.data, "autocom", store.RecordsName))
	if err != nil {
		o.t.Fatal(err)
	}
	defer records.Close()
	start := time.Now().Add(-time.Duration(n) * time.Minute)
	for from := 0; from < n; from += 5000 {
		rows := make([]store.CallRow, 5000)
		for i := range rows {
			at, a, b := start.Add(time.Duration(from+i)*time.Minute), fmt.Sprint(2001+(from+i)%500), fmt.Sprint(2001+(from+7*i)%500)
			c := calls.Call{
				ID: fmt.Sprintf("past-%d.%d", at.Unix(), from+i), Start: at, Answer: at.Add(5 * time.Second), End: at.Add(50 * time.Second), Wait: 5, Talk: 45,
				Direction: calls.Internal, Result: calls.Answered, From: calls.Party{Number: a, Name: "Poste " + a}, Dialled: b, Number: b,
				AnsweredBy: calls.Party{Number: b, Name: "Poste " + b}, Cause: 16,
			}
			text, err := json.Marshal(c)
			if err != nil {
				o.t.Fatal(err)
			}
			rows[i] = store.CallRow{ID: c.ID, Start: at, Direction: c.Direction, Result: c.Result, JSON: string(text), Numbers: []string{a, b}, Names: []string{c.From.Name, c.AnsweredBy.Name}}
		}
		if err := records.Add(o.t.Context(), rows, nil, nil); err != nil {
			o.t.Fatal(err)
		}
	}
	if err := records.Settle(o.t.Context()); err != nil {
		o.t.Fatal(err)
	}
}

// workingDay is what people ask of the portal: ten have logged in, five pages and a wallboard
// are open, somebody looks for calls among all, and every page is read in both languages. It
// gives what is to stay open.
func (o *office) workingDay(v *visitor, phone string) (open []*openPage) {
	o.t.Helper()
	for n := range 10 {
		v.person(o, fmt.Sprintf("person%d", n), "user")
	}
	for _, path := range []string{"/ui/phones", "/ui/phones?page=5", "/ui/phones/" + phone, "/ui/live", "/ui/phones?show=problems", "/ui/wallboard"} {
		open = append(open, v.watch(o.t, path))
	}
	began := time.Now()
	for _, search := range []string{"number=2077", "q=poste+2499", "q=nobody"} {
		v.page(o.t, "/ui/calls?"+search)
	}
	var found struct{ Calls []any }
	v.send(o.t, "GET", "/api/v1/calls?number=2077&limit=500", nil, &found)
	o.t.Logf("four searches among %d calls took %.1f s, the last found %d", pastCalls, time.Since(began).Seconds(), len(found.Calls))
	read := 0
	for _, lang := range []string{"fr", "en"} {
		read += v.everyPage(o.t, lang)
	}
	o.t.Logf("%d pages were read", read)
	if read < 2*40 {
		o.t.Errorf("%d pages were read: the menu leads to more", read)
	}
	return open
}

var linkTo = regexp.MustCompile(`href="(/ui/[a-z][^"?#]*)"`)

// everyPage follows the links from the page of the phones, five of each collection.
func (v *visitor) everyPage(t testing.TB, lang string) (read int) {
	t.Helper()
	todo, seen, of := []string{"/ui/phones"}, map[string]bool{}, map[string]int{}
	for len(todo) > 0 {
		path := todo[0]
		todo = todo[1:]
		r, err := http.NewRequestWithContext(t.Context(), "GET", v.base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Language", lang)
		text, err := v.read(r)
		if err != nil {
			t.Fatal(err)
		}
		read++
		for _, m := range linkTo.FindAllStringSubmatch(text, -1) {
			collection, _ := filepath.Split(m[1])
			if seen[m[1]] || strings.HasPrefix(m[1], "/ui/events") {
				continue
			}
			seen[m[1]] = true
			if of[collection]++; of[collection] <= 5 || collection == "/ui/" {
				todo = append(todo, m[1])
			}
		}
	}
	return read
}
