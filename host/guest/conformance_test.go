package guest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/guest"
	"github.com/usherhost/usher/host/sandbox"
	"github.com/usherhost/usher/proto"
	"github.com/usherhost/usher/proto/conformance"
)

// outside is the world of one vector: it expects requests and answers them.
type outside struct {
	t      *testing.T
	vector conformance.Vector
	wasm   []byte

	mu       sync.Mutex // guards what follows: requests that were started overlap
	requests int
	expected []conformance.Exchange // what has not come yet
}

func (o *outside) Module(context.Context, string) ([]byte, error) { return o.wasm, nil }

func (o *outside) Secrets(context.Context, string) (map[string]string, error) {
	return o.vector.Secrets, nil
}

func (o *outside) Send(_ context.Context, r *host.HTTPRequest) (*host.HTTPResponse, *host.EgressFailure) {
	exchange, found := o.next(r)
	if !found {
		o.t.Errorf("an unexpected request: %s %s", r.Method, r.URL)
		return nil, &host.EgressFailure{Code: host.EgressNetwork, Message: "unexpected"}
	}
	o.expect(exchange.Request, r)
	if f := exchange.Failure; f != nil {
		return nil, &host.EgressFailure{Code: host.EgressCode(f.Code), Rule: f.Rule, Origin: f.Origin, Limit: f.Limit, Message: f.Message}
	}
	return responseOf(exchange, r), nil
}

// next returns what r must be: the first exchange with its URL when a vector
// starts requests, for those may go out in any order, and else the first.
func (o *outside) next(r *host.HTTPRequest) (conformance.Exchange, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.requests++
	if len(o.expected) == 0 {
		return conformance.Exchange{}, false
	}
	i := 0
	if slices.ContainsFunc(o.vector.Calls, func(c conformance.Call) bool { return c.Function == "http_start" }) {
		i = max(slices.IndexFunc(o.expected, func(x conformance.Exchange) bool { return x.Request.URL == r.URL }), 0)
	}
	exchange := o.expected[i]
	o.expected = slices.Delete(o.expected, i, i+1)
	return exchange, true
}

func responseOf(exchange conformance.Exchange, r *host.HTTPRequest) *host.HTTPResponse {
	response := &host.HTTPResponse{Status: exchange.Response.Status, Header: http.Header{}, Body: []byte(exchange.Response.Body), URL: exchange.Response.URL, Requests: 1}
	if exchange.Response.BodyBase64 != nil {
		response.Body = exchange.Response.BodyBase64
	}
	if response.URL == "" {
		response.URL = r.URL
	}
	for name, values := range exchange.Response.Headers {
		response.Header[http.CanonicalHeaderKey(name)] = values
	}
	return response
}

func (o *outside) expect(want conformance.Request, got *host.HTTPRequest) {
	o.t.Helper()
	sent := got
	differ := func(what string, want, got any) {
		o.t.Errorf("the request for %s: %s is %v, want %v", sent.URL, what, got, want)
	}
	method := got.Method
	if method == "" {
		method = http.MethodGet
	}
	if want.Method != "" && !strings.EqualFold(want.Method, method) {
		differ("the method", want.Method, method)
	}
	if want.URL != "" && want.URL != got.URL {
		differ("the URL", want.URL, got.URL)
	}
	for name, values := range want.Headers {
		if !slices.Equal(values, got.Header.Values(name)) {
			differ(name, values, got.Header.Values(name))
		}
	}
	for _, name := range want.Present {
		if got.Header.Get(name) == "" {
			differ(name, "there", "absent")
		}
	}
	for _, name := range want.Absent {
		if _, there := got.Header[http.CanonicalHeaderKey(name)]; there {
			differ(name, "absent", "there")
		}
	}
	if want.Body != nil && *want.Body != string(got.Body) {
		differ("the body", *want.Body, string(got.Body))
	}
	if want.BodyBase64 != nil && string(want.BodyBase64) != string(got.Body) {
		differ("the body", want.BodyBase64, got.Body)
	}
	if want.Redirect != "" && want.Redirect != string(got.Redirect) && (want.Redirect != "follow" || got.Redirect != "") {
		differ("redirect", want.Redirect, got.Redirect)
	}
	if want.TimeoutMillis != 0 && want.TimeoutMillis != got.Timeout.Milliseconds() {
		differ("the timeout", want.TimeoutMillis, got.Timeout)
	}
	if want.ResponseBytes != 0 && want.ResponseBytes != got.MaxResponseBytes {
		differ("the response's limit", want.ResponseBytes, got.MaxResponseBytes)
	}
}

