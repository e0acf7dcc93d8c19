// Package portal turns requests of people and programs into pages, JSON and
// events: it owns "/", "/ui/", "/api/", "/ws" and hands every other path to whoever
// serves the phones' files.
package portal

import (
	"context"
	"embed"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"autocom/portal/account"
	"autocom/portal/forms"
	"autocom/provision"
)

//go:embed assets assets/openapi pages
var embedded embed.FS

// Devices is what the portal shows.
type Devices interface {
	Devices() []provision.Device
	Device(id string) (provision.Device, bool)
	Subscribe(context.Context) <-chan provision.Event
}

// Desk is what the portal asks for in somebody's name. An unknown device is an
// fs.ErrNotExist; what makes no sense now, or finds no free number, an ErrConflict.
type Desk interface {
	Do(ctx context.Context, verb, id string) error // one of verbs
	// GetNumber gives the installation that holds token its device, a new one the first time.
	GetNumber(ctx context.Context, token, name string, from netip.Addr) (provision.Device, error)
	// Show opens the installation's provisioning URL again.
	Show(ctx context.Context, token string) (provision.Device, error)
	Replace(ctx context.Context, id, number string) error // the device takes over another's number
	Rename(ctx context.Context, id, name string) error
	SetKeys(ctx context.Context, id string, keys []provision.Key) error
	AddLine(ctx context.Context, id string) error
	// Password is the account of the phone's own web page; whoever asks is noted.
	Password(ctx context.Context, id string) (user, password string, err error)
}

// Config is what a Portal is given.
type Config struct {
	Version  string
	Key      string // of the API, from the file api-token: it may all
	Accounts *account.Book
	Box      Box // nil: the first minute asks for a password alone
	Devices  Devices
	Desk     Desk
	Objects  Objects
	Queues   Queues
	Prompts  Prompts
	Hours    Hours
	SoftID   func(token string) string     // an installation's device
	URL      func(provision.Device) string // a device's own files, ending in "/"
	Site     func() provision.Site         // with the address of now
	Ready    func() bool                   // phones can be served
	Status   func() map[string]any         // more of it, for who may know
	Files    http.Handler                  // phones' files: every path that is not ours, and /p/
	Now      func() time.Time
	Log      *slog.Logger

	Conferences Conferences
	Mailboxes   Mailboxes
	Musics      Musics
	Trunks      Trunks
	Blacklisted Blacklisted
	Forwards    Forwards
	Softphones  Softphones               // nil: no browser phone
	Apps        Apps                     // nil: no applications
	Browsers    Browsers                 // nil: nobody knows them
	Directory   func() []provision.Entry // of the numbers of the house

	CA        func() []byte // certificate of the box's authority, PEM; nil: there is none
	SetupCode func() string // 8 digits or more, grouped as you like
	// Typed is what a person types into a phone behind a router: its own URL, in its maker's form.
	Typed func(provision.Device) string
	// Pairing is language → how a handset is put onto the line of a base, nil when nobody has said.
	Pairing     func(provision.Device) map[string]string
	ClaimPrefix string // what a waiting phone dials before its code: "*01"
	Makers      func() []Maker
	Trail       func(limit int) []Audit           // newest first
	History     History                           // nil: no records are kept
	Alerts      func() []Alert                    // newest first
	NoteAlert   func(Alert)                       // takes one of the portal's own
	System      System                            // nil: nobody can look at it
	Changes     Changes                           // nil: nothing is looked at before, nor undone
	LiveCalls   func() []LiveCall                 // nil: nobody listens to Asterisk
	Usual       func() map[string]json.RawMessage // settings that nobody has written, by id; nil: none are shown
	Metrics     func() []Metric                   // more of them; nil: none
}

// Portal is the web of the box. It is an http.Handler.
type Portal struct {
	Config
	pages     *pages
	limit     limiter
	routes    *http.ServeMux
	spoken    func() spoken // made when somebody reads French: 5 MB
	sessions  sessions
	throttle  throttle
	beginners beginners
	watchers  watchers
	tickets   tickets
	looked    looked
	day       dayFigures[queueFigures]
	dayAgents dayFigures[agentFigures]
	forms     forms.Set
	sockets   sockets
	bus       bus
	streams   streams

	described []byte // the API, as OpenAPI
}

// New checks the embedded pages and gives a Portal.
func New(c Config) (*Portal, error) {
	pages, err := parsePages()
	if err != nil {
		return nil, err
	}
	described, err := describe()
	if err != nil {
		return nil, err
	}
	kinds, err := forms.Load()
	if err != nil {
		return nil, err
	}
	p := &Portal{forms: kinds, described: described, Config: c, pages: pages, routes: http.NewServeMux(), spoken: sync.OnceValue(inFrench)}
	for _, r := range p.table() {
		p.routes.HandleFunc(r.pattern, p.guarded(r))
	}
	return p, nil
}

// who is the lowest role that may use a route.
type who = account.Role

const (
	anybody    = account.Nobody
	user       = account.User
	agent      = account.Agent
	supervisor = account.Supervisor
	admin      = account.Admin
)

type route struct {
	pattern string
	handle  http.HandlerFunc
	who     who
}

