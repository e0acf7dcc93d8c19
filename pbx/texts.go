package pbx

import (
	"embed"
	"reflect"
	"sync"
)

// Texts remembers what templates made last, and of what: a plan that differs in one object
// is rendered again by running the templates that see that object, and no other. A text is
// given only for a view that is equal in everything, so it is never a stale one.
type Texts struct {
	mu   sync.Mutex
	last map[source][]written
	runs int
}

// source is a template by its folder and its name.
type source struct {
	folder embed.FS
	name   string
}

// written is a text and the view it was made of.
type written struct {
	view any
	text string
}

// keptTexts are the texts that are kept of one template: the plan as it is and as somebody
// looks ahead to it. The files of 500 phones are about 1 MB.
const keptTexts = 2

// Write gives the text of a template over a view; run makes it when it is not remembered.
// Nil Texts remember nothing. The view must not change afterwards.
func (t *Texts) Write(folder embed.FS, name string, view any, run func() (string, error)) (string, error) {
	if t == nil {
		return run()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	key := source{folder, name}
	list := t.last[key]
	for i, w := range list {
		if reflect.DeepEqual(w.view, view) {
			copy(list[1:i+1], list[:i])
			list[0] = w
			return w.text, nil
		}
	}
	text, err := run()
	t.runs++
	if err != nil {
		return "", err
	}
	if t.last == nil {
		t.last = map[source][]written{}
	}
	if len(list) < keptTexts {
		list = append(list, written{})
	}
	copy(list[1:], list)
	list[0] = written{view, text}
	t.last[key] = list
	return text, nil
}

// Runs counts the templates that were run.
func (t *Texts) Runs() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.runs
}

// With gives the plan with a memory of texts that its features' templates use.
func (p Plan) With(t *Texts) Plan {
	p.texts = t
	return p
}

// Texts are those that the plan was given.
func (p Plan) Texts() *Texts { return p.texts }
