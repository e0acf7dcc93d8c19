// Package pbxtest turns a plan into a running exchange: it renders and checks the files,
// starts a real Asterisk on them in a network of the test's own, and gives user agents
// that are registered there.
//
// The tests of a feature stand in a package of their own name with _test at its end
// (package group_test), because this package imports every feature:
//
//	func TestMain(m *testing.M) { pbxtest.Main(m) }
//
//	func TestGroups(t *testing.T) {
//		plan := pbxtest.Plan("201", "202")
//		pbxtest.Put(&plan, group.Kind, "sales", "600", "Sales", group.Group{…})
//		w := pbxtest.Open(t, plan)
//		pbxtest.Scenario(t, "every member of a group rings at once", func(t *testing.T) {
//			call, err := w.Agent("201").Call(w.Context(), "600")
//			…
//		})
//	}
//
// An agent that is first asked for inside a scenario hangs up and unregisters at its end;
// one asked for outside of scenarios stays for all of them.
package pbxtest

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"autocom/asterisk-conf/asterisktest"
	"autocom/pbx"
)

// The addresses of the test's network: all of 192.168.77.0/24 is on its loopback, and so
// are some that a stranger would have.
const (
	Box      = "192.168.77.1" // of the exchange
	Stranger = "203.0.113.5"
)

// Main runs the tests of m in a network of their own.
func Main(m *testing.M) {
	asterisktest.InOwnNetwork(m, Box+"/24", Stranger+"/24")
}

// Plan is a French office in Cameroon with one line for each number; a number that is
// there twice has two lines. Secrets are made up.
func Plan(numbers ...string) pbx.Plan {
	emergency, _ := pbx.EmergencyNumbers("CM")
	p := pbx.Plan{
		Revision: 1, Name: "Bureau", Hostname: "autocom", Language: "fr", Country: "CM",
		Address: netip.MustParseAddr(Box), LAN: netip.MustParsePrefix(Box + "/24"), Emergency: emergency,
		ManagerSecret: "manager-secret-0123456789",
	}
	lines := map[string]int{}
	for _, n := range numbers {
		lines[n]++
		id := fmt.Sprintf("001565%06s-%d", n, lines[n])
		p.Endpoints = append(p.Endpoints, pbx.Endpoint{ID: id, Secret: "secret-of-" + id, Number: n, Name: "Poste " + n, Lang: "fr", Right: pbx.RightInternal})
	}
	slices.SortFunc(p.Endpoints, func(a, b pbx.Endpoint) int { return strings.Compare(a.ID, b.ID) })
	return p
}

// Put adds an object to a plan, or replaces it. body is of the kind's type, or its JSON.
func Put(p *pbx.Plan, kind, id, number, name string, body any) {
	raw, err := json.Marshal(body)
	if err != nil {
		panic(err) // a body of a test is written beside it
	}
	o := pbx.Object{Kind: kind, ID: id, Rev: 1, Number: number, Name: name, Body: raw}
	p.Objects = slices.DeleteFunc(slices.Clone(p.Objects), func(x pbx.Object) bool { return x.Kind == kind && x.ID == id })
	p.Objects = append(p.Objects, o)
}

// Person gives a person that has the numbers; change alters it before it is put.
func Person(p *pbx.Plan, id, name string, change func(*pbx.Person), numbers ...string) {
	x := pbx.Person{Numbers: numbers}
	if change != nil {
		change(&x)
	}
	Put(p, pbx.KindPerson, id, "", name, x)
}

// now is the test or scenario that runs, which a failure belongs to.
var now struct {
	sync.Mutex
	tests []testing.TB
}

// enter makes t the one that runs until leave.
func enter(t testing.TB) (leave func()) {
	now.Lock()
	defer now.Unlock()
	now.tests = append(now.tests, t)
	depth := len(now.tests)
	return func() {
		now.Lock()
		defer now.Unlock()
		now.tests = now.tests[:depth-1]
	}
}

// Scenario runs what a person would notice, in the words in which they would say it;
// docs/scenarios.md lists all of them.
func Scenario(t *testing.T, words string, f func(t *testing.T)) {
	t.Helper()
	t.Run(words, func(t *testing.T) {
		defer enter(t)()
		f(t)
	})
}
