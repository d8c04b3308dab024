package auth0_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/auth0"
	"github.com/usherhost/usher/host/internal/hosttest"
)

// scene is a host with one of each thing that a path can name.
type scene struct {
	*kit
	action, version, module, release, execution string
}

func openScene(t *testing.T) scene {
	t.Helper()
	s := scene{kit: open(t)}
	s.action = s.create("notify", "guest noop", `,"deploy":true,"secrets":[{"name":"A","value":"1"}]`)
	s.version = text(s.must(200, "GET", actions+"/"+s.action, ""), "deployed_version", "id")
	s.must(200, "PATCH", bindings, `{"bindings":[{"ref":{"type":"action_name","value":"notify"}}]}`)
	module := s.must(201, "POST", modules, `{"name":"shared","code":"exports.a = 1","publish":true}`)
	s.module, s.release = text(module, "id"), text(module, "latest_version", "id")
	accepted, err := s.host.DB.Accept(t.Context(), []host.NewEvent{hosttest.Event(1)})
	if err != nil {
		t.Fatal(err)
	}
	s.execution = accepted[0].ExecutionID
	if _, err := s.host.Wait(t.Context(), s.execution); err != nil {
		t.Fatal(err)
	}
	return s
}

// endpoint is how an endpoint is called rightly, and which id is unknown to it
// with which answer.
type endpoint struct {
	method, path string
	body         string // a good one; "" when it takes none
	optional     bool   // the body may be missing
	unknown      string // the path with an id that nothing has
	missing      string // what is answered then
	destroys     bool   // a good call leaves nothing for the others
}

const absent = "/01890a5d-ac96-774b-bcce-b302099a8057"

func (s scene) endpoints() []endpoint {
	action, module := actions+"/"+s.action, modules+"/"+s.module
	const noAction, noModule = "That action does not exist.", "That module does not exist."
	return []endpoint{
		{method: "GET", path: actions},
		{method: "POST", path: actions, body: newAction("another", "guest noop", "")},
		{method: "GET", path: action, unknown: actions + absent, missing: noAction},
		{method: "PATCH", path: action, body: `{"code":"guest echo"}`, unknown: actions + absent, missing: noAction},
		{method: "POST", path: action + "/deploy", body: `{}`, optional: true, unknown: actions + absent + "/deploy", missing: noAction},
		{method: "POST", path: action + "/test", body: `{"payload":{"event":{"user":{}}}}`, unknown: actions + absent + "/test", missing: noAction},
		{method: "GET", path: action + "/versions", unknown: actions + absent + "/versions", missing: noAction},
		{method: "GET", path: action + "/versions/" + s.version, unknown: action + "/versions" + absent, missing: "That action version does not exist."},
		{
			method: "POST", path: action + "/versions/" + s.version + "/deploy", body: `{"update_draft":true}`, optional: true,
			unknown: action + "/versions" + absent + "/deploy", missing: "That action version does not exist.",
		},
		{method: "GET", path: triggers},
		{method: "GET", path: bindings},
		{method: "PATCH", path: bindings, body: `{"bindings":[]}`},
		{method: "GET", path: "/api/v2/actions/executions/" + s.execution, unknown: "/api/v2/actions/executions" + absent, missing: "That execution does not exist."},
		{method: "GET", path: modules},
		{method: "POST", path: modules, body: `{"name":"more","code":"exports.b = 2"}`},
		{method: "GET", path: module, unknown: modules + absent, missing: noModule},
		{method: "PATCH", path: module, body: `{"code":"exports.a = 2"}`, unknown: modules + absent, missing: noModule},
		{method: "GET", path: module + "/actions", unknown: modules + absent + "/actions", missing: noModule},
		{method: "GET", path: module + "/versions", unknown: modules + absent + "/versions", missing: noModule},
		{method: "POST", path: module + "/versions", body: `{}`, optional: true, unknown: modules + absent + "/versions", missing: noModule},
		{method: "GET", path: module + "/versions/" + s.release, unknown: module + "/versions" + absent, missing: "That module version does not exist."},
		{method: "POST", path: module + "/rollback", body: `{"module_version_id":"` + s.release + `"}`, unknown: modules + absent + "/rollback", missing: noModule},
		{method: "DELETE", path: action + "?force=true", unknown: actions + absent, missing: noAction, destroys: true},
		{method: "DELETE", path: module, unknown: modules + absent, missing: noModule, destroys: true},
	}
}

// scopeOf finds the endpoint among the server's routes.
func scopeOf(t *testing.T, e endpoint) string {
	t.Helper()
	path, _, _ := strings.Cut(e.path, "?")
	for _, r := range auth0.Routes() {
		want, have := strings.Split(r.Path, "/"), strings.Split(path, "/")
		same := r.Method == e.method && len(want) == len(have)
		for i := 0; same && i < len(want); i++ {
			same = want[i] == have[i] || strings.HasPrefix(want[i], ":")
		}
		if same {
			return r.Scope
		}
	}
	t.Fatalf("no route is %s %s", e.method, path)
	return ""
}

