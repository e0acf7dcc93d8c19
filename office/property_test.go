package office

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"autocom/pbx"
	"autocom/provision"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestWhateverHappens throws random commands and requests at an office with more phones
// than numbers, pulls its plug now and then, and looks at what must always be true.
func TestWhateverHappens(t *testing.T) {
	for seed := range uint64(18) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			d := open(t, func(c *Config) {
				multiline(c)
				c.Extensions = "201-212"
				c.Mode = []string{ModeOpen, ModeAsk, ModeClosed}[seed%3]
				c.OpenReservations = 6
				if seed%2 == 0 {
					c.Pools = map[string]string{"base": "301-303"}
					c.Reserved = map[provision.MAC]string{{0, 0x15, 0x65, 0xaa, 0, 5}: "250"}
				}
			})
			own := map[string]string{} // line of a bound device → number
			for range 100 {
				c := randomCommand(d, r)
				before := d.Devices()
				_, err := d.Apply(t.Context(), c) // refusals are part of the game
				lost := func(id, number string) {
					mac, _ := provision.ParseMAC(id)
					maps.DeleteFunc(own, func(user, n string) bool { return n == number || strings.HasPrefix(user, mac.Hex()+"-") })
				}
				switch c := c.(type) {
				case Release:
					lost(c.ID, "")
				case Reject:
					lost(c.ID, "")
				case Replace:
					if err == nil {
						lost(c.ID, c.Number)
					}
				}
				if err != nil && !reflect.DeepEqual(before, d.Devices()) {
					if diff := cmp.Diff(before, d.Devices(), cmpopts.EquateComparable(provision.Device{}.IP)); diff != "" {
						t.Fatalf("%T was refused (%v) and changed (-before +after):\n%s", c, err, diff)
					}
				}
				d.clock = d.clock.Add(time.Duration(r.IntN(10)) * time.Minute)
				if r.IntN(20) == 0 {
					if r.IntN(4) == 0 && seed > 11 {
						d.cfg.Mode = []string{ModeOpen, ModeAsk, ModeClosed}[r.IntN(3)]
					}
					before := durable(d.Devices())
					d.reopen()
					if diff := cmp.Diff(before, durable(d.Devices()), cmpopts.EquateComparable(provision.Device{}.IP), cmpopts.EquateEmpty()); diff != "" {
						t.Fatalf("the restart changed (-before +after):\n%s", diff)
					}
				}
				thieves(t, d, r)
				invariants(t, d, own)
			}
		})
	}
}

func randomCommand(d *desk, r *rand.Rand) Command {
	n := r.IntN(12)
	s := []provision.Sighting{d.phone(n), d.phone(n), d.base(n), d.adapter(n)}[r.IntN(4)]
	s.Proved = r.IntN(10) > 0
	id := s.MAC.String()
	user := fmt.Sprintf("%s-%d", s.MAC.Hex(), 1+r.IntN(3)*r.IntN(2))
	cookie := fmt.Sprintf("cookie of installation %d", r.IntN(4))
	x, _ := d.Device(id)
	switch r.IntN(20) {
	case 0, 1, 2, 3, 4:
		return Sighted{s}
	case 5, 6:
		return Registered{user}
	case 7:
		return Unregistered{user}
	case 8:
		return Present{user}
	case 9:
		return Approve{id}
	case 10:
		return Reject{id}
	case 11:
		return Release{id}
	case 12:
		return Reset{id}
	case 13:
		return GetNumber{Token: cookie, Kind: "linphone"}
	case 14:
		return Claim{user, []string{x.Code, "123456"}[r.IntN(2)]}
	case 15:
		return Replace{id, fmt.Sprint(200 + r.IntN(15))}
	case 16:
		return AddLine{id}
	case 17:
		return Rename{id, "Awa"}
	case 18:
		return SetKeys{id, []provision.Key{{Number: "201"}}}
	}
	return Tick{}
}

// thieves asks for everything that a phone of the office could, in the name of others:
// whoever is not the phone gets none of its secrets.
func thieves(t *testing.T, d *desk, r *rand.Rand) {
	t.Helper()
	asker := d.phone(r.IntN(14))
	victim := d.phone(r.IntN(12))
	v, _ := d.Device(victim.MAC.String())
	req := provision.Request{
		MAC: asker.MAC, Protocol: []string{"http", "https", "tftp"}[r.IntN(3)], Remote: netip.AddrPortFrom(asker.IP, 1),
		Name: []string{victim.MAC.Hex() + ".cfg", "y000000000028.cfg", asker.MAC.Hex() + ".cfg"}[r.IntN(3)],
	}
	switch r.IntN(3) {
	case 0:
		req.Token = v.Token
	case 1:
		if r.IntN(4) == 0 {
			req.MAC, req.Remote = provision.MAC{}, netip.MustParseAddrPort("10.9.9.9:1")
		}
	}
	before := v
	f, err := d.Find(t.Context(), req)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if req.MAC == victim.MAC {
		bound := before.Allocation == provision.AllocationBound
		if window := d.clock.Before(before.WindowUntil); bound && f.Secret && !window && (req.Token == "" || req.Protocol == "tftp") {
			t.Fatalf("%+v is bound, its window is closed, and the file came with its keys by %s, token %v", before, req.Protocol, req.Token != "")
		}
		return
	}
	if before.Routed && (!before.Owner.IsValid() || before.Owner == req.Remote.Addr()) {
		return // its URL is for the first who uses it
	}
	v, _ = d.Device(victim.MAC.String())
	for _, secret := range append([]string{v.Token, v.Admin}, secretsOf(v)...) {
		if secret != "" && strings.Contains(string(f.Body), secret) {
			t.Fatalf("%s was given a secret of %s: %+v", asker.MAC, victim.MAC, req)
		}
	}
}

