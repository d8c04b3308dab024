package admin_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/labstack/echo/v4"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/usherhost/usher/host/admin"
	"github.com/usherhost/usher/host/web"
	"github.com/usherhost/usher/proto/openapi"
)

// operation is one operation of the document.
type operation struct {
	method, path string
	scope        string // "" needs no key
	body         any    // an example of its JSON body, nil without one
	media        []string
	pointer      string // JSON pointer to it
	raw          map[string]any
}

// document is the API's description, ready to check answers against.
type document struct {
	root       map[string]any
	operations []operation
	compiler   *jsonschema.Compiler
	mu         sync.Mutex // guards compiler
}

const documentURL = "https://usher.test/openapi.json"

var described = sync.OnceValues(readDocument)

func theDocument(t *testing.T) *document {
	t.Helper()
	d, err := described()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func readDocument() (*document, error) {
	var tree any
	if err := yaml.Unmarshal(openapi.Document(), &tree); err != nil {
		return nil, err
	}
	text, err := json.Marshal(tree)
	if err != nil {
		return nil, err
	}
	root, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	closeSchemas(root)
	d := &document{root: root.(map[string]any), compiler: jsonschema.NewCompiler()}
	d.compiler.AssertFormat()
	if err := d.compiler.AddResource(documentURL, root); err != nil {
		return nil, err
	}
	d.readOperations()
	return d, nil
}

// closeSchemas refuses keys that a schema does not list, so that no answer has
// a key that is not described.
func closeSchemas(node any) {
	switch node := node.(type) {
	case map[string]any:
		_, object := node["properties"].(map[string]any)
		if _, said := node["additionalProperties"]; object && !said {
			node["additionalProperties"] = false
		}
		for name, child := range node {
			if name != "examples" && name != "example" {
				closeSchemas(child)
			}
		}
	case []any:
		for _, child := range node {
			closeSchemas(child)
		}
	}
}

func (d *document) readOperations() {
	for path, item := range d.root["paths"].(map[string]any) {
		for method, raw := range item.(map[string]any) {
			op := operation{method: strings.ToUpper(method), path: path, raw: raw.(map[string]any)}
			op.pointer = "/paths/" + strings.ReplaceAll(path, "/", "~1") + "/" + method
			if security := op.raw["security"].([]any); len(security) > 0 {
				op.scope = security[0].(map[string]any)["bearer"].([]any)[0].(string)
			}
			if body, ok := op.raw["requestBody"].(map[string]any); ok {
				op.media = slices.Sorted(keys(body["content"]))
				op.body = d.example(body["content"])
			}
			d.operations = append(d.operations, op)
		}
	}
	slices.SortFunc(d.operations, func(a, b operation) int { return strings.Compare(a.path+a.method, b.path+b.method) })
}

func keys(object any) func(func(string) bool) {
	return func(yield func(string) bool) {
		for name := range object.(map[string]any) {
			if !yield(name) {
				return
			}
		}
	}
}

// example is the first example of the schema of a JSON body.
func (d *document) example(content any) any {
	media, ok := content.(map[string]any)["application/json"].(map[string]any)
	if !ok {
		return nil
	}
	name, ok := media["schema"].(map[string]any)["$ref"].(string)
	if !ok {
		return nil
	}
	return d.follow(name)["examples"].([]any)[0]
}

func (d *document) follow(ref string) map[string]any {
	var node any = d.root
	for _, part := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
		node = node.(map[string]any)[part]
	}
	return node.(map[string]any)
}

// check checks a value against the schema at a pointer.
func (d *document) check(pointer string, value any) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	schema, err := d.compiler.Compile(documentURL + "#" + (&url.URL{Path: pointer}).EscapedPath())
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

// find returns the operation that serves a path.
func (d *document) find(method, path string) (operation, bool) {
	for _, op := range d.operations {
		if op.method == method && fits(op.path, path) {
			return op, true
		}
	}
	return operation{}, false
}

