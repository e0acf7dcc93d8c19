package portal

import (
	"cmp"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"autocom/provision"
)

// Audit is one request for a file, as office notes it.
type Audit struct {
	At       time.Time     `json:"at"`
	Device   string        `json:"device,omitempty"`
	IP       netip.Addr    `json:"ip,omitzero"`
	MAC      provision.MAC `json:"mac,omitzero"`
	File     string        `json:"file"`
	Protocol string        `json:"protocol"`
	Secret   bool          `json:"secret"` // with account keys
	Token    bool          `json:"token"`  // by the device's own URL
	Outcome  string        `json:"outcome"`
	Why      string        `json:"why,omitempty"`
}

// Alert is what the owner should look at.
type Alert struct {
	At     time.Time     `json:"at"`
	Kind   string        `json:"kind"`
	Device string        `json:"device,omitempty"`
	IP     netip.Addr    `json:"ip,omitzero"`
	MAC    provision.MAC `json:"mac,omitzero"`
	Text   string        `json:"text"`
}

// Kinds of alerts, as office names them. Others are shown under a general headline.
const (
	AlertThief   = "thief"   // asked for another's file
	AlertNames   = "names"   // many names from one address
	AlertBlocked = "blocked" // an address that gets nothing for a while
	AlertCode    = "code"    // wrong codes were dialled
	AlertToken   = "token"   // a secret address in the wrong hands
	AlertPnP     = "pnp"     // another responder
	AlertDHCP    = "dhcp"    // another server
	AlertSetup   = "setup"   // the setup code was used
)

// maxTrail bounds what one request of the API may ask for.
const maxTrail = 2000

type alarm struct {
	Head    string
	Text    string
	Foreign bool
	Who     string // address
	WhoIs   string // the device that has it, and its page
	WhoLink string
	Link    string
	Title   string // of the device whose file it is
	At      moment
}

type entry struct {
	At      moment
	Title   string
	Link    string
	Who     string
	File    string
	How     string // HTTP
	Token   bool
	Given   bool
	Absent  bool // phones ask for many files that nobody has
	Secret  bool
	Why     string
	Foreign bool
}

type watchdog struct {
	Words        Admin
	Alerts       []alarm
	Trail        []entry
	Of           string
	Newer, Older string
}

func (p *Portal) securityPage(w http.ResponseWriter, r *http.Request) {
	v := p.reader(r)
	page := watchdog{Words: v.words}
	for _, a := range p.Alerts() {
		page.Alerts = append(page.Alerts, v.alarm(a))
	}
	n, all := pageOf(r.URL.Query()), p.Trail(maxTrail)
	pages := max(1, (len(all)+perPage-1)/perPage)
	n = min(n, pages)
	for _, a := range all[(n-1)*perPage : min(n*perPage, len(all))] {
		page.Trail = append(page.Trail, v.entry(a))
	}
	if pages > 1 {
		page.Of = fmt.Sprintf(v.words.More, n, pages)
	}
	at := func(n int) string { return "/ui/security?" + url.Values{"page": {itoa(n)}}.Encode() + "#trail" }
	if n > 1 {
		page.Newer = at(n - 1)
	}
	if n < pages {
		page.Older = at(n + 1)
	}
	p.screen(w, r, http.StatusOK, "security", page)
}

// known gives the title and the page of a device, if it still is one.
func (v reader) known(id string) (title, link string) {
	d, ok := v.portal.Devices.Device(id)
	if id == "" || !ok {
		return "", ""
	}
	title = v.title(safe(d))
	if n := d.Number(); n != "" {
		title = n + " " + title
	}
	return title, "/ui/phones/" + url.PathEscape(id)
}

func whoIs(ip netip.Addr, mac provision.MAC) string {
	who := ""
	if ip.IsValid() {
		who = ip.String()
	}
	if !mac.IsZero() {
		if who != "" {
			who += " · "
		}
		who += mac.String()
	}
	return who
}

func (v reader) alarm(a Alert) alarm {
	out := alarm{Head: v.words.AlertAny, Who: whoIs(a.IP, a.MAC), At: v.portal.moment(a.At, v.lang)}
	if head := map[string]string{
		AlertThief: v.words.AlertThief, AlertNames: v.words.AlertNames, AlertBlocked: v.words.AlertBlocked, AlertCode: v.words.AlertCode,
		AlertToken: v.words.AlertToken, AlertPnP: v.words.AlertPnP, AlertDHCP: v.words.AlertDHCP, AlertSetup: v.words.AlertSetup,
	}[a.Kind]; head != "" {
		out.Head = head
	}
	out.Text, out.Foreign = v.portal.translated(a.Text, v.lang)
	out.Text = sentence(out.Text)
	out.Title, out.Link = v.known(a.Device)
	if id := v.holder(a); id != a.Device {
		out.WhoIs, out.WhoLink = v.known(id)
	}
	return out
}

// holder is the device that did it: the one with that hardware address or, when that is
// not known, with that address.
func (v reader) holder(a Alert) string {
	if !a.MAC.IsZero() {
		return a.MAC.String()
	}
	for _, d := range v.portal.Devices.Devices() {
		if a.IP.IsValid() && d.IP == a.IP && d.ID != a.Device { // a forged frame moves its victim to its own address
			return d.ID
		}
	}
	return ""
}

func (v reader) entry(a Audit) entry {
	e := entry{
		At: v.portal.moment(a.At, v.lang), Who: whoIs(a.IP, a.MAC), File: printing(cmp.Or(a.File, "/")), How: printing(a.Protocol),
		Token: a.Token, Given: a.Outcome == "given", Secret: a.Secret, Absent: absent(a.Why),
	}
	if a.Protocol == "api" { // no file: somebody read a password
		e.File, _ = v.portal.translated(e.File, v.lang)
	}
	e.Title, e.Link = v.known(a.Device)
	e.Why, e.Foreign = v.portal.translated(printing(a.Why), v.lang)
	return e
}

// absent reports the reason that nobody is to worry about: a file that does not exist.
func absent(why string) bool {
	return strings.HasPrefix(why, "its maker has no such file")
}

func (p *Portal) listAlerts(w http.ResponseWriter, _ *http.Request) {
	list := p.Alerts()
	if list == nil {
		list = []Alert{}
	}
	reply(w, http.StatusOK, list)
}

// listTrail gives the newest 100, or as many as are asked for.
func (p *Portal) listTrail(w http.ResponseWriter, r *http.Request) {
	list := p.Trail(maxTrail)
	if list == nil {
		list = []Audit{}
	}
	if q := r.URL.Query(); q.Get("limit") == "" && q.Get("after") == "" {
		list = list[:min(100, len(list))]
	}
	reply(w, http.StatusOK, list)
}
