package forms

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Body is an object's JSON with its number and name beside the fields of its kind.
type Body map[string]any

// maxRows bounds what one page shows; the kinds themselves allow less.
const maxRows = 500

// Mistake is what was typed and cannot be: Path is the input's name.
type Mistake struct {
	Path string
	Text Text
}

var (
	wholeNumber = Text{"Écrivez un nombre entier, sans autre signe.", "Write a whole number, without other signs."}
	itIsNeeded  = Text{"Ce champ est nécessaire.", "This field is needed."}
	thereTwice  = Text{"Ceci est déjà dans une autre rangée.", "This stands in another row already."}
)

// rows gives a field as rows, when it is a list: of scalars, its one field has no name.
func (x Field) rows() ([]Field, bool) {
	switch x.Widget {
	case Rows:
		return x.Field, true
	case Extensions:
		return []Field{{Widget: Extension, Label: Text{"Poste", "Extension"}}}, true
	case Refs:
		return []Field{{Widget: Choice, Of: x.Of, None: Text{"– choisir –", "– choose –"}, Label: x.Label}}, true
	}
	return nil, false
}

// path names the input of a field within a row.
func (x Field) path(row string) string {
	if x.Name == "" {
		return row + "._"
	}
	return row + "." + x.Name
}

// Encode gives what a page shows of a body.
func (f Form) Encode(b Body) url.Values {
	v := url.Values{}
	for _, x := range f.Fields() {
		value, there := b.get(x.Name)
		x.encode(v, x.Name, value, there)
	}
	return v
}

func (x Field) encode(v url.Values, path string, value any, there bool) {
	if row, ok := x.rows(); ok {
		x.encodeRows(v, path, value, row)
		return
	}
	switch x.Widget {
	case Toggle:
		on, _ := value.(bool)
		if on || !there && x.Default == "on" {
			v.Set(path, "on")
		}
	case Checks:
		v[path] = texts(value)
	case Lines:
		v.Set(path, strings.Join(texts(value), "\n"))
	case Words:
		v.Set(path, strings.Join(texts(value), " "))
	case To:
		if to, ok := value.(map[string]any); ok {
			v.Set(path, strings.TrimSuffix(text(to["kind"])+":"+text(to["id"]), ":"))
		}
	case Secret:
	case Choice:
		if v.Set(path, text(value)); !there {
			v.Set(path, x.Default)
		}
	default:
		v.Set(path, text(value))
	}
}

func (x Field) encodeRows(v url.Values, path string, value any, fields []Field) {
	n := 0
	put := func(row any, key string) {
		at := path + "." + strconv.Itoa(n)
		n++
		for i, y := range fields {
			switch inner, _ := row.(map[string]any); {
			case x.Map && i == 0:
				v.Set(y.path(at), key)
			case y.Name == "":
				y.encode(v, y.path(at), row, true)
			default:
				one, there := Body(inner).get(y.Name)
				y.encode(v, y.path(at), one, there)
			}
		}
	}
	switch list := value.(type) {
	case []any:
		for _, row := range list {
			put(row, "")
		}
	case map[string]any:
		for _, key := range sorted(list) {
			put(list[key], key)
		}
	}
	v.Set(path+".#", strconv.Itoa(n))
}

// sorted gives the keys in the order of a telephone's: 1 to 9, 0, *, #; words by the alphabet.
func sorted(m map[string]any) []string {
	rank := func(s string) string {
		if i := strings.Index("1234567890*#", s); len(s) == 1 && i >= 0 {
			return string(rune('A' + i))
		}
		return s
	}
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b string) int { return strings.Compare(rank(a), rank(b)) })
	return out
}

// Decode puts what was typed over a body: fields that no page shows stay as they are.
func (f Form) Decode(v url.Values, over Body) (Body, []Mistake) {
	out := copied(over)
	var mistakes []Mistake
	for _, x := range f.Fields() {
		value, there, wrong := x.decode(v, x.Name)
		if x.Need && !there && len(wrong) == 0 {
			wrong = append(wrong, Mistake{x.Name, itIsNeeded})
		}
		mistakes = append(mistakes, wrong...)
		if _, had := over.get(x.Name); there && (had || !x.usual(value)) {
			out.set(x.Name, value)
		} else if !there || had {
			out.drop(x.Name)
		}
	}
	return out, mistakes
}

// usual reports what the exchange takes anyway when the body does not say it.
func (x Field) usual(value any) bool {
	return x.Default != "" && (x.Widget == Choice && value == x.Default || x.Widget == Toggle && value == true)
}

