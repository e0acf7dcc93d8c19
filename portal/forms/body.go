package forms

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

func (b Body) get(path string) (any, bool) {
	if path == Whole {
		out := map[string]any{}
		for name, value := range b {
			if !slices.Contains(own, name) {
				out[name] = value
			}
		}
		return out, len(out) > 0
	}
	first, rest, more := strings.Cut(path, ".")
	value, ok := b[first]
	if !more || !ok {
		return value, ok
	}
	inner, _ := value.(map[string]any)
	return Body(inner).get(rest)
}

func (b Body) set(path string, value any) {
	if path == Whole {
		b.drop(path)
		inner, _ := value.(map[string]any)
		for name, v := range inner {
			if !slices.Contains(own, name) {
				b[name] = v
			}
		}
		return
	}
	first, rest, more := strings.Cut(path, ".")
	if !more {
		b[first] = value
		return
	}
	inner, ok := b[first].(map[string]any)
	if !ok {
		inner = map[string]any{}
		b[first] = inner
	}
	Body(inner).set(rest, value)
}

func (b Body) drop(path string) {
	if path == Whole {
		for name := range b {
			if !slices.Contains(own, name) {
				delete(b, name)
			}
		}
		return
	}
	first, rest, more := strings.Cut(path, ".")
	inner, _ := b[first].(map[string]any)
	if more && inner != nil {
		Body(inner).drop(rest)
	}
	if !more || len(inner) == 0 {
		delete(b, first)
	}
}

// copied shares nothing with b.
func copied(b Body) Body {
	out := Body{}
	raw, err := json.Marshal(b)
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil || out == nil {
		return Body{} // what came from JSON goes back to it
	}
	return out
}

// text is a scalar as an input shows it.
func text(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}

func texts(value any) []string {
	items, _ := value.([]any)
	out := make([]string, 0, len(items))
	for _, x := range items {
		out = append(out, text(x))
	}
	return out
}

// json1 is a value in JSON on one line, "" for none.
func json1(value any) string {
	if value == nil {
		return ""
	}
	raw, _ := json.Marshal(value) // what came from JSON goes back to it
	return string(raw)
}

func same(a, b any) bool { return json1(a) == json1(b) }
