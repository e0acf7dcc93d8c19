package recipe

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

func decodeFS(name string, into any) error {
	data, err := builtin.ReadFile(name)
	if err != nil {
		return err
	}
	return decode(name, data, into)
}

// decode reads TOML strictly: an unknown key is an error that says where.
func decode(name string, data []byte, into any) error {
	dec := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields()
	err := dec.Decode(into)
	var unknown *toml.StrictMissingError
	if errors.As(err, &unknown) {
		first := unknown.Errors[0]
		line, _ := first.Position()
		return fmt.Errorf("%s:%d: there is no key %q: correct its spelling or remove it", name, line, strings.Join(first.Key(), "."))
	}
	var bad *toml.DecodeError
	if errors.As(err, &bad) {
		line, _ := bad.Position()
		text := strings.TrimPrefix(bad.Error(), "toml: ")
		// The library speaks of Go's types here, which an owner does not know.
		if kind, _, is := strings.Cut(text, " into "); is && strings.HasPrefix(kind, "cannot decode TOML ") {
			text = fmt.Sprintf("key %q cannot be a %s: see bases/%s.toml for an example",
				strings.Join(bad.Key(), "."), strings.TrimPrefix(kind, "cannot decode TOML "), DefaultBase)
		}
		return fmt.Errorf("%s:%d: %s", name, line, text)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
