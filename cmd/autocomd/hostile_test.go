package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	asteriskconf "autocom/asterisk-conf"
	"autocom/portal"
)

// What the hostile client puts where a path has a name, a query a value and a request a body.
var (
	hostileNames = []string{
		"00:15:65:aa:00:00", "201", "sales", "sav", "awa", "room", "recording", "fr", "1", "0", "-1", "99999999999999999999", "x",
		"..", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "%00", "%ff%fe", "a%0d%0aSet-Cookie:%20x=y", "%22%3E%3Cscript%3E", "*", "%E2%80%AE", "a%2Fb", "%7Bid%7D",
		strings.Repeat("9", 4000), strings.Repeat("%c3%a9", 900),
	}
	hostileQueries = []string{
		"", "", "", "limit=-1", "limit=1&after=%ff", "limit=1e9", "after=" + strings.Repeat("a", 3000), "from=x&to=y", "from=2026-02-31", "from=0000-01-01&to=9999-12-31&every=hour",
		"format=%00", "n=-1", "n=999999999999999999999", "kinds=%3Cscript%3E", "page=-9", "q=" + strings.Repeat("%27", 500), "id=..%2f..", "next=//evil.example/", "result=,,,,", "a=1;b=2", "%zz=1",
	}
	hostileTypes = []string{
		"application/json", "application/json", "application/json", "", "application/x-www-form-urlencoded", "application/x-www-form-urlencoded", "multipart/form-data",
		"multipart/form-data; boundary=x", "text/plain", "audio/wav", ";;;", "application/json; charset=\"", "application/octet-stream",
	}
	hostileBodies = []func(*rand.Rand) string{
		func(*rand.Rand) string { return "" },
		func(*rand.Rand) string { return "{}" },
		func(*rand.Rand) string { return "null" },
		func(*rand.Rand) string { return "[]" },
		func(*rand.Rand) string { return `"text"` },
		func(*rand.Rand) string { return "1e999" },
		func(*rand.Rand) string { return `{"name":"x","id":` }, // cut off
		func(*rand.Rand) string { return strings.Repeat("[", 20000) },
		func(*rand.Rand) string { return strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000) },
		func(*rand.Rand) string {
			return `{"name":"a","name":"b","id":"one","id":"two","number":"610","number":"611"}`
		},
		func(*rand.Rand) string { return "{\"name\":\"\xff\xfe\x00\",\"number\":\"\xc3\"}" },
		func(*rand.Rand) string { return `{"name":"` + strings.Repeat("é", 200000) + `"}` },
		func(*rand.Rand) string { return strings.Repeat("x", 3<<20) },
		func(*rand.Rand) string { return "{}{}" },
		func(*rand.Rand) string { return "name=%ff&number=201&_rev=x&password=" + strings.Repeat("y", 5000) },
		func(*rand.Rand) string {
			return "_do=save&_rev=-1&name=%3Cscript%3E&members=201&members=201&number=112&code=00000000"
		},
		func(*rand.Rand) string { return strings.Repeat("a=1&", 20000) },
		func(*rand.Rand) string {
			return "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../../x.wav\"\r\n\r\nRIFF\xff\xff\xff\xffWAVEfmt \r\n--x--\r\n"
		},
		func(*rand.Rand) string { return "RIFF\x04\x00\x00\x00WAVE" },
		wrongFields, wrongFields, wrongFields, nearlyRight, nearlyRight, nearlyRight, nearlyRight, nearlyRight, nearlyRight,
	}
	fieldNames = []string{
		"name", "id", "rev", "number", "members", "agents", "numbers", "ring", "strategy", "then", "keys", "greeting", "week", "holidays", "patterns", "trunks", "server", "user", "password",
		"secrets", "extension", "queue", "reason", "member", "always", "busy", "dnd", "hand", "heard", "role", "language", "voicemail", "record", "class", "follow", "codes", "minutes", "pin", "files", "to", "dial", "max",
	}
	fieldValues = []string{
		"null", "true", "-1", "1e400", "9223372036854775808", `""`, `"201"`, `"112"`, `"\u0000"`, `"../x"`, `"${SHELL(id)}"`, `"a\r\nb"`, `[]`, `[null]`, `[{"number":201}]`, `["201","201"]`, `{}`, `{"kind":"x","id":[]}`, `{"a":{"b":{"c":{}}}}`,
		`"` + strings.Repeat("z", 3000) + `"`,
	}
)

// wrongFields is an object with fields that some route knows, of wrong types and values.
func wrongFields(r *rand.Rand) string {
	var b strings.Builder
	b.WriteByte('{')
	for n := range 1 + r.IntN(5) {
		if n > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:%s", fieldNames[r.IntN(len(fieldNames))], fieldValues[r.IntN(len(fieldValues))])
	}
	return b.String() + "}"
}