func fits(template, path string) bool {
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if want[i] != got[i] && !strings.HasPrefix(want[i], "{") {
			return false
		}
	}
	return true
}

// checkAnswer checks an answer against what the document says of it.
func (d *document) checkAnswer(t *testing.T, method, path string, answer *httptest.ResponseRecorder) {
	t.Helper()
	op, ok := d.find(method, path)
	if !ok {
		t.Errorf("%s %s is not described", method, path)
		return
	}
	responses := op.raw["responses"].(map[string]any)
	status := fmt.Sprint(answer.Code)
	response, ok := responses[status].(map[string]any)
	if !ok {
		t.Errorf("%s %s answers %s, which is not described: %s", method, op.path, status, answer.Body)
		return
	}
	at := op.pointer + "/responses/" + status
	if ref, ok := response["$ref"].(string); ok {
		response, at = d.follow(ref), strings.TrimPrefix(ref, "#")
	}
	content, ok := response["content"].(map[string]any)
	if !ok {
		if answer.Body.Len() > 0 {
			t.Errorf("%s %s answers %s with a body: %s", method, op.path, status, answer.Body)
		}
		return
	}
	d.checkBody(t, method+" "+op.path, at, content, answer)
}

func (d *document) checkBody(t *testing.T, name, at string, content map[string]any, answer *httptest.ResponseRecorder) {
	t.Helper()
	kind, _, _ := strings.Cut(answer.Header().Get("Content-Type"), ";")
	if _, ok := content[kind]; !ok {
		t.Errorf("%s answers with the type %q, which is not described", name, kind)
		return
	}
	if !strings.HasSuffix(kind, "json") || strings.HasSuffix(kind, "ndjson") {
		return
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(answer.Body.Bytes()))
	if err != nil {
		t.Errorf("%s answers with what is no JSON: %v", name, err)
		return
	}
	if err := d.check(at+"/content/"+strings.ReplaceAll(kind, "/", "~1")+"/schema", value); err != nil {
		t.Errorf("%s answers %s, which does not fit its schema: %v", name, answer.Body, err)
	}
}

func TestTheDocumentDescribesEveryRouteAndNoOther(t *testing.T) {
	t.Parallel()
	routes := web.NewEcho(slog.New(slog.DiscardHandler))
	pass := func(next echo.HandlerFunc) echo.HandlerFunc { return next }
	(&admin.Server{}).Register(routes.Group("/v1"), pass, pass)
	(&admin.Server{}).RegisterWhoami(routes.Group("/v1"), pass)
	served := []string{"POST /v1/events/post-user-registration", "POST /v1/decisions/pre-user-registration"} // served by packages ingress and decisions
	for _, route := range routes.Routes() {
		if route.Method == http.MethodHead { // the document says once that it is wherever GET is
			continue
		}
		served = append(served, route.Method+" "+template(route.Path))
	}
	var written []string
	for _, op := range theDocument(t).operations {
		written = append(written, op.method+" "+op.path)
	}
	for _, name := range served {
		if !slices.Contains(written, name) {
			t.Errorf("%s is served, but not described", name)
		}
	}
	for _, name := range written {
		if !slices.Contains(served, name) {
			t.Errorf("%s is described, but not served", name)
		}
	}
}

// template writes a path of echo's as OpenAPI does.
func template(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if name, ok := strings.CutPrefix(part, ":"); ok {
			parts[i] = "{" + name + "}"
		}
	}
	return strings.Join(parts, "/")
}

func TestTheDocumentNamesItsParameters(t *testing.T) {
	t.Parallel()
	d := theDocument(t)
	for _, op := range d.operations {
		var named []string
		for _, raw := range anyList(op.raw["parameters"]) {
			p := d.follow(raw.(map[string]any)["$ref"].(string))
			if p["in"] == "path" {
				named = append(named, "{"+p["name"].(string)+"}")
			}
		}
		var used []string
		for part := range strings.SplitSeq(op.path, "/") {
			if strings.HasPrefix(part, "{") {
				used = append(used, part)
			}
		}
		if !slices.Equal(named, used) {
			t.Errorf("%s %s names the parameters %v", op.method, op.path, named)
		}
	}
}

