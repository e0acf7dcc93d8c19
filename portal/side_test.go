package portal

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"autocom/pbx"

	"github.com/google/go-cmp/cmp"
)

// lines are trunks: one that works, one that does not.
type lines struct{}

func (lines) Trunk(_ context.Context, id string) (TrunkLive, error) {
	switch id {
	case "good":
		return TrunkLive{State: "up", Text: "it is ready", Calls: 2}, nil
	case "bad":
		return TrunkLive{State: "down", Text: "the provider refuses the user name or the password: correct them"}, nil
	}
	return TrunkLive{}, fs.ErrNotExist
}
func (l lines) Test(ctx context.Context, id string) (TrunkLive, error) { return l.Trunk(ctx, id) }
func (lines) TrunkPresets() any {
	return []map[string]any{{"id": "provider", "name": "A provider", "name_fr": "Un opérateur", "note_fr": "Le courrier de l'opérateur.", "note_en": "The provider's letter."}}
}
func (lines) TrunkFor(string) (TrunkProposal, error) { return TrunkProposal{}, fs.ErrNotExist }

// sendFile uploads a file as the forms of pages do.
func sendFile(t *testing.T, c *http.Client, link, name, content string, values map[string]string) (int, string) {
	t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for k, v := range values {
		if err := m.WriteField(k, v); err != nil {
			t.Fatal(err)
		}
	}
	part, err := m.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(part, content)
	m.Close()
	answer, err := c.Post(link, m.FormDataContentType(), &body)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, text1(parsed(t, string(text)))
}

