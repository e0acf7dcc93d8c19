package portal

import (
	"bytes"
	"context"
	"net/url"

	"autocom/pbx"
	"autocom/portal/forms"
)

// node is a place of a call's way as the tree shows it.
type node struct {
	How   string // the key or the case that leads here
	Kind  string
	Name  string
	Link  string // to change it
	Sound string // what is heard there; "" nothing that can be played
	Says  string // the prompt's text
	Who   []string
	Again bool // it stands above already
	Gone  bool // it does not exist any more
	Then  []node
}

// Bounds of a tree: menus may lead back to each other.
const (
	treeDepth = 8
	treeNodes = 200
)

// tree draws the ways of calls from one object.
type tree struct {
	portal *Portal
	house  forms.House
	ctx    context.Context
	seen   map[string]bool
	left   int
	phones map[string]string // number → page; nil: not asked for yet
}

func (p *Portal) flow(ctx context.Context, h forms.House, kind, id string) node {
	t := tree{portal: p, house: h, ctx: ctx, seen: map[string]bool{}, left: treeNodes}
	return t.node(forms.Way{Kind: kind, ID: id}, 0)
}

func (t *tree) node(w forms.Way, depth int) node {
	t.left--
	n := node{How: w.Label, Kind: w.Kind, Name: t.house.Place(w.Kind, w.ID), Link: t.placeOf(w.Kind, w.ID)}
	o, there := t.portal.Objects.Object(w.Kind, w.ID)
	if !there {
		n.Gone = n.Link == "" && w.Kind != pbx.ToNumber && w.Kind != pbx.ToVoicemail && w.Kind != pbx.ToHangup
		return n
	}
	if key := w.Kind + ":" + w.ID; t.seen[key] || depth >= treeDepth {
		n.Again = true
		return n
	} else {
		t.seen[key] = true
	}
	f, _ := t.portal.forms.Of(o.Kind, o.ID)
	c, _ := collectionOf(o.Kind)
	body := c.bodyOf(o)
	for _, way := range f.Ways(t.house, body) {
		switch {
		case way.Call && t.left > 0:
			n.Then = append(n.Then, t.node(way, depth+1))
		case way.Kind == pbx.KindPrompt && n.Sound == "":
			n.Sound = t.portal.soundOf(t.ctx, way.ID)
			n.Says = t.portal.textOf(way.ID)
		case way.Kind == pbx.ToNumber, way.Kind == pbx.KindPerson:
			item := t.house.Place(pbx.ToNumber, way.ID)
			if way.Kind == pbx.KindPerson {
				x, _ := t.portal.Objects.Object(way.Kind, way.ID)
				item = x.Name
			}
			if len(n.Who) < 6 {
				n.Who = append(n.Who, item)
			} else if len(n.Who) == 6 {
				n.Who = append(n.Who, "…")
			}
		}
	}
	return n
}

// placeOf is the page on which something can be changed, "" when there is none.
func (t *tree) placeOf(kind, id string) string {
	if kind == pbx.ToNumber || kind == pbx.ToVoicemail {
		if t.phones == nil {
			t.phones = t.portal.pagesOfNumbers()
		}
		return t.phones[id]
	}
	c, ok := collectionOf(kind)
	if _, there := t.portal.Objects.Object(kind, id); !ok || !there {
		return ""
	}
	return "/ui/" + c.path + "/" + url.PathEscape(id)
}

// pagesOfNumbers leads from a number to its person, or else to its phone.
func (p *Portal) pagesOfNumbers() map[string]string {
	out := map[string]string{}
	for _, d := range p.Devices.Devices() {
		for _, l := range d.Lines {
			if l.Number != "" {
				out[l.Number] = "/ui/phones/" + url.PathEscape(d.ID)
			}
		}
	}
	for _, o := range p.Objects.Objects(pbx.KindPerson) {
		for _, n := range numbersOf(o) {
			out[n] = "/ui/people/" + url.PathEscape(o.ID)
		}
	}
	return out
}

// soundOf is where a prompt can be heard.
func (p *Portal) soundOf(ctx context.Context, id string) string {
	sounds, err := p.Prompts.Sounds(ctx, id)
	if err != nil || len(sounds) == 0 {
		return ""
	}
	return soundLink(id, sounds[0].Language)
}

func soundLink(id, language string) string {
	link := "/api/v1/prompts/" + url.PathEscape(id) + "/sound"
	if language != "" {
		link += "?language=" + language
	}
	return link
}

func (p *Portal) textOf(id string) string {
	o, _ := p.Objects.Object(pbx.KindPrompt, id)
	c, _ := collectionOf(pbx.KindPrompt)
	said, _ := c.bodyOf(o)["text"].(string)
	return said
}

// referrer is an object that names another.
type referrer struct{ Name, Link, Field string }

// referrers are those who name an object: it cannot be deleted while they do.
func (p *Portal) referrers(h forms.House, kind, id string) []referrer {
	var out []referrer
	for _, c := range collections {
		for _, o := range p.Objects.Objects(c.kind) {
			f, ok := p.forms.Of(c.kind, o.ID)
			if !ok || o.Kind == kind && o.ID == id || !bytes.Contains(o.Body, []byte(`"`+id+`"`)) {
				continue // ids need no escape in JSON
			}
			link := "/ui/" + c.path + "/" + url.PathEscape(o.ID)
			name := h.Place(o.Kind, o.ID)
			if c.kind == pbx.KindSettings {
				name = f.One.In(h.Lang)
			} else if name == o.Kind+" "+o.ID {
				name = f.Many.In(h.Lang) + " · " + o.Name
			}
			for _, w := range f.Ways(h, c.bodyOf(o)) {
				if w.Kind == kind && w.ID == id {
					out = append(out, referrer{name, link, w.Label})
				}
			}
		}
	}
	return out
}
