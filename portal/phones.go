package portal

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"autocom/provision"
)

// hanging is how long a phone may take for its next step before the page says that
// something is wrong.
const hanging = 2 * time.Minute

// perPage bounds the rows of a page: it has to load on a slow box over slow Wi-Fi.
const perPage = 50

// The lists that devices are shown in.
const (
	listPhones   = "phones"
	listWaiting  = "waiting"
	listProblems = "problems"
	listOthers   = "others"
)

var lists = []string{listPhones, listWaiting, listProblems, listOthers}

// reader is who looks: the words, and the makers with their hints.
type reader struct {
	portal *Portal
	lang   string
	words  Admin
	makers map[string]Maker
	now    time.Time
}

func (p *Portal) reader(r *http.Request) reader {
	words := p.words(r)
	return reader{p, words.Lang, words.Admin, p.byID(), p.Now()}
}

// hangs reports a phone that has stopped halfway.
func hangs(d provision.Device, now time.Time) bool {
	switch d.State() {
	case "lost":
		return true
	case "allocated", "fetched":
		since := d.ReservedAt
		if d.LastSeen.After(since) && d.State() == "fetched" {
			since = d.LastSeen
		}
		return d.Reason != "" || !since.IsZero() && now.Sub(since) > hanging
	}
	return false
}

// in reports whether a device stands in a list.
func in(list string, d provision.Device, now time.Time) bool {
	state := d.State()
	switch list {
	case listPhones:
		return d.Number() != "" || state == "allocated" || state == "fetched" || state == "registered" || state == "lost"
	case listWaiting:
		return state == "pending"
	case listProblems:
		return state == "unsupported" || hangs(d, now)
	}
	return state == "seen" || state == "released" || state == "rejected"
}

// query is what a list is asked for.
type query struct {
	List string
	Text string
	Page int // from 1
}

func (q query) url(path string) string {
	v := url.Values{}
	if q.List != listPhones {
		v.Set("show", q.List)
	}
	if q.Text != "" {
		v.Set("q", q.Text)
	}
	if q.Page > 1 {
		v.Set("page", strconv.Itoa(q.Page))
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

func asked(r *http.Request) query {
	v := r.URL.Query()
	q := query{List: v.Get("show"), Text: provision.Clean(v.Get("q")), Page: pageOf(v)}
	if !slices.Contains(lists, q.List) {
		q.List = listPhones
	}
	return q
}

func pageOf(v url.Values) int {
	n, err := strconv.Atoi(v.Get("page"))
	if err != nil || n < 1 || n > 10000 {
		return 1
	}
	return n
}

// matches looks for the text in all that names a device.
func (v reader) matches(q query, d provision.Device) bool {
	if q.Text == "" {
		return true
	}
	text := strings.ToLower(q.Text)
	if m, err := provision.ParseMAC(q.Text); err == nil {
		text = m.String()
	}
	has := func(s string) bool { return strings.Contains(strings.ToLower(s), text) }
	return has(d.ID) || has(v.title(d)) || has(v.what(d)) || d.IP.IsValid() && has(d.IP.String()) ||
		slices.ContainsFunc(d.Lines, func(l provision.Line) bool { return has(l.Number) || has(l.Name) })
}

// tab is one of the lists, with how many stand in it.
type tab struct {
	Name  string
	Link  string
	Count int
	Now   bool
	Bad   bool
}

// overview is the page of the phones.
type overview struct {
	Words  Admin
	Query  query
	Tabs   []tab
	Call   string // how many wait
	Rows   []row
	None   string // what to say when there are no rows
	Of     string // page 2 of 3
	Newer  string
	Older  string
	Stream string

	Browsers browserList
}

func (o overview) live() string { return o.Stream }

func (v reader) overview(q query) overview {
	o := overview{Words: v.words, Query: q}
	counts := map[string]int{}
	var listed []provision.Device
	for _, d := range v.portal.Devices.Devices() {
		for _, list := range lists {
			if in(list, d, v.now) {
				counts[list]++
			}
		}
		if in(q.List, d, v.now) && v.matches(q, d) {
			listed = append(listed, d)
		}
	}
	keys := make(map[string]string, len(listed))
	for _, d := range listed {
		keys[d.ID] = order(d)
	}
	slices.SortFunc(listed, func(a, b provision.Device) int { return cmp.Compare(keys[a.ID], keys[b.ID]) })
	names := map[string]string{
		listPhones: v.words.ShowPhones, listWaiting: v.words.ShowWaiting, listProblems: v.words.ShowProblems, listOthers: v.words.ShowOthers,
	}
	for _, list := range lists {
		o.Tabs = append(o.Tabs, tab{
			Name: names[list], Link: query{List: list}.url("/ui/phones"), Count: counts[list], Now: list == q.List,
			Bad: list == listProblems && counts[list] > 0,
		})
	}
	if q.List != listWaiting {
		switch n := counts[listWaiting]; {
		case n == 1:
			o.Call = v.words.WaitingOne
		case n > 1:
			o.Call = fmt.Sprintf(v.words.WaitingMany, n)
		}
	}
	o.None = map[string]string{
		listPhones: v.words.NonePhones, listWaiting: v.words.NoneWaiting, listProblems: v.words.NoneProblems, listOthers: v.words.NoneOthers,
	}[q.List]
	if q.Text != "" {
		o.None = v.words.NoneFound
	}
	o.Browsers = v.browsers(q)
	for _, d := range o.cut(listed) {
		o.Rows = append(o.Rows, v.row(d))
	}
	return o
}

// cut gives the devices of the page that is asked for, and sets the links to the others.
func (o *overview) cut(all []provision.Device) []provision.Device {
	pages := max(1, (len(all)+perPage-1)/perPage)
	q := o.Query
	q.Page = min(q.Page, pages)
	o.Query = q
	if pages > 1 {
		o.Of = fmt.Sprintf(o.Words.More, q.Page, pages)
	}
	if q.Page > 1 {
		o.Newer = query{q.List, q.Text, q.Page - 1}.url("/ui/phones")
	}
	if q.Page < pages {
		o.Older = query{q.List, q.Text, q.Page + 1}.url("/ui/phones")
	}
	o.Stream = q.url("/ui/events")
	return all[(q.Page-1)*perPage : min(q.Page*perPage, len(all))]
}

func (p *Portal) phonesPage(w http.ResponseWriter, r *http.Request) {
	p.screen(w, r, http.StatusOK, "phones", p.reader(r).overview(asked(r)))
}