func anyList(value any) []any {
	list, _ := value.([]any)
	return list
}

func TestEverySchemaIsDescribedByTextAndExample(t *testing.T) {
	t.Parallel()
	d := theDocument(t)
	for name, schema := range d.root["components"].(map[string]any)["schemas"].(map[string]any) {
		d.checkSchema(t, "/components/schemas/"+name, schema.(map[string]any), true)
	}
	for name, raw := range d.root["components"].(map[string]any)["parameters"].(map[string]any) {
		p := raw.(map[string]any)
		if p["description"] == nil {
			t.Errorf("parameter %s has no description", name)
		}
		if example, ok := p["example"]; ok {
			if err := d.check("/components/parameters/"+name+"/schema", example); err != nil {
				t.Errorf("the example of parameter %s: %v", name, err)
			}
		}
	}
}

// checkSchema checks a schema and those below it. Only named ones and scalars
// need examples: those of an object show its parts.
func (d *document) checkSchema(t *testing.T, pointer string, schema map[string]any, named bool) {
	t.Helper()
	if schema["$ref"] != nil {
		return
	}
	if schema["description"] == nil {
		t.Errorf("%s has no description", pointer)
	}
	kind := schema["type"]
	scalar := kind == "string" || kind == "integer" || kind == "boolean"
	if schema["examples"] == nil && (named || scalar && !strings.HasSuffix(pointer, "/items") && !strings.HasSuffix(pointer, "/additionalProperties")) {
		t.Errorf("%s has no example", pointer)
	}
	for i, example := range anyList(schema["examples"]) {
		if err := d.check(pointer, example); err != nil {
			t.Errorf("example %d of %s: %v", i, pointer, err)
		}
	}
	for _, name := range []string{"items", "additionalProperties"} {
		if below, ok := schema[name].(map[string]any); ok {
			d.checkSchema(t, pointer+"/"+name, below, false)
		}
	}
	properties, _ := schema["properties"].(map[string]any)
	for name, below := range properties {
		d.checkSchema(t, pointer+"/properties/"+name, below.(map[string]any), false)
	}
}

func TestTheDocumentIsServedToEverybody(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	answer := a.call(t, request{path: "/v1/openapi.yaml"})
	body, err := io.ReadAll(answer.Body)
	if answer.Code != http.StatusOK || err != nil || !bytes.Equal(body, openapi.Document()) {
		t.Errorf("answer is %d, %v", answer.Code, err)
	}
}

func TestTheDocumentIsServedInJSONToo(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	answer := a.call(t, request{path: "/v1/openapi.json"})
	if kind := answer.Header().Get("Content-Type"); answer.Code != http.StatusOK || kind != "application/json" {
		t.Fatalf("answer is %d of type %q", answer.Code, kind)
	}
	var inJSON, inYAML any
	if err := json.Unmarshal(answer.Body.Bytes(), &inJSON); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(openapi.Document(), &inYAML); err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(inYAML)
	if err != nil {
		t.Fatal(err)
	}
	inYAML = nil
	if err := json.Unmarshal(encoded, &inYAML); err != nil || !reflect.DeepEqual(inJSON, inYAML) {
		t.Errorf("the two forms differ (%v)", err)
	}
}

func TestTheChecksBite(t *testing.T) {
	t.Parallel()
	d := theDocument(t)
	trigger := map[string]any{"id": "post-user-registration"}
	if err := d.check("/components/schemas/Trigger", trigger); err != nil {
		t.Errorf("a good value is refused: %v", err)
	}
	for _, bad := range []map[string]any{{}, {"id": "post-login"}, {"id": "post-user-registration", "more": true}} {
		if d.check("/components/schemas/Trigger", bad) == nil {
			t.Errorf("%v passes", bad)
		}
	}
}
