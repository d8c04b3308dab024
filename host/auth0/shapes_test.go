package auth0_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/usherhost/usher/host/auth0"
)

// shapes collects what answers look like: which keys they have, and of which
// types, whatever the values are.
type shapes struct {
	k       *kit
	text    strings.Builder
	touched map[string]bool // routes, as "GET /api/v2/actions/actions/:id"
}

// send sends a request to a route, whose parameters are ids in their order, and
// notes the answer's shape.
func (s *shapes) send(name, method, route, query, body string, ids ...string) map[string]any {
	s.k.t.Helper()
	path := route
	for _, id := range ids {
		begin := strings.IndexByte(path, ':')
		rest := path[begin:]
		if end := strings.IndexByte(rest, '/'); end >= 0 {
			path = path[:begin] + id + rest[end:]
		} else {
			path = path[:begin] + id
		}
	}
	a := s.k.send(method, path+query, body)
	s.touched[method+" "+route] = true
	fmt.Fprintf(&s.text, "# %s\n%s %s%s\n%d\n", name, method, route, query, a.status)
	if a.text != "" {
		var answer any
		if err := json.Unmarshal([]byte(a.text), &answer); err != nil {
			s.k.t.Fatalf("%v in %s", err, a.text)
		}
		found := map[string]string{}
		shapeOf(answer, "", found)
		for _, key := range slices.Sorted(maps.Keys(found)) {
			fmt.Fprintf(&s.text, "%s %s\n", key, found[key])
		}
	}
	s.text.WriteByte('\n')
	return a.object()
}

// shapeOf notes the type of what is at every path: lists by what their items
// have together.
func shapeOf(v any, path string, into map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		for key, item := range v {
			shapeOf(item, path+"."+key, into)
		}
		if len(v) == 0 {
			into[path] = "object, empty"
		}
	case []any:
		for _, item := range v {
			shapeOf(item, path+"[]", into)
		}
		if len(v) == 0 {
			into[path] = "list, empty"
		}
	case nil:
		into[path] = "null"
	case string:
		into[path] = "string"
	case float64:
		into[path] = "number"
	case bool:
		into[path] = "boolean"
	}
}

const (
	oneAction  = actions + "/:id"
	ofAction   = oneAction + "/versions"
	oneVersion = ofAction + "/:version"
	allBound   = triggers + "/:trigger/bindings"
	oneModule  = modules + "/:id"
	ofModule   = oneModule + "/versions"
)