// rightBodies are what the routes of their collections take.
var rightBodies = []map[string]string{
	{"name": `"Awa"`, "numbers": `["203"]`, "class": `"mobile"`, "voicemail": `true`, "follow": `{"numbers":["0612345678"],"ring":20}`, "record": `"always"`},
	{"number": `"611"`, "members": `["201"]`, "ring": `20`, "strategy": `"order"`, "then": `{"kind":"number","id":"202"}`},
	{"number": `"621"`, "members": `[{"number":"201"}]`, "agents": `[{"person":"awa"}]`, "strategy": `"ringall"`, "wait": `60`, "music": `""`},
	{"number": `"631"`, "keys": `{"1":{"kind":"number","id":"201"}}`, "greeting": `"hello"`, "tries": `3`, "digits": `3`},
	{"week": `[{"days":["mon"],"from":"08:00","to":"12:00"}]`, "holidays": `[{"from":"12-25","name":"Noël"}]`, "open": `{"kind":"number","id":"201"}`, "closed": `{"kind":"number","id":"202"}`},
	{"number": `"641"`, "pin": `"1234"`, "leader_pin": `"5678"`, "max": `10`, "wait": `true`, "announce": `"names"`},
	{"server": `"sip.example.org"`, "user": `"u"`, "password": `"secret-of-a-trunk"`, "mode": `"register"`, "channels": `2`},
	{"numbers": `["+33612345678"]`, "prompt": `"hello"`, "text": `"Bonjour"`, "dial": `"0612345678"`, "code": `"1"`},
	{"announce": `true`, "days": `30`, "slots": `{"first":"701","last":"720"}`, "host": `"mail.example.org"`, "from": `"a@example.org"`, "port": `587`},
	{"extension": `"201"`, "name": `"Accueil"`, "always": `"202"`, "busy": `""`, "none": `""`, "absent": `""`, "dnd": `false`},
}

