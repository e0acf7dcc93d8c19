package pbx

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/codes.md")

// The table that people read is made of the table that the exchange uses.
func TestPageOfCodes(t *testing.T) {
	functions, err := Plan{}.Functions()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString(`# Feature codes

Made by ` + "`go test ./pbx -run Codes -update`" + ` from pbx/codes.txt and pbx/codewords.txt. A site changes them in its
settings "codes"; what is mistaken for another code, a number of the house, a parking slot or an
emergency number is refused by name. *n*: a number follows; *(n)*: it may.

Lamps of one's own state: the code, a star and the number, as ` + "`*21*201`" + ` (always), ` + "`*22*201`" + ` (no answer),
` + "`*23*201`" + ` (busy), ` + "`*24*201`" + ` (not there), ` + "`*25*201`" + ` (do not disturb). A key that watches one and is pressed
by its own person turns it on or off. Parking slots have lamps at their numbers, people at theirs.

| | codes | français | English |
|---|---|---|---|
`)
	for _, f := range functions {
		if f.Words["fr"] == "" || f.Words["en"] == "" {
			t.Errorf("%s has no words in codewords.txt", f.Name)
		}
		var codes []string
		for _, c := range f.Codes {
			shown := "`" + strings.TrimRight(c, "+=") + "`"
			switch {
			case f.InCall, strings.HasSuffix(c, "="):
			case strings.HasSuffix(c, "+"):
				shown += " *n*"
			default:
				shown += " *(n)*"
			}
			codes = append(codes, shown)
		}
		when := ""
		if f.InCall {
			when = "in a call"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", when, strings.Join(codes, ", "), f.Words["fr"], f.Words["en"])
	}
	const path = "../docs/codes.md"
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil || string(have) != b.String() {
		t.Errorf("%s is another one (%v): run go test ./pbx -run Codes -update and read the difference", path, err)
	}
}
