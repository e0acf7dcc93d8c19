package asteriskconf

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"autocom/pbx"

	gocmp "github.com/google/go-cmp/cmp"
)

// mark is in each hostile text, so that it is found where it went.
const mark = "zqxj"

// hostile are texts that mean something to Asterisk's files, its dialplan or a shell.
var hostile = []string{
	mark + "\n[evil]\nexten => s,1,System(id)\n",
	mark + "\r\nset_var = AC_INSIDE=1\r\n",
	mark + "\u2028x\u0085y\x00z\x0bw",
	mark + ",1)\n same => n,Dial(PJSIP/112",
	mark + "; comment",
	mark + ",T",
	mark + "&PJSIP/trunk-orange",
	mark + "${SHELL(id)}",
	mark + "$[1+1]",
	mark + ")(",
	mark + "](!)",
	mark + "}{",
	mark + `"`,
	mark + `\`,
	mark + "|id",
	mark + "=>x",
	mark + "^1^2",
	mark + "`id`",
	mark + "<sip:112@x>",
	mark + "@ac-out-international/n",
	mark + ":x?y",
	"../" + mark,
	"_" + mark + "X.",
	"#exec " + mark,
	"699112233&" + mark,
	"a@example.org\nBcc: " + mark,
	"_X.", "*.", "s", "i", "${EXTEN}", "201\n", "6!",
}

// special are the signs that mean something in one of the files.
const special = ";,&|(){}[]<>$\"\\=^!`@?*#:"

// fewer are those that mean something where names stand: in a box, on the right side of Set.
const fewer = ";,&|(){}[]<>$\"\\="

// skeleton is what Asterisk makes of a file: of each line its section, its key, its
// application and its special signs; the words that people choose are left out. Lines that
// are made of the letters of names (dial by name) are left out.
func skeleton(t testing.TB, files pbx.Files, name string) []string {
	t.Helper()
	sections, err := parse(files, name)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, s := range sections {
		if strings.HasPrefix(s.name, "ac-names-") {
			continue
		}
		out = append(out, fmt.Sprintf("[%s] %v %v", s.name, s.template, s.parents))
		for _, k := range s.keys {
			app, _, _ := strings.Cut(k.value, "(")
			signs := special
			switch {
			case k.key == "callerid": // quoted there: see TestCleanName
				if strings.Count(k.value, `"`) != 2 || strings.ContainsAny(k.value, `\;`) || strings.Count(k.value, "<") != 1 {
					t.Errorf("%s: callerid = %s", s.name, k.value)
				}
				continue
			case name == "pjsip_trunks.conf" && k.key == "password": // nothing but a comment or a new line ends it
				continue
			case name == "voicemail.conf" || strings.HasSuffix(app, ",Set"):
				signs = fewer
			}
			if name != "extensions.conf" || strings.Contains(app, mark) {
				app = ""
			}
			value := strings.Map(func(r rune) rune {
				if strings.ContainsRune(signs, r) || r < ' ' || r == 0x7f {
					return r
				}
				return -1
			}, k.value)
			out = append(out, fmt.Sprintf("[%s] %s %s %q", s.name, k.key, app, value))
		}
	}
	slices.Sort(out)
	return out
}

// differ compares what two configurations say, file by file.
func differ(t testing.TB, want, got pbx.Files) string {
	t.Helper()
	for name, body := range got {
		if !strings.HasSuffix(name, ".conf") || bytes.Equal(body, want[name]) {
			continue
		}
		// What they include is compared by itself.
		if diff := gocmp.Diff(skeleton(t, want, name), skeleton(t, got, name)); diff != "" {
			return name + ":\n" + diff
		}
	}
	return ""
}

// places calls f for each text of a JSON value, and for each name of those that people
// choose, with a way to write another there.
func places(v any, path string, f func(path string, set func(string))) {
	switch v := v.(type) {
	case []any:
		for i := range v {
			if _, ok := v[i].(string); ok {
				old := v[i]
				f(fmt.Sprint(path, ".", i), func(s string) { v[i] = s })
				v[i] = old
			}
			places(v[i], fmt.Sprint(path, ".", i), f)
		}
	case map[string]any:
		for _, name := range keys(v) {
			if _, ok := v[name].(string); ok {
				old := v[name]
				f(path+"."+name, func(s string) { v[name] = s })
				v[name] = old
			}
			places(v[name], path+"."+name, f)
			if strings.HasSuffix(path, ".keys") {
				old, now := v[name], name
				f(path+" key", func(s string) {
					delete(v, now)
					now = s
					v[now] = old
				})
				delete(v, now)
				v[name] = old
			}
		}
	}
}

func keys(m map[string]any) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// Whatever somebody writes into a field, it is refused, or the files have the same sections,
// extensions, applications and signs as with a harmless word there. Nothing panics.
func TestNothingWrittenBecomesConfiguration(t *testing.T) {
	base := all().Objects
	try := func(t *testing.T, where string, i int, put func(o *pbx.Object, s string)) {
		t.Helper()
		with := func(s string) (pbx.Files, error) {
			p := all()
			put(&p.Objects[i], s)
			return Render(p)
		}
		want, err := with(mark)
		if err != nil {
			want, err = with(mark + "@example.org")
		}
		harmless := err == nil
		for _, s := range hostile {
			files, err := with(s)
			if err != nil {
				if strings.ContainsAny(err.Error(), "\n\r\x00") {
					t.Errorf("%s = %q: the error has more than one line: %q", where, s, err)
				}
				continue
			}
			switch {
			case !strings.Contains(s, mark): // right in some fields
				if err := Check(files, nil); err != nil {
					t.Errorf("%s = %q: %v", where, s, err)
				}
			case !harmless:
				t.Errorf("%s = %q is taken, and a word is not", where, s)
			default:
				if diff := differ(t, want, files); diff != "" {
					t.Errorf("%s = %q: %s", where, s, diff)
				}
			}
		}
	}
	for i, o := range base {
		t.Run(o.Kind+" "+o.ID, func(t *testing.T) {
			t.Parallel()
			try(t, o.Kind+" name", i, func(o *pbx.Object, s string) { o.Name = s })
			try(t, o.Kind+" id", i, func(o *pbx.Object, s string) { o.ID = s })
			try(t, o.Kind+" number", i, func(o *pbx.Object, s string) { o.Number = s })
			var body any
			if err := json.Unmarshal(o.Body, &body); err != nil {
				t.Fatal(err)
			}
			places(body, o.Kind+" "+o.ID, func(path string, set func(string)) {
				try(t, path, i, func(o *pbx.Object, s string) {
					set(s)
					text, err := json.Marshal(body)
					if err != nil {
						t.Fatal(err)
					}
					o.Body = text
				})
			})
		})
	}
}
