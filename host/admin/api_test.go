package admin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/admin"
	"github.com/usherhost/usher/host/builds"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/internal/hosttest"
	"github.com/usherhost/usher/host/notices"
	"github.com/usherhost/usher/host/registry"
	"github.com/usherhost/usher/host/replay"
	"github.com/usherhost/usher/host/sqlite"
	"github.com/usherhost/usher/host/web"
)

const trigger = host.PostUserRegistration

// api is the management API over a real registry, box, sandbox and database.
type api struct {
	db     *sqlite.DB
	reg    *registry.Registry
	builds *builds.Builds
	server *admin.Server
	routes *echo.Echo
	caller atomic.Int64 // numbers the addresses that requests come from
	users  atomic.Int64 // numbers users
	output []byte       // of runs; nil is a small one

	refused  refusedEvents
	webhooks *notices.Sender
	posted   atomic.Int64 // by webhooks

	ingest, manage, read string // keys with one scope each
}

func newAPI(t *testing.T) *api {
	t.Helper()
	h := hosttest.New(t, hosttest.Options{Idle: true})
	a := &api{db: h.DB, reg: h.Registry, builds: h.Builds, routes: web.NewEcho(slog.New(slog.DiscardHandler))}
	a.webhooks = &notices.Sender{
		Store: h.DB, Box: h.Box, Send: a.receive, CheckOrigin: func(string) error { return nil }, Hint: web.Hint, Notifier: silent{}, Log: slog.New(slog.DiscardHandler),
	}
	a.server = &admin.Server{
		Notices: h.DB, Webhooks: a.webhooks,
		Registry: a.reg, Drafts: a.builds, Checks: h.Checker, History: h.DB, Inspector: h.Runner, Refused: &a.refused, PollEvery: time.Millisecond,
		Replays: &replay.Service{Store: h.DB, Versions: a.reg, Box: h.Box, Runner: func(m guest.Modules) *guest.Runner {
			r := *h.Runner
			r.Modules = m
			return &r
		}},
	}
	a.server.RegisterWhoami(a.routes.Group("/v1"), web.NewAuthenticator(h.DB).Require(""))
	a.server.Register(a.routes.Group("/v1"), web.NewAuthenticator(h.DB).Require(host.ScopeRead), web.NewAuthenticator(h.DB).Require(host.ScopeManage))
	a.ingest, a.manage, a.read = a.key(t, host.ScopeIngest), a.key(t, host.ScopeManage), a.key(t, host.ScopeRead)
	return a
}

