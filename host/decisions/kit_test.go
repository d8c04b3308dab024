package decisions_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/decisions"
	"github.com/usherhost/usher/host/internal/hosttest"
	"github.com/usherhost/usher/host/internal/jstest"
	"github.com/usherhost/usher/host/jsbuild/bundle"
	"github.com/usherhost/usher/host/web"
	"github.com/usherhost/usher/proto/conformance"
)

const trigger = host.PreUserRegistration

// event is one that fits.
const event = `{"user":{"email":"ada@example.org"},"request":{"ip":"203.0.113.7","method":"POST","body":{"ulp-first-name":"Ada"},"geoip":{}}}`

// gate is a host with the API under test.
type gate struct {
	t   *testing.T
	dir string // of its data
	*hosttest.Host
	server *decisions.Server
	url    string
	key    string // with the scope decide
}

func open(t *testing.T, o hosttest.Options) *gate {
	t.Helper()
	g := &gate{t: t, dir: t.TempDir()}
	var err error
	if g.Host, err = hosttest.OpenWith(t.Context(), g.dir, o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.Close() }) // a second time when the test has closed it
	g.server = &decisions.Server{Decider: g.Decider}
	g.serve()
	return g
}

// serve serves the API.
func (g *gate) serve() {
	g.t.Helper()
	routes := web.NewEcho(slog.New(slog.DiscardHandler))
	g.server.Register(routes.Group("/v1"), web.NewAuthenticator(g.DB).Require(host.ScopeDecide))
	server := httptest.NewServer(routes)
	g.t.Cleanup(server.Close)
	g.url, g.key = server.URL+"/v1/decisions/", g.apiKey(host.ScopeDecide)
}

func (g *gate) apiKey(scope host.Scope) string {
	g.t.Helper()
	_, secret, err := g.Registry.CreateKey(g.t.Context(), host.NewKey{Name: "test", Scopes: []host.Scope{scope}})
	if err != nil {
		g.t.Fatal(err)
	}
	return secret
}

// deploy deploys and binds modules, in order, with settings of their bindings.
func (g *gate) deploy(modules ...module) {
	g.t.Helper()
	var list []host.BindingWrite
	for _, m := range modules {
		if err := g.DeployFor(g.t.Context(), trigger, m.name, m.wasm, host.Settings{}); err != nil {
			g.t.Fatal(err)
		}
		list = append(list, host.BindingWrite{Action: m.name, Settings: &m.settings})
	}
	if _, err := g.Registry.ReplaceBindings(g.t.Context(), trigger, list); err != nil {
		g.t.Fatal(err)
	}
}

// module is an action to deploy.
type module struct {
	name     string
	wasm     []byte
	settings host.Settings
}

// calls is an action that makes host calls.
func calls(t *testing.T, name string, calls ...conformance.Call) module {
	t.Helper()
	wasm, err := conformance.Vector{Calls: calls}.Module(trigger.Entry())
	if err != nil {
		t.Fatal(err)
	}
	return module{name: name, wasm: wasm}
}

func call(function string, args ...string) conformance.Call {
	c := conformance.Call{Function: function}
	for _, a := range args {
		c.Args = append(c.Args, json.RawMessage(a))
	}
	return c
}

// script is an action in JavaScript, with packages as "name@version".
func script(t *testing.T, name, code string) module {
	t.Helper()
	built, err := jstest.Shared(t).Builder.Build(t.Context(), bundle.Source{Name: "action.js", Code: []byte(code)})
	if err != nil {
		t.Fatal(err)
	}
	return module{name: name, wasm: built.Module}
}

// handler makes the script of a handler's body.
func handler(body string) string {
	return "exports.onExecutePreUserRegistration = async (event, api) => {\n" + body + "\n};"
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	host.Decision
	problem host.ProblemDetails
}

// post sends a body with headers "Name: value".
func (g *gate) post(path, body string, headers ...string) answer {
	g.t.Helper()
	a, err := g.try(path, body, headers...)
	if err != nil {
		g.t.Fatal(err)
	}
	return a
}

// try is post, which may fail.
func (g *gate) try(path, body string, headers ...string) (answer, error) {
	request, err := http.NewRequestWithContext(g.t.Context(), http.MethodPost, g.url+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Authorization", "Bearer "+g.key)
	request.Header.Set("Content-Type", "application/json")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	a := answer{status: response.StatusCode, header: response.Header}
	into := any(&a.problem)
	if a.status == http.StatusOK {
		into = &a.Decision
	}
	return a, json.NewDecoder(response.Body).Decode(into)
}

func (g *gate) decide(body string, headers ...string) answer {
	g.t.Helper()
	a := g.post(string(trigger), body, headers...)
	if a.status != http.StatusOK {
		g.t.Fatalf("%s was answered %d: %+v", body, a.status, a.problem)
	}
	return a
}

// recorded waits for the record of a decision.
func (g *gate) recorded(id string) host.Execution {
	g.t.Helper()
	ctx, cancel := context.WithTimeout(g.t.Context(), time.Minute)
	defer cancel()
	for {
		x, err := g.DB.Execution(ctx, id)
		if err == nil {
			return x
		}
		if host.CodeOf(err) != host.NotFound {
			g.t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
}

// fake decides without a host.
type fake struct {
	decide func() (host.Decision, error)
}

func (f fake) Decide(context.Context, host.Event, time.Duration) (host.Decision, error) {
	return f.decide()
}

func (f fake) Limit(time.Duration) time.Duration { return time.Second }
