package registry

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/usherhost/usher/host"
)

// checkVerb is the change that records a check. Its object is the module's digest.
const checkVerb = "version.check"

// checkNote is what the log of changes has of a check.
type checkNote struct {
	ActionID    string `json:"action_id"`
	Passed      bool   `json:"passed"`
	Compared    int    `json:"compared"`
	Differences int    `json:"differences"` // kinds
	Allowed     int    `json:"allowed"`     // of those
}

// RecordCheck records what a check of a module of an action found. The newest entry of a
// module is the one that counts for require_check.
func (r *Registry) RecordCheck(ctx context.Context, a host.Action, report *host.CheckReport) {
	note := checkNote{ActionID: a.ID, Passed: report.Passed && report.Gate == "", Compared: report.Compared, Differences: len(report.Groups)}
	for _, g := range report.Groups {
		if g.Allowed != "" {
			note.Allowed++
		}
	}
	r.Record(ctx, checkVerb, report.New.Digest, a.Name, nil, note)
}

// requireCheck returns why a module may not be deployed when the action's binding
// requires a check: it has not passed one. The first deploy has nothing to be compared
// with, and what is deployed may be deployed again.
func (r *Registry) requireCheck(ctx context.Context, a host.Action, digest string) error {
	if a.Deployed == nil || a.Deployed.Digest == digest {
		return nil
	}
	b, err := r.Binding(ctx, a.ID)
	switch {
	case host.CodeOf(err) == host.NotFound:
		return nil
	case err != nil:
		return err
	case !b.Settings.RequireCheck:
		return nil
	}
	reason, err := r.unchecked(ctx, a.ID, digest)
	if err != nil || reason == "" {
		return err
	}
	return &host.Error{
		Code: host.Refused,
		Text: fmt.Sprintf("the binding of action %q has require_check, and %s: %s", a.Name, reason, digest),
		Hint: "a folder is checked and deployed in one by `usher actions deploy DIR --check`", Fix: host.FixCheck.With(a.Name),
	}
}

// unchecked returns what is missing of a check of a module of an action, "" when the
// newest one has passed.
func (r *Registry) unchecked(ctx context.Context, actionID, digest string) (string, error) {
	for before := int64(0); ; {
		changes, err := r.Store.Changes(ctx, host.ChangeQuery{Object: digest, Before: before})
		if err != nil {
			return "", fmt.Errorf("look for the check of %s: %w", digest, err)
		}
		for _, c := range changes {
			var note checkNote
			if c.Verb != checkVerb || json.Unmarshal(c.After, &note) != nil || note.ActionID != actionID {
				continue
			}
			if note.Passed {
				return "", nil
			}
			return "this module's last check has not passed", nil
		}
		if len(changes) == 0 {
			return "this module has not been checked", nil
		}
		before = changes[len(changes)-1].Seq
	}
}
