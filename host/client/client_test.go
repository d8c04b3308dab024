package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/admin"
	"github.com/usherhost/usher/host/client"
	"github.com/usherhost/usher/host/ingress"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/internal/hosttest"
	"github.com/usherhost/usher/host/sqlite"
	"github.com/usherhost/usher/host/web"
)

const trigger = host.PostUserRegistration

// serve starts a host without an executor, and returns a client with every
// scope, and the host's database.
func serve(t *testing.T) (*client.Client, *sqlite.DB) {
	t.Helper()
	h := hosttest.New(t, hosttest.Options{Idle: true})
	var key string
	if _, err := h.Registry.EnsureAdminKey(t.Context(), func(secret string) error { key = secret; return nil }); err != nil {
		t.Fatal(err)
	}
	routes := web.NewEcho(slog.New(slog.DiscardHandler))
	v1 := routes.Group("/v1")
	sender := &ingress.Server{Store: h.DB, Refused: h.DB, Sealer: h.Box}
	sender.Register(v1, web.NewAuthenticator(h.DB).Require(host.ScopeIngest))
	ctx, stop := context.WithCancel(context.Background())
	kept := make(chan error, 1)
	go func() { kept <- sender.Run(ctx) }()
	(&admin.Server{Registry: h.Registry, Drafts: h.Builds, History: h.DB, Inspector: h.Runner, Refused: sender}).Register(v1,
		web.NewAuthenticator(h.DB).Require(host.ScopeRead), web.NewAuthenticator(h.DB).Require(host.ScopeManage))
	server := httptest.NewServer(routes)
	t.Cleanup(func() {
		server.Close()
		stop()
		if err := <-kept; err != nil {
			t.Error(err)
		}
	})
	return client.NewClient(server.URL+"/", key), h.DB
}

// must returns the value of a call that succeeded.
func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func value(s string) *string { return &s }

func TestAnActionFromItsMakingToItsDeletion(t *testing.T) {
	t.Parallel()
	c, _ := serve(t)
	ctx := t.Context()
	made := must[host.Action](t)(c.CreateAction(ctx, "notify team", trigger, host.SecretWrite{Name: "A", Value: value("1")}))
	if shown := must[host.Action](t)(c.Action(ctx, "notify team")); shown.ID != made.ID {
		t.Errorf("shown %+v", shown)
	}
	manifest := host.Manifest{Secrets: []string{"A"}}
	v := must[host.Version](t)(c.CreateVersion(ctx, made.ID, guests.Wasm("noop"), manifest, true))
	if !v.Deployed || !slices.Equal(v.Manifest.Secrets, manifest.Secrets) {
		t.Errorf("version is %+v", v)
	}
	must[host.Version](t)(c.CreateVersion(ctx, "notify team", guests.Wasm("noop"), host.Manifest{}, false))
	if list := must[[]host.Version](t)(c.Versions(ctx, "notify team")); len(list) != 2 {
		t.Errorf("versions are %+v", list)
	}
	if v := must[host.Version](t)(c.Deploy(ctx, "notify team", "2")); v.Number != 2 || !v.Deployed {
		t.Errorf("deployed %+v", v)
	}
	if v := must[host.Version](t)(c.Version(ctx, "notify team", "1")); v.Deployed {
		t.Errorf("still deployed: %+v", v)
	}
	if all := must[[]host.Action](t)(c.Actions(ctx, trigger)); len(all) != 1 {
		t.Errorf("actions are %+v", all)
	}
	if i := must[host.Inspection](t)(c.Inspect(ctx, []byte("hello"))); len(i.Problems) == 0 {
		t.Errorf("inspection is %+v", i)
	}
	must[[]host.Binding](t)(c.ReplaceBindings(ctx, trigger, []host.BindingWrite{{Action: made.ID}}))
	if _, err := c.DeleteAction(ctx, "notify team", false); host.CodeOf(err) != host.Conflict {
		t.Errorf("deleted a bound action: %v", err)
	}
	if _, err := c.DeleteAction(ctx, "notify team", true); err != nil {
		t.Error(err)
	}
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	c, _ := serve(t)
	ctx := t.Context()
	must[host.Action](t)(c.CreateAction(ctx, "a", trigger))
	must[[]host.Secret](t)(c.PatchSecrets(ctx, "a", []host.SecretWrite{{Name: "X", Value: value("1")}, {Name: "Y", Value: value("2")}}, nil))
	must[[]host.Secret](t)(c.ReplaceSecrets(ctx, "a", []host.SecretWrite{{Name: "Y"}, {Name: "Z", Value: value("3")}}))
	if err := c.DeleteSecret(ctx, "a", "Y"); err != nil {
		t.Error(err)
	}
	if list := must[[]host.Secret](t)(c.Secrets(ctx, "a")); len(list) != 1 || list[0].Name != "Z" {
		t.Errorf("secrets are %v", list)
	}
	if list := must[[]host.Secret](t)(c.ReplaceSecrets(ctx, "a", nil)); len(list) != 0 {
		t.Errorf("secrets are %v", list)
	}
}

