package vendors

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"autocom/provision"
)

// A key that a file names twice has one value on one firmware and the other on the
// next. Lists may repeat an element; numbered settings, attributes and lines may not.
func TestNoKeyTwice(t *testing.T) {
	set := builtinSet(t)
	for _, m := range set.makers {
		for i, p := range samples() {
			p.Device.Vendor = m.ID
			for n := range 60 {
				p.Device.Keys = append(p.Device.Keys, provision.Key{Number: fmt.Sprint(300 + n), Label: `Jean "le\grand" <O'Neil> & fils`})
			}
			for _, f := range m.files {
				name := f.names[0].example(p.Device.MAC)
				file, err := set.Render(p, name)
				if err != nil {
					t.Fatalf("%s, sample %d: %v", m.ID, i, err)
				}
				keys := textKeys
				if strings.HasPrefix(strings.TrimSpace(string(file.Body)), "<") {
					keys = xmlKeys
				}
				all, err := keys(string(file.Body))
				if err != nil {
					t.Errorf("%s, sample %d, %s: %v", m.ID, i, name, err)
				}
				seen := map[string]bool{}
				for _, k := range all {
					if seen[k] {
						t.Errorf("%s, sample %d, %s: %s stands twice", m.ID, i, name, k)
					}
					seen[k] = true
				}
			}
		}
	}
}

// textKeys are what stands before "=" or ":" on each line; a vCard's lines repeat.
func textKeys(body string) (keys []string, _ error) {
	if strings.HasPrefix(body, "BEGIN:VCARD") {
		return nil, nil
	}
	for _, line := range strings.Split(body, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		end := strings.IndexAny(line, "=:")
		if end < 1 {
			return nil, fmt.Errorf("line %q has no key", line)
		}
		keys = append(keys, strings.TrimSpace(line[:end]))
	}
	return keys, nil
}

// xmlKeys are the attributes, each with its element's place, and the elements whose
// name or attributes hold a number, which name one setting.
func xmlKeys(body string) (keys []string, _ error) {
	d := xml.NewDecoder(strings.NewReader(body))
	for n := 0; ; n++ {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return keys, nil
		}
		if err != nil {
			return nil, err
		}
		e, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		for _, a := range e.Attr {
			keys = append(keys, fmt.Sprintf("%d %s %s", n, e.Name.Local, a.Name.Local))
			switch a.Name.Local {
			case "idx", "index", "ID":
				keys = append(keys, e.Name.Local+" "+a.Value)
			}
		}
		if strings.HasPrefix(e.Name.Local, "P") && strings.Trim(e.Name.Local[1:], "0123456789") == "" || strings.HasSuffix(e.Name.Local, "_") {
			keys = append(keys, e.Name.Local)
		}
	}
}