// key makes a key with one scope.
func (a *api) key(t *testing.T, scope host.Scope) string {
	t.Helper()
	_, secret, err := a.reg.CreateKey(t.Context(), host.NewKey{Name: "test " + string(scope), Scopes: []host.Scope{scope}})
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// request is what a test asks of the API.
type request struct {
	method string // "" is GET
	path   string // with its query
	key    string
	kind   string // of the body; "" is JSON when there is one
	body   string
	tag    string // If-Match, unless it is ""
	ctx    context.Context
}

// call makes a request, from an address of its own, and checks the answer
// against the document.
func (a *api) call(t *testing.T, r request) *httptest.ResponseRecorder {
	t.Helper()
	if r.method == "" {
		r.method = "GET"
	}
	sent := httptest.NewRequest(r.method, r.path, strings.NewReader(r.body))
	if r.ctx != nil {
		sent = sent.WithContext(r.ctx)
	}
	sent.RemoteAddr = fmt.Sprintf("192.0.2.%d:1234", a.caller.Add(1)%250)
	if r.key != "" {
		sent.Header.Set("Authorization", "Bearer "+r.key)
	}
	if r.tag != "" {
		sent.Header.Set("If-Match", r.tag)
	}
	switch {
	case r.kind != "":
		sent.Header.Set("Content-Type", r.kind)
	case r.body != "":
		sent.Header.Set("Content-Type", "application/json")
	}
	ctx, leave := context.WithCancel(sent.Context())
	defer leave()
	answer := impatient{httptest.NewRecorder(), leave}
	a.routes.ServeHTTP(answer, sent.WithContext(ctx))
	theDocument(t).checkAnswer(t, r.method, sent.URL.EscapedPath(), answer.ResponseRecorder)
	return answer.ResponseRecorder
}

// impatient is a reader who leaves a stream when its first bytes are there.
type impatient struct {
	*httptest.ResponseRecorder
	leave func()
}

func (i impatient) Flush() {
	i.ResponseRecorder.Flush()
	i.leave()
}

// do makes a request that is to succeed with status, and decodes the answer.
func (a *api) do(t *testing.T, status int, method, path, body string, into any) *httptest.ResponseRecorder {
	t.Helper()
	answer := a.call(t, request{method: method, path: path, key: a.manage, body: body})
	if answer.Code != status {
		t.Fatalf("%s %s answers %d, want %d: %s", method, path, answer.Code, status, answer.Body)
	}
	if into != nil {
		if err := json.Unmarshal(answer.Body.Bytes(), into); err != nil {
			t.Fatal(err)
		}
	}
	return answer
}

// problem makes a request that is to fail, and returns why it did.
func (a *api) problem(t *testing.T, status int, r request) host.ProblemDetails {
	t.Helper()
	if r.key == "" {
		r.key = a.manage
	}
	return problemIn(t, status, a.call(t, r))
}

func problemIn(t *testing.T, status int, answer *httptest.ResponseRecorder) host.ProblemDetails {
	t.Helper()
	var p host.ProblemDetails
	if err := json.Unmarshal(answer.Body.Bytes(), &p); err != nil || answer.Code != status || p.Status != status {
		t.Fatalf("answer is %d %s (%v), want %d", answer.Code, answer.Body, err, status)
	}
	if p.Detail == "" || p.RequestID == "" {
		t.Errorf("the problem lacks a detail or a request id: %+v", p)
	}
	return p
}

// points checks that a problem points to these places, in this order.
func points(t *testing.T, p host.ProblemDetails, pointers ...string) {
	t.Helper()
	var got []string
	for _, f := range p.Errors {
		got = append(got, f.Pointer)
	}
	if strings.Join(got, " ") != strings.Join(pointers, " ") {
		t.Errorf("points to %q, want %q: %+v", got, pointers, p)
	}
}

// action makes an action with a deployed version.
func (a *api) action(t *testing.T, name string) host.Action {
	t.Helper()
	if _, err := a.reg.CreateAction(t.Context(), name, trigger, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := a.reg.Upload(t.Context(), name, guests.Wasm("noop"), host.Manifest{}, true); err != nil {
		t.Fatal(err)
	}
	action, err := a.reg.Action(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return action
}

func (a *api) bind(t *testing.T, names ...string) []host.Binding {
	t.Helper()
	list := make([]host.BindingWrite, len(names))
	for i, name := range names {
		list[i].Action = name
	}
	bindings, err := a.reg.ReplaceBindings(t.Context(), trigger, list)
	if err != nil {
		t.Fatal(err)
	}
	return bindings
}

// accept stores an event of a user.
func (a *api) accept(t *testing.T, user string) host.Accepted {
	t.Helper()
	body := fmt.Appendf(nil, `{"user": {"user_id": %q}}`, user)
	accepted, err := a.db.Accept(t.Context(), []host.NewEvent{{
		Event: host.Event{Trigger: trigger, UserID: user, Tenant: "acme", Body: body},
		Key:   user,
	}})
	if err != nil {
		t.Fatal(err)
	}
	return accepted[0]
}

// run claims all that is due and records one result for the next step of each:
// a success, or the failure that ends its attempts.
func (a *api) run(t *testing.T, succeeded bool) {
	t.Helper()
	claimed, err := a.db.Claim(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range claimed {
		done := make(chan error, 1)
		o := outcome(x, succeeded)
		if a.output != nil {
			o.Result.Output = a.output
		}
		if err := a.db.Record(t.Context(), o, func(err error) { done <- err }); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
}

func outcome(x host.Execution, succeeded bool) host.Outcome {
	step := x.Plan[0]
	now := time.Now().UTC()
	r := host.Result{
		ExecutionID: x.ID, Attempt: 1, BindingID: step.BindingID, ActionID: step.ActionID, Action: step.Action,
		VersionID: step.VersionID, Number: step.Number, Succeeded: succeeded, StartedAt: now, EndedAt: now,
		Output: []byte(`{"said":"hello"}`),
		Logs:   []host.Log{{At: now, Level: "info", Message: "hello"}},
		Calls:  []host.CallNote{{Function: "http_send", Target: "POST https://example.com", Status: 200, Bytes: 2, TookMicros: 5}},
		Stats:  host.Stats{TotalMicros: 10, HostCalls: 1, HTTPRequests: 1},
	}
	steps := slices.Repeat([]host.StepState{host.StepSucceeded}, len(x.Plan))
	o := host.Outcome{ExecutionID: x.ID, Epoch: x.Epoch, Result: &r, Status: host.StatusCompleted, Progress: steps}
	if !succeeded {
		r.DeadLetter, r.Fault, r.Output = true, host.FaultGuest, []byte{0xff, 0x00}
		r.Error = &host.ResultError{Message: "no", Hint: "say yes"}
		o.Status, steps[0] = host.StatusPartial, host.StepDead
	}
	return o
}

// wasmForm is a multipart body with a module and a manifest, "" leaves it out.
func wasmForm(module []byte, manifest string) (kind, body string) {
	var b bytes.Buffer
	if manifest != "" {
		b.WriteString("--x\r\nContent-Disposition: form-data; name=\"manifest\"\r\nContent-Type: application/json\r\n\r\n" + manifest + "\r\n")
	}
	if module != nil {
		b.WriteString("--x\r\nContent-Disposition: form-data; name=\"module\"; filename=\"a.wasm\"\r\n\r\n")
		b.Write(module)
		b.WriteString("\r\n")
	}
	b.WriteString("--x--\r\n")
	return "multipart/form-data; boundary=x", b.String()
}