func TestBindings(t *testing.T) {
	t.Parallel()
	c, _ := serve(t)
	ctx := t.Context()
	must[host.Action](t)(c.CreateAction(ctx, "a", trigger))
	must[host.Version](t)(c.CreateVersion(ctx, "a", guests.Wasm("noop"), host.Manifest{}, true))
	bound := must[[]host.Binding](t)(c.ReplaceBindings(ctx, trigger, []host.BindingWrite{{Action: "a"}}))
	if got := must[[]host.Trigger](t)(c.Triggers(ctx)); !slices.Equal(got, host.Triggers()) {
		t.Errorf("triggers are %v", got)
	}
	change := host.Settings{OnFailure: host.Stop, Egress: host.Egress{Allow: []string{"a.example.com"}}, Config: map[string]string{"k": "v"}}
	must[host.Binding](t)(c.UpdateBinding(ctx, "a", value("The A"), change))
	b := must[host.Binding](t)(c.UpdateBinding(ctx, bound[0].ID, nil, host.Settings{Egress: host.Egress{Allow: []string{"b.example.com"}}}))
	if b.DisplayName != "The A" || b.Settings.OnFailure != host.Stop || !slices.Equal(b.Settings.Egress.Allow, []string{"a.example.com", "b.example.com"}) {
		t.Errorf("binding is %+v", b)
	}
	b = must[host.Binding](t)(c.PatchBinding(ctx, "a", client.BindingPatch{
		Settings: json.RawMessage(`{"on_failure": null}`), AllowRemove: []string{"a.example.com"},
	}))
	if b.Settings.OnFailure != "" || !slices.Equal(b.Settings.Egress.Allow, []string{"b.example.com"}) || b.Settings.Config["k"] != "v" {
		t.Errorf("binding is %+v", b)
	}
	must[[]host.Binding](t)(c.ReplaceBindings(ctx, trigger, nil))
	if left := must[[]host.Binding](t)(c.Bindings(ctx, trigger)); len(left) != 0 {
		t.Errorf("still bound: %+v", left)
	}
}

func TestAnEventAndItsExecution(t *testing.T) {
	t.Parallel()
	c, db := serve(t)
	ctx := t.Context()
	must[host.Action](t)(c.CreateAction(ctx, "a", trigger))
	must[host.Version](t)(c.CreateVersion(ctx, "a", guests.Wasm("noop"), host.Manifest{}, true))
	must[[]host.Binding](t)(c.ReplaceBindings(ctx, trigger, []host.BindingWrite{{Action: "a"}}))
	body := []byte(`{"user": {"user_id": "ada"}, "tenant": {"id": "acme"}}`)
	sent := must[host.Accepted](t)(c.SendEvent(ctx, trigger, body, "key-1"))
	if again := must[host.Accepted](t)(c.SendEvent(ctx, trigger, body, "key-1")); !again.Repeat || again.ExecutionID != sent.ExecutionID || sent.Repeat {
		t.Errorf("sent %+v, again %+v", sent, again)
	}
	if event := must[client.Event](t)(c.Event(ctx, sent.EventID)); event.UserID != "ada" || !strings.Contains(string(event.Body), "acme") {
		t.Errorf("event is %+v", event)
	}
	record(t, db)
	e := must[client.Execution](t)(c.Execution(ctx, sent.ExecutionID))
	if e.Status != host.StatusPartial || len(e.Results) != 1 || string(e.Results[0].Output) != "\xff" || len(e.Plan) != 1 {
		t.Errorf("execution is %+v", e)
	}
	if page := must[client.LogPage](t)(c.Logs(ctx, client.LogQuery{ResultQuery: host.ResultQuery{ActionID: "a"}, Wait: time.Second})); len(page.Results) != 1 || page.Results[0].Seq != page.Next || page.Results[0].Action != "a" {
		t.Errorf("logs are %+v", page)
	}
	none := 0
	if page := must[client.LogPage](t)(c.Logs(ctx, client.LogQuery{Tail: &none})); len(page.Results) != 0 || page.Next == 0 {
		t.Errorf("logs are %+v", page)
	}
	if retried := must[host.Execution](t)(c.RetryExecution(ctx, sent.ExecutionID, host.RetryOptions{})); retried.Status.Final() {
		t.Errorf("retried %+v", retried)
	}
	if canceled := must[host.Execution](t)(c.CancelExecution(ctx, sent.ExecutionID)); canceled.Status != host.StatusCanceled {
		t.Errorf("canceled %+v", canceled)
	}
	rerun := must[host.Accepted](t)(c.RerunExecution(ctx, sent.ExecutionID, host.RerunOptions{SameVersions: true}))
	page := must[client.ExecutionPage](t)(c.Executions(ctx, host.ExecutionQuery{EventID: sent.EventID, Limit: 1}))
	if len(page.Executions) != 1 || page.Executions[0].ID != rerun.ExecutionID || page.Next != rerun.ExecutionID {
		t.Errorf("page is %+v", page)
	}
	batch := must[[]host.Accepted](t)(c.SendEvents(ctx, trigger, []json.RawMessage{body, []byte(`{"user": {"user_id": "bob"}}`)}))
	if len(batch) != 2 || batch[1].Repeat {
		t.Errorf("batch is %+v", batch)
	}
}