// nearlyRight is such a body, some of its fields alone, and one of them spoiled.
func nearlyRight(r *rand.Rand) string {
	fields := rightBodies[r.IntN(len(rightBodies))]
	names := slices.Sorted(maps.Keys(fields))
	spoiled := names[r.IntN(len(names))]
	var parts []string
	for _, name := range names {
		value := fields[name]
		if name == spoiled && r.IntN(4) > 0 {
			value = fieldValues[r.IntN(len(fieldValues))]
		} else if r.IntN(4) == 0 {
			continue
		}
		parts = append(parts, fmt.Sprintf("%q:%s", name, value))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// taker records an answer, as a connection would: it streams, up to a bound.
type taker struct{ *httptest.ResponseRecorder }

func (taker) SetWriteDeadline(time.Time) error { return nil }

var inPath = regexp.MustCompile(`\{[^}]*\}`)

// request makes one of a route, as its bytes come from the network; nil when net/http itself
// would refuse them.
func request(rng *rand.Rand, route portal.Route) (*http.Request, string) {
	path := inPath.ReplaceAllStringFunc(route.Path, func(name string) string {
		if name == "{$}" {
			return ""
		}
		if rng.IntN(3) == 0 { // something that may exist
			return hostileNames[rng.IntN(7)]
		}
		return hostileNames[rng.IntN(len(hostileNames))]
	})
	if q := hostileQueries[rng.IntN(len(hostileQueries))]; q != "" {
		path += "?" + q
	}
	var raw strings.Builder
	fmt.Fprintf(&raw, "%s %s HTTP/1.1\r\nHost: 192.168.1.10\r\n", route.Method, path)
	body := ""
	if route.Method != "GET" {
		body = hostileBodies[rng.IntN(len(hostileBodies))](rng)
		if kind := hostileTypes[rng.IntN(len(hostileTypes))]; kind != "" {
			fmt.Fprintf(&raw, "Content-Type: %s\r\n", kind)
		}
		fmt.Fprintf(&raw, "Content-Length: %d\r\n", len(body))
	}
	for _, h := range []string{"If-Match: \"\xff\"", "If-Match: 99999999999999999999", "If-None-Match: *", "Accept-Language: fr;q=nan, ,;;", "Range: bytes=-1,5-2", "Last-Event-ID: x-18446744073709551615", "Accept: */*;;"} {
		if rng.IntN(6) == 0 {
			raw.WriteString(h + "\r\n")
		}
	}
	text := raw.String() + "\r\n" + body
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
	if err != nil {
		return nil, ""
	}
	r.RemoteAddr = fmt.Sprintf("192.168.1.%d:4000", rng.IntN(250))
	return r, strings.SplitN(text, "\r\n", 2)[0]
}

// Whatever somebody sends to whatever path in whatever role: an answer that is bounded and
// no fault of ours, and nothing at all for who may not ask.
func TestNoRequestIsAFaultOfOurs(t *testing.T) {
	const each, below = 10, 2 // requests of a route and a role that may ask, or may not
	var said bytes.Buffer
	d := whole(t, &said)
	settle(t, d, 3)
	roles := []string{"nobody", "user", "agent", "supervisor", "admin"}
	in := cookies(t, d)
	asked, refused, began, codes := 0, 0, time.Now(), map[int]int{}
	for _, route := range d.portal.Routes() {
		for rank, role := range roles {
			if strings.Contains(route.Path, "logout") || strings.Contains(route.Path, "account") || strings.Contains(route.Path, "session") || strings.Contains(route.Path, "password") || strings.Contains(route.Path, "people") {
				in = cookies(t, d) // the one before may have ended it
			}
			seed := fnv.New64a()
			seed.Write([]byte(route.Method + route.Path + role))
			rng := rand.New(rand.NewPCG(5, seed.Sum64())) // repeats, whatever other routes there are
			may := rank >= slices.Index(roles, route.Role)
			for n := range each {
				if !may && n >= below {
					break
				}
				r, line := request(rng, route)
				if r == nil {
					refused++
					continue
				}
				if in[role] != "" {
					r.Header.Set("Cookie", in[role])
				}
				asked++
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				if strings.Contains(route.Path, "/events") {
					cancel() // a stream does not end by itself
				}
				w := taker{httptest.NewRecorder()}
				fault := faultOf(d.portal, w, r.WithContext(ctx))
				slow := ctx.Err() == context.DeadlineExceeded
				cancel()
				if len(line) > 200 {
					line = line[:200] + "…"
				}
				body := w.Body.String()
				codes[w.Code]++
				switch {
				case fault != "":
					t.Errorf("%s as %s: panic: %s", line, role, fault)
				case w.Code >= 500 && w.Code != http.StatusServiceUnavailable:
					t.Errorf("%s as %s: %d %.300s", line, role, w.Code, body)
				case slow || len(body) > 4<<20:
					t.Errorf("%s as %s: %d bytes, too slow: %v", line, role, len(body), slow)
				case !may && w.Code < 300:
					t.Errorf("%s as %s: %d, though it is for %s", line, role, w.Code, route.Role)
				case strings.HasPrefix(r.URL.Path, "/api/") && w.Code >= 400 && !isProblem(w):
					t.Errorf("%s as %s: %d without a problem: %s %.300s", line, role, w.Code, w.Header().Get("Content-Type"), body)
				case strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") && !json.Valid([]byte(body)) && w.Code != http.StatusNotModified:
					t.Errorf("%s as %s: no JSON: %.300s", line, role, body)
				case strings.Contains(body, "<script>alert") || w.Header().Get("Set-Cookie") == "x=y":
					t.Errorf("%s as %s: %s %.300s", line, role, w.Header(), body)
				}
				if to := w.Header().Get("Location"); to != "" {
					if u, err := url.Parse(to); err != nil || u.Host != "" {
						t.Errorf("%s as %s: leads to %q", line, role, to)
					}
				}
			}
		}
	}
	if _, left, err := asteriskconf.RenderSound(d.exchange.plan()); err != nil || len(left) > 0 {
		t.Errorf("what was taken spoils the plan: %v, left out %v", err, left)
	}
	for line := range strings.Lines(said.String()) {
		if strings.Contains(line, "level=ERROR") && !strings.Contains(line, context.Canceled.Error()) { // a reader that went away
			t.Errorf("a fault in the log: %.1000s", line)
		}
	}
	t.Logf("%d requests to %d routes in %s; net/http itself refused %d; answers %v", asked, len(d.portal.Routes()), time.Since(began).Round(time.Millisecond), refused, codes)
	for _, code := range []int{200, 303, 304, 400, 401, 403, 404, 409, 412, 413, 415} { // each happened, or the client asks for nothing
		if codes[code] == 0 {
			t.Errorf("of %d requests none was answered with %d: %v", asked, code, codes)
		}
	}
}

func faultOf(h http.Handler, w http.ResponseWriter, r *http.Request) (fault string) {
	defer func() {
		if v := recover(); v != nil && v != http.ErrAbortHandler {
			fault = fmt.Sprint(v, "\n", string(debug.Stack()))
		}
	}()
	h.ServeHTTP(w, r)
	return ""
}

func isProblem(w taker) bool {
	var p struct{ Detail string }
	return w.Header().Get("Content-Type") == "application/problem+json" && json.Unmarshal(w.Body.Bytes(), &p) == nil && p.Detail != ""
}
