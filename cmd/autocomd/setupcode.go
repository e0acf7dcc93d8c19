package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"regexp"
	"strings"

	"autocom/pbx"
)

// setupForm is a code that people read aloud: two groups of four digits.
var setupForm = regexp.MustCompile(`^[0-9]{4} [0-9]{4}$`)

// setupCode gives the code in a file, and makes one the first time. Who stands before
// the screen of the box knows it, and nobody else in the house: it opens the pages of
// the administrator.
func setupCode(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err == nil {
		code := strings.TrimSpace(string(text))
		if !setupForm.MatchString(code) {
			return "", fmt.Errorf("%s does not hold two groups of four digits: remove it and a new code is made", path)
		}
		return code, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	n, err := rand.Int(rand.Reader, big.NewInt(1e8))
	if err != nil {
		return "", err
	}
	code := fmt.Sprintf("%04d %04d", n.Int64()/1e4, n.Int64()%1e4)
	return code, writeFile(path, []byte(code+"\n"), 0o600)
}

// toldByPhone is what the first phone may hear: the code as long as nobody can log in as an
// administrator, nothing afterwards.
func (d *daemon) toldByPhone() pbx.Setup {
	if len(d.accounts.Admins()) > 0 {
		return pbx.Setup{}
	}
	lines := d.office.FirstPhone()
	if len(lines) == 0 {
		return pbx.Setup{}
	}
	return pbx.Setup{Code: strings.ReplaceAll(d.setup, " ", ""), Lines: lines}
}
