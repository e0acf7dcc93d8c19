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
	"unicode"
	"unicode/utf8"

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

// row is one device in the list.
type row struct {
	Words   Admin
	Key     string // rows are in the order of their keys
	Part    string // id of the element
	Link    string
	Number  string
	Extra   int // further lines
	Title   string
	What    string // maker and model
	Address string
	Dial    string // what a waiting phone dials to be approved
	State   string
	Mark    string // good, wait, bad, none
	Reason  string
	Foreign bool   // Reason is English in a French page
	Ago     string // since, or seen
	Since   moment
}

func (v reader) row(d provision.Device) row {
	d = safe(d)
	r := row{
		Words: v.words, Part: part(d.ID), Link: "/ui/phones/" + url.PathEscape(d.ID),
		Number: d.Number(), Title: v.title(d), What: v.what(d), State: v.words.state(d.State()), Mark: mark(d, v.now),
		Ago: v.words.Since, Since: v.portal.moment(d.FirstSeen, v.lang),
	}
	if state := d.State(); state == "lost" || state == "seen" {
		r.Ago, r.Since = v.words.Heard, v.portal.moment(d.LastSeen, v.lang)
	}
	for _, l := range d.Lines {
		if l.Number != "" && l.Number != r.Number {
			r.Extra++
		}
	}
	if d.IP.IsValid() {
		r.Address = d.IP.String()
	}
	if d.Guest() {
		if d.Reach == provision.ReachRegistered {
			r.State = v.words.StateGuest
		}
		if d.Code != "" { // to read aloud to who stands at the phone
			r.Dial = strings.ReplaceAll(v.portal.ClaimPrefix+" "+grouped(d.Code), " ", "\u00a0")
		}
	}
	if r.Title == r.What {
		r.What = ""
	}
	r.Reason, r.Foreign = v.portal.translated(d.Reason, v.lang)
	r.Reason = sentence(r.Reason)
	r.Key = order(d)
	return r
}

// order is where a row stands: numbers first, in their order; what has none by its age,
// so that no row jumps when the device says more of itself.
func order(d provision.Device) string {
	if n := d.Number(); n != "" {
		return fmt.Sprintf("1 %8s %s", printing(n), d.ID)
	}
	return fmt.Sprintf("2 %011d %s", max(0, d.FirstSeen.Unix()), d.ID)
}

// printing keeps what prints: marks that turn the direction of writing would let a
// device's name rewrite what stands beside it.
func printing(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
}

// safe is a device with every text of it made safe to show. Escaping is the templates'.
func safe(d provision.Device) provision.Device {
	for _, s := range []*string{&d.Vendor, &d.Model, &d.Firmware, &d.Name, &d.Reason, &d.Interface, &d.Code} {
		*s = printing(*s)
	}
	d.Lines, d.Evidence, d.Keys = slices.Clone(d.Lines), slices.Clone(d.Evidence), slices.Clone(d.Keys)
	for i := range d.Lines {
		d.Lines[i].Number, d.Lines[i].Name = printing(d.Lines[i].Number), printing(d.Lines[i].Name)
	}
	for i := range d.Evidence {
		e := &d.Evidence[i]
		e.Sensor, e.Field, e.Value = provision.Sensor(printing(string(e.Sensor))), printing(e.Field), printing(e.Value)
	}
	for i := range d.Keys {
		d.Keys[i] = provision.Key{Number: printing(d.Keys[i].Number), Label: printing(d.Keys[i].Label)}
	}
	return d
}

// sentence begins with a capital letter and ends with a stop.
func sentence(text string) string {
	if text = printing(text); text == "" {
		return ""
	}
	first, n := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[n:] + "."
}

// part is the id of a device's element: a colon would need escaping in selectors.
func part(id string) string { return "d-" + strings.ReplaceAll(id, ":", "") }

func mark(d provision.Device, now time.Time) string {
	switch state := d.State(); {
	case hangs(d, now), state == "unsupported":
		return "bad"
	case state == "registered":
		return "good"
	case state == "allocated", state == "fetched", state == "pending":
		return "wait"
	}
	return "none"
}

// title is what people call a device.
func (v reader) title(d provision.Device) string {
	if d.Name != "" {
		return d.Name
	}
	if len(d.Lines) > 0 && d.Lines[0].Name != "" && d.Lines[0].Name != d.Number() {
		return d.Lines[0].Name
	}
	return v.what(d)
}

// what is the maker and the model.
func (v reader) what(d provision.Device) string {
	name := cmp.Or(v.makers[d.Vendor].Name, d.Vendor)
	if d.Soft() {
		name = v.words.Softphone
	}
	return cmp.Or(strings.TrimSpace(name+" "+d.Model), hostname(d), v.words.UnknownMaker)
}

// hostname is what a device calls itself: a printer is better known by it than by nothing.
func hostname(d provision.Device) string {
	for _, e := range d.Evidence {
		if e.Field == provision.FieldHostname {
			return clipped(e.Value)
		}
	}
	return ""
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