// record lets the one claimed execution fail permanently, with an output that is
// no JSON.
func record(t *testing.T, db *sqlite.DB) {
	t.Helper()
	for _, x := range must[[]host.Execution](t)(db.Claim(t.Context(), 1)) {
		done := make(chan error, 1)
		now := time.Now()
		step := x.Plan[0]
		err := db.Record(t.Context(), host.Outcome{
			ExecutionID: x.ID, Epoch: x.Epoch, Status: host.StatusPartial, Progress: []host.StepState{host.StepDead},
			Result: &host.Result{
				ExecutionID: x.ID, Attempt: 1, BindingID: step.BindingID, ActionID: step.ActionID, Action: step.Action,
				VersionID: step.VersionID, Number: step.Number, DeadLetter: true, Fault: host.FaultGuest,
				Error: &host.ResultError{Message: "no"}, Output: []byte{0xff}, StartedAt: now, EndedAt: now,
			},
		}, func(err error) { done <- err })
		if err := errors.Join(err, <-done); err != nil {
			t.Fatal(err)
		}
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	c, _ := serve(t)
	ctx := t.Context()
	k := must[client.Key](t)(c.CreateKey(ctx, host.NewKey{Name: "login page", Scopes: []host.Scope{host.ScopeRead}}))
	reader := client.NewClient(c.URL, k.Secret)
	if keys := must[[]host.Key](t)(reader.Keys(ctx)); len(keys) != 2 {
		t.Errorf("keys are %+v", keys)
	}
	if _, err := reader.CreateAction(ctx, "a", trigger); host.CodeOf(err) != host.Forbidden {
		t.Errorf("error is %v", err)
	}
	if err := c.DeleteKey(ctx, k.ID); err != nil {
		t.Error(err)
	}
	if _, err := reader.Keys(ctx); host.CodeOf(err) != host.Unauthorized {
		t.Errorf("error is %v", err)
	}
	if document := must[[]byte](t)(reader.OpenAPI(ctx)); !strings.HasPrefix(string(document), "openapi: 3.1") {
		t.Errorf("document is %.40s", document)
	}
}

func TestAProblemKeepsAllThatTheHostSaid(t *testing.T) {
	t.Parallel()
	c, _ := serve(t)
	_, err := c.CreateAction(t.Context(), "", "post-login")
	p, ok := errors.AsType[*client.Problem](err)
	if !ok || p.Status != 400 || len(p.Errors) != 2 || p.RequestID == "" {
		t.Fatalf("error is %#v", err)
	}
	_, err = c.Action(t.Context(), "a/b c?d")
	e, ok := errors.AsType[*host.Error](err)
	if !ok || e.Code != host.NotFound || e.Hint == "" || !strings.Contains(err.Error(), "a/b c?d") {
		t.Errorf("error is %#v", err)
	}
}

func TestAnAnswerOfAnotherServerIsReported(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.NotFoundHandler())
	_, err := client.NewClient(other.URL, "").Keys(t.Context())
	p, ok := errors.AsType[*client.Problem](err)
	if !ok || p.Status != 404 || p.Hint == "" || host.CodeOf(err) != host.Internal {
		t.Errorf("error is %#v", err)
	}
	other.Close()
	_, err = client.NewClient(other.URL, "").Keys(t.Context())
	if _, ok := errors.AsType[*url.Error](err); !ok {
		t.Errorf("error is %#v", err)
	}
}

