package portal

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"autocom/pbx"
	"autocom/provision"

	"golang.org/x/net/html"
)

// ledger looks ahead and undoes as the office would: a change of a name reloads nothing.
type ledger struct {
	*shelf
	list  []Change
	plain bool // nothing reloads
}

func (l *ledger) PutObject(ctx context.Context, o pbx.Object, ifRev int64) (pbx.Object, error) {
	old, there := l.Object(o.Kind, o.ID)
	kept, err := l.shelf.PutObject(ctx, o, ifRev)
	if err == nil {
		c := Change{N: int64(len(l.list) + 1), Rev: kept.Rev, At: noon, Who: Actor(ctx), Kind: o.Kind, ID: o.ID, After: &kept}
		if there {
			c.Before = &old
		}
		l.list = append(l.list, c)
	}
	return kept, err
}

func (l *ledger) DropObject(ctx context.Context, kind, id string, ifRev int64) error {
	old, _ := l.Object(kind, id)
	err := l.shelf.DropObject(ctx, kind, id, ifRev)
	if err == nil {
		l.list = append(l.list, Change{N: int64(len(l.list) + 1), Rev: old.Rev, At: noon, Who: Actor(ctx), Kind: kind, ID: id, Before: &old})
	}
	return err
}

func (l *ledger) Preview(_ context.Context, o pbx.Object, drop bool, ifRev int64) (Effect, error) {
	old, there := l.Object(o.Kind, o.ID)
	switch {
	case ifRev == -1 && there:
		return Effect{}, fmt.Errorf("%w: it cannot be done: %s %s exists already: choose another id", ErrConflict, o.Kind, o.ID)
	case ifRev > 0 && (!there || old.Rev != ifRev):
		return Effect{}, ErrChanged
	case drop && o.ID == "accueil":
		return Effect{}, fmt.Errorf("%w: it cannot be done: hours ouverture: open: menu accueil does not exist", ErrConflict)
	case strings.Contains(string(o.Body), `"ring":3,`) || strings.HasSuffix(string(o.Body), `"ring":3}`):
		return Effect{}, fmt.Errorf("%w: it cannot be done: group vente: ring 3: 5 to 300 seconds", ErrConflict)
	}
	e := Effect{Calls: 2, Touched: 1}
	if !l.plain {
		e.Modules, e.Numbers, e.Lamps = []string{"pbx_config.so"}, []string{"610"}, []string{"203"}
	}
	return e, nil
}

func (l *ledger) Changes(_ context.Context, limit int) ([]Change, error) {
	var out []Change
	seen := map[string]bool{}
	for i := len(l.list) - 1; i >= 0 && len(out) < limit; i-- {
		c := l.list[i]
		c.Last = !seen[c.Kind+c.ID] && !c.Undone
		seen[c.Kind+c.ID] = true
		out = append(out, c)
	}
	return out, nil
}

func (l *ledger) Undo(ctx context.Context, n int64) (Change, error) {
	list, _ := l.Changes(ctx, 1000)
	for _, c := range list {
		switch {
		case c.N != n:
			continue
		case !c.Last:
			return c, ErrChanged
		}
		l.list[n-1].Undone = true
		if c.Before == nil {
			return c, l.DropObject(ctx, c.Kind, c.ID, 0)
		}
		_, err := l.PutObject(ctx, *c.Before, 0)
		return c, err
	}
	return Change{}, fs.ErrNotExist
}