func TestTheHostPassesEveryVector(t *testing.T) {
	t.Parallel()
	vectors, err := conformance.Load()
	if err != nil || len(vectors) == 0 {
		t.Fatal(err)
	}
	s, err := sandbox.Open(t.Context(), sandbox.Config{Functions: guest.Functions()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	for _, v := range vectors {
		for _, isolation := range []host.Isolation{host.IsolationReset, host.IsolationFresh, host.IsolationPlain} {
			t.Run(v.Name+" "+string(isolation), func(t *testing.T) {
				t.Parallel()
				conform(t, s, v, isolation)
			})
		}
	}
}

func conform(t *testing.T, s *sandbox.Sandbox, v conformance.Vector, isolation host.Isolation) {
	t.Helper()
	wasm, err := v.Module(host.Trigger(v.Trigger).Entry())
	if err != nil {
		t.Fatal(err)
	}
	world := &outside{t: t, vector: v, wasm: wasm, expected: slices.Clone(v.HTTP)}
	var settings host.Settings
	if v.Settings != nil {
		if err := json.Unmarshal(v.Settings, &settings); err != nil {
			t.Fatal(err)
		}
	}
	settings.Isolation = isolation
	runner := &guest.Runner{Sandbox: s, Modules: world, Secrets: world, Egress: world, Cache: &guest.Cache{}, Verbatim: true}
	result, _, err := runner.Run(t.Context(), guest.Run{
		ExecutionID: "exe_1", Attempt: 1,
		Step:  host.Step{ActionID: "act_1", Action: "vector", BindingID: "bnd_1", Digest: host.Digest(wasm), Settings: settings},
		Event: &host.Event{ID: "evt_1", Trigger: host.Trigger(v.Trigger), Body: v.Event},
	})
	if err != nil {
		t.Fatal(err)
	}
	compareEnd(t, v, result)
	if world.requests != len(v.HTTP) {
		t.Errorf("%d requests went out, want %d", world.requests, len(v.HTTP))
	}
	if result.Succeeded {
		compareAnswers(t, v, result)
	}
}

func compareEnd(t *testing.T, v conformance.Vector, r host.Result) {
	t.Helper()
	if string(r.Fault) != v.Want.Fault || r.Limit != v.Want.Limit {
		t.Errorf("fault %q limit %q (%+v), want %q %q", r.Fault, r.Limit, r.Error, v.Want.Fault, v.Want.Limit)
	}
	if r.NonRetryable != v.Want.NonRetryable {
		t.Errorf("non_retryable is %v, want %v", r.NonRetryable, v.Want.NonRetryable)
	}
	if v.Want.Error != "" && (r.Error == nil || r.Error.Message != v.Want.Error) {
		t.Errorf("error %+v, want %q", r.Error, v.Want.Error)
	}
	compareCommands(t, v, r)
	if v.Want.Logs == nil {
		return
	}
	var got []conformance.Log
	for _, l := range r.Logs {
		got = append(got, conformance.Log{Level: l.Level, Message: l.Message})
	}
	if !slices.Equal(got, v.Want.Logs) {
		t.Errorf("logs %v, want %v", got, v.Want.Logs)
	}
}

func compareCommands(t *testing.T, v conformance.Vector, r host.Result) {
	t.Helper()
	if v.Want.Commands == nil || len(v.Want.Commands)+len(r.Given) == 0 {
		return
	}
	got, err := json.Marshal(r.Given)
	if err != nil {
		t.Fatal(err)
	}
	want, err := json.Marshal(v.Want.Commands)
	if err != nil {
		t.Fatal(err)
	}
	var gotValue, wantValue any
	if err := errors.Join(json.Unmarshal(got, &gotValue), json.Unmarshal(want, &wantValue)); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(gotValue, wantValue) {
		t.Errorf("gave %s, want %s", got, want)
	}
}

func compareAnswers(t *testing.T, v conformance.Vector, r host.Result) {
	t.Helper()
	answers, err := v.Answers(r.Output)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range v.Calls {
		if c.Answer == nil {
			continue
		}
		if err := c.Check(*answers[i], conformance.Window{Start: r.StartedAt, End: r.EndedAt}); err != nil {
			t.Errorf("call %d: %v", i, err)
		}
	}
}

// signature is a function as the ABI's table and the host both name it.
func signature(module, name string, params, results []string) string {
	return fmt.Sprint(module, " ", name, params, results)
}

func TestTheHostServesWhatTheTableSays(t *testing.T) {
	t.Parallel()
	var listed, served []string
	types := func(values []proto.FunctionValue) (names []string) {
		for _, v := range values {
			names = append(names, v.Type)
		}
		return names
	}
	for _, f := range proto.ABI() {
		for _, module := range f.Namespaces {
			listed = append(listed, signature(module, f.Name, types(f.Params), types(f.Results)))
		}
	}
	names := func(values []sandbox.ValueType) (names []string) {
		for _, v := range values {
			names = append(names, map[sandbox.ValueType]string{sandbox.I32: "i32", sandbox.I64: "i64"}[v])
		}
		return names
	}
	for _, f := range append(sandbox.KernelFunctions(), guest.Functions()...) {
		served = append(served, signature(f.Module, f.Name, names(f.Params), names(f.Results)))
	}
	slices.Sort(listed)
	slices.Sort(served)
	for _, f := range listed {
		if !slices.Contains(served, f) {
			t.Errorf("the table has %s, the host does not serve it", f)
		}
	}
	for _, f := range served {
		if !slices.Contains(listed, f) {
			t.Errorf("the host serves %s, the table does not have it", f)
		}
	}
}
