package portal

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"autocom/pbx"
	"autocom/portal/forms"
)

// sentence for a list that has none of a kind yet.
func (p *Portal) listPage(c collection) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f, _ := p.forms.Of(c.kind, "")
		h := p.house(p.words(r).Lang)
		b := listed{
			Collection: c.path, Title: f.Many.In(h.Lang), Lead: f.Lead.In(h.Lang), NewName: f.New.In(h.Lang),
			Query: strings.TrimSpace(r.URL.Query().Get("q")),
		}
		for _, name := range f.Columns {
			x, _ := f.Field(name)
			b.Columns = append(b.Columns, x.Label.In(h.Lang))
		}
		if _, ok := f.Field("number"); ok {
			b.Numbered = true
		}
		plain := h // beside people's names their numbers say enough
		if c.kind == pbx.KindPerson {
			plain.Numbers = nil
			plain = plain.Remember()
		}
		words := strings.Fields(strings.ToLower(pbx.ASCII(b.Query)))
		for _, o := range p.Objects.Objects(c.kind) {
			b.All++
			row := listedRow{Link: "/ui/" + c.path + "/" + url.PathEscape(o.ID), Number: o.Number, Name: cmp.Or(o.Name, o.ID), object: o}
			if len(words) == 0 || matches(row.Number+" "+row.Name+" "+row.tell(c, f, plain), words) {
				b.Rows = append(b.Rows, row)
			}
		}
		slices.SortStableFunc(b.Rows, func(a, b listedRow) int {
			return cmp.Or(cmp.Compare(len(a.Number), len(b.Number)), strings.Compare(a.Number, b.Number), strings.Compare(strings.ToLower(pbx.ASCII(a.Name)), strings.ToLower(pbx.ASCII(b.Name))))
		})
		if b.Query == "" {
			b.Suggest, b.Suggestions = p.suggestions(c.path, h)
		}
		b.page(r)
		for i := range b.Rows {
			b.Rows[i].tell(c, f, plain)
		}
		p.screen(w, r, http.StatusOK, "list", b)
	}
}

func matches(text string, words []string) bool {
	text = strings.ToLower(pbx.ASCII(text))
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}

// listed is the page of a collection.
type listed struct {
	Collection, Title, Lead, NewName string
	Query                            string
	Columns                          []string
	Numbered                         bool
	Rows                             []listedRow
	All                              int
	Suggest                          string // title of what follows
	Suggestions                      []suggestion
	Of, Newer, Older                 string // pages
}

type listedRow struct {
	Link, Number, Name string
	Cells              []cell
	object             pbx.Object
}

// tell fills in the cells, and gives all that they would say.
func (x *listedRow) tell(c collection, f forms.Form, h forms.House) string {
	body := c.bodyOf(x.object)
	x.Cells = nil
	var all []string
	for _, name := range f.Columns {
		field, _ := f.Field(name)
		lines := field.Say(h, body)
		x.Cells = append(x.Cells, cut(lines))
		all = append(all, lines...)
	}
	return strings.Join(all, " ")
}

// cell is what a table says of a field: some lines, and how many more.
type cell struct {
	Lines []string
	More  int
}

// someLines bounds a cell.
const someLines = 3

func cut(lines []string) cell {
	if len(lines) <= someLines+1 { // "and 1 more" takes as much room
		return cell{Lines: lines}
	}
	return cell{lines[:someLines], len(lines) - someLines}
}

// page leaves the rows of one page.
func (b *listed) page(r *http.Request) {
	pages := (len(b.Rows) + perPage - 1) / perPage
	n, _ := strconv.Atoi(r.URL.Query().Get("page"))
	n = max(1, min(n, pages))
	if pages < 2 {
		return
	}
	link := func(n int) string {
		v := url.Values{"page": {strconv.Itoa(n)}}
		if b.Query != "" {
			v.Set("q", b.Query)
		}
		return "/ui/" + b.Collection + "?" + v.Encode()
	}
	b.Of = fmt.Sprintf("%d / %d", n, pages)
	if n > 1 {
		b.Newer = link(n - 1)
	}
	if n < pages {
		b.Older = link(n + 1)
	}
	b.Rows = b.Rows[(n-1)*perPage : min(n*perPage, len(b.Rows))]
}

// settingsPage lists the features that have settings.
func (p *Portal) settingsPage(w http.ResponseWriter, r *http.Request) {
	type one struct {
		Link, Name, Lead string
		Own              bool // somebody has chosen
	}
	lang := p.words(r).Lang
	var list []one
	for _, f := range p.forms.Settings() {
		_, own := p.Objects.Object(pbx.KindSettings, f.ID())
		list = append(list, one{"/ui/settings/" + f.ID(), f.One.In(lang), f.Lead.In(lang), own})
	}
	p.screen(w, r, http.StatusOK, "settings", list)
}