// house opens a portal on an office of asterisk-conf's, logged in.
func house(t *testing.T, office string) (*ledger, *httptest.Server, *http.Client) {
	t.Helper()
	f, p := desk(t)
	text, err := os.ReadFile("../asterisk-conf/testdata/offices/" + office + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var site struct{ Objects []pbx.Object }
	if err := json.Unmarshal(text, &site); err != nil {
		t.Fatal(err)
	}
	for i, o := range site.Objects {
		if o.Rev = int64(i + 1); o.Body == nil {
			o.Body = json.RawMessage("{}")
		}
		f.shelf.all = append(f.shelf.all, o)
	}
	f.shelf.rev = 1000
	for n := 201; n <= 206; n++ {
		mac, _ := provision.ParseMAC(fmt.Sprintf("00:15:65:bb:00:%02x", n-200))
		f.put(provision.Device{ID: mac.String(), MAC: mac, Verdict: provision.VerdictPhone, Allocation: provision.AllocationBound,
			Lines: []provision.Line{{N: 1, Number: fmt.Sprint(n)}}})
	}
	l := &ledger{shelf: &f.shelf}
	p.Objects, p.Changes = l, l
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	c := &http.Client{Jar: jar(t)}
	enter(t, srv, c)
	return l, srv, c
}

// page gets one and parses it.
func page1(t *testing.T, c *http.Client, link, lang string) (*html.Node, string) {
	t.Helper()
	code, _, body := get(t, c, "GET", link, "Accept-Language", lang)
	if code != 200 {
		t.Fatalf("%s: %d\n%s", link, code, body)
	}
	return parsed(t, body), body
}

func parsed(t *testing.T, body string) *html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func elements(doc *html.Node, names ...string) (out []*html.Node) {
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && slices.Contains(names, n.Data) {
			out = append(out, n)
		}
	}
	return out
}

func within(n *html.Node, name string) *html.Node {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Data == name {
			return p
		}
	}
	return nil
}

// accessible says what is wrong with a page for who cannot see it, and for a strict browser.
func accessible(t *testing.T, link string, doc *html.Node) {
	t.Helper()
	ids, labels := map[string]bool{}, map[string]bool{}
	for n := range doc.Descendants() {
		if id, ok := attr(n, "id"); ok && n.Type == html.ElementNode {
			if ids[id] {
				t.Errorf("%s: id %s is there twice", link, id)
			}
			ids[id] = true
		}
		if n.Data == "label" {
			to, _ := attr(n, "for")
			labels[to] = true
		}
		if _, inline := attr(n, "style"); inline {
			t.Errorf("%s: an inline style on <%s>, which browsers refuse here", link, n.Data)
		}
	}
	for _, n := range elements(doc, "input", "select", "textarea", "audio", "button") {
		kind, _ := attr(n, "type")
		if kind == "hidden" {
			continue
		}
		id, _ := attr(n, "id")
		_, named := attr(n, "aria-label")
		if !named && !labels[id] && within(n, "label") == nil && (n.Data != "button" || n.FirstChild == nil) {
			name, _ := attr(n, "name")
			t.Errorf("%s: <%s name=%s> has no label", link, n.Data, name)
		}
		if said, ok := attr(n, "aria-describedby"); ok {
			for part := range strings.FieldsSeq(said) {
				if !ids[part] {
					t.Errorf("%s: aria-describedby names %s, which is not there", link, part)
				}
			}
		}
	}
	if len(elements(doc, "h1")) != 1 {
		t.Errorf("%s has %d titles of the first rank", link, len(elements(doc, "h1")))
	}
	for _, s := range elements(doc, "script") {
		if _, ok := attr(s, "src"); !ok {
			t.Errorf("%s: an inline script, which browsers refuse here", link)
		}
	}
}

var offices = []string{"home", "shop", "callcentre", "school"}

