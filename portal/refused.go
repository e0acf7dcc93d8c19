package portal

import (
	"net/http"

	"autocom/portal/account"
)

// maxRefused is how many of the attempts that failed the page shows, and the API without
// being asked for more.
const maxRefused = 100

// turnAway notes an attempt that failed, in the book and in the log.
func (p *Portal) turnAway(r *http.Request, name string, code bool) {
	x := account.Refused{At: p.Now(), From: remote(r), Account: name, Code: code}
	p.Accounts.Refuse(x)
	if _, known := p.Accounts.Account(name); !known {
		name = "" // people type passwords into the wrong field
	}
	p.Log.Warn("somebody was not let in", "account", name, "setup_code", code, "from", x.From)
}
