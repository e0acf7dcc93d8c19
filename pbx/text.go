package pbx

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"text/template"
	"unicode"
	"unicode/utf8"
)

// Fill runs every template of a feature, files/<name>.tmpl, over view, and gives what each
// adds to the file of its name. Templates get values that were checked: Asterisk's files
// have no quoting that holds everywhere.
func (p Plan) Fill(templates embed.FS, view any) (Fragments, error) {
	names, err := fs.Glob(templates, "files/*.tmpl")
	if err != nil {
		return Fragments{}, err
	}
	out := Fragments{Files: map[string]string{}}
	for _, name := range names {
		text, err := p.texts.Write(templates, name, view, func() (string, error) {
			t, err := template.New(path.Base(name)).Option("missingkey=error").ParseFS(templates, name)
			if err != nil {
				return "", err
			}
			var body strings.Builder
			if err := t.Execute(&body, view); err != nil {
				return "", fmt.Errorf("render %s: %w", name, err)
			}
			return body.String(), nil
		})
		if err != nil {
			return Fragments{}, err
		}
		out.Files[strings.TrimSuffix(path.Base(name), ".tmpl")] = text
	}
	return out, nil
}

// nameBytes is the longest caller name: res_pjsip cuts at 79 bytes, in the middle of a letter.
const nameBytes = 64

// CleanName keeps of a name what can stand anywhere in Asterisk's files: no control
// character (a newline would begin a new key), no quote or backslash, no bracket, brace,
// dollar, comma, ampersand, bar or "=" (they mean something in the dialplan), and no ";",
// which would begin a comment.
func CleanName(name string) string {
	var b strings.Builder
	space := false
	for _, r := range name {
		switch {
		case r == utf8.RuneError, unicode.Is(unicode.Cf, r):
			continue
		case unicode.IsSpace(r), unicode.IsControl(r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r), strings.ContainsRune(`"\;<>(){}[]$,&|=`, r):
			space = b.Len() > 0
			continue
		}
		if b.Len()+utf8.RuneLen(r)+1 > nameBytes {
			break
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return b.String()
}