func TestEveryEndpointRefusesWhatItMustInAuth0sWords(t *testing.T) {
	t.Parallel()
	s := openScene(t)
	endpoints := s.endpoints()
	if len(endpoints) != len(auth0.Routes()) {
		t.Errorf("%d endpoints are tried, there are %d", len(endpoints), len(auth0.Routes()))
	}
	all := []string{"read:actions", "create:actions", "update:actions", "delete:actions"}
	for _, e := range endpoints {
		t.Run(e.method+" "+e.path, func(t *testing.T) {
			k := *s.kit
			k.t = t
			scope := scopeOf(t, e)
			others := without(all, scope)

			k.send(e.method, e.path, e.body, header("Authorization", "")).
				want(401, "Unauthorized", "Missing authentication", "")
			k.send(e.method, e.path, e.body, bearer("insecure")).want(401, "Unauthorized", "Invalid token", "")
			k.send(e.method, e.path, e.body, header("Authorization", "Basic YTpi")).want(401, "Unauthorized", "Invalid token", "")
			k.send(e.method, e.path, e.body, bearer(k.token(time.Now().Add(-25*time.Hour), all...))).
				want(401, "Unauthorized", "Expired token received for JSON Web Token validation", "")
			k.send(e.method, e.path, e.body, bearer(k.token(time.Now(), all...)+"x")).
				want(401, "Unauthorized", "Invalid signature received for JSON Web Token validation", "")
			k.send(e.method, e.path, e.body, bearer(k.token(time.Now(), others...))).
				want(403, "Forbidden", "Insufficient scope, expected any of: "+scope, "insufficient_scope")
			joint := "?"
			if strings.Contains(e.path, "?") {
				joint = "&"
			}
			k.send(e.method, e.path+joint+"include_totals=true", e.body).
				want(400, "Bad Request", "Query validation error: 'Additional properties not allowed: include_totals'.", "invalid_query_string")
			if e.unknown != "" {
				k.send(e.method, e.unknown, e.body).want(404, "Not Found", e.missing, "")
			}
			if e.body != "" {
				refuseBodies(k, e)
			}
		})
	}
}

func refuseBodies(k kit, e endpoint) {
	k.t.Helper()
	for _, body := range []string{`{`, `{"a":}`, `{} {}`, `nothing`} {
		k.send(e.method, e.path, body).want(400, "Bad Request", "Invalid request payload JSON format", "")
	}
	unknown := strings.TrimSuffix(e.body, "}") + `,"surprise":1}`
	unknown = strings.Replace(unknown, "{,", "{", 1)
	k.send(e.method, e.path, unknown).
		want(400, "Bad Request", "Payload validation error: 'Additional properties not allowed: surprise'.", "invalid_body")
	k.send(e.method, e.path, `[]`).
		want(400, "Bad Request", "Payload validation error: 'Expected type object but found type array'.", "invalid_body")
	k.send(e.method, e.path, e.body, header("Content-Type", "text/plain")).
		want(415, "Unsupported Media Type", "Unsupported Media Type", "")
	k.send(e.method, e.path, strings.Repeat(" ", 2<<20)).
		want(413, "Request Entity Too Large", "Payload content length greater than maximum allowed: 1114112", "")
	if !e.optional {
		k.send(e.method, e.path, "").
			want(400, "Bad Request", "Payload validation error: 'Expected type object but found type null'.", "invalid_body")
	}
}

func without(all []string, one string) []string {
	var rest []string
	for _, s := range all {
		if s != one {
			rest = append(rest, s)
		}
	}
	return rest
}

func TestEveryEndpointAnswersWithTheScopeThatItNamesAndRateLimitHeaders(t *testing.T) {
	t.Parallel()
	s := openScene(t)
	for _, e := range s.endpoints() {
		if e.path == modules+"/"+s.module+"/versions" && e.method == "POST" {
			s.must(200, "PATCH", modules+"/"+s.module, `{"code":"exports.a = 3"}`) // else there is nothing to publish
		}
		a := s.send(e.method, e.path, e.body, bearer(s.token(time.Now(), scopeOf(t, e))))
		if a.status >= 300 {
			t.Errorf("%s %s: %d %s", e.method, e.path, a.status, a.text)
		}
		if a.status != http.StatusNoContent && !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") {
			t.Errorf("%s %s has the type %q", e.method, e.path, a.header.Get("Content-Type"))
		}
		for _, name := range []string{"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} {
			if a.header.Get(name) == "" {
				t.Errorf("%s %s has no %s", e.method, e.path, name)
			}
		}
	}
}

func TestUnknownPathsAreAnsweredInAuth0sForm(t *testing.T) {
	t.Parallel()
	k := open(t)
	for _, path := range []string{"/api/v2", "/api/v2/", "/api/v2/clients", "/api/v2/actions", "/api/v2/actions/actions/x/y"} {
		for _, method := range []string{"GET", "POST", "PATCH"} {
			k.send(method, path, "").want(404, "Not Found", "Not Found", "")
		}
	}
	a := k.send("PUT", actions+"/x", "")
	a.want(405, "Method Not Allowed", "Method Not Allowed", "")
	if a.header.Get("Allow") != "GET, HEAD, PATCH, DELETE" {
		t.Errorf("allows %q", a.header.Get("Allow"))
	}
	if a.header.Get("X-RateLimit-Remaining") == "" {
		t.Error("the answer has no headers of the rate limit")
	}
}
