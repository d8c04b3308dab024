package executor_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/executor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// store is a store in memory with the manners of the real one: commits come in
// groups on another goroutine, a leased execution is held, an old epoch is fenced.
type store struct {
	dispatcher *executor.Executor

	latency time.Duration // of a commit
	hold    chan struct{} // when set, commits wait until it is closed

	mu         sync.Mutex // guards all below
	rows       map[string]*row
	order      []string
	outcomes   []host.Outcome // durable, in order
	queue      []queued
	writing    bool
	claimErr   error
	recErr     error
	eventErr   error
	claims     int
	heldClaims int
	pauses     []host.Pause
	pauseErr   error
	steps      []host.Step
	looks      int
	maxHeld    int
}

type row struct {
	host.Execution
	held bool
}

type queued struct {
	outcome host.Outcome
	done    func(error)
}

func newStore() *store { return &store{rows: map[string]*row{}} }

// put stores an execution without a lease.
func (s *store) put(x host.Execution) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x.NextAt = time.Now()
	s.rows[x.ID] = &row{Execution: x}
	s.order = append(s.order, x.ID)
}

// accept stores an execution as the real store does: it asks for room before
// the commit and leases after it.
func (s *store) accept(x host.Execution) {
	room := s.dispatcher.Reserve()
	s.put(x)
	if !room {
		return
	}
	s.mu.Lock()
	s.rows[x.ID].held = true
	x.Epoch = 1
	s.rows[x.ID].Epoch = 1
	s.countHeld()
	s.mu.Unlock()
	s.dispatcher.Dispatch(x)
}

// countHeld notes how many executions are held. The caller holds mu.
func (s *store) countHeld() {
	held := 0
	for _, r := range s.rows {
		if r.held {
			held++
		}
	}
	s.maxHeld = max(s.maxHeld, held)
}

func (s *store) Claim(_ context.Context, n int) ([]host.Execution, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.claims++
	if s.claimErr != nil {
		return nil, s.claimErr
	}
	var due []*row
	for _, id := range s.order {
		if r := s.rows[id]; !r.held && r.Held == "" && !r.Status.Final() && !time.Now().Before(r.NextAt) {
			due = append(due, r)
		}
	}
	slices.SortStableFunc(due, func(a, b *row) int { return a.NextAt.Compare(b.NextAt) })
	var leased []host.Execution
	for _, r := range due[:min(n, len(due))] {
		r.held = true
		r.Epoch++
		leased = append(leased, r.Execution)
	}
	s.countHeld()
	return leased, nil
}

func (s *store) ClaimHeld(_ context.Context, key string, n int) ([]host.Execution, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heldClaims++
	if s.claimErr != nil {
		return nil, s.claimErr
	}
	var found []*row
	for _, id := range s.order {
		if r := s.rows[id]; r.Held == key && !r.Status.Final() {
			found = append(found, r)
		}
	}
	slices.SortStableFunc(found, func(a, b *row) int { return a.NextAt.Compare(b.NextAt) })
	var leased []host.Execution
	for _, r := range found[:min(n, len(found))] {
		r.held, r.Held = true, ""
		r.Epoch++
		leased = append(leased, r.Execution)
	}
	s.countHeld()
	return leased, nil
}

func (s *store) NextDue(context.Context) (time.Time, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looks++
	var next time.Time
	found := false
	for _, r := range s.rows {
		if !r.held && r.Held == "" && !r.Status.Final() && (!found || r.NextAt.Before(next)) {
			next, found = r.NextAt, true
		}
	}
	return next, found, s.claimErr
}

// pause and resume change what is paused, and reload the executor.
func (s *store) pause(t *testing.T, target string) {
	t.Helper()
	s.mu.Lock()
	p := host.Pause{Target: target, Trigger: host.PostUserRegistration, At: time.Now()}
	if !host.Trigger(target).Valid() {
		p.Action = target
	}
	s.pauses = append(s.pauses, p)
	s.mu.Unlock()
	s.reload(t)
}

func (s *store) resume(t *testing.T, target string) {
	t.Helper()
	s.mu.Lock()
	s.pauses = slices.DeleteFunc(s.pauses, func(p host.Pause) bool { return p.Target == target })
	s.mu.Unlock()
	s.reload(t)
}

// bind sets what is bound, and reloads the executor.
func (s *store) bind(t *testing.T, steps ...host.Step) {
	t.Helper()
	s.mu.Lock()
	s.steps = steps
	s.mu.Unlock()
	s.reload(t)
}

func (s *store) reload(t *testing.T) {
	t.Helper()
	if err := s.dispatcher.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (s *store) Pauses(context.Context) ([]host.Pause, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.pauses), s.pauseErr
}

func (s *store) Bound(context.Context, host.Trigger) ([]host.Step, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.steps, nil
}

func (s *store) Held(context.Context) ([]host.HeldCount, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := map[string]int64{}
	for _, r := range s.rows {
		if r.Held != "" && !r.Status.Final() {
			counts[r.Held]++
		}
	}
	var all []host.HeldCount
	for key, n := range counts {
		c := host.HeldCount{Key: key, ActionID: key, Action: key, Waiting: n}
		if action, ok := strings.CutPrefix(key, "ver_"); ok {
			c.ActionID, c.Action, c.VersionID, c.Number = "act_"+action, "action-"+action, key, 1
		}
		all = append(all, c)
	}
	return all, nil
}

func (s *store) Event(_ context.Context, id string) (host.Event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return host.Event{ID: id, Body: []byte(`{"from":"store"}`)}, s.eventErr
}