// TestEveryEndpointHasItsShape holds every endpoint to testdata/shapes.txt: a
// key more or less, or of another type, is what breaks clients.
func TestEveryEndpointHasItsShape(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	k := open(t, func(_ *auth0.Server, b *builder) { b.hold = hold })
	s := &shapes{k: k, touched: map[string]bool{}}
	const post, none = "post-user-registration", ""

	s.send("no action", "GET", actions, none, none)
	sharedModule := text(s.send("a module", "POST", modules, none, `{"name":"shared","code":"1","secrets":[{"name":"B","value":"1"},{"name":"A","value":"2"}],"dependencies":[{"name":"lodash","version":"4.17.21"}]}`), "id")
	s.send("one never published", "GET", oneModule, none, none, sharedModule)
	release := text(s.send("its first version", "POST", ofModule, none, none, sharedModule), "id")
	s.send("its first version again", "POST", ofModule, none, "null", sharedModule)
	s.send("one published", "GET", oneModule, none, none, sharedModule)
	s.send("one changed", "PATCH", oneModule, none, `{"code":"2"}`, sharedModule)
	s.send("versions of a module", "GET", ofModule, "?page=0&per_page=50", none, sharedModule)
	s.send("versions beyond the last", "GET", ofModule, "?page=1&per_page=50", none, sharedModule)
	s.send("a version of a module", "GET", ofModule+"/:version", none, none, sharedModule, release)
	s.send("no version of a module", "GET", ofModule+"/:version", none, none, sharedModule, "none")
	s.send("one rolled back", "POST", oneModule+"/rollback", none, fmt.Sprintf(`{"module_version_id":%q}`, release), sharedModule)
	s.send("a module published as it is made", "POST", modules, none, `{"name":"at-once","code":"1","publish":true}`)
	s.send("modules", "GET", modules, none, none)
	s.send("modules beyond the last", "GET", modules, "?page=1", none)
	s.send("users of a module that has none", "GET", oneModule+"/actions", none, none, sharedModule)

	id := text(s.send("an action", "POST", actions, none, newAction("notify", "guest noop", fmt.Sprintf(
		`,"secrets":[{"name":"B","value":"1"},{"name":"A","value":"2"}],"modules":[{"module_id":%q}]`, text(k.must(200, "GET", modules, ""), "modules", 0, "id")))), "id")
	s.send("users of a module", "GET", oneModule+"/actions", "?page=0&per_page=50", none, text(k.must(200, "GET", modules, ""), "modules", 0, "id"))
	s.send("users beyond the last", "GET", oneModule+"/actions", "?page=1&per_page=50", none, sharedModule)
	slow := text(s.send("an action with packages", "POST", actions, none, newAction("slow", "slow",
		`,"dependencies":[{"name":"lodash","version":"4.0.0","registry_url":"https://www.npmjs.com/package/lodash"}]`)), "id")
	s.send("one that is not built", "GET", oneAction, none, none, slow)
	s.send("one that can't be built", "POST", actions, none, newAction("broken", "broken", ""))
	s.send("one deployed as it is made", "POST", actions, none, newAction("at-once", "guest noop", `,"deploy":true`))
	s.send("one built", "GET", oneAction, none, none, id)
	s.send("a test", "POST", oneAction+"/test", none, `{"payload":{"event":{}}}`, id)
	version := text(s.send("a deploy", "POST", oneAction+"/deploy", none, none, id), "id")
	s.send("one deployed", "GET", oneAction, none, none, id)
	s.send("one changed", "PATCH", oneAction, none, `{"code":"guest echo","secrets":[{"name":"A"},{"name":"C","value":"3"}]}`, id)
	s.send("versions", "GET", ofAction, "?per_page=50", none, id)
	s.send("versions beyond the last", "GET", ofAction, "?page=1", none, id)
	s.send("a version", "GET", oneVersion, none, none, id, version)
	s.send("a deploy of a version", "POST", oneVersion+"/deploy", none, `{"update_draft":true}`, id, version)
	s.send("actions", "GET", actions, "?actionName=notify", none)
	s.send("actions beyond the last", "GET", actions, "?page=1", none)

	s.send("triggers", "GET", triggers, none, none)
	s.send("no bindings", "GET", allBound, "?per_page=50", none, post)
	s.send("bindings set", "PATCH", allBound, none, `{"bindings":[{"ref":{"value":"notify"},"display_name":"Notify"}]}`, post)
	s.send("bindings", "GET", allBound, "?per_page=50", none, post)
	s.send("bindings beyond the last", "GET", allBound, "?page=1&per_page=100", none, post)
	s.send("bindings of another trigger", "GET", allBound, none, none, "post-login")
	s.send("a bound action", "DELETE", oneAction, none, none, id)
	s.send("bindings cleared", "PATCH", allBound, none, `{"bindings":[]}`, post)

	s.send("an action that is not there", "GET", oneAction, none, none, "none")
	s.send("a name that is taken", "POST", actions, none, newAction("notify", "guest noop", ""))
	s.send("a body that is wrong", "PATCH", oneAction, none, `{"status":"built"}`, id)
	s.send("an execution that is not there", "GET", "/api/v2/actions/executions/:id", none, none, "none")
	close(hold)
	s.send("an action goes", "DELETE", oneAction, "?force=true", none, id)
	s.send("a module that is not there", "DELETE", oneModule, none, none, "none")
	s.send("a module goes", "DELETE", oneModule, none, none, sharedModule)

	for _, route := range k.echo.Routes() {
		name := route.Method + " " + route.Path
		if strings.HasPrefix(route.Path, "/api/v2/") && route.Method != http.MethodHead && !strings.Contains(route.Path, "*") && route.Method != "echo_route_not_found" && !s.touched[name] {
			t.Errorf("%s has no shape", name)
		}
	}
	sameText(t, "testdata/shapes.txt", s.text.String())
}

func sameText(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	lines := strings.Split(string(want), "\n")
	for i, line := range strings.Split(got, "\n") {
		if i >= len(lines) || line != lines[i] {
			t.Fatalf("%s, line %d: %q is not what it was; see what -update changes", path, i+1, line)
		}
	}
	t.Fatalf("%s has more than there is", path)
}
