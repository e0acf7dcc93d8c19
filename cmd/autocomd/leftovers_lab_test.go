//go:build lab

package main

import (
	"regexp"
	"strings"
)

// spoken are the texts of a page that are said in its own language: what stands in it, what
// its fields hint at and what a screen reader says. What is marked as English, code and logs is not.
const spokenTexts = `page => page.evaluate(() => {
	const foreign = "script, style, pre, code, [lang]:not(html)";
	const walk = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
	const texts = [];
	for (let n = walk.nextNode(); n; n = walk.nextNode())
		if (!n.parentElement.closest(foreign)) texts.push(n.textContent.trim());
	for (const e of document.querySelectorAll("[aria-label], [title], [placeholder], [alt]"))
		if (!e.closest(foreign)) for (const a of ["aria-label", "title", "placeholder", "alt"]) texts.push((e.getAttribute(a) ?? "").trim());
	return [...new Set(texts.filter(t => t.split(/\s+/).length >= 3))];
})`

// english are words that no French sentence has.
var english = regexp.MustCompile(`(?i)(^|[^\p{L}])(the|of|is|and|to|for|with|has|have|are|not|it|this|that|your|who|when|which|from|was|be|will|can|by)([^\p{L}'’]|$)`)

// ofDevices are words that stand in a telephone's or a gateway's own menus: people look for
// them as they are.
var ofDevices = regexp.MustCompile(`Reset to Factory Defaults|Unconditional Call Forward to VoIP`)

// leftovers asks that a French page has no English sentence.
func (r *reader) leftovers(where string) {
	r.t.Helper()
	if r.v.Language != "fr" {
		return
	}
	var texts []string
	must(r.t, r.Script(spokenTexts, nil, &texts))
	for _, text := range texts {
		if english.MatchString(ofDevices.ReplaceAllString(text, "…")) {
			r.t.Errorf("%s: English is left: %q", where, strings.Join(strings.Fields(text), " "))
		}
	}
}
