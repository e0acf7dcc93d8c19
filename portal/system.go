package portal

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"time"
)

// System is the box itself, for the page about it.
type System interface {
	Look(context.Context) SystemState
	// Restart begins anew: "asterisk" or "box". Calls that are up end.
	Restart(ctx context.Context, what string) error
}

// SystemState is the box at one moment.
type SystemState struct {
	Interface string         `json:"interface"`
	Addresses []netip.Prefix `json:"addresses"`
	Gives     bool           `json:"gives_addresses"` // gives out the LAN's addresses
	Rival     netip.Addr     `json:"rival,omitzero"`  // another server that does, found when we were to; zero: none
	Clock     string         `json:"clock"`           // synchronised, alone, "" unknown

	Total           uint64    `json:"storage_bytes"` // of the data's file system
	Free            uint64    `json:"storage_free_bytes"`
	Recordings      uint64    `json:"recording_bytes"`
	RecordingFiles  int       `json:"recording_files"`
	Memory          uint64    `json:"memory_bytes"`
	Unused          uint64    `json:"memory_available_bytes"` // what programs may still have
	Load            float64   `json:"load"`
	Processors      int       `json:"processors"`
	Temperature     float64   `json:"temperature"` // °C
	Hot             bool      `json:"temperature_known"`
	Board           string    `json:"board"`
	Kernel          string    `json:"kernel"`
	Version         string    `json:"version"` // of autocom
	AsteriskVersion string    `json:"asterisk_version"`
	Booted          time.Time `json:"booted,omitzero"` // the machine
	Started         time.Time `json:"started"`         // autocomd
	Exchange        string    `json:"exchange"`        // connected, away, "not configured"
	Log             []string  `json:"log"`             // the last lines, the latest last
}

// systemPage is the page.
type systemPage struct {
	Lang  string
	Cards []systemCard
	Calls int
	State state
	Log   []string
	Can   bool // restart
}

type state struct{ Mark, State string }

// systemCard is a part of it: a question, and its answer in facts.
type systemCard struct {
	Part               string // id of the element
	Title, Mark, State string
	Note               string
	Facts              []fact
	Bar                int // percent; 0 none
	BarMark            string
	Late               int64 // when the page was made, in milliseconds: a browser may know better; 0 else
}

// gigabytes writes a size as people buy it: 10⁹ bytes.
func gigabytes(n uint64, lang string) string {
	text, unit := fmt.Sprintf("%.1f", float64(n)/1e9), say(lang, "Go", "GB")
	if n < 1e9 {
		text, unit = fmt.Sprintf("%d", n/1e6), say(lang, "Mo", "MB")
	}
	if lang == "fr" {
		text = comma(text)
	}
	return text + "\u00a0" + unit
}

func comma(number string) string {
	out := []rune(number)
	for i, r := range out {
		if r == '.' {
			out[i] = ','
		}
	}
	return string(out)
}

// lasted says since how long something is up.
func lasted(d time.Duration, lang string) string {
	days, hours := int(d/(24*time.Hour)), int(d/time.Hour)%24
	switch {
	case days > 0:
		return fmt.Sprintf(say(lang, "%d\u00a0j %d\u00a0h", "%d\u00a0d %d\u00a0h"), days, hours)
	case hours > 0:
		return fmt.Sprintf("%d\u00a0h %02d\u00a0min", hours, int(d/time.Minute)%60)
	}
	return fmt.Sprintf("%d\u00a0min", int(d/time.Minute))
}

// Bounds above which a figure is said to be bad, and, before, to be watched.
const (
	diskFair, diskBad     = 80, 95 // percent used
	memoryFair, memoryBad = 85, 95
	warm, hot             = 70, 80 // °C; a Raspberry slows down at 80
)

func degree(n, fair, bad int) string {
	switch {
	case n >= bad:
		return "bad"
	case n >= fair:
		return "wait"
	}
	return "good"
}

func share(used, of uint64) int {
	if of == 0 {
		return 0
	}
	return int(100 * float64(used) / float64(of))
}

