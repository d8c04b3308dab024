package registry

import (
	"context"

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

// RecordCheck records what a check of a module of an action found.
func (r *Registry) RecordCheck(ctx context.Context, a host.Action, report *host.CheckReport) {
	note := checkNote{ActionID: a.ID, Passed: report.Passed && report.Gate == "", Compared: report.Compared, Differences: len(report.Groups)}
	for _, g := range report.Groups {
		if g.Allowed != "" {
			note.Allowed++
		}
	}
	r.Record(ctx, checkVerb, report.New.Digest, a.Name, nil, note)
}