func secretsOf(d provision.Device) (out []string) {
	for _, l := range d.Lines {
		out = append(out, l.Secret)
	}
	return out
}

// durable is what has to survive: who has which number, secret and token.
func durable(devices []provision.Device) []provision.Device {
	var out []provision.Device
	for _, d := range devices {
		if lasts(d) {
			d = essence(d)
			d.LastSeen, d.FirstSeen = time.Time{}, time.Time{}
			out = append(out, d)
		}
	}
	return out
}

func invariants(t *testing.T, d *desk, own map[string]string) {
	t.Helper()
	holder, tokens := map[string]string{}, map[string]string{}
	dialable := map[string]bool{}
	for _, e := range d.Plan().Endpoints {
		if (e.Right == pbx.RightGuest) != (e.Number == "") {
			t.Fatalf("endpoint %s has the right %s and the number %q", e.ID, e.Right, e.Number)
		}
		dialable[e.ID] = true
	}
	if got, want := d.tally, counted(d); got != want {
		t.Fatalf("tally %+v, want %+v", got, want)
	}
	accounts := 0
	for _, x := range d.Devices() {
		if x.Guest() {
			if d.cfg.Mode == ModeClosed && x.Reach == provision.ReachNever && x.FirstSeen.After(d.opened) {
				t.Fatalf("%s is a guest of a closed office", x.ID)
			}
			if len(x.Code) != 6 || x.Number() != "" || x.Soft() || x.Kind == provision.KindGateway {
				t.Fatalf("%+v is a strange guest", x)
			}
		} else if x.Code != "" {
			t.Fatalf("%s is %s and has a code", x.ID, x.State())
		}
		switch {
		case holds(x) != (x.Number() != ""):
			t.Fatalf("%s is %s with the number %q", x.ID, x.Allocation, x.Number())
		case !holds(x) && !x.Guest():
			if len(x.Lines) != 0 || x.Token != "" || x.Admin != "" {
				t.Fatalf("%s has no account, and still %+v", x.ID, x)
			}
			continue
		case holds(x) && x.Verdict != provision.VerdictPhone:
			t.Fatalf("%s holds %s and is %s", x.ID, x.Number(), x.Verdict)
		case x.Token == "" || len(x.Admin) != 12 || tokens[x.Token] != "":
			t.Fatalf("%s holds %s without a token or password of its own", x.ID, x.Number())
		}
		tokens[x.Token] = x.ID
		for _, l := range x.Lines {
			accounts++
			if len(l.Secret) != 24 || !dialable[x.SIPUser(l.N)] {
				t.Fatalf("line %d of %s: secret %q, in the plan: %v", l.N, x.ID, l.Secret, dialable[x.SIPUser(l.N)])
			}
			if l.Number == "" {
				continue
			}
			if !d.numbering().knows(l.Number) {
				t.Fatalf("%s holds %s, which is no number of the office", x.ID, l.Number)
			}
			if kept, ok := d.numbering().whose[l.Number]; ok && kept != x.MAC {
				t.Fatalf("%s holds %s, which is kept for %s", x.ID, l.Number, kept)
			}
			if holder[l.Number] != "" {
				t.Fatalf("%s and %s both hold %s", holder[l.Number], x.ID, l.Number)
			}
			holder[l.Number] = x.SIPUser(l.N)
			if x.Allocation != provision.AllocationBound || x.Soft() {
				continue
			}
			user := x.SIPUser(l.N)
			if was := own[user]; was != "" && was != l.Number {
				t.Fatalf("%s was bound to %s and has %s", user, was, l.Number)
			}
			own[user] = l.Number
		}
	}
	if accounts != len(dialable) {
		t.Fatalf("%d accounts, %d endpoints", accounts, len(dialable))
	}
	for user, number := range own {
		if holder[number] != user {
			t.Fatalf("%s was bound to %s, which %q holds now", user, number, holder[number])
		}
	}
}

func (d *desk) numbering() *numbering { return d.Office.numbers }

// TestACardThatRefusesTellsNobody: what was not kept was not said.
func TestACardThatRefusesTellsNobody(t *testing.T) {
	d := open(t, nil)
	d.do(Sighted{d.phone(1)})
	events := d.Subscribe(t.Context())
	d.store.Close()
	if _, err := d.Apply(t.Context(), Sighted{d.phone(2)}); err == nil {
		t.Error("a number was given without a card")
	}
	if n := len(d.Devices()); n != 1 || len(events) != 0 || len(d.Plan().Endpoints) != 1 {
		t.Errorf("%d devices, %d events, %d endpoints; want 1, 0, 1", n, len(events), len(d.Plan().Endpoints))
	}
}
