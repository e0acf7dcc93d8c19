package setupcode

import (
	"strings"
	"testing"

	"autocom/pbx"
	"autocom/pbx/goldentest"
)

// example is the box of goldentest before its first administrator. The code is made up.
func example() pbx.Plan {
	p := goldentest.Office()
	p.Setup = pbx.Setup{Code: "12345678", Lines: []string{"001565000201-1", "001565000201-2"}}
	return p
}

func TestGolden(t *testing.T) { goldentest.Example(t, Render, example()) }

func TestNothingIsSaid(t *testing.T) {
	for name, change := range map[string]func(*pbx.Plan){
		"with an administrator": func(p *pbx.Plan) { p.Setup = pbx.Setup{} },
		"before any phone":      func(p *pbx.Plan) { p.Setup.Lines = nil },
		"without a code to dial": func(p *pbx.Plan) {
			p.Objects = append(p.Objects, goldentest.Object(pbx.KindSettings, "codes", "", `{"setup-code":[]}`))
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := example()
			change(&p)
			f, err := Render(p)
			if err != nil || strings.TrimSpace(f.Files[File]) != "" {
				t.Errorf("%v, %q", err, f.Files[File])
			}
		})
	}
}

func TestRefusedWithoutTellingTheCode(t *testing.T) {
	for name, setup := range map[string]pbx.Setup{
		"letters":          {Code: "1234567,Hangup", Lines: []string{"a-1"}},
		"too short":        {Code: "1234567", Lines: []string{"a-1"}},
		"a hostile line":   {Code: "12345678", Lines: []string{"a-1\"]?x)\n"}},
		"a line of no one": {Code: "12345678", Lines: []string{""}},
	} {
		t.Run(name, func(t *testing.T) {
			p := example()
			p.Setup = setup
			if _, err := Render(p); err == nil || strings.Contains(err.Error(), "1234567") {
				t.Error(err)
			}
		})
	}
}

// The old generations of Asterisk's files are found by it.
func TestTheMarkStandsInTheFile(t *testing.T) {
	f, err := Render(example())
	if err != nil || !strings.Contains(f.Files[File], "\n"+Mark+"\n") {
		t.Errorf("%v: no line %s in %s", err, Mark, f.Files[File])
	}
}
