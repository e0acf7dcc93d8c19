package portal

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
)

// describe puts the description of the API together: assets/openapi.json, what each feature
// adds in assets/openapi/, the paths that every collection has, and what everybody may do
// with their own numbers as others may with all.
func describe() ([]byte, error) {
	all, err := readOpenAPI("assets/openapi.json")
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(embedded, "assets/openapi/*.json")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		more, err := readOpenAPI(name)
		if err != nil {
			return nil, err
		}
		maps.Copy(all.Paths, more.Paths)
		maps.Copy(all.Components["schemas"], more.Components["schemas"])
	}
	for _, c := range collections {
		if _, known := all.Components["schemas"][c.name()]; !known {
			return nil, fmt.Errorf("openapi: the collection %s has no schema %s", c.path, c.name())
		}
		maps.Copy(all.Paths, c.paths())
	}
	for _, path := range []string{"/numbers/{number}/forwards", "/numbers/{number}/messages", "/numbers/{number}/messages/{id}"} {
		all.Paths["/me"+path] = all.Paths[path]
	}
	for _, verb := range []string{"login", "logout", "pause", "unpause"} {
		all.Paths["/me/numbers/{number}/"+verb] = all.Paths["/agents/{number}/"+verb]
	}
	for _, methods := range all.Paths {
		compared(methods)
		refusable(methods)
	}
	return json.Marshal(all)
}

// compared adds what reply does for every GET of JSON: the page of a list, and the ETag.
func compared(methods any) {
	get, _ := dig(methods, "get").(dict)
	schema, isJSON := dig(get, "responses", "200", "content", "application/json", "schema").(dict)
	if !isJSON {
		return
	}
	parameters, _ := get["parameters"].([]any)
	add := func(name, in, what string, schema dict) {
		for _, x := range parameters {
			if dig(x, "name") == name {
				return
			}
		}
		parameters = append(parameters, dict{"name": name, "in": in, "description": what, "schema": schema})
	}
	responses := get["responses"].(dict)
	if schema["type"] == "array" {
		add("limit", "query", "How many at most; the header Link says where the list goes on (RFC 8288)", dict{"type": "integer", "minimum": 1, "maximum": mostListed})
		add("after", "query", "The key of the last element of the page before: its id, number or n, else its time", dict{"type": "string"})
		if _, there := responses["400"]; !there {
			responses["400"] = problemIs("limit or after is not what it should be")
		}
	}
	add("If-None-Match", "header", "The ETag that came with the last answer: 304 when it would be the same", dict{"type": "string"})
	responses["304"] = dict{"description": "The same as before"}
	get["parameters"] = parameters
}

// refusable adds what any request may be answered with.
func refusable(methods any) {
	all, _ := methods.(dict)
	for _, operation := range all {
		if responses, ok := dig(operation, "responses").(dict); ok {
			if _, there := responses["default"]; !there {
				responses["default"] = problemIs("It was refused: the detail says why, in the language that is asked for")
			}
		}
	}
}

// dig goes down into a document.
func dig(x any, path ...string) any {
	for _, name := range path {
		d, _ := x.(dict)
		x = d[name]
	}
	return x
}

// problemIs describes a refusal.
func problemIs(what string) dict {
	return dict{"description": what, "content": dict{"application/problem+json": dict{"schema": dict{"$ref": "#/components/schemas/Problem"}}}}
}

// description is an OpenAPI document, as far as it is put together here.
type description struct {
	OpenAPI    string                    `json:"openapi"`
	Info       json.RawMessage           `json:"info,omitempty"`
	Servers    json.RawMessage           `json:"servers,omitempty"`
	Paths      map[string]any            `json:"paths"`
	Components map[string]map[string]any `json:"components"`
}

func readOpenAPI(name string) (d description, err error) {
	text, err := embedded.ReadFile(name)
	if err != nil {
		return d, err
	}
	if err := json.Unmarshal(text, &d); err != nil {
		return d, fmt.Errorf("%s: %w", name, err)
	}
	if d.Paths == nil {
		d.Paths = map[string]any{}
	}
	return d, nil
}

// name is the collection's schema.
func (c collection) name() string {
	if c.schema == "" {
		return "Object"
	}
	return c.schema
}

type dict = map[string]any

// paths describe what objectRoutes serves.
func (c collection) paths() map[string]any {
	one := dict{"$ref": "#/components/schemas/" + c.name()}
	security := []any{dict{"key": []any{}}, dict{"session": []any{}}}
	content := func(schema any) dict { return dict{"application/json": dict{"schema": schema}} }
	problem := problemIs
	do := func(summary string, body bool, answers dict, parameters ...any) dict {
		answers["401"] = problem("The token is missing or wrong")
		answers["403"] = problem("It is not for this role, or the token may only read")
		d := dict{"summary": summary, "security": security, "responses": answers, "parameters": parameters}
		if body {
			d["requestBody"] = dict{"required": true, "content": content(one)}
			answers["400"] = problem("The body is not JSON")
			answers["409"] = problem("It makes no sense in the plan: the detail says what")
		}
		return d
	}
	ok := dict{"description": "The " + c.kind, "headers": dict{"ETag": dict{"description": "Its revision", "schema": dict{"type": "string"}}}, "content": content(one)}
	id := dict{"name": "id", "in": "path", "required": true, "schema": dict{"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,31}$"}}
	match := dict{"name": "If-Match", "in": "header", "description": "The ETag that is to be changed: 412 when somebody was quicker", "schema": dict{"type": "string"}}
	none, late := problem("There is none with that id"), problem("Somebody has changed it meanwhile")
	list := dict{"get": do("All of them, by id", false, dict{"200": dict{"description": "The list", "content": content(dict{"type": "array", "items": one})}})}
	if c.kind != "settings" {
		list["post"] = do("Sets up a new one; its id is made of its name when none is sent", true, dict{"201": ok})
	}
	effect := dict{"description": "What it would do", "content": content(dict{"$ref": "#/components/schemas/Effect"})}
	return dict{
		"/" + c.path + "/{id}/preview": dict{"post": do("Says what a PUT of the same body would do, and does nothing", true, dict{"200": effect, "412": late}, id, match)},
		"/" + c.path:                   list,
		"/" + c.path + "/{id}": dict{
			"get":    do("One of them", false, dict{"200": ok, "404": none}, id),
			"put":    do("Replaces it, or sets it up; secrets that are not sent stay", true, dict{"200": ok, "412": late}, id, match),
			"patch":  do("Changes the fields that are sent; null takes one away", true, dict{"200": ok, "404": none, "412": late}, id, match),
			"delete": do("Deletes it; refused while something refers to it", false, dict{"204": dict{"description": "It is gone"}, "404": none, "409": problem("Something refers to it"), "412": late}, id, match),
		},
	}
}

func (p *Portal) openapi(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Write(p.described) // an error is the client's who went away
}
