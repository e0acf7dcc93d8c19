package phonesim

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const minute = time.Minute

// document reads one XML document whose root is name.
func document(body []byte, name string) (snomNode, error) {
	if len(body) > maxSettings {
		return snomNode{}, fmt.Errorf("%d bytes are too many for a settings file", len(body))
	}
	root, err := decodeXML(body)
	if err != nil {
		return root, err
	}
	if root.XMLName.Local != name {
		return root, fmt.Errorf("<%s> where <%s> must stand", root.XMLName.Local, name)
	}
	return root, nil
}

// textLines gives the lines of a text file, without their ends and spaces around.
func textLines(body []byte) ([]string, error) {
	if len(body) > maxSettings {
		return nil, fmt.Errorf("%d bytes are too many for a settings file", len(body))
	}
	if !utf8.Valid(body) {
		return nil, fmt.Errorf("not valid UTF-8")
	}
	lines := strings.Split(string(body), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
		if c := strings.IndexFunc(lines[i], func(r rune) bool { return r < 0x20 && r != '\t' || r == 0x7f }); c >= 0 {
			return nil, fmt.Errorf("line %d: control character %q", i+1, lines[i][c])
		}
	}
	return lines, nil
}

// once puts a pair into out, where it must not be.
func once(out map[string]string, key, value string) error {
	if _, twice := out[key]; twice {
		return fmt.Errorf("%s a second time", clip(key))
	}
	out[key] = strings.TrimSpace(value)
	return nil
}

func contains(list []string, s string) bool { return slices.Contains(list, s) }