// Every page that people set up with, in both languages: for every kind the list, the empty
// form, each object of four offices, and the question before deleting it.
func TestEveryPageOfTheSetUp(t *testing.T) {
	style, err := embedded.ReadFile("assets/style.css")
	if err != nil {
		t.Fatal(err)
	}
	for _, office := range offices {
		l, srv, c := house(t, office)
		links := []string{"/ui/settings", "/ui/changes"}
		for _, one := range collections {
			if one.kind != pbx.KindSettings {
				links = append(links, "/ui/"+one.path, "/ui/"+one.path+"/new", "/ui/"+one.path+"?q=zzz")
			}
		}
		for _, o := range l.all {
			one, _ := collectionOf(o.Kind)
			links = append(links, "/ui/"+one.path+"/"+o.ID, "/ui/"+one.path+"/"+o.ID+"/delete")
		}
		for _, kind := range []string{"codes", "agents", "mail", "recording", "records", "voicemail", "parking", "outside", "emergency", "fraud", "blacklist", "music"} {
			links = append(links, "/ui/settings/"+kind)
		}
		for _, lang := range []string{"fr", "en"} {
			for _, link := range links {
				doc, body := page1(t, c, srv.URL+link, lang)
				if tag, _ := attr(elements(doc, "html")[0], "lang"); tag != lang {
					t.Errorf("%s is in %s, not %s", link, tag, lang)
				}
				accessible(t, link, doc)
				if strings.Contains(body, "made-up-for-a-test") {
					t.Errorf("%s shows a password", link)
				}
				if weight := len(body) + len(style); weight > 120<<10 { // the bar is 150 KB
					t.Errorf("%s has %d bytes with its style", link, weight)
				}
			}
		}
	}
}

// sent is what a browser sends of the page's form.
func sent(t *testing.T, doc *html.Node) (action string, v url.Values) {
	t.Helper()
	v = url.Values{}
	for _, n := range elements(doc, "input", "select", "textarea") {
		f := within(n, "form")
		name, named := attr(n, "name")
		if f == nil || !named {
			continue
		}
		if class, _ := attr(f, "class"); class != "form" && class != "review" {
			continue
		}
		action, _ = attr(f, "action")
		value, _ := attr(n, "value")
		kind, _ := attr(n, "type")
		_, checked := attr(n, "checked")
		switch {
		case n.Data == "select":
			options := elements(n, "option")
			value, _ = attr(options[0], "value")
			for _, o := range options {
				if _, on := attr(o, "selected"); on {
					value, _ = attr(o, "value")
				}
			}
		case n.Data == "textarea":
			if value = ""; n.FirstChild != nil {
				value = n.FirstChild.Data
			}
		case kind == "checkbox" && !checked:
			continue
		case kind == "checkbox" && value == "":
			value = "on"
		}
		v.Add(name, value)
	}
	return action, v
}

// Who opens a form and saves it has changed nothing: what a page shows of every object of four
// offices reads back as the same body.
func TestAFormGivesBackWhatItShows(t *testing.T) {
	for _, office := range offices {
		l, srv, c := house(t, office)
		before := slices.Clone(l.all)
		for _, o := range before {
			one, _ := collectionOf(o.Kind)
			link := "/ui/" + one.path + "/" + o.ID
			doc, _ := page1(t, c, srv.URL+link, "fr")
			action, v := sent(t, doc)
			v.Set("_do", "save")
			code, h, body := post(t, stay(c), srv.URL+action, v)
			if code != 303 || h.Get("Location") != "/ui/"+one.path {
				t.Errorf("%s %s: %d to %q\n%s", office, link, code, h.Get("Location"), text1(parsed(t, body)))
			}
			if now, _ := l.Object(o.Kind, o.ID); now.Rev != o.Rev {
				t.Errorf("%s %s was changed:\n%s\n%s", office, link, o.Body, now.Body)
			}
		}
	}
}

// text1 is what a page says, without its menu.
func text1(doc *html.Node) string {
	var out []string
	for _, m := range elements(doc, "main") {
		for n := range m.Descendants() {
			if n.Type == html.TextNode && strings.TrimSpace(n.Data) != "" && n.Parent.Data != "option" {
				out = append(out, strings.TrimSpace(n.Data))
			}
		}
	}
	return strings.Join(out, " | ")
}