// decode reads one input; there is false for what the body does not name.
func (x Field) decode(v url.Values, path string) (value any, there bool, wrong []Mistake) {
	if row, ok := x.rows(); ok {
		return x.decodeRows(v, path, row)
	}
	typed := strings.TrimSpace(v.Get(path))
	switch x.Widget {
	case Toggle:
		on := typed != ""
		if x.Default == "on" {
			return on, !on || !x.Spare, nil
		}
		return on, on, nil
	case Number:
		if typed == "" {
			return nil, false, nil
		}
		n, err := strconv.Atoi(typed)
		if err != nil {
			return nil, false, []Mistake{{path, wholeNumber}}
		}
		return float64(n), true, nil // as encoding/json reads it
	case Checks:
		return list(v[path])
	case Lines:
		return list(strings.Split(typed, "\n"))
	case Words:
		return list(strings.Fields(strings.ReplaceAll(typed, ",", " ")))
	case Extension: // "201 Awa", as the list proposes it
		first, _, _ := strings.Cut(typed, " ")
		return first, first != "", nil
	case To:
		kind, id, _ := strings.Cut(typed, ":")
		if id == "" && (kind == "number" || kind == "voicemail") {
			id, _, _ = strings.Cut(strings.TrimSpace(v.Get(path+".n")), " ")
		}
		to := map[string]any{"kind": kind}
		if id != "" {
			to["id"] = id
		}
		return to, kind != "", nil
	case Area:
		return strings.ReplaceAll(typed, "\r\n", "\n"), typed != "", nil
	}
	return typed, typed != "", nil
}

func list(from []string) (any, bool, []Mistake) {
	out := []any{}
	for _, s := range from {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out, len(out) > 0, nil
}

func (x Field) decodeRows(v url.Values, path string, fields []Field) (any, bool, []Mistake) {
	var wrong []Mistake
	items, object := []any{}, map[string]any{}
	for n := range rowsTyped(v, path) {
		at := path + "." + strconv.Itoa(n)
		if blank(v, at, fields) {
			continue
		}
		row, key := Body{}, ""
		var whole any
		for i, y := range fields {
			value, there, mistakes := y.decode(v, y.path(at))
			wrong = append(wrong, mistakes...)
			switch {
			case x.Map && i == 0:
				key = text(value)
			case y.Name == "":
				whole = value
			case there:
				row.set(y.Name, value)
			}
		}
		if whole == nil {
			whole = map[string]any(row)
		}
		if _, twice := object[key]; x.Map && twice {
			wrong = append(wrong, Mistake{fields[0].path(at), thereTwice})
		}
		items, object[key] = append(items, whole), whole
	}
	switch {
	case len(items) == 0:
		return nil, false, wrong
	case x.Map:
		return object, true, wrong
	}
	return items, true, wrong
}

// blank reports a row in which nothing was typed; choices that always have a value and
// switches do not count.
func blank(v url.Values, at string, fields []Field) bool {
	for _, y := range fields {
		if y.Widget == Toggle || y.Widget == Choice && y.None.EN == "" {
			continue
		}
		for _, s := range append(slices.Clone(v[y.path(at)]), v.Get(y.path(at)+".n")) {
			if strings.TrimSpace(s) != "" {
				return false
			}
		}
	}
	return true
}

func rowsTyped(v url.Values, path string) int {
	n, _ := strconv.Atoi(v.Get(path + ".#"))
	return max(0, min(n, maxRows))
}

// Press does what a button of rows says, "add:members", "drop:members.2" or "up:members.2",
// to what was typed. It tells which input to go on with.
func (f Form) Press(v url.Values, button string) (focus string, ok bool) {
	verb, at, _ := strings.Cut(button, ":")
	path, index := at, 0
	if verb != "add" {
		i := strings.LastIndex(at, ".")
		if i < 0 {
			return "", false
		}
		path = at[:i]
		var err error
		if index, err = strconv.Atoi(at[i+1:]); err != nil {
			return "", false
		}
	}
	x, known := f.Field(path)
	fields, isRows := x.rows()
	n := rowsTyped(v, path)
	if !known || !isRows || index < 0 || verb != "add" && index >= n {
		return "", false
	}
	switch {
	case verb == "add" && n < maxRows:
		v.Set(path+".#", strconv.Itoa(n+1))
		return fields[0].path(path + "." + strconv.Itoa(n)), true
	case verb == "drop":
		for i := index; i < n-1; i++ {
			swap(v, path, i, i+1)
		}
		v.Set(path+".#", strconv.Itoa(n-1))
		return path, true
	case verb == "up" && index > 0:
		swap(v, path, index, index-1)
		return path, true
	}
	return path, verb == "up" || verb == "add"
}

func swap(v url.Values, path string, i, j int) {
	a, b := path+"."+strconv.Itoa(i)+".", path+"."+strconv.Itoa(j)+"."
	next := url.Values{}
	for name, value := range v {
		if rest, ok := strings.CutPrefix(name, a); ok {
			next[b+rest] = value
			delete(v, name)
		} else if rest, ok := strings.CutPrefix(name, b); ok {
			next[a+rest] = value
			delete(v, name)
		}
	}
	for name, value := range next {
		v[name] = value
	}
}

// own are the fields that every object has; Whole is all others.
var own = []string{"id", "rev", "number", "name", "secrets"}

// Whole is the name of a field that is the whole body: an object of any keys.
const Whole = "*"
