package portal

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"autocom/provision"
)

// What a number is, and what a key may dial.
var (
	extension = regexp.MustCompile(`^[1-9][0-9]{1,5}$`)
	dialled   = regexp.MustCompile(`^[0-9*#+]{1,20}$`)
)

func itoa(n int) string { return strconv.Itoa(n) }

// clipped bounds a name, in characters.
func clipped(name string) string {
	if runes := []rune(name); len(runes) > maxName {
		return strings.TrimSpace(string(runes[:maxName]))
	}
	return name
}

// act takes the forms of a device's page.
func (p *Portal) act(w http.ResponseWriter, r *http.Request) {
	if !form(w, r) {
		return
	}
	id, what := canonical(r.PathValue("id")), r.PathValue("act")
	words, ctx, f := p.words(r).Admin, r.Context(), r.PostForm
	said := map[string]string{
		"approve": words.DoneApprove, "reject": words.DoneReject, "release": words.DoneRelease, "resync": words.DoneResync, "reset": words.DoneReset,
		"replace": words.DoneReplace, "rename": words.DoneRename, "keys": words.DoneKeys, "line": words.DoneLine,
	}
	n := notice{Text: said[what]}
	var err error
	switch {
	case slices.Contains(verbs, what):
		err = p.Desk.Do(ctx, what, id)
	case what == "replace":
		number := strings.TrimSpace(f.Get("number"))
		if !extension.MatchString(number) {
			n = notice{Bad: true, Text: words.BadNumber}
			break
		}
		err = p.Desk.Replace(ctx, id, number)
	case what == "rename":
		err = p.Desk.Rename(ctx, id, clipped(provision.Clean(f.Get("name"))))
	case what == "keys":
		keys, bad := keysOf(f.Get("keys"))
		if bad != "" {
			n = notice{Bad: true, Text: fmt.Sprintf(words.BadKeys, bad)}
			break
		}
		err = p.Desk.SetKeys(ctx, id, keys)
	case what == "line":
		err = p.Desk.AddLine(ctx, id)
	case what == "password":
		n.User, n.Pass, err = p.Desk.Password(ctx, id)
	default:
		http.NotFound(w, r)
		return
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.gone(w, r)
		return
	case errors.Is(err, ErrConflict):
		n = notice{Bad: true}
		n.Text, n.Foreign = p.translated(err.Error(), p.words(r).Lang)
		n.Text = sentence(n.Text)
	case err != nil:
		p.Log.Error("command of the page", "verb", what, "device", id, "error", err)
		n = notice{Bad: true, Text: words.Failed}
	case !n.Bad:
		p.Log.Info("command of the page", "verb", what, "device", id, "from", remote(r))
	}
	p.tell(r, n)
	http.Redirect(w, r, "/ui/phones/"+url.PathEscape(id), http.StatusSeeOther)
}
