package hosttest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/guests"
	"github.com/usherhost/usher/host/internal/hosttest"
)

// ledger is a store that notes every plan that is ever in force. The registry
// makes one change at a time, so it sees each.
type ledger struct {
	host.RegistryStore

	mu    sync.Mutex // guards plans
	plans map[string]bool
}

func (l *ledger) ReplaceBindings(ctx context.Context, trigger host.Trigger, list []host.Binding) ([]host.Binding, error) {
	after, err := l.RegistryStore.ReplaceBindings(ctx, trigger, list)
	l.note(ctx)
	return after, err
}

func (l *ledger) UpdateBinding(ctx context.Context, b host.Binding) error {
	err := l.RegistryStore.UpdateBinding(ctx, b)
	l.note(ctx)
	return err
}

func (l *ledger) Deploy(ctx context.Context, actionID, versionID string) (host.Version, error) {
	v, err := l.RegistryStore.Deploy(ctx, actionID, versionID)
	l.note(ctx)
	return v, err
}

func (l *ledger) Release(ctx context.Context, v host.Version, wasm []byte, draft *host.Draft) (host.Version, error) {
	v, err := l.RegistryStore.Release(ctx, v, wasm, draft)
	l.note(ctx)
	return v, err
}

// note notes the plan that an event accepted now would get.
func (l *ledger) note(ctx context.Context) {
	bindings, err := l.Bindings(ctx, host.PostUserRegistration)
	var steps []string
	for _, b := range bindings {
		a, e := l.Action(ctx, b.ActionID)
		if e != nil || a.Deployed == nil {
			err = fmt.Errorf("action %s: %w", b.ActionID, e)
			continue
		}
		steps = append(steps, signature(b.ID, a.Deployed.ID, b.Settings.Config))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.plans[fmt.Sprint(steps, err)] = true
}

func signature(binding, version string, config map[string]string) string {
	text, _ := json.Marshal(config) // strings can always be encoded
	return binding + " " + version + " " + string(text)
}

// TestEveryPlanIsOneThatWasCommitted lets two clients patch the bindings and
// two deploy and roll back, while events come in. Each execution must run
// exactly what was bound and deployed together at one moment.
func TestEveryPlanIsOneThatWasCommitted(t *testing.T) {
	t.Parallel()
	h := open(t, 16)
	names := []string{"one", "two", "three", "four"}
	for _, name := range names {
		if err := h.Deploy(t.Context(), name, guests.Wasm("noop"), host.Settings{}); err != nil {
			t.Fatal(err)
		}
	}
	book := &ledger{RegistryStore: h.DB, plans: map[string]bool{}}
	h.Registry.Store = book
	bind(t, h, names, "at first")
	used := map[string]string{}                     // an execution of each plan
	for users := 0; len(used) < 10; users += 1000 { // fewer would prove little
		for _, id := range acceptAmidChanges(t, h, names, users) {
			used[planOf(t, h, id)] = id
		}
	}
	for plan, id := range used {
		if !book.plans[plan] {
			t.Fatalf("execution %s ran a plan that was never committed: %s", id, plan)
		}
	}
	t.Logf("%d of %d plans were met", len(used), len(book.plans))
}

// acceptAmidChanges accepts the events of a thousand users from the first on
// while clients change what is bound and deployed.
func acceptAmidChanges(t *testing.T, h *hosttest.Host, names []string, first int) (executions []string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for c := range 2 {
		clients.Go(func() { rebind(ctx, t, h, names, c) })
		clients.Go(func() { redeploy(ctx, t, h, names[c]) })
	}
	for i := range 1000 {
		executions = append(executions, accept(t, h, first+i))
	}
	stop()
	clients.Wait()
	return executions
}

// bind binds actions in order, each with the tag in its settings.
func bind(t *testing.T, h *hosttest.Host, names []string, tag string) {
	t.Helper()
	var list []host.BindingWrite
	for _, name := range names {
		list = append(list, host.BindingWrite{Action: name, Settings: &host.Settings{Config: map[string]string{"tag": tag}}})
	}
	if _, err := h.Registry.ReplaceBindings(t.Context(), host.PostUserRegistration, list); err != nil {
		t.Error(err)
	}
}

// rebind is a client that patches the bindings until ctx ends: whole lists of
// different order and length, and single bindings.
func rebind(ctx context.Context, t *testing.T, h *hosttest.Host, names []string, client int) {
	for n := 0; ctx.Err() == nil; n++ {
		order := append(append([]string(nil), names[n%4:]...), names[:n%4]...)
		tag := fmt.Sprintf("%d/%d", client, n)
		bind(t, h, order[:2+n%3], tag)
		_, err := h.Registry.UpdateBinding(t.Context(), order[0], func(b *host.Binding) error {
			b.Settings.Config = map[string]string{"tag": tag, "alone": "yes"}
			return nil
		})
		if err != nil && host.CodeOf(err) != host.NotFound { // the other client may have unbound it
			t.Error(err)
		}
	}
}

// redeploy is a client that makes versions of an action and goes back, until
// ctx ends.
func redeploy(ctx context.Context, t *testing.T, h *hosttest.Host, name string) {
	for n := 0; ctx.Err() == nil; n++ {
		var err error
		if n%2 == 0 {
			_, err = h.Registry.Upload(t.Context(), name, guests.Wasm("noop"), host.Manifest{}, true)
		} else {
			_, err = h.Builds.DeployVersion(t.Context(), name, "1", false)
		}
		if err != nil {
			t.Error(err)
		}
	}
}

// planOf waits for an execution, and returns what it ran.
func planOf(t *testing.T, h *hosttest.Host, id string) string {
	t.Helper()
	x, err := h.Wait(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	results, err := h.DB.Results(t.Context(), id)
	if err != nil || x.Status != host.StatusCompleted || len(results) != len(x.Plan) {
		t.Fatalf("execution is %s with %d results for %d steps, %v", x.Status, len(results), len(x.Plan), err)
	}
	var steps []string
	for i, s := range x.Plan {
		if results[i].Step != i || results[i].VersionID != s.VersionID || results[i].BindingID != s.BindingID {
			t.Errorf("step %d is of version %s, its result of %s", i, s.VersionID, results[i].VersionID)
		}
		steps = append(steps, signature(s.BindingID, s.VersionID, s.Settings.Config))
	}
	return fmt.Sprint(steps, nil)
}
