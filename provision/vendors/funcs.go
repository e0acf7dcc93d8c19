package vendors

import (
	"fmt"
	"regexp"
	"strings"
	"text/template"
)

// funcs is what templates may call beside those that text/template brings.
var funcs = template.FuncMap{
	"add":      func(a, b int) int { return a + b },
	"sub":      func(a, b int) int { return a - b },
	"mul":      func(a, b int) int { return a * b },
	"div":      divide,
	"mod":      modulo,
	"upper":    func(s string) string { return outsideEntities(s, strings.ToUpper) },
	"lower":    func(s string) string { return outsideEntities(s, strings.ToLower) },
	"replace":  func(old, with, s string) string { return strings.ReplaceAll(s, old, with) },
	"contains": func(part, s string) bool { return strings.Contains(s, part) },
	// The text comes last, for pipes: {{.URL | trimPrefix "http://" | trimSuffix "/"}}.
	"trimPrefix": func(prefix, s string) string { return strings.TrimPrefix(s, prefix) },
	"trimSuffix": func(suffix, s string) string { return strings.TrimSuffix(s, suffix) },
	"match":      match,
	"seq":        seq,
	"hhmm":       hhmm,
}

func divide(a, b int) (int, error) {
	if b == 0 {
		return 0, fmt.Errorf("div %d 0", a)
	}
	return a / b, nil
}

func modulo(a, b int) (int, error) {
	if b == 0 {
		return 0, fmt.Errorf("mod %d 0", a)
	}
	return a % b, nil
}

// match reports whether a text fits a pattern: {{if match "^T4" .Device.Model}}.
func match(pattern, s string) (bool, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return false, err
	}
	return re.MatchString(s), nil
}

// maxSeq bounds a count: a template has no need of more, its author may mistype.
const maxSeq = 512

// seq counts: {{range seq 1 8}} is 1 to 8.
func seq(from, to int) ([]int, error) {
	if to-from >= maxSeq {
		return nil, fmt.Errorf("seq %d %d counts more than %d", from, to, maxSeq)
	}
	var out []int
	for i := from; i <= to; i++ {
		out = append(out, i)
	}
	return out, nil
}

// hhmm writes seconds as "+01:00" or "-03:30".
func hhmm(seconds int) string {
	sign := "+"
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	return fmt.Sprintf("%s%02d:%02d", sign, seconds/3600, seconds/60%60)
}

var entity = regexp.MustCompile(`&[0-9A-Za-z#]+;`)

// outsideEntities changes a text and leaves what XML wrote for its signs: "&AMP;" is none.
func outsideEntities(s string, change func(string) string) string {
	var b strings.Builder
	last := 0
	for _, at := range entity.FindAllStringIndex(s, -1) {
		b.WriteString(change(s[last:at[0]]) + s[at[0]:at[1]])
		last = at[1]
	}
	b.WriteString(change(s[last:]))
	return b.String()
}