func TestAChangeIsLookedAtAppliedAndUndone(t *testing.T) {
	l, srv, c := house(t, "shop")
	link := srv.URL + "/ui/groups/vente"
	doc, _ := page1(t, c, link, "en")
	_, v := sent(t, doc)
	v.Set("ring", "18")
	v.Set("_do", "save")
	_, _, body := post(t, c, link, v, "Accept-Language", "en")
	said := text1(parsed(t, body))
	for _, want := range []string{"Before it is applied", "For | 15 seconds | 18 seconds", "the way of calls", "610", "203", "2 calls are on, 1 of them with these numbers"} {
		if !strings.Contains(said, want) {
			t.Errorf("the review does not say %q:\n%s", want, said)
		}
	}
	if o, _ := l.Object("group", "vente"); strings.Contains(string(o.Body), "18") {
		t.Error("it is changed before it was applied")
	}
	accessible(t, "review", parsed(t, body))
	action, carried := sent(t, parsed(t, body))
	carried.Set("_do", "edit")
	if _, _, body := post(t, c, srv.URL+action, carried, "Accept-Language", "en"); !strings.Contains(body, `name="ring" value="18"`) {
		t.Error("back in the form, what was typed is lost")
	}
	carried.Set("_do", "apply")
	code, h, _ := post(t, stay(c), srv.URL+action, carried, "Accept-Language", "en")
	if o, _ := l.Object("group", "vente"); code != 303 || h.Get("Location") != "/ui/groups" || !strings.Contains(string(o.Body), `"ring":18`) {
		t.Fatalf("%d to %q: %s", code, h.Get("Location"), o.Body)
	}
	_, body = page1(t, c, srv.URL+"/ui/phones", "en")
	if !strings.Contains(body, `action="/ui/changes/1/undo"`) || !strings.Contains(body, "Ring groups · Vente") {
		t.Errorf("no page offers to undo it:\n%s", body)
	}
	post(t, c, srv.URL+"/ui/changes/1/undo", url.Values{"back": {"/ui/groups"}})
	if o, _ := l.Object("group", "vente"); !strings.Contains(string(o.Body), `"ring": 15`) {
		t.Errorf("it was not undone: %s", o.Body)
	}
	if _, body = page1(t, c, srv.URL+"/ui/phones", "en"); strings.Contains(body, "/undo") {
		t.Error("what is undone is offered again")
	}
	_, body = page1(t, c, srv.URL+"/ui/changes", "en")
	for _, want := range []string{"by admin", "undone", `action="/ui/changes/2/undo"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the changes do not say %q", want)
		}
	}
	if _, _, body := post(t, c, srv.URL+"/ui/changes/1/undo", url.Values{"back": {"https://elsewhere.example/"}}, "Accept-Language", "en"); !strings.Contains(body, "undo the latest change first") {
		t.Errorf("an old change was undone, or its refusal is not told:\n%s", text1(parsed(t, body)))
	}
}

func TestWhatReloadsNothingIsAppliedAtOnce(t *testing.T) {
	l, srv, c := house(t, "shop")
	l.plain = true
	doc, _ := page1(t, c, srv.URL+"/ui/prompts/accueil", "fr")
	_, v := sent(t, doc)
	v.Set("text", "Bonjour")
	if code, h, _ := post(t, stay(c), srv.URL+"/ui/prompts/accueil", v); code != 303 || h.Get("Location") != "/ui/prompts/accueil" {
		t.Errorf("%d to %q", code, h.Get("Location"))
	}
	if o, _ := l.Object("prompt", "accueil"); !strings.Contains(string(o.Body), "Bonjour") {
		t.Errorf("%s", o.Body)
	}
}

func TestRowsWithoutScripts(t *testing.T) {
	_, srv, c := house(t, "shop")
	link := srv.URL + "/ui/groups/vente"
	doc, _ := page1(t, c, link, "fr")
	_, v := sent(t, doc)
	v.Set("name", "Vente & <conseil>")
	members := func(body string) string {
		_, v = sent(t, parsed(t, body))
		var out []string
		for n := range 9 {
			if m, ok := v[fmt.Sprintf("members.%d._", n)]; ok {
				out = append(out, m[0])
			}
		}
		return strings.Join(out, " ")
	}
	for _, tt := range []struct{ press, want string }{
		{"add:members", "203 204 205 "}, {"up:members.1", "204 203 205 "}, {"drop:members.2", "204 203 "}, {"drop:members.0", "203 "},
	} {
		v.Set("_do", tt.press)
		_, _, body := post(t, c, link, v)
		if got := members(body); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.press, got, tt.want)
		}
		if v.Get("name") != "Vente & <conseil>" {
			t.Errorf("%s: the name became %q", tt.press, v.Get("name"))
		}
	}
	for _, press := range []string{"add:name", "drop:members.99", "drop:members.-1", "up:", "explode", "drop:members"} {
		v.Set("_do", press)
		if code, _, _ := post(t, c, link, v); code != 400 {
			t.Errorf("%s: %d", press, code)
		}
	}
}

func TestAnErrorStandsAtItsField(t *testing.T) {
	_, srv, c := house(t, "shop")
	link := srv.URL + "/ui/groups/vente"
	doc, _ := page1(t, c, link, "fr")
	_, v := sent(t, doc)
	for _, tt := range []struct{ name, value, at, says string }{
		{"ring", "3", "f-ring-e", "De 5 à 300 secondes"}, {"ring", "dix", "f-ring-e", "nombre entier"}, {"name", " ", "f-name-e", "nécessaire"},
	} {
		w := url.Values{}
		for name, value := range v {
			w[name] = slices.Clone(value)
		}
		w.Set(tt.name, tt.value)
		w.Set("members.0._", "typed & kept")
		code, _, body := post(t, c, link, w, "Accept-Language", "fr")
		page := parsed(t, body)
		found := ""
		for _, n := range elements(page, "p") {
			if id, _ := attr(n, "id"); id == tt.at {
				found = n.FirstChild.Data
			}
		}
		if code != 422 || !strings.Contains(found, tt.says) {
			t.Errorf("%s=%q: %d, at %s %q", tt.name, tt.value, code, tt.at, found)
		}
		if _, again := sent(t, page); again.Get("members.0._") != "typed & kept" {
			t.Errorf("what was typed became %q", again.Get("members.0._"))
		}
		accessible(t, "with an error", page)
	}
}

func TestTwoAdministratorsLoseNothing(t *testing.T) {
	l, srv, c := house(t, "shop")
	link := srv.URL + "/ui/groups/vente"
	doc, _ := page1(t, c, link, "en")
	_, v := sent(t, doc)
	other, _ := l.Object("group", "vente")
	other.Body = json.RawMessage(strings.Replace(string(other.Body), "15", "40", 1))
	if _, err := l.PutObject(acting(httptest.NewRequest("GET", "/", nil), "awa").Context(), other, 0); err != nil {
		t.Fatal(err)
	}
	v.Set("ring", "18")
	code, _, body := post(t, c, link, v, "Accept-Language", "en")
	said := text1(parsed(t, body))
	for _, want := range []string{"Somebody else has saved meanwhile", "By awa", "For | 40 seconds | 18 seconds"} {
		if !strings.Contains(said, want) {
			t.Errorf("%d: the page does not say %q:\n%s", code, want, said)
		}
	}
	_, again := sent(t, parsed(t, body))
	if code != 409 || again.Get("ring") != "18" {
		t.Errorf("%d, typed %q", code, again.Get("ring"))
	}
	again.Set("_do", "apply")
	post(t, c, link, again)
	if o, _ := l.Object("group", "vente"); !strings.Contains(string(o.Body), `"ring":18`) {
		t.Errorf("the second try: %s", o.Body)
	}
}

func TestWhatIsUsedIsNotDeleted(t *testing.T) {
	l, srv, c := house(t, "shop")
	doc, body := page1(t, c, srv.URL+"/ui/menus/accueil/delete", "fr")
	if said := text1(doc); !strings.Contains(said, "Horaires Heures d'ouverture") || strings.Contains(body, `class="danger"`) {
		t.Errorf("%s", said)
	}
	page1(t, c, srv.URL+"/ui/paging/magasin/delete", "fr")
	if code, h, _ := post(t, stay(c), srv.URL+"/ui/paging/magasin/delete", url.Values{}); code != 303 || h.Get("Location") != "/ui/paging" {
		t.Errorf("%d to %q", code, h.Get("Location"))
	}
	if _, there := l.Object("paging", "magasin"); there {
		t.Error("it is still there")
	}
	if code, _, _ := get(t, c, "GET", srv.URL+"/ui/paging/magasin"); code != 404 {
		t.Errorf("its page: %d", code)
	}
}

func TestANewOneGetsAnIDOfItsName(t *testing.T) {
	l, srv, c := house(t, "shop")
	v := url.Values{"name": {"Équipe <b>été</b>"}, "members.#": {"1"}, "members.0._": {"203 Amélie"}, "then": {"voicemail:203"}, "strategy": {"all"}, "_rev": {"-1"}, "_do": {"apply"}}
	if code, _, body := post(t, stay(c), srv.URL+"/ui/groups/new", v); code != 303 {
		t.Fatal(code, body)
	}
	o, there := l.Object("group", "equipe-b-ete-b")
	if want := `{"members":["203"],"then":{"id":"203","kind":"voicemail"}}`; !there || string(o.Body) != want {
		t.Errorf("%v %s, want %s", there, o.Body, want)
	}
	v.Set("name", "New")
	v.Set("members.0._", "204")
	if _, _, body := post(t, c, srv.URL+"/ui/groups/new", v); l.at("group", "new") >= 0 || l.at("group", "group") < 0 {
		t.Errorf("a group named New hides the empty form, or is not made:\n%s", text1(parsed(t, body)))
	}
	_, body := page1(t, c, srv.URL+"/ui/groups", "fr")
	if strings.Contains(body, "<b>été") || !strings.Contains(body, "&lt;b&gt;été") {
		t.Error("a name is not shown as a text")
	}
}

func TestSecretsAreKeptUnlessTyped(t *testing.T) {
	l, srv, c := house(t, "shop")
	for _, tt := range []struct{ typed, want string }{{"", "made-up-for-a-test"}, {"another-one-for-a-test", "another-one-for-a-test"}} {
		doc, _ := page1(t, c, srv.URL+"/ui/trunks/operateur", "fr")
		_, v := sent(t, doc)
		v.Set("password", tt.typed)
		v.Set("channels", "7")
		v.Set("_do", "save")
		_, _, body := post(t, c, srv.URL+"/ui/trunks/operateur", v)
		if strings.Contains(body, "made-up-for-a-test") {
			t.Error("the review shows a password")
		}
		v.Set("_do", "apply")
		post(t, c, srv.URL+"/ui/trunks/operateur", v)
		if o, _ := l.Object("trunk", "operateur"); !strings.Contains(string(o.Body), tt.want) {
			t.Errorf("typed %q: %s", tt.typed, o.Body)
		}
	}
	_, _, body := get(t, c, "GET", srv.URL+"/api/v1/changes")
	if strings.Contains(body, "made-up-for-a-test") || strings.Contains(body, "another-one-for-a-test") || !strings.Contains(body, `"kind":"trunk"`) {
		t.Errorf("the changes tell a password: %s", body)
	}
}

func TestTheTreeOfAMenu(t *testing.T) {
	_, srv, c := house(t, "shop")
	doc, _ := page1(t, c, srv.URL+"/ui/menus/accueil", "en")
	said := text1(doc)
	for _, want := range []string{"The way of a call", "Key 1 | Group Vente", "When nobody answers | Voicemail of 203 Amélie", "Key 2 | 202 Caisse", "When the caller presses nothing | Group Vente | see above", "Hours Heures d'ouverture | When it is open"} {
		if !strings.Contains(said, want) {
			t.Errorf("the tree does not say %q:\n%s", want, said)
		}
	}
}

// What a page has no room for is an office with 300 phones: their numbers are typed.
func TestAManyNumberedHouse(t *testing.T) {
	f, p := desk(t)
	for n := 1000; n < 1300; n++ {
		mac, _ := provision.ParseMAC(fmt.Sprintf("00:15:65:cc:%02x:%02x", n>>8, n&255))
		f.put(provision.Device{ID: mac.String(), MAC: mac, Verdict: provision.VerdictPhone, Allocation: provision.AllocationBound, Lines: []provision.Line{{N: 1, Number: fmt.Sprint(n)}}})
	}
	keys := map[string]pbx.Destination{}
	for _, k := range strings.Split("0123456789*#", "") {
		keys[k] = pbx.Destination{Kind: "number", ID: "1007"}
	}
	body, _ := json.Marshal(map[string]any{"keys": keys})
	f.shelf.all = []pbx.Object{{Kind: "menu", ID: "main", Name: "Main", Rev: 1, Body: body}}
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	c := &http.Client{Jar: jar(t)}
	enter(t, srv, c)
	doc, text := page1(t, c, srv.URL+"/ui/menus/main", "fr")
	if len(text) > 60<<10 {
		t.Errorf("%d bytes", len(text))
	}
	_, v := sent(t, doc)
	v.Set("keys.0._.n", "1008 Awa")
	v.Set("_do", "apply")
	if code, _, said := post(t, stay(c), srv.URL+"/ui/menus/main", v); code != 303 {
		t.Errorf("%d\n%s", code, text1(parsed(t, said)))
	}
	o, _ := f.shelf.Object("menu", "main")
	if !strings.Contains(string(o.Body), `"1":{"id":"1008","kind":"number"}`) || !strings.Contains(string(o.Body), `"2":{"id":"1007","kind":"number"}`) {
		t.Errorf("%s", o.Body)
	}
}

func TestFormsAreBounded(t *testing.T) {
	_, srv, c := house(t, "shop")
	link := srv.URL + "/ui/groups/vente"
	for what, v := range map[string]url.Values{
		"a huge number of rows": {"members.#": {"999999999"}, "name": {"x"}, "_do": {"add:members"}},
		"a negative number":     {"members.#": {"-4"}, "name": {"x"}, "_do": {"add:members"}},
	} {
		if code, _, body := post(t, c, link, v); code != 200 || len(body) > 1<<20 {
			t.Errorf("%s: %d with %d bytes", what, code, len(body))
		}
	}
	if code, _, _ := post(t, c, link, url.Values{"name": {strings.Repeat("x", maxForm)}}); code != 400 {
		t.Errorf("a form of %d bytes: %d", maxForm, code)
	}
}

func jar(t *testing.T) http.CookieJar {
	t.Helper()
	j, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestAListProposesWhatIsMissing(t *testing.T) {
	_, srv, c := house(t, "shop")
	doc, _ := page1(t, c, srv.URL+"/ui/people", "en")
	link := ""
	for _, a := range elements(doc, "a") {
		if to, _ := attr(a, "href"); strings.Contains(to, "numbers=204") {
			link = to
		}
		if to, _ := attr(a, "href"); strings.Contains(to, "numbers=201") {
			t.Error("an extension that is Paul's is proposed")
		}
	}
	if link == "" {
		t.Fatalf("nothing is proposed for 204: %s", text1(doc))
	}
	doc, _ = page1(t, c, srv.URL+link, "en")
	if _, v := sent(t, doc); v.Get("numbers.0._") != "204" {
		t.Errorf("the form that is proposed has %q", v.Get("numbers.0._"))
	}
	// A link of somebody else's fills in texts, and nothing is made of it.
	doc, body := page1(t, c, srv.URL+"/ui/groups/new?name=%3Cscript%3Ealert(1)%3C/script%3E&members=201&nothing=1&_do=apply", "en")
	if _, v := sent(t, doc); v.Get("name") != "<script>alert(1)</script>" || strings.Contains(body, "<script>alert") {
		t.Errorf("the name is %q", v.Get("name"))
	}
}
