package admin_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
)

// ours are the operations of the document that this package serves to keys of one scope.
func ours(t *testing.T) []operation {
	t.Helper()
	var all []operation
	for _, op := range theDocument(t).operations {
		if name := op.method + " " + op.path; name != "POST /v1/events/post-user-registration" && name != "POST /v1/decisions/pre-user-registration" && name != "GET /v1/whoami" {
			all = append(all, op)
		}
	}
	return all
}

// unknown fills a path with names of nothing.
func unknown(path string) string {
	return strings.NewReplacer("{action}", "nope", "{number}", "9", "{binding}", "bnd_nope", "{trigger}", "post-login",
		"{id}", "exe_nope", "{key}", "nope", "{target}", "nope", "{name}", "NOPE", "{webhook}", "nope", "{delivery}", "dlv_nope").Replace(path)
}

func (op operation) request(t *testing.T, path, key string) request {
	t.Helper()
	r := request{method: op.method, path: path, key: key}
	switch {
	case op.body != nil:
		r.body = marshal(t, op.body)
	case len(op.media) > 0:
		r.kind, r.body = "application/wasm", string(guests.Wasm("noop"))
	}
	return r
}

func marshal(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestEveryOperationAsksForAKey(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for _, op := range ours(t) {
		t.Run(op.method+" "+op.path, func(t *testing.T) {
			if op.scope == "" {
				return // what it answers without a key has a test of its own
			}
			path := unknown(op.path)
			problemIn(t, http.StatusUnauthorized, a.call(t, op.request(t, path, "")))
			problemIn(t, http.StatusUnauthorized, a.call(t, op.request(t, path, "usher_unknown")))
			problemIn(t, http.StatusForbidden, a.call(t, op.request(t, path, a.key(t, host.ScopeIngest))))
			if op.scope == "manage" {
				problemIn(t, http.StatusForbidden, a.call(t, op.request(t, path, a.key(t, host.ScopeRead))))
			} else if answer := a.call(t, op.request(t, path, a.manage)); answer.Code == http.StatusForbidden {
				t.Error("a key that may manage may not read")
			}
		})
	}
}

func TestEveryOperationReportsWhatIsNotFound(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for _, op := range ours(t) {
		t.Run(op.method+" "+op.path, func(t *testing.T) {
			if !strings.Contains(op.path, "{") {
				return
			}
			p := a.problem(t, http.StatusNotFound, op.request(t, unknown(op.path), a.manage))
			if p.Hint == "" || !strings.Contains(p.Type, "not-found") {
				t.Errorf("problem is %+v", p)
			}
		})
	}
}

func TestEveryBodyIsReadStrictly(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for _, op := range ours(t) {
		example, ok := op.body.(map[string]any)
		if !ok {
			continue
		}
		t.Run(op.method+" "+op.path, func(t *testing.T) {
			path := unknown(op.path)
			with := func(body, kind string) request {
				return request{method: op.method, path: path, body: body, kind: kind}
			}
			for name, body := range map[string]string{
				"cut off": `{"a`, "no JSON": `hello`, "two documents": `{} {}`, "white space": "  ",
			} {
				if p := a.problem(t, http.StatusBadRequest, with(body, "")); p.Hint == "" {
					t.Errorf("%s: problem is %+v", name, p)
				}
			}
			points(t, a.problem(t, http.StatusBadRequest, with(`[]`, "")), "")
			points(t, a.problem(t, http.StatusBadRequest, with(`null`, "")), "")
			more := maps.Clone(example)
			more["a/b~c"] = true
			points(t, a.problem(t, http.StatusBadRequest, with(marshal(t, more), "")), "/a~1b~0c")
			for key := range example {
				wrong := maps.Clone(example)
				wrong[key] = 1.5
				points(t, a.problem(t, http.StatusBadRequest, with(marshal(t, wrong), "")), "/"+key)
			}
			a.problem(t, http.StatusUnsupportedMediaType, with(marshal(t, example), "text/plain"))
			if op.path != "/v1/executions/{id}/replay" { // it may have a module
				a.problem(t, http.StatusRequestEntityTooLarge, with(`"`+strings.Repeat("x", 2<<20)+`"`, ""))
			}
		})
	}
}

func TestEveryPathRefusesUnknownParameters(t *testing.T) {
	t.Parallel()
	a := newAPI(t)
	for _, op := range ours(t) {
		if op.scope == "" {
			continue
		}
		t.Run(op.method+" "+op.path, func(t *testing.T) {
			r := op.request(t, unknown(op.path)+"?limt=3", a.manage)
			if p := a.problem(t, http.StatusBadRequest, r); !strings.Contains(p.Detail, `"limt"`) || p.Hint == "" {
				t.Errorf("problem is %+v", p)
			}
		})
	}
}