// What stands beside a form does what it says: day and night, the test of a trunk, sounds,
// songs, forwards.
func TestButtonsBesideForms(t *testing.T) {
	f, p := desk(t)
	set := &phones{set: map[string]Forwarding{"201": {None: "*99201"}}}
	p.Trunks, p.Forwards = lines{}, set
	for _, o := range []pbx.Object{
		{Kind: "hours", ID: "main", Name: "Hours", Body: []byte(`{"week":[{"days":["mon"],"from":"22:00","to":"02:00"}],"holidays":[],"open":{"kind":"hangup"},"closed":{"kind":"hangup"}}`)},
		{Kind: "hours", ID: "down", Name: "Down", Body: []byte(`{"open":{"kind":"hangup"},"closed":{"kind":"hangup"}}`)},
		{Kind: "trunk", ID: "good", Name: "Good", Body: []byte(`{"mode":"address"}`)}, {Kind: "trunk", ID: "bad", Name: "Bad", Body: []byte(`{"mode":"address"}`)},
		{Kind: "prompt", ID: "welcome", Name: "Welcome", Number: "650", Body: []byte(`{}`)}, {Kind: "music", ID: "jazz", Name: "Jazz", Body: []byte(`{"files":["one"]}`)},
		{Kind: "person", ID: "awa", Name: "Awa", Body: []byte(`{"numbers":["201"]}`)},
	} {
		o.Rev = 1
		f.shelf.all = append(f.shelf.all, o)
	}
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	c := &http.Client{Jar: jar(t)}
	enter(t, srv, c)
	for _, tt := range []struct {
		what, path string
		form       url.Values
		code       int
		says       string
	}{
		{"close by hand", "/ui/hours/main/night", url.Values{"hand": {"closed"}}, 200, "C'est changé."},
		{"a third state", "/ui/hours/main/night", url.Values{"hand": {"ajar"}}, 400, ""},
		{"an exchange that is down", "/ui/hours/down/night", url.Values{"hand": {"open"}}, 200, "Rien n'a changé"},
		{"hours that are not there", "/ui/hours/none/night", url.Values{"hand": {"open"}}, 404, "n'existe pas"},
		{"a trunk that works", "/ui/trunks/good/test", nil, 200, "La ligne marche. Elle est prête."},
		{"a trunk that does not", "/ui/trunks/bad/test", nil, 200, "La ligne ne marche pas. L'opérateur refuse l'identifiant ou le mot de passe"},
		{"a trunk that is not there", "/ui/trunks/none/test", nil, 404, "n'existe pas"},
		{"a song is taken away", "/ui/music/jazz/files/none/delete", nil, 404, "n'existe pas"},
		{"a song's name that leads elsewhere", "/ui/music/jazz/files/..%2f..%2fx/delete", nil, 404, ""},
		{"forwards", "/ui/people/awa/forwards/201", url.Values{"always": {"2 02"}, "dnd": {"on"}}, 200, "Les renvois sont en place."},
		{"a forward to a word", "/ui/people/awa/forwards/201", url.Values{"always": {"home"}}, 200, "écrivez seulement ses chiffres"},
		{"forwards of another's number", "/ui/people/awa/forwards/202", url.Values{"always": {"203"}}, 404, ""},
		{"forwards of nobody", "/ui/people/none/forwards/201", url.Values{"always": {"203"}}, 404, ""},
	} {
		code, _, body := post(t, c, srv.URL+tt.path, tt.form, "Accept-Language", "fr")
		said := strings.ReplaceAll(text1(parsed(t, body)), "\u00a0", " ")
		if code != tt.code || !strings.Contains(said, tt.says) {
			t.Errorf("%s: %d, want %d with %q:\n%s", tt.what, code, tt.code, tt.says, said)
		}
	}
	if f.studio().hand != "closed" {
		t.Errorf("the hours are switched to %s", f.studio().hand)
	}
	if diff := cmp.Diff(Forwarding{Always: "202", DND: true}, set.set["201"]); diff != "" {
		t.Errorf("forwards (-want +got)\n%s", diff)
	}

	if code, said := sendFile(t, c, srv.URL+"/ui/prompts/welcome/sound", "hello.wav", "RIFF", map[string]string{"language": "fr"}); code != 200 || f.studio().sounds["fr"] != "RIFF" {
		t.Errorf("a sound: %d %s", code, said)
	}
	if _, said := sendFile(t, c, srv.URL+"/ui/prompts/welcome/sound", "hello.mp3", "ID3", nil); !strings.Contains(said, "WAV") {
		t.Errorf("an MP3: %s", said)
	}
	if _, said := sendFile(t, c, srv.URL+"/ui/prompts/welcome/sound", "", "", nil); !strings.Contains(said, "fichier") && !strings.Contains(said, "file") {
		t.Errorf("no file: %s", said)
	}
	if code, said := sendFile(t, c, srv.URL+"/ui/music/jazz/files", `C:\Musique\Été 2.WAV`, "RIFF", nil); code != 200 || f.rooms.songs["jazz/ete-2"] != "RIFF" {
		t.Errorf("a song: %d %v %s", code, f.rooms.songs, said)
	}
	post(t, c, srv.URL+"/ui/prompts/welcome/silence", url.Values{"language": {"fr"}})
	if len(f.studio().sounds) != 0 {
		t.Errorf("sounds that are left: %v", f.studio().sounds)
	}

	doc, _ := page1(t, c, srv.URL+"/ui/hours/main", "en")
	var bars []string
	for _, r := range elements(doc, "rect") {
		if class, _ := attr(r, "class"); class == "open" {
			x, _ := attr(r, "x")
			width, _ := attr(r, "width")
			bars = append(bars, x+"+"+width)
		}
	}
	if diff := cmp.Diff([]string{"1320+120", "0+120"}, bars); diff != "" { // Monday 22:00 until Tuesday 02:00
		t.Errorf("the week (-want +got)\n%s", diff)
	}
	doc, _ = page1(t, c, srv.URL+"/ui/trunks/good", "fr")
	if said := text1(doc); !strings.Contains(said, "Elle est prête") || !strings.Contains(said, "Le courrier de l'opérateur.") {
		t.Errorf("a trunk's page: %s", said)
	}
	doc, _ = page1(t, c, srv.URL+"/ui/people/awa", "en")
	if said := text1(doc); !strings.Contains(said, "Forwards of extension 201") && !strings.Contains(said, "Forwards of extension | 201") {
		t.Errorf("a person's page has no forwards: %s", said)
	}
}
