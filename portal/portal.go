// Package portal turns requests of people and programs into pages, JSON and
// events: it owns "/", "/ui/", "/api/" and hands every other path to whoever
// serves the phones' files.
package portal

import (
	"context"
	"embed"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"autocom/provision"
)

//go:embed assets/style.css assets/openapi.json pages/*.html
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
}

// Config is what a Portal is given.
type Config struct {
	Version string
	Key     string // of the API, from the file api-token
	Devices Devices
	Desk    Desk
	SoftID  func(token string) string     // an installation's device
	URL     func(provision.Device) string // a device's own files, ending in "/"
	Site    func() provision.Site         // with the address of now
	Ready   func() bool                   // phones can be served
	Status  func() map[string]any         // more of it, for who may know
	Files   http.Handler                  // phones' files: every path that is not ours, and /p/
	Now     func() time.Time
	Log     *slog.Logger
}

// Portal is the web of the box. It is an http.Handler.
type Portal struct {
	Config
	pages  *pages
	limit  limiter
	routes *http.ServeMux
}

// New checks the embedded pages and gives a Portal.
func New(c Config) (*Portal, error) {
	pages, err := parsePages()
	if err != nil {
		return nil, err
	}
	p := &Portal{Config: c, pages: pages, routes: http.NewServeMux()}
	for _, r := range p.table() {
		p.routes.HandleFunc(r.pattern, r.handle)
	}
	return p, nil
}

type route struct {
	pattern string
	handle  http.HandlerFunc
}

// table is the data flow: every path that the portal answers.
func (p *Portal) table() []route {
	// A form on somebody's web site must not press our buttons.
	same := func(h http.HandlerFunc) http.HandlerFunc {
		return http.NewCrossOriginProtection().Handler(h).ServeHTTP
	}
	return []route{
		{"GET /{$}", p.home},
		{"POST /ui/number", same(p.getNumber)},
		{"POST /ui/show", same(p.show)},
		{"GET /ui/language/{tag}", p.language},
		{"GET /ui/style.css", p.style},
		{"/ui/", http.NotFound},
		{"/{$}", http.NotFound},

		{"GET /api/v1/openapi.json", p.openapi},
		{"GET /api/v1/status", p.status},
		{"GET /api/v1/devices", p.keyed(p.devices)},
		{"GET /api/v1/devices/{id}", p.keyed(p.device)},
		{"POST /api/v1/devices/{id}/{verb}", p.keyed(p.do)},
		{"GET /api/v1/events", p.keyed(p.events)},
		{"/api/", p.noRoute},
	}
}

// ServeHTTP answers one request. Phones' files go past the ServeMux: it would
// redirect "//name", which some firmware asks for and does not follow.
func (p *Portal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	if path == "/" || strings.HasPrefix(path, "/ui/") || strings.HasPrefix(path, "/api/") {
		p.routes.ServeHTTP(w, r)
		return
	}
	p.Files.ServeHTTP(w, r)
}