// systemPage tells a state in words.
func (p *Portal) systemOf(s SystemState, lang string) systemPage {
	v := systemPage{Lang: lang, Log: s.Log, Can: true}
	if p.LiveCalls != nil {
		v.Calls = len(p.LiveCalls())
	}
	v.State = map[string]state{
		"connected":      {"good", say(lang, "en marche", "running")},
		"away":           {"bad", say(lang, "ne répond pas", "does not answer")},
		"not configured": {"none", say(lang, "pas réglé", "not configured")},
	}[s.Exchange]

	f := func(fr, en, value string) fact { return fact{Name: say(lang, fr, en), Value: value} }
	network := systemCard{Title: say(lang, "Réseau", "Network"), Mark: "good", State: say(lang, "branché", "plugged in")}
	if len(s.Addresses) == 0 {
		network.Mark, network.State = "bad", say(lang, "pas d'adresse", "no address")
	}
	network.Facts = append(network.Facts, f("Interface", "Interface", s.Interface))
	for _, a := range s.Addresses {
		network.Facts = append(network.Facts, f("Adresse", "Address", a.String()))
	}
	role := say(lang, "observe : un autre appareil donne les adresses", "observes: another device gives out addresses")
	if s.Gives {
		role = say(lang, "donne les adresses aux téléphones", "gives out the phones' addresses")
	}
	network.Facts = append(network.Facts, f("DHCP", "DHCP", role))
	if s.Rival.IsValid() {
		network.Mark, network.Note = "bad", fmt.Sprintf(say(lang, "%s donne aussi des adresses : la boîte n'en donne pas tant qu'il répond.", "%s gives out addresses, too: the box gives none as long as it answers."), s.Rival)
	}

	clock := systemCard{Title: say(lang, "Heure", "Time"), Facts: []fact{f("Il est", "It is", day(p.Now().In(p.zone()), lang)+", "+p.Now().In(p.zone()).Format("15:04")), f("Fuseau", "Time zone", p.zone().String())}}
	switch s.Clock {
	case "synchronised":
		clock.Mark, clock.State = "good", say(lang, "synchronisée", "synchronised")
	case "alone":
		clock.Mark, clock.State = "wait", say(lang, "pas synchronisée", "not synchronised")
		clock.Note = say(lang, "Pas d'internet : la boîte compte l'heure seule ; un Raspberry, qui n'a pas d'horloge, retarde après une coupure de courant d'autant qu'elle a duré.", "No internet: the box counts the time by itself; a Raspberry, which has no clock, is behind after a power cut by as long as it lasted.")
	default:
		clock.Mark, clock.State = "none", say(lang, "on ne sait pas", "not known")
	}

	if clock.Mark != "good" && p.Box != nil {
		clock.Late = p.Now().UnixMilli()
	}

	used := share(s.Total-min(s.Free, s.Total), s.Total)
	storage := systemCard{Title: say(lang, "Carte", "Storage"), Mark: degree(used, diskFair, diskBad), State: fmt.Sprintf(say(lang, "remplie à %d\u00a0%%", "%d%% full"), used), Bar: max(1, used),
		Facts: []fact{f("Libre", "Free", gigabytes(s.Free, lang)+" / "+gigabytes(s.Total, lang)), f("Enregistrements", "Recordings", fmt.Sprintf(say(lang, "%s, %d fichiers", "%s, %d files"), gigabytes(s.Recordings, lang), s.RecordingFiles))}}
	if storage.BarMark = storage.Mark; used >= diskBad {
		storage.Note = say(lang, "La carte est presque pleine : effacez des enregistrements, ou gardez-les moins longtemps (Réglages).", "The card is nearly full: erase recordings, or keep them for a shorter time (Settings).")
	}

	memory := share(s.Memory-min(s.Unused, s.Memory), s.Memory)
	health := systemCard{Title: say(lang, "Machine", "Machine"), Mark: degree(memory, memoryFair, memoryBad), Facts: []fact{
		f("Mémoire libre", "Free memory", gigabytes(s.Unused, lang)+" / "+gigabytes(s.Memory, lang)),
		f("Charge", "Load", fmt.Sprintf(say(lang, "%s sur %d processeurs", "%s on %d processors"), number(s.Load, lang), s.Processors)),
	}}
	health.State = map[string]string{"good": say(lang, "va bien", "is well"), "wait": say(lang, "chargée", "busy"), "bad": say(lang, "à bout", "at its limit")}[health.Mark]
	if s.Hot {
		if t := degree(int(s.Temperature), warm, hot); t != "good" && health.Mark != "bad" {
			health.Mark, health.State = t, say(lang, "chaude", "hot")
			health.Note = say(lang, "Donnez-lui de l'air : à 80 °C un Raspberry ralentit.", "Give it air: at 80 °C a Raspberry slows down.")
		}
		health.Facts = append([]fact{f("Température", "Temperature", fmt.Sprintf("%.0f\u00a0°C", s.Temperature))}, health.Facts...)
	}
	if !s.Booted.IsZero() {
		health.Facts = append(health.Facts, f("Allumée depuis", "Switched on for", lasted(p.Now().Sub(s.Booted), lang)))
	}
	if s.Board != "" {
		health.Facts = append(health.Facts, f("Modèle", "Model", s.Board))
	}

	versions := systemCard{Title: say(lang, "Versions", "Versions"), Mark: "held", State: s.Version, Facts: []fact{f("autocom", "autocom", s.Version)},
		Note: say(lang, "Les mises à jour et la sauvegarde par cette page ne sont pas encore faites : écrivez une nouvelle carte, et gardez l'ancienne.", "Updates and backup by this page are not made yet: write a new card, and keep the old one.")}
	if s.AsteriskVersion != "" {
		versions.Facts = append(versions.Facts, f("Asterisk", "Asterisk", s.AsteriskVersion))
	}
	if s.Kernel != "" {
		versions.Facts = append(versions.Facts, f("Noyau Linux", "Linux kernel", s.Kernel))
	}
	versions.Facts = append(versions.Facts, f("autocomd tourne depuis", "autocomd runs for", lasted(p.Now().Sub(s.Started), lang)))
	v.Cards = []systemCard{network, clock, storage, health, versions}
	for i := range v.Cards {
		v.Cards[i].Part = fmt.Sprintf("box-%d", i)
	}
	return v
}