// table is the data flow: every path that the portal answers, and to whom.
func (p *Portal) table() []route {
	return slices.Concat(p.objectRoutes(), p.historyRoutes(), p.promptRoutes(), p.musicRoutes(), p.hoursRoutes(), p.voicemailRoutes(), p.setupRoutes(), p.sideRoutes(), p.changeRoutes(), p.softphoneRoutes(), p.doorRoutes(), p.ownRoutes(), p.tokenRoutes(), p.accountRoutes(), p.doorAPI(), p.eventRoutes(), p.centreRoutes(), p.ownFormRoutes(), p.appRoutes(), p.systemRoutes(), p.browserRoutes(), []route{
		{"GET /{$}", p.home, anybody},
		{"POST /ui/number", p.getNumber, anybody},
		{"POST /ui/show", p.show, anybody},
		{"GET /ui/language/{tag}", p.language, anybody},
		{"GET /ui/style.css", asset("style.css"), anybody},
		{"GET /ui/icon.svg", asset("icon.svg"), anybody},
		{"GET /ui/live.js", asset("live.js"), anybody},
		{"GET /ui/trust", p.trustPage, anybody},
		{"GET /ui/door.js", asset("door.js"), anybody},
		{"GET /ui/clock.js", asset("clock.js"), anybody},
		{"/{$}", http.NotFound, anybody},

		{"GET /ui/{$}", p.start, anybody},
		{"GET /ui/phones", p.phonesPage, admin},
		{"GET /ui/phones/{id}", p.phonePage, admin},
		{"POST /ui/phones/{id}/{act}", p.act, admin},
		{"GET /ui/makers", p.makersPage, admin},
		{"GET /ui/security", p.securityPage, admin},
		{"GET /ui/events", p.watch, admin},
		{"GET /ui/changes", p.changesPage, admin},
		{"POST /ui/changes/{n}/undo", p.undoForm, admin},
		{"/ui/", http.NotFound, anybody},

		{"GET /api/v1/openapi.json", p.openapi, anybody},
		{"GET /api/v1/status", p.status, anybody},
		{"GET /api/v1/devices", p.devices, admin},
		{"GET /api/v1/devices/{id}", p.device, admin},
		{"PATCH /api/v1/devices/{id}", p.change, admin},
		{"POST /api/v1/devices/{id}/replace", p.replace, admin},
		{"POST /api/v1/devices/{id}/lines", p.addLine, admin},
		{"GET /api/v1/devices/{id}/password", p.password, admin},
		{"POST /api/v1/devices/{id}/{verb}", p.do, admin},
		{"GET /api/v1/makers", p.listMakers, admin},
		{"GET /api/v1/audit", p.listTrail, admin},
		{"GET /api/v1/alerts", p.listAlerts, admin},
		{"GET /api/v1/queues/{id}/live", p.liveQueue, supervisor},
		{"GET /api/v1/agents", p.agents, supervisor},
		{"POST /api/v1/agents/{number}/login", p.agentDo("login"), supervisor},
		{"POST /api/v1/agents/{number}/logout", p.agentDo("logout"), supervisor},
		{"POST /api/v1/agents/{number}/pause", p.agentDo("pause"), supervisor},
		{"POST /api/v1/agents/{number}/unpause", p.agentDo("unpause"), supervisor},
		{"GET /api/v1/directory", p.directory, user},
		{"GET /api/v1/trunks/{id}/live", p.liveTrunk, admin},
		{"POST /api/v1/trunks/{id}/test", p.testTrunk, admin},
		{"GET /api/v1/trunk-presets", p.trunkPresets, admin},
		{"GET /api/v1/devices/{id}/trunk", p.trunkFor, admin},
		{"GET /api/v1/conferences/{id}/live", p.liveRoom, supervisor},
		{"POST /api/v1/conferences/{id}/kick", p.tellRoom("kick", true), supervisor},
		{"POST /api/v1/conferences/{id}/mute", p.tellRoom("mute", true), supervisor},
		{"POST /api/v1/conferences/{id}/unmute", p.tellRoom("unmute", true), supervisor},
		{"POST /api/v1/conferences/{id}/lock", p.tellRoom("lock", false), supervisor},
		{"POST /api/v1/conferences/{id}/unlock", p.tellRoom("unlock", false), supervisor},
		{"GET /api/v1/blacklisted", p.listBlacklisted, admin},
		{"PUT /api/v1/blacklisted/{number}", p.addBlacklisted, admin},
		{"DELETE /api/v1/blacklisted/{number}", p.dropBlacklisted, admin},
		{"GET /api/v1/numbers/{number}/forwards", p.readForwards, admin},
		{"PUT /api/v1/numbers/{number}/forwards", p.writeForwards, admin},
		{"GET /api/v1/codes", p.codes, user},
		{"/api/", p.noRoute, anybody},
	})
}

// guarded puts before a route who may use it, and that a form or a script on
// somebody's web site may not press our buttons.
func (p *Portal) guarded(r route) http.HandlerFunc {
	path := r.pattern[strings.IndexByte(r.pattern, '/'):]
	api := strings.HasPrefix(path, "/api/")
	protection := http.NewCrossOriginProtection()
	if api {
		protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			problem(w, http.StatusForbidden, "a page of another site may not send this")
		}))
	}
	h := protection.Handler(p.admitted(r.who, api, r.handle)).ServeHTTP
	if api {
		return p.answering(h)
	}
	return h
}

// ServeHTTP answers one request. Phones' files go past the ServeMux: it would
// redirect "//name", which some firmware asks for and does not follow.
func (p *Portal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	if path == "/metrics" { // where monitoring programs look by themselves
		at := *r.URL
		at.Path, at.RawPath = "/api/v1/metrics", ""
		r = r.WithContext(r.Context())
		r.URL, path = &at, at.Path
	}
	if path == "/" || strings.HasPrefix(path, "/ui/") || strings.HasPrefix(path, "/api/") || path == "/ws" {
		p.routes.ServeHTTP(w, r)
		return
	}
	p.Files.ServeHTTP(w, r)
}
