package asteriskconf

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"autocom/pbx"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// office reads one of testdata/offices: a home, a shop, a school, a call centre.
func office(t testing.TB, name string) pbx.Plan {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata/offices", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var o struct {
		Name, Language, Country, TimeZone string
		Phones                            []string // "201-203"
		Objects                           []pbx.Object
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	emergency, _ := pbx.EmergencyNumbers(o.Country)
	p := pbx.Plan{
		Revision: 1, Name: o.Name, Hostname: "autocom", Language: o.Language, Country: o.Country, TimeZone: o.TimeZone,
		Address: netip.MustParseAddr("192.168.77.1"), Emergency: emergency, ManagerSecret: "manager-secret-0123456789",
		Objects: o.Objects,
	}
	for _, r := range o.Phones {
		from, to, _ := strings.Cut(r, "-")
		first, _ := strconv.Atoi(from)
		last, _ := strconv.Atoi(to)
		for n := first; n <= last; n++ {
			id := fmt.Sprintf("0015650%05d-1", n)
			p.Endpoints = append(p.Endpoints, pbx.Endpoint{
				ID: id, Secret: "secret-of-" + id, Number: strconv.Itoa(n), Name: strconv.Itoa(n), Lang: o.Language, Right: pbx.RightInternal,
			})
		}
	}
	return p
}

var offices = []string{"home", "shop", "school", "callcentre"}

// The files of each office that are others than those of an exchange where nobody has set
// up anything and no phone has come.
func TestWholeOffices(t *testing.T) {
	for _, name := range offices {
		t.Run(name, func(t *testing.T) {
			plan := office(t, name)
			files, err := Render(plan)
			if err != nil {
				t.Fatal(err)
			}
			if err := Check(files, nil); err != nil {
				t.Error(err)
			}
			bare := plan
			bare.Objects, bare.Endpoints = nil, nil
			base, err := Render(bare)
			if err != nil {
				t.Fatal(err)
			}
			a := txtar.Archive{Comment: []byte("The files of " + plan.Name + " that an empty exchange has otherwise; go test -update writes them again.\n")}
			for file, body := range files {
				if !bytes.Equal(base[file], body) {
					a.Files = append(a.Files, txtar.File{Name: file, Data: body})
				}
			}
			slices.SortFunc(a.Files, func(x, y txtar.File) int { return strings.Compare(x.Name, y.Name) })
			golden := filepath.Join("testdata/offices", name+".txtar")
			if *update {
				if err := os.WriteFile(golden, txtar.Format(&a), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(txtar.Format(&a))); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}
