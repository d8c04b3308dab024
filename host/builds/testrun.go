package builds

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/proto"
)

// The bounds of tests. Who asks for one waits for it, on a connection that is
// cut after two minutes.
const (
	maxTests     = 8 // that run at once, beside what the executor runs
	maxTestTime  = 60 * time.Second
	maxTestWhole = 90 * time.Second // with waiting for a build and for a place
)

// Test runs an action's draft once on an event, a JSON object in the form of
// its trigger's. It runs for real, with the action's secrets and under the
// settings of its binding, but for 60 seconds at most; all that is kept of it is
// an entry in the log of changes. Without a draft the deployed version runs. A
// draft that is not built, for which it waits up to 20 seconds, is
// [host.Conflict]; more tests at once than a few are [host.Overloaded].
func (b *Builds) Test(ctx context.Context, action string, event json.RawMessage) (host.Result, error) {
	a, err := b.Registry.Action(ctx, action)
	if err != nil {
		return host.Result{}, err
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(event, &object); err != nil || object == nil {
		return host.Result{}, &host.Error{Code: host.Invalid, Text: "the event is not a JSON object", Err: err}
	}
	if a.Trigger.Decides() {
		event = proto.CleanEvent(event, b.passwords())
	}
	timed, cancel := context.WithTimeout(ctx, maxTestWhole)
	defer cancel()
	step, revision, err := b.testStep(timed, a)
	if err != nil {
		return host.Result{}, err
	}
	if b.Runner == nil {
		return host.Result{}, &host.Error{Code: host.Unavailable, Text: "this host runs no tests", Fix: host.FixRun.With()}
	}
	defer b.tests.Add(-1)
	if b.tests.Add(1) > maxTests {
		return host.Result{}, &host.Error{
			Code: host.Overloaded, RetryAfter: time.Second,
			Text: fmt.Sprintf("%d tests run, which is all that the host runs at once", maxTests), Hint: "try again when one of them has ended",
		}
	}
	result, err := b.Runner.Try(timed, step, &host.Event{
		ID: host.NewID(host.EventPrefix), Trigger: a.Trigger, Body: event, ReceivedAt: time.Now().UTC(),
	})
	b.Registry.Record(ctx, "action.test", a.ID, a.Name, nil, aboutTest(step, revision, result, err))
	if err != nil && errors.Is(timed.Err(), context.DeadlineExceeded) && ctx.Err() == nil {
		err = &host.Error{
			Code: host.Unavailable, Text: fmt.Sprintf("the test did not come to an end within %s", maxTestWhole),
			Hint: "try again when the host has less to do", Err: err,
		}
	}
	return result, err
}

// passwords recognizes the keys that an action never sees.
func (b *Builds) passwords() *proto.PasswordKeys {
	if b.PasswordKeys == nil {
		return proto.NewPasswordKeys(proto.DefaultPasswordKeys)
	}
	return proto.NewPasswordKeys(b.PasswordKeys)
}

// testNote is what the log of changes has of a test.
type testNote struct {
	Digest    string     `json:"digest"`
	Revision  int64      `json:"revision,omitempty"` // of the draft
	Version   int        `json:"version,omitempty"`
	Succeeded bool       `json:"succeeded"`
	Fault     host.Fault `json:"fault,omitempty"`
}

func aboutTest(step host.Step, revision int64, result host.Result, err error) testNote {
	n := testNote{Digest: step.Digest, Revision: revision, Version: step.Number, Succeeded: err == nil && result.Succeeded, Fault: result.Fault}
	if err != nil {
		n.Fault = host.FaultHost
	}
	return n
}

// testStep is the step that Test runs.
func (b *Builds) testStep(ctx context.Context, a host.Action) (step host.Step, revision int64, err error) {
	late := time.NewTimer(buildWait)
	defer late.Stop()
	d, err := b.settled(ctx, a.ID, late.C)
	if err != nil {
		return step, 0, err
	}
	step = host.Step{ActionID: a.ID, Action: a.Name}
	m := b.manifest(a, d.Source)
	if d.Revision == 0 && a.Deployed != nil {
		m, step.Digest, step.VersionID, step.Number = a.Deployed.Manifest, a.Deployed.Digest, a.Deployed.ID, a.Deployed.Number
	} else if d, err = b.builtDraft(ctx, a); err != nil {
		return step, 0, err
	} else {
		step.Digest = d.Digest
	}
	step.Secrets, step.Declared = m.Secrets, m.Settings
	step.Settings = m.Settings.Over(host.DefaultSettingsOf(a.Trigger))
	if b, err := b.Registry.Binding(ctx, a.ID); err == nil {
		step.BindingID, step.Settings = b.ID, b.Settings.Over(m.Settings).Over(host.DefaultSettingsOf(a.Trigger))
	}
	step.Settings.Limits.TimeoutMillis = min(step.Settings.Limits.TimeoutMillis, maxTestTime.Milliseconds())
	return step, d.Revision, nil
}
