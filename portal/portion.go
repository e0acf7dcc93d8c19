package portal

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// mostListed bounds a page of a list; without a limit the whole list is sent, which the
// box's own bounds keep short.
const mostListed = 2000

// portion cuts a list as ?limit and ?after ask: after is the key of the last element of the
// page before. next is that of the following page, "" when nothing follows; bad what is wrong
// with the query. What is no list passes.
func portion(text []byte, query url.Values) (part []byte, next, bad string) {
	wanted, after := query.Get("limit"), query.Get("after")
	if wanted == "" && after == "" || len(text) == 0 || text[0] != '[' {
		return text, "", ""
	}
	limit := mostListed
	if wanted != "" {
		n, err := strconv.Atoi(wanted)
		if err != nil || n < 1 || n > mostListed {
			return nil, "", fmt.Sprintf("limit is a number from 1 to %d", mostListed)
		}
		limit = n
	}
	var list []json.RawMessage
	if json.Unmarshal(text, &list) != nil {
		return text, "", "" // never: it was written a moment ago
	}
	from := 0
	if after != "" {
		if from = behind(list, after); from < 0 {
			return nil, "", "after is none of this list: begin again without it"
		}
	}
	list = list[from:]
	if len(list) > limit {
		list = list[:limit]
		next = keyOf(list[limit-1])
	}
	part, _ = json.Marshal(list) // of texts that were JSON
	return part, next, ""
}

// behind is the place after the element with a key; when it has gone meanwhile and the list
// is in the order of the keys, the place where it would be. -1 there is none.
func behind(list []json.RawMessage, key string) int {
	keys := make([]string, len(list))
	for i, x := range list {
		keys[i] = keyOf(x)
	}
	for i := len(keys) - 1; i >= 0; i-- {
		if keys[i] == key {
			return i + 1
		}
	}
	if !slices.IsSorted(keys) {
		return -1
	}
	i, _ := slices.BinarySearch(keys, key)
	return i
}

// keyOf is what an element of a list is known by: its id, number or n, else when it was.
func keyOf(x json.RawMessage) string {
	var named struct{ ID, Number, N, At, Name json.RawMessage }
	if json.Unmarshal(x, &named) != nil {
		return strings.Trim(string(x), `"`) // a list of texts
	}
	for _, v := range []json.RawMessage{named.ID, named.Number, named.N, named.At, named.Name} {
		if len(v) > 0 && string(v) != "null" {
			return strings.Trim(string(v), `"`)
		}
	}
	return ""
}

// linkNext says where a list goes on (RFC 8288).
func linkNext(h http.Header, r *http.Request, after string) {
	q := r.URL.Query()
	q.Set("after", after)
	h.Set("Link", "<"+r.URL.Path+"?"+q.Encode()+`>; rel="next"`)
}
