package check

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"reflect"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/usherhost/usher/host"
)

// job is one recorded run.
type job struct {
	execution     host.Execution
	step, attempt int
	old           *host.Step // of an attempt before a retry that gave the step another version
	untaped       bool       // it has no tape, and may have needed none
}

func (j *job) place() place { return place{j.execution.ID, j.step, j.attempt} }

func (j *job) plan() *host.Step {
	if j.old != nil {
		return j.old
	}
	return &j.execution.Plan[j.step]
}

// selected returns the runs that the query selects, the newest execution first.
func (k *checking) selected(ctx context.Context) ([]job, error) {
	most := cmp.Or(k.query.Last, host.DefaultChecked)
	if k.query.Faults {
		most = cmp.Or(k.query.Last, defaultFaultRuns)
	}
	const page = 200
	q := host.ExecutionQuery{ActionID: k.action.ID, Since: k.query.Since, Limit: page}
	var jobs []job
	for {
		executions, err := k.History.Executions(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("find executions of action %s: %w", k.action.ID, err)
		}
		for _, x := range executions {
			results, err := k.History.Results(ctx, x.ID)
			if err != nil {
				return nil, fmt.Errorf("read the results of execution %s: %w", x.ID, err)
			}
			for _, r := range results {
				if r.ActionID != k.action.ID || r.Step >= len(x.Plan) || k.query.Failures && r.Succeeded {
					continue
				}
				if len(jobs) == most {
					k.full = true
					return jobs, nil
				}
				jobs = append(jobs, job{execution: x, step: r.Step, attempt: r.Attempt})
			}
		}
		if len(executions) < page {
			return jobs, nil
		}
		q.Before = executions[len(executions)-1].ID
	}
}

// run compares the selected runs, some at once, and adds up what each differs in, in
// their order.
func (k *checking) run(ctx context.Context) error {
	jobs, err := k.selected(ctx)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(cmp.Or(k.Workers, runtime.GOMAXPROCS(0)))
	var mu sync.Mutex
	waiting, next := map[int]*outcome{}, 0 // guarded by mu: those before which one is missing
	for i := range jobs {
		group.Go(func() error {
			o, err := k.guarded(ctx, &jobs[i])
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			waiting[i] = o
			for ; waiting[next] != nil; next++ {
				k.tally.add(&jobs[next], waiting[next])
				delete(waiting, next)
			}
			if k.progress != nil {
				k.progress(next, len(jobs))
			}
			return nil
		})
	}
	return group.Wait()
}

// outcome is what the check of one run found.
type outcome struct {
	skipped  string // why it was not compared
	secrets  map[string]string
	control  []Difference
	found    []Difference
	faults   []misbehaviour
	injected int
	fuel     [2]int64 // with the old version and with the new one
	time     [2]int64
}

// guarded checks one run. A panic is the fault of the host, and costs this run alone.
func (k *checking) guarded(ctx context.Context, j *job) (o *outcome, err error) {
	defer func() {
		if p := recover(); p != nil {
			o = &outcome{control: []Difference{{Class: Fault, What: "the host panicked", New: fmt.Sprint(p)}}}
		}
	}()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	recorded, event, skipped, err := k.read(ctx, j)
	if err != nil || skipped != "" {
		return &outcome{skipped: skipped}, err
	}
	if k.query.Faults {
		return k.campaign(ctx, j, recorded, event)
	}
	return k.compare(ctx, j, recorded, event)
}

// findVersion finds the version of a result, if a retry has given its step another one since.
func (k *checking) findVersion(ctx context.Context, j *job, r *host.Result) error {
	if r.VersionID == j.plan().VersionID || r.ActionID == "" {
		return nil
	}
	old, err := k.History.PlannedStep(ctx, r.ActionID, r.VersionID)
	if err != nil {
		return fmt.Errorf("find the version of a result of execution %s: %w", j.execution.ID, err)
	}
	j.old = &old
	return nil
}

// read reads a recorded run with its event, or says why it can't be compared.
func (k *checking) read(ctx context.Context, j *job) (recorded *Run, event *host.Event, skipped string, err error) {
	results, err := k.History.Results(ctx, j.execution.ID)
	if err != nil {
		return nil, nil, "", fmt.Errorf("read the results of execution %s: %w", j.execution.ID, err)
	}
	recorded = &Run{}
	for _, r := range results {
		if r.Step == j.step && r.Attempt == j.attempt {
			recorded.Result = r
		}
	}
	if err := k.findVersion(ctx, j, &recorded.Result); err != nil {
		return nil, nil, "", err
	}
	if reason := unplayable(&recorded.Result); reason != "" {
		return nil, nil, reason, nil
	}
	e, err := k.History.Event(ctx, j.execution.EventID)
	if host.CodeOf(err) == host.NotFound {
		return nil, nil, "its event is no longer stored", nil
	}
	if err != nil {
		return nil, nil, "", fmt.Errorf("read event %s: %w", j.execution.EventID, err)
	}
	recorded.Tape, err = k.Tapes.Tape(ctx, j.execution.ID, j.step, j.attempt)
	switch code := host.CodeOf(err); {
	case err == nil:
		return recorded, &e, incomplete(&recorded.Tape), nil
	case code == host.NotFound && recorded.Result.Stats.HostCalls == 0:
		j.untaped = true
		return recorded, &e, "", nil
	case code == host.NotFound:
		return nil, nil, noTape, nil
	case code == host.Corrupt, code == host.Refused:
		return nil, nil, "its tape can't be read: " + err.Error(), nil
	}
	return nil, nil, "", fmt.Errorf("read the tape of execution %s: %w", j.execution.ID, err)
}

