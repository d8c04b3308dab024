package storetest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/usherhost/usher/host"
)

const trigger = host.PostUserRegistration

// bench is a store under test, with short words for what tests do.
type bench struct {
	*testing.T
	host.Store
	ctx  context.Context
	open Open
}

// createAction stores a new action alone.
func (b *bench) createAction(a host.Action) error {
	return b.WriteAction(b.ctx, host.ActionWrite{Action: a, New: true})
}

func newBench(t *testing.T, open Open) *bench {
	b := &bench{T: t, ctx: t.Context(), open: open, Store: open(t, nil)}
	t.Cleanup(func() { _ = b.Store.Close() })
	return b
}

// reopen closes the store and opens its place again.
func (b *bench) reopen(dispatcher host.Dispatcher) {
	b.Helper()
	b.ok(b.Store.Close())
	b.Store = b.open(b.T, dispatcher)
}

func (b *bench) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) code(err error, want host.Code) {
	b.Helper()
	if err == nil || host.CodeOf(err) != want {
		b.Fatalf("error is %v, want one with code %q", err, want)
	}
}

func (b *bench) equal(what string, got, want any) {
	b.Helper()
	if !reflect.DeepEqual(got, want) {
		b.Fatalf("%s is %+v, want %+v", what, got, want)
	}
}

// event returns an event of a user, with a key of its own.
func event(user string) host.NewEvent {
	body := fmt.Sprintf(`{"user":{"user_id":%q}, "odd" : 1.0}`, user)
	return host.NewEvent{
		Event: host.Event{
			Tenant: "acme", Trigger: trigger, UserID: user, Body: []byte(body),
			Traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		},
		Key: "acme/" + user, Fingerprint: sha256.Sum256([]byte(body)),
	}
}

// keyed returns an event with an explicit key.
func keyed(user, key, body string) host.NewEvent {
	e := event(user)
	e.Key, e.Body, e.Strict, e.Fingerprint = key, []byte(body), true, sha256.Sum256([]byte(body))
	return e
}

func (b *bench) accept(e host.NewEvent) host.Accepted {
	b.Helper()
	accepted, err := b.Accept(b.ctx, []host.NewEvent{e})
	b.ok(err)
	return accepted[0]
}

func (b *bench) execution(id string) host.Execution {
	b.Helper()
	x, err := b.Execution(b.ctx, id)
	b.ok(err)
	return x
}

func (b *bench) claim(n int) []host.Execution {
	b.Helper()
	claimed, err := b.Claim(b.ctx, n)
	b.ok(err)
	return claimed
}

// claimOne claims the only execution that is due.
func (b *bench) claimOne() host.Execution {
	b.Helper()
	claimed := b.claim(10)
	if len(claimed) != 1 {
		b.Fatalf("claimed %d executions, want 1", len(claimed))
	}
	return claimed[0]
}

// record records and waits for the commit.
func (b *bench) record(o host.Outcome) error {
	b.Helper()
	done := make(chan error, 1)
	b.ok(b.Record(b.ctx, o, func(err error) { done <- err }))
	return <-done
}

// outcome returns the outcome of the execution's next step.
func outcome(x host.Execution, status host.Status, steps ...host.StepState) host.Outcome {
	step := 0
	for step < len(x.Progress) && x.Progress[step] != host.StepPending {
		step++
	}
	return host.Outcome{
		ExecutionID: x.ID, Epoch: x.Epoch, Status: status, Progress: steps,
		Result: result(x, step, x.Attempt+1),
	}
}

func result(x host.Execution, step, attempt int) *host.Result {
	s := x.Plan[step]
	return &host.Result{
		ExecutionID: x.ID, Step: step, Attempt: attempt, Succeeded: true,
		BindingID: s.BindingID, ActionID: s.ActionID, Action: s.Action, VersionID: s.VersionID, Number: s.Number,
		Logs: []host.Log{{Level: "info", Message: fmt.Sprintf("step %d, attempt %d", step, attempt)}},
	}
}

// action creates an action with a deployed version.
func (b *bench) action(name string) host.Action {
	b.Helper()
	a := host.Action{ID: host.NewID(host.ActionPrefix), Name: name, Trigger: trigger}
	b.ok(b.createAction(a))
	b.deploy(a.ID, "module of "+name)
	a, err := b.Action(b.ctx, a.ID)
	b.ok(err)
	return a
}

func (b *bench) deploy(actionID, wasm string) host.Version {
	b.Helper()
	v, err := b.CreateVersion(b.ctx, host.Version{ActionID: actionID}, []byte(wasm))
	b.ok(err)
	v, err = b.Deploy(b.ctx, actionID, v.ID)
	b.ok(err)
	return v
}

// bind replaces the bindings with those of the actions.
func (b *bench) bind(actions ...host.Action) []host.Binding {
	b.Helper()
	bindings := make([]host.Binding, len(actions))
	for i, a := range actions {
		bindings[i] = host.Binding{ActionID: a.ID, DisplayName: a.Name}
	}
	bound, err := b.ReplaceBindings(b.ctx, trigger, bindings)
	b.ok(err)
	return bound
}

// bound creates and binds actions with these names.
func (b *bench) bound(names ...string) []host.Action {
	b.Helper()
	actions := make([]host.Action, len(names))
	for i, name := range names {
		actions[i] = b.action(name)
	}
	b.bind(actions...)
	return actions
}

// names returns the actions of a plan, and with which version.
func names(plan []host.Step) string {
	var out []string
	for _, s := range plan {
		out = append(out, fmt.Sprintf("%s@%d", s.Action, s.Number))
	}
	return strings.Join(out, " ")
}

func ids(executions []host.Execution) []string {
	out := make([]string, len(executions))
	for i, x := range executions {
		out[i] = x.ID
	}
	return out
}

// room is a dispatcher with some places.
type room struct {
	mu       sync.Mutex // guards all below
	places   int
	reserved int
	leased   chan host.Execution
}

func newRoom(places int) *room {
	return &room{places: places, leased: make(chan host.Execution, places)}
}

func (r *room) Reserve() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.reserved == r.places {
		return false
	}
	r.reserved++
	return true
}

func (r *room) Release() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reserved--
}

func (r *room) Dispatch(x host.Execution) { r.leased <- x }