func (s *store) Record(_ context.Context, o host.Outcome, done func(error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.recErr != nil {
		return s.recErr
	}
	s.queue = append(s.queue, queued{o, done})
	if !s.writing {
		s.writing = true
		go s.write()
	}
	return nil
}

// write commits what is queued, in groups, until nothing is.
func (s *store) write() {
	for {
		s.mu.Lock()
		if len(s.queue) == 0 {
			s.writing = false
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		if s.hold != nil {
			<-s.hold
		}
		time.Sleep(s.latency)
		s.mu.Lock()
		group := s.queue
		s.queue = nil
		answers := make([]error, len(group))
		for i, q := range group {
			answers[i] = s.commit(q.outcome)
		}
		s.mu.Unlock()
		for i, q := range group {
			q.done(answers[i])
		}
	}
}

// commit applies one outcome. The caller holds mu.
func (s *store) commit(o host.Outcome) error {
	r := s.rows[o.ExecutionID]
	if r.Epoch != o.Epoch || r.Status.Final() {
		return &host.Error{Code: host.Fenced, Text: "fenced"}
	}
	r.Status, r.Progress, r.Attempt, r.NextAt, r.FirstAt, r.Held = o.Status, o.Progress, o.Attempt, o.NextAt, o.FirstAt, o.Held
	if o.Status.Final() || o.Held != "" || o.Status == host.StatusRetrying || !o.NextAt.IsZero() {
		r.held = false
	}
	s.outcomes = append(s.outcomes, o)
	return nil
}

// takeOver makes the execution another's.
func (s *store) takeOver(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows[id].Epoch++
}

func (s *store) execution(id string) host.Execution {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rows[id].Execution
}

// statuses counts the executions by status.
func (s *store) statuses() map[host.Status]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	count := map[host.Status]int{}
	for _, r := range s.rows {
		count[r.Status]++
	}
	return count
}

// asked returns how often Claim and NextDue were called.
func (s *store) asked() (claims, looks int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.claims, s.looks
}

// results returns the durable results, in order.
func (s *store) results() []host.Result {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []host.Result
	for _, o := range s.outcomes {
		if o.Result != nil {
			all = append(all, *o.Result)
		}
	}
	return all
}

// stage is a runner that records its runs, and acts by its play.
type stage struct {
	play func(ctx context.Context, x host.Execution, index, attempt int) (host.Result, host.Tape, error)

	mu       sync.Mutex // guards all below
	runs     []run
	now      map[string]int // actions that run, by execution
	together int            // the most that ran at once
	overlap  bool           // two of one execution ran at once
}

type run struct {
	id             string
	index, attempt int
	at             time.Time
}

func (s *stage) Run(ctx context.Context, x host.Execution, index, attempt int) (host.Result, host.Tape, error) {
	s.enter(x.ID, index, attempt)
	defer s.leave(x.ID)
	if s.play == nil {
		return host.Result{Succeeded: true}, host.Tape{}, nil
	}
	return s.play(ctx, x, index, attempt)
}

func (s *stage) enter(id string, index, attempt int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == nil {
		s.now = map[string]int{}
	}
	s.runs = append(s.runs, run{id, index, attempt, time.Now()})
	s.now[id]++
	s.overlap = s.overlap || s.now[id] > 1
	s.together = max(s.together, len(s.now))
}

func (s *stage) leave(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now[id]--; s.now[id] == 0 {
		delete(s.now, id)
	}
}

// ran returns what ran of an execution as "step.attempt", in order.
func (s *stage) ran(id string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ran []string
	for _, r := range s.runs {
		if r.id == id {
			ran = append(ran, fmt.Sprintf("%d.%d", r.index, r.attempt))
		}
	}
	return ran
}

func (s *stage) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.runs)
}

func (s *stage) all() []run {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.runs)
}

var (
	succeeded = host.Result{Succeeded: true}
	failed    = host.Result{Fault: host.FaultGuest, Error: &host.ResultError{Message: "no"}}
)

// plan returns n steps with default settings.
func plan(n int) []host.Step {
	steps := make([]host.Step, n)
	for i := range steps {
		steps[i] = host.Step{
			BindingID: fmt.Sprintf("bnd_%d", i), ActionID: fmt.Sprintf("act_%d", i), Action: fmt.Sprintf("action-%d", i),
			VersionID: fmt.Sprintf("ver_%d", i), Number: i + 1, Settings: host.DefaultSettings(),
		}
	}
	return steps
}

// execution returns one that was just accepted.
func execution(id string, steps []host.Step) host.Execution {
	return host.Execution{
		ID: id, EventID: "evt_" + id, Trigger: host.PostUserRegistration, Status: host.StatusPending, Plan: steps,
		Progress: slices.Repeat([]host.StepState{host.StepPending}, len(steps)), CreatedAt: time.Now(),
		Event: &host.Event{ID: "evt_" + id, Body: []byte(`{}`)},
	}
}

// begin starts the executor on the store and returns what stops it.
func begin(t *testing.T, e *executor.Executor, s *store) (stop func() error) {
	t.Helper()
	s.dispatcher = e
	e.Queue, e.Events, e.Records, e.Holds = s, s, s, s
	if e.Log == nil {
		e.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	return func() error { cancel(); return <-ended }
}

// end stops the executor and expects it to have drained.
func end(t *testing.T, stop func() error) {
	t.Helper()
	if err := stop(); err != nil {
		t.Errorf("Run: %v", err)
	}
}

// logs keeps what is logged.
type logs struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

var errDisk = errors.New("disk is on fire")