const noTape = "it has no tape"

// incomplete says what a tape lacks, "" when it has all.
func incomplete(t *host.Tape) string {
	for i := range t.Calls {
		if t.Calls[i].AnswerCut != nil || t.Calls[i].RequestCut != nil {
			return "its tape is cut: a request or an answer was too long to be recorded whole"
		}
	}
	return ""
}

// unplayable says why a run can't be compared, "" when it can.
func unplayable(r *host.Result) string {
	switch {
	case r.Attempt == 0:
		return "its result is no longer stored"
	case r.Succeeded:
		return ""
	case r.Fault == host.FaultHost:
		return "the host failed, not the action"
	case r.Limit == "timeout_ms":
		return "it was ended by its deadline, which depends on the machine"
	}
	return ""
}

// compare plays a run with the version that it was recorded with, as the control, and
// with the new one.
func (k *checking) compare(ctx context.Context, j *job, recorded *Run, event *host.Event) (*outcome, error) {
	o := &outcome{secrets: k.known(recorded)}
	p := playing(j, event)
	old, err := k.Player.Play(ctx, p, &recorded.Tape, newAnswers(&recorded.Tape))
	if err != nil {
		return nil, err
	}
	if o.control, err = k.controlled(ctx, p, recorded, &old); err != nil {
		return nil, err
	}
	if j.untaped && len(o.control) > 0 {
		return &outcome{skipped: noTape}, nil
	}
	played, err := k.playNew(ctx, j, recorded, event, newAnswers(&recorded.Tape))
	if err != nil {
		return nil, err
	}
	o.found = Compare(&old, &played)
	o.fuel = [2]int64{old.Result.Stats.Fuel, played.Result.Stats.Fuel}
	o.time = [2]int64{took(&old.Tape), took(&played.Tape)}
	return o, nil
}

func playing(j *job, event *host.Event) Playing {
	return Playing{ExecutionID: j.execution.ID, Index: j.step, Attempt: j.attempt, Step: *j.plan(), Event: event}
}

// playNew plays a run with the version that is checked. The guest sees the number of the
// recorded version, which says nothing about what either does.
func (k *checking) playNew(ctx context.Context, j *job, recorded *Run, event *host.Event, outside Outside) (Run, error) {
	p := playing(j, event)
	p.Step.Digest, p.Step.Secrets, p.Module = k.version.Digest, k.version.Manifest.Secrets, k.module
	from := recorded.Tape
	from.Secrets = k.known(recorded)
	for _, name := range p.Step.Secrets {
		if _, set := from.Secrets[name]; !set { // as a run would fail
			failed := &host.ResultError{Message: fmt.Sprintf("the secret %q is not set", name)}
			return Run{Result: host.Result{Fault: host.FaultHost, Error: failed}}, nil
		}
	}
	if settings := k.settingsFor(j.plan(), &from); settings != nil {
		from.Settings, p.Step.Settings = settings, *settings
	}
	return k.Player.Play(ctx, p, &from, outside)
}

// known returns the secrets of a recorded run, and those that were set since.
func (k *checking) known(recorded *Run) map[string]string {
	secrets := recorded.Tape.Secrets
	for name, value := range k.secrets {
		if _, taped := secrets[name]; taped {
			continue
		}
		if len(secrets) == len(recorded.Tape.Secrets) {
			if secrets = maps.Clone(secrets); secrets == nil {
				secrets = map[string]string{}
			}
		}
		secrets[name] = value
	}
	return secrets
}

// settingsFor returns the settings of the new version's run: nil, which leaves those of
// the tape, when it declares the same as the recorded one.
func (k *checking) settingsFor(step *host.Step, from *host.Tape) *host.Settings {
	declared := k.version.Manifest.Settings
	if reflect.DeepEqual(declared, step.Declared) || declared.IsZero() && step.Declared.IsZero() {
		return nil
	}
	settings := k.settings
	return &settings
}

// controlled returns how the recorded version, played from its own tape, differs from
// what was recorded. There is nothing that it may differ in.
func (k *checking) controlled(ctx context.Context, p Playing, recorded, old *Run) ([]Difference, error) {
	found := Compare(recorded, old)
	if a, b := recorded.Result.Stats.Fuel, old.Result.Stats.Fuel; a != b && len(found) == 0 {
		found = append(found, Difference{Class: Fault, What: "other fuel", Old: fmt.Sprint(a), New: fmt.Sprint(b)})
	}
	if len(found) == 0 {
		return nil, nil
	}
	divergence, err := k.Player.Replay(ctx, p, recorded)
	if err != nil {
		return nil, err
	}
	if divergence != "" {
		found = append(found, Difference{Class: Fault, What: "the replay diverges", New: divergence})
	}
	return found, nil
}