// number writes one decimal.
func number(n float64, lang string) string {
	text := fmt.Sprintf("%.1f", n)
	if lang == "fr" {
		return comma(text)
	}
	return text
}

func (p *Portal) systemPage(w http.ResponseWriter, r *http.Request) {
	if p.System == nil {
		p.missing(w, r)
		return
	}
	p.screen(w, r, http.StatusOK, "system", p.systemNow(r, true))
}

// restartPage is what is seen before a restart.
type restartPage struct {
	What  string
	Calls []callNow
}

// callNow is a call that a restart would end.
type callNow struct{ From, To, Since string }

func (p *Portal) restartPage(w http.ResponseWriter, r *http.Request) {
	what := r.PathValue("what")
	if p.System == nil || what != "asterisk" && what != "box" {
		p.missing(w, r)
		return
	}
	v, n := restartPage{What: what}, p.names()
	if p.LiveCalls != nil {
		for _, c := range p.LiveCalls() {
			to := c.Number
			if to == "" {
				to = c.Dialled
			}
			v.Calls = append(v.Calls, callNow{n.of(c.From, ""), n.of(to, ""), p.moment(c.Since, p.words(r).Lang).Text})
		}
	}
	p.screen(w, r, http.StatusOK, "restart", v)
}

func (p *Portal) restartForm(w http.ResponseWriter, r *http.Request) {
	what, words := r.PathValue("what"), p.words(r)
	if p.System == nil || what != "asterisk" && what != "box" {
		p.missing(w, r)
		return
	}
	n := notice{Text: say(words.Lang, "Le standard redémarre : les téléphones sont là de nouveau dans une minute.", "The exchange restarts: the phones are back within a minute.")}
	if what == "box" {
		n.Text = say(words.Lang, "La boîte redémarre : cette page répond de nouveau dans deux minutes.", "The box restarts: this page answers again within two minutes.")
	}
	if err := p.System.Restart(r.Context(), what); err != nil {
		p.Log.Error("restart by the page", "what", what, "error", err)
		n = notice{Bad: true, Text: words.Admin.Failed}
	} else {
		p.Log.Warn("restart by the page", "what", what, "by", Actor(r.Context()), "from", remote(r))
	}
	p.tell(r, n)
	http.Redirect(w, r, "/ui/system", http.StatusSeeOther)
}

// systemRoutes are the pages about the box.
func (p *Portal) systemRoutes() []route {
	return []route{
		{"GET /ui/system", p.systemPage, admin},
		{"GET /ui/events/system", p.watchSystem, admin},
		{"GET /ui/system/restart/{what}", p.restartPage, admin},
		{"POST /ui/system/restart/{what}", p.restartForm, admin},
		{"POST /ui/system/clock", p.clockForm, admin},
		{"GET /api/v1/system", p.getSystem, admin},
		{"POST /api/v1/system/restart", p.postRestart, admin},
	}
}
