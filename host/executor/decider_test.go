package executor_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/executor"
)

// flows is a store of decisions and what runs their actions, in memory.
type flows struct {
	plan []host.Step
	run  func(x *host.Execution, index int) (host.Result, error)

	mu      sync.Mutex
	records []*host.DecisionRecord // guarded by mu
	failure error                  // of what is recorded
	held    []func(error)          // guarded by mu: not durable yet, while hold is set
	hold    bool
}

func (f *flows) Bound(context.Context, host.Trigger) ([]host.Step, error) { return f.plan, nil }

func (f *flows) Decided(_ context.Context, r *host.DecisionRecord, done func(error)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.records = append(f.records, r)
	if f.hold {
		f.held = append(f.held, done)
	} else {
		go done(f.failure)
	}
	return nil
}

func (f *flows) release() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(f.held)
	for _, done := range f.held {
		go done(nil)
	}
	f.held = nil
	return n
}

func (f *flows) runner(_ context.Context, s executor.FlowStep) (host.Result, host.Tape, error) {
	r, err := f.run(s.Execution, s.Index)
	return r, host.Tape{}, err
}

// decider runs a decider over f until the test ends.
func (f *flows) decider(t *testing.T, change func(*executor.Decider)) (d *executor.Decider, stop func()) {
	t.Helper()
	d = &executor.Decider{Plans: f, Records: f, Runner: f.runner, Log: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(d)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return d, stop
}

var asked = host.Event{Trigger: host.PreUserRegistration, Body: []byte(`{"user":{"user_metadata":{"a":1}},"request":{}}`)}

func succeeds(*host.Execution, int) (host.Result, error) { return host.Result{Succeeded: true}, nil }

func refusedWithRetry(err error) bool {
	e, ok := errors.AsType[*host.Error](err)
	return ok && e.Code == host.Unavailable && e.RetryAfter > 0
}

func TestADecisionIsRecordedAfterItsAnswer(t *testing.T) {
	t.Parallel()
	f := &flows{plan: []host.Step{{Action: "a"}}, run: func(*host.Execution, int) (host.Result, error) {
		given := []host.Command{{Type: host.CommandDeny, Reason: "a secret"}}
		return host.Result{Succeeded: true, Given: given, Commands: []host.Command{{Type: host.CommandDeny, Reason: "[secret A]"}}}, nil
	}}
	metrics := prometheus.NewRegistry()
	d, stop := f.decider(t, func(d *executor.Decider) { d.Metrics = metrics })
	decision, err := d.Decide(t.Context(), asked, 0)
	if err != nil || decision.Verdict != host.Deny || decision.Reason != "a secret" {
		t.Errorf("decided %+v, %v", decision, err)
	}
	stop()
	if len(f.records) != 1 {
		t.Fatalf("%d records", len(f.records))
	}
	r := f.records[0]
	if r.Decision.Reason != "[secret A]" || r.Decision.ExecutionID != decision.ExecutionID || r.Execution.Status != host.StatusCompleted || r.Results[0].Attempt != 1 {
		t.Errorf("recorded %+v", r)
	}
	families, err := metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	counted := 0.0
	for _, family := range families {
		if family.GetName() == "usher_decisions_total" {
			counted = family.GetMetric()[0].GetCounter().GetValue()
		}
	}
	if counted != 1 {
		t.Errorf("counted %v decisions", counted)
	}
	if _, err := d.Decide(t.Context(), asked, 0); !refusedWithRetry(err) {
		t.Errorf("after the end: %v", err)
	}
}

func TestAStrictDecisionIsAnsweredOnceItIsDurable(t *testing.T) {
	t.Parallel()
	f := &flows{plan: []host.Step{{Action: "a"}, {Action: "b", Settings: host.Settings{Record: host.RecordStrict}}}, run: succeeds, hold: true}
	d, _ := f.decider(t, nil)
	answered := make(chan error, 1)
	go func() {
		_, err := d.Decide(context.Background(), asked, 0)
		answered <- err
	}()
	for f.release() == 0 {
		select {
		case err := <-answered:
			t.Fatalf("answered before the record was durable: %v", err)
		default:
			time.Sleep(time.Millisecond)
		}
	}
	if err := <-answered; err != nil {
		t.Error(err)
	}
	f = &flows{plan: f.plan, run: succeeds, failure: errors.New("the disk is full")}
	d, _ = f.decider(t, nil)
	if _, err := d.Decide(t.Context(), asked, 0); !refusedWithRetry(err) {
		t.Errorf("without a record: %v", err)
	}
}

func TestAFlowWithoutAPlaceIsRefusedBeforeItBegins(t *testing.T) {
	t.Parallel()
	enter, leave := make(chan struct{}), make(chan struct{})
	f := &flows{plan: []host.Step{{Action: "a"}}, run: func(*host.Execution, int) (host.Result, error) {
		enter <- struct{}{}
		<-leave
		return host.Result{Succeeded: true}, nil
	}}
	d, _ := f.decider(t, func(d *executor.Decider) { d.Concurrency, d.Waiting, d.Timeout = 1, 1, time.Minute })
	var all sync.WaitGroup
	all.Go(func() {
		if _, err := d.Decide(context.Background(), asked, 0); err != nil {
			t.Error(err)
		}
	})
	<-enter
	if _, err := d.Decide(t.Context(), asked, time.Millisecond); !refusedWithRetry(err) {
		t.Errorf("no place in time: %v", err)
	}
	var waits sync.WaitGroup
	refusals := make(chan error, 2)
	for range 2 { // one of them waits, and the other one is refused
		waits.Go(func() {
			if _, err := d.Decide(context.Background(), asked, 0); err != nil {
				refusals <- err
			}
		})
	}
	if err := <-refusals; !refusedWithRetry(err) || !strings.Contains(err.Error(), "too many decisions wait") {
		t.Error(err)
	}
	leave <- struct{}{}
	<-enter
	leave <- struct{}{}
	all.Wait()
	waits.Wait()
}

func TestAHostThatIsNotReadyRunsNothing(t *testing.T) {
	t.Parallel()
	f := &flows{plan: []host.Step{{Action: "a"}}, run: func(*host.Execution, int) (host.Result, error) {
		t.Error("an action ran")
		return host.Result{}, nil
	}}
	d, _ := f.decider(t, func(d *executor.Decider) { d.Ready = func() error { return errors.New("the disk is full") } })
	if _, err := d.Decide(t.Context(), asked, 0); !refusedWithRetry(err) {
		t.Error(err)
	}
}

func TestAnErrorOrAPanicOfTheHostFailsOneAction(t *testing.T) {
	t.Parallel()
	f := &flows{plan: []host.Step{{Action: "a"}, {Action: "b"}, {Action: "c"}}, run: func(_ *host.Execution, index int) (host.Result, error) {
		switch index {
		case 0:
			return host.Result{}, errors.New("no module")
		case 1:
			panic("a bug")
		}
		return host.Result{Succeeded: true, Given: []host.Command{{Type: host.CommandUserMetadata, Key: "b", Value: []byte("2")}}}, nil
	}}
	d, _ := f.decider(t, nil)
	decision, err := d.Decide(t.Context(), asked, 0)
	if err != nil || decision.Verdict != host.Allow || len(decision.FailedActions) != 2 || len(decision.UserMetadata) != 2 {
		t.Errorf("decided %+v, %v", decision, err)
	}
}

func TestEachActionGetsWhatIsLeftOfTheFlowsTime(t *testing.T) {
	t.Parallel()
	var limits []int64
	plan := []host.Step{{Action: "a"}, {Action: "b", Settings: host.Settings{Limits: host.Limits{TimeoutMillis: 7}}}, {Action: "c", Settings: host.Settings{Limits: host.Limits{TimeoutMillis: 20_000}}}}
	f := &flows{plan: plan, run: func(x *host.Execution, index int) (host.Result, error) {
		limits = append(limits, x.Plan[index].Settings.Limits.TimeoutMillis)
		return host.Result{Succeeded: true}, nil
	}}
	d, _ := f.decider(t, func(d *executor.Decider) { d.Timeout = 10 * time.Second })
	if _, err := d.Decide(t.Context(), asked, time.Hour); err != nil {
		t.Fatal(err)
	}
	if len(limits) != 3 || limits[0] > 10_000 || limits[1] != 7 || limits[2] > 10_000 || plan[2].Settings.Limits.TimeoutMillis != 20_000 {
		t.Errorf("the actions got %v ms", limits)
	}
}