func TestWhatIsSafeIsTriedAgain(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1)%2 == 0 {
			w.WriteHeader(http.StatusAccepted)
			_, _ = w.Write([]byte("{}"))
			return
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.Header().Set("Retry-After", r.URL.Query().Get("wait"))
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = w.Write([]byte(`{"type": "https://usherhost.dev/problems/overloaded", "title": "Too Many Requests", "status": 429}`))
	}))
	defer busy.Close()
	c := &client.Client{URL: busy.URL, MaxWait: 50 * time.Millisecond}
	for _, tt := range []struct {
		name  string
		call  func() error
		calls int64
	}{
		{name: "reading", calls: 2, call: func() error { _, err := c.Keys(t.Context()); return err }},
		{name: "an event", calls: 2, call: func() error { _, err := c.SendEvent(t.Context(), trigger, []byte("{}"), ""); return err }},
		{name: "replacing", calls: 2, call: func() error { _, err := c.ReplaceBindings(t.Context(), trigger, nil); return err }},
		{name: "not creating", calls: 1, call: func() error { _, err := c.CreateAction(t.Context(), "a", trigger); return err }},
		{name: "not with one attempt alone", calls: 1, call: func() error {
			_, err := (&client.Client{URL: busy.URL, Attempts: 1}).Keys(t.Context())
			return err
		}},
	} {
		calls.Store(0)
		err := tt.call()
		if calls.Load() != tt.calls || (err == nil) != (tt.calls == 2) {
			t.Errorf("%s: %d calls, %v", tt.name, calls.Load(), err)
		}
		if tt.calls == 1 && host.CodeOf(err) != host.Overloaded {
			t.Errorf("%s: error is %v", tt.name, err)
		}
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	var after atomic.Value
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		w.Header().Set("Retry-After", after.Load().(string))
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer busy.Close()
	c := &client.Client{URL: busy.URL, MaxWait: 2 * time.Second, Attempts: 2}
	after.Store("1")
	started := time.Now()
	if _, err := c.Keys(t.Context()); err == nil || calls.Load() != 2 || time.Since(started) < time.Second {
		t.Errorf("%d calls in %s, %v", calls.Load(), time.Since(started), err)
	}
	calls.Store(0)
	after.Store("3600")
	_, err := c.Keys(t.Context())
	if p, ok := errors.AsType[*client.Problem](err); !ok || p.RetryAfter != time.Hour || calls.Load() != 1 {
		t.Errorf("%d calls, %v", calls.Load(), err)
	}
}

func TestBindingsAreReplacedOnlyIfTheyAreWhatTheTagSays(t *testing.T) {
	t.Parallel()
	c, _ := serve(t)
	ctx := t.Context()
	list, tag, err := c.TaggedBindings(ctx, trigger)
	if err != nil || len(list) != 0 || tag == "" {
		t.Fatalf("bindings %v with tag %q, %v", list, tag, err)
	}
	must[host.Action](t)(c.CreateAction(ctx, "a", trigger))
	must[host.Version](t)(c.CreateVersion(ctx, "a", guests.Wasm("noop"), host.Manifest{}, true))
	must[[]host.Binding](t)(c.ReplaceBindingsIf(ctx, trigger, []host.BindingWrite{{Action: "a"}}, tag))
	if _, err := c.ReplaceBindingsIf(ctx, trigger, nil, tag); host.CodeOf(err) != host.Stale {
		t.Errorf("error is %v", err)
	}
	must[[]host.Binding](t)(c.ReplaceBindings(ctx, trigger, nil))
}

func TestAURLWithoutTLSOfAHostWithTLSIsReported(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	_, err := client.NewClient("http://"+s.Listener.Addr().String(), "").Keys(t.Context())
	if p, ok := errors.AsType[*client.Problem](err); !ok || !strings.Contains(p.Hint, "https://") {
		t.Errorf("error is %v", err)
	}
}

func TestAnEventIsSentAgainWhenNoAnswerArrives(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var keys []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		keys = append(keys, r.Header.Get("Idempotency-Key"))
		switch len(keys) {
		case 1: // the connection ends without an answer
			panic(http.ErrAbortHandler)
		case 2: // and in the middle of one
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "{")
		case 3:
			w.WriteHeader(http.StatusBadGateway)
		default:
			w.WriteHeader(http.StatusAccepted)
			_, _ = io.WriteString(w, `{"event_id": "evt_1", "execution_id": "exe_1"}`)
		}
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Cleanup(server.Close)
	accepted, err := client.NewClient(server.URL, "k").SendEvent(t.Context(), trigger, []byte(`{}`), "signup-7")
	if err != nil || accepted.ExecutionID != "exe_1" {
		t.Fatalf("sent: %+v, %v", accepted, err)
	}
	mu.Lock()
	defer mu.Unlock()
	if want := []string{"signup-7", "signup-7", "signup-7", "signup-7"}; !slices.Equal(keys, want) {
		t.Errorf("the keys are %q", keys)
	}
}

func TestAnotherCallIsNotMadeAgainWhenNoAnswerArrives(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		calls.Add(1)
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(server.Close)
	if _, err := client.NewClient(server.URL, "k").CreateAction(t.Context(), "a", trigger); err == nil || calls.Load() != 1 {
		t.Errorf("%d calls, %v", calls.Load(), err)
	}
}
