package check

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/usherhost/usher/host"
)

// Player runs actions from tapes. Package guest implements it.
type Player interface {
	// Play runs p, with seed, clock, secrets and settings of a tape and with what outside
	// answers. Nothing leaves the host.
	Play(ctx context.Context, p Playing, from *host.Tape, outside Outside) (Run, error)

	// Replay runs p exactly as it was recorded, and describes the first divergence; ""
	// is none.
	Replay(ctx context.Context, p Playing, recorded *Run) (divergence string, err error)
}

// Playing is what is run.
type Playing struct {
	ExecutionID string
	Index       int // of Step in the plan
	Attempt     int
	Step        host.Step
	Event       *host.Event
	Module      []byte // nil: it is stored under Step's digest
}

// Registry knows the actions and their versions, and records checks.
type Registry interface {
	Action(ctx context.Context, action string) (host.Action, error)
	Versions(ctx context.Context, action string) ([]host.Version, error)
	DeployableVersion(ctx context.Context, action, numberOrID string) (host.Version, error)
	Binding(ctx context.Context, idOrAction string) (host.Binding, error)
	Secrets(ctx context.Context, actionID string) (map[string]string, error)
	CheckUpload(ctx context.Context, action string, module []byte, m host.Manifest) (host.Version, error)
	RecordCheck(ctx context.Context, a host.Action, report *host.CheckReport)
}

// Drafts builds drafts. BuiltDraft waits for a build that is under way, and returns the
// version that a deploy would make.
type Drafts interface {
	Draft(ctx context.Context, action string) (host.Draft, error)
	BuiltDraft(ctx context.Context, action string) (host.Version, error)
}

// History has the recorded runs.
type History interface {
	Executions(ctx context.Context, q host.ExecutionQuery) ([]host.Execution, error)
	Results(ctx context.Context, executionID string) ([]host.Result, error)
	Event(ctx context.Context, id string) (host.Event, error)
	PlannedStep(ctx context.Context, actionID, versionID string) (host.Step, error)
}

// Tapes reads and opens tapes. An attempt without one is [host.NotFound].
type Tapes interface {
	Tape(ctx context.Context, executionID string, step, attempt int) (host.Tape, error)
}

// Checker implements [host.Checks]. Set its fields before the first call; it is safe for
// concurrent use, and one check runs at a time.
type Checker struct {
	Registry Registry
	Drafts   Drafts
	History  History
	Tapes    Tapes
	Player   Player
	Workers  int // runs at once; 0 is one for each processor

	busy sync.Mutex // held by the check that runs
}

// Check implements [host.Checks].
func (c *Checker) Check(ctx context.Context, action string, q host.CheckQuery, progress func(done, of int)) (host.CheckReport, error) {
	if err := validate(&q); err != nil {
		return host.CheckReport{}, err
	}
	if !c.busy.TryLock() {
		return host.CheckReport{}, &host.Error{
			Code: host.Overloaded, RetryAfter: 5 * time.Second,
			Text: "another check runs on this host", Hint: "try again when it has ended",
		}
	}
	defer c.busy.Unlock()
	a, err := c.Registry.Action(ctx, action)
	if err != nil {
		return host.CheckReport{}, err
	}
	k := &checking{Checker: c, action: a, query: q, progress: progress, allow: allowances{list: q.Allow}}
	if err := k.choose(ctx); err != nil {
		return host.CheckReport{}, err
	}
	if err := k.run(ctx); err != nil {
		return host.CheckReport{}, err
	}
	report := k.report()
	if !q.Faults {
		c.Registry.RecordCheck(ctx, a, &report)
	}
	return report, nil
}

func validate(q *host.CheckQuery) error {
	var fields []host.Field
	if q.Last < 0 || q.Last > host.MaxChecked {
		fields = append(fields, host.Field{Pointer: "/last", Detail: fmt.Sprintf("must be between 1 and %d, or 0 for the default", host.MaxChecked)})
	}
	chosen := 0
	for _, set := range []bool{q.Version != "", q.Draft, q.Module != nil} {
		if set {
			chosen++
		}
	}
	if chosen > 1 {
		fields = append(fields, host.Field{Pointer: "/version", Detail: "choose one of a version, the draft and a module"})
	}
	if len(q.Allow) > host.MaxAllowances {
		fields = append(fields, host.Field{Pointer: "/allow", Detail: fmt.Sprintf("must have at most %d entries", host.MaxAllowances)})
	}
	for i, a := range q.Allow {
		if a.Difference == "" || a.Reason == "" {
			fields = append(fields, host.Field{Pointer: fmt.Sprintf("/allow/%d", i), Detail: "must have a difference, as a report names it, and the reason why it is expected"})
		}
	}
	if len(fields) == 0 {
		return nil
	}
	return &host.Error{Code: host.Invalid, Text: "the check is not valid", Fields: fields}
}

// checking is one check.
type checking struct {
	*Checker
	action   host.Action
	query    host.CheckQuery
	progress func(done, of int)

	version  host.Version      // that is checked
	name     string            // of it, in words
	module   []byte            // nil: it is stored
	settings host.Settings     // that hold for it now
	secrets  map[string]string // that are set now

	full  bool // there are more runs than were selected
	allow allowances
	tally tally
}

// choose finds the version to check, and what its runs get that no tape has.
func (k *checking) choose(ctx context.Context) error {
	err := k.chooseVersion(ctx)
	if err != nil {
		return err
	}
	if k.secrets, err = k.Registry.Secrets(ctx, k.action.ID); err != nil {
		return fmt.Errorf("read the action's secrets: %w", err)
	}
	settings := k.version.Manifest.Settings
	if b, err := k.Registry.Binding(ctx, k.action.ID); err == nil {
		settings = b.Settings.Over(settings)
	} else if host.CodeOf(err) != host.NotFound {
		return err
	}
	k.settings = settings.Over(host.DefaultSettingsOf(k.action.Trigger))
	return nil
}

func (k *checking) chooseVersion(ctx context.Context) (err error) {
	q, id := &k.query, k.action.ID
	switch {
	case q.Module != nil:
		m := host.Manifest{}
		if q.Manifest != nil {
			m = *q.Manifest
		}
		k.name, k.module = "the module sent", q.Module
		k.version, err = k.Registry.CheckUpload(ctx, id, q.Module, m)
		return err
	case q.Version != "":
		k.version, err = k.Registry.DeployableVersion(ctx, id, q.Version)
		k.name = fmt.Sprintf("version %d", k.version.Number)
		return err
	}
	d, err := k.Drafts.Draft(ctx, id)
	if err != nil && host.CodeOf(err) != host.NotFound {
		return err
	}
	if q.Draft || err == nil && d.Revision > 0 && !k.action.AllDeployed(d) {
		k.name = "the draft"
		k.version, err = k.Drafts.BuiltDraft(ctx, id)
		return err
	}
	versions, err := k.Registry.Versions(ctx, id)
	if err != nil {
		return err
	}
	if len(versions) == 0 {
		return &host.Error{Code: host.Conflict, Text: fmt.Sprintf("action %q has no version to check", k.action.Name), Fix: host.FixDeploy.With(k.action.Name)}
	}
	k.version, k.name = versions[0], fmt.Sprintf("version %d", versions[0].Number)
	return nil
}
