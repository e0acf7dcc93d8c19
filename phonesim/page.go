package phonesim

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/html"
)

// form is what a browser would send when its button is pressed.
type form struct {
	action string
	values url.Values
}

// findForm gives the first form with method post, filled as the page fills it.
func findForm(doc *html.Node) (form, error) {
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || n.Data != "form" || !strings.EqualFold(attribute(n, "method"), "post") {
			continue
		}
		f := form{action: attribute(n, "action"), values: url.Values{}}
		pressed := false
		for c := range n.Descendants() {
			name := attribute(c, "name")
			switch {
			case c.Type != html.ElementNode:
			case c.Data == "button" && attribute(c, "type") != "button", c.Data == "input" && attribute(c, "type") == "submit":
				if name != "" && !pressed {
					f.values.Add(name, attribute(c, "value"))
				}
				pressed = true
			case c.Data == "input" && name != "":
				f.values.Add(name, attribute(c, "value"))
			}
		}
		if !pressed {
			return form{}, fmt.Errorf("the form to %q has no button", f.action)
		}
		return f, nil
	}
	return form{}, fmt.Errorf("the page has no form to press")
}

var linkText = regexp.MustCompile(`https?://[^\s"'<>]+`)

// findLink gives the first address of a file called name, as a link, a field or plain text.
func findLink(doc *html.Node, name string) string {
	for n := range doc.Descendants() {
		if n.Type == html.TextNode {
			for _, l := range linkText.FindAllString(n.Data, -1) {
				if strings.HasSuffix(l, name) {
					return l
				}
			}
			continue
		}
		for _, key := range []string{"href", "value"} {
			if v := attribute(n, key); strings.HasSuffix(v, name) {
				return strings.TrimPrefix(v, "linphone-config:")
			}
		}
	}
	return ""
}

// findNumber gives the text of the element of class "number", which the page prints large.
func findNumber(doc *html.Node) string {
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && attribute(n, "class") == "number" && n.FirstChild != nil {
			return strings.TrimSpace(n.FirstChild.Data)
		}
	}
	return ""
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}
