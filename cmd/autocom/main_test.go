package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// Every example works when it is typed at the top of the checkout after make: the program
// is build/autocom, the images lie in build, and every flag in it exists.
func TestExamplesCanBeTyped(t *testing.T) {
	for _, v := range verbs {
		words := strings.Fields(v.example)
		if words[0] == "sudo" {
			words = words[1:]
		}
		if len(words) < 3 || words[0] != "build/autocom" || words[1] != v.name {
			t.Errorf("%s: the example is %q", v.name, v.example)
			continue
		}
		var help, errs bytes.Buffer
		if code := Main(t.Context(), []string{v.name, "-h"}, &help, &errs); code != exitDone || !strings.Contains(help.String(), "\n  "+v.example+"\n") {
			t.Errorf("%s -h: exit %d, %s%s", v.name, code, help.String(), errs.String())
		}
		for _, w := range words[2:] {
			if strings.HasPrefix(w, "-") && !strings.Contains(help.String(), "\n  "+w+" ") {
				t.Errorf("%s: its example has the flag %s, which it does not know", v.name, w)
			}
		}
		if asks := strings.Contains(v.args, "IMAGE"); asks != slices.ContainsFunc(words, func(w string) bool {
			return strings.HasPrefix(w, "build/autocom-") && strings.HasSuffix(w, ".img")
		}) {
			t.Errorf("%s: it takes an image (%v) and its example is %q", v.name, asks, v.example)
		}
	}
}
