package builds_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/internal/hosttest"
)

// busyRunner runs until hold is closed.
type busyRunner struct {
	began chan struct{}
	hold  chan struct{}
}

func (b busyRunner) Try(context.Context, host.Step, *host.Event) (host.Result, error) {
	b.began <- struct{}{}
	<-b.hold
	return host.Result{Succeeded: true}, nil
}

func TestOnlyAFewTestsRunAtOnce(t *testing.T) {
	t.Parallel()
	const most = 8
	r := openBuilding(t, &builder{})
	busy := busyRunner{began: make(chan struct{}), hold: make(chan struct{})}
	r.Runner = busy
	draftAction(t, r, "notify", code("good"), false)
	ended := make(chan error, most)
	for range most {
		go func() {
			_, err := r.Test(context.Background(), "notify", []byte(`{}`))
			ended <- err
		}()
		<-busy.began
	}
	_, err := r.Test(t.Context(), "notify", []byte(`{}`))
	hosttest.Refused(t, err, host.Overloaded, nil, "tests")
	close(busy.hold)
	for range most {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	go func() { <-busy.began }()
	if _, err := r.Test(t.Context(), "notify", []byte(`{}`)); err != nil {
		t.Error(err)
	}
}

// testRunner runs what it is given.
type testRunner func(ctx context.Context, step host.Step) (host.Result, error)

func (f testRunner) Try(ctx context.Context, step host.Step, _ *host.Event) (host.Result, error) {
	return f(ctx, step)
}

func TestATestIsRecordedAndBounded(t *testing.T) {
	t.Parallel()
	r, db := open(t)
	r.Builder = &builder{}
	a, d := draftAction(t, r, "notify", code("good"), true)
	list, err := r.ReplaceBindings(t.Context(), trigger, []host.BindingWrite{{Action: a.ID, Settings: &host.Settings{Limits: host.Limits{TimeoutMillis: 300_000}}}})
	if err != nil {
		t.Fatal(list, err)
	}
	var ran host.Step
	r.Runner = testRunner(func(_ context.Context, step host.Step) (host.Result, error) {
		ran = step
		return host.Result{Fault: host.FaultGuest}, nil
	})
	ctx := host.WithActor(t.Context(), host.Actor{Kind: "key", ID: "key_1", Name: "ada"})
	if _, err := r.Test(ctx, "notify", []byte(`{"user":{"email":"ada@example.com"}}`)); err != nil {
		t.Fatal(err)
	}
	if got := ran.Settings.Limits.TimeoutMillis; got != 60_000 || ran.Digest != d.Digest {
		t.Errorf("ran %s for %d ms", ran.Digest, got)
	}
	changes, err := db.Changes(t.Context(), host.ChangeQuery{Object: a.ID, Limit: 1})
	if err != nil || changes[0].Verb != "action.test" || changes[0].Actor.Name != "ada" {
		t.Fatalf("recorded %+v, %v", changes, err)
	}
	if note := string(changes[0].After); !strings.Contains(note, `"fault":"guest"`) || !strings.Contains(note, `"revision":1`) || strings.Contains(note, "ada@") {
		t.Errorf("recorded %s", note)
	}
}

// trying is a store with one draft that is built, and no log of changes.
type trying struct{ waiting }

func (trying) Draft(context.Context, string) (host.Draft, error) {
	return host.Draft{ActionID: "act_1", Revision: 1, Status: host.BuildBuilt}, nil
}

func (trying) PendingDeploy(context.Context, string) (host.PendingDeploy, error) {
	return host.PendingDeploy{}, &host.Error{Code: host.NotFound}
}

func (trying) Bindings(context.Context, host.Trigger) ([]host.Binding, error) { return nil, nil }

func (trying) RecordChange(context.Context, host.Change) error { return nil }

func TestATestThatFindsNoPlaceIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		r := newRig(trying{}, nil, nil)
		r.Runner = testRunner(func(ctx context.Context, _ host.Step) (host.Result, error) {
			<-ctx.Done()
			return host.Result{}, ctx.Err()
		})
		_, err := r.Test(t.Context(), "notify", []byte(`{}`))
		hosttest.Refused(t, err, host.Unavailable, nil, "did not come to an end")
		if took := time.Since(began); took != 90*time.Second {
			t.Errorf("gave up after %s", took)
		}
	})
}
