package sqlite

import (
	"context"
	"fmt"

	"github.com/usherhost/usher/host"
)

// RerunExecution starts a new execution of the same event, with the plan that is deployed
// now, or with o.SameVersions the one that the first had; or with o.ActionID of that action
// alone. Conflict when the action can't run, or the trigger decides.
func (db *DB) RerunExecution(ctx context.Context, id string, o host.RerunOptions) (host.Accepted, error) {
	var d dispatch
	accepted := host.Accepted{ExecutionID: host.NewID(host.ExecutionPrefix)}
	err := db.changeThen(ctx, func(tx *transaction) error {
		d.begin(tx.writer.dispatcher)
		first, err := tx.find(id)
		if err != nil {
			return err
		}
		p, refused, err := tx.rerunPlan(&first, o)
		if err == nil && refused != nil {
			err = refused.of(id, "run again")
		}
		if err != nil {
			return err
		}
		x, err := tx.rerun(&first, p, accepted.ExecutionID, o)
		if err != nil {
			return err
		}
		accepted.EventID = x.eventID
		_, err = d.offer(tx, &x)
		return err
	}, d.end)
	if err != nil {
		return host.Accepted{}, err
	}
	return accepted, nil
}

// rerunPlan returns the plan of a rerun, or why there is none.
func (tx *transaction) rerunPlan(first *executionRow, o host.RerunOptions) (*plan, *refusal, error) {
	if first.trigger.Decides() {
		return nil, &refusal{
			reason: "it has decided, and its sender has the answer",
			hint:   "save its event, and run the action on it", fix: host.FixRun.With(),
		}, nil
	}
	had, err := tx.planOf(first.plan)
	if err != nil || o.ActionID == "" && o.SameVersions {
		return had, nil, err
	}
	if o.ActionID == "" {
		p, err := tx.plan(first.trigger)
		return p, nil, err
	}
	step := host.Step{ActionID: o.ActionID, Action: o.ActionID}
	found := false
	for i := range had.steps {
		if had.steps[i].ActionID == o.ActionID {
			step, found = had.steps[i], true
		}
	}
	if !found {
		if err := tx.nameOf(&step); err != nil {
			return nil, nil, err
		}
		if o.SameVersions {
			return nil, &refusal{
				reason: fmt.Sprintf("action %q is not among its actions", step.Action),
				hint:   "without --same-versions (same_versions) it runs the version that is bound now",
			}, nil
		}
	}
	step, refused, err := tx.runnable(step, first.trigger, o.SameVersions, first.id)
	if err != nil || refused != nil {
		return nil, refused, err
	}
	p, err := tx.storePlan([]host.Step{step})
	return p, nil, err
}

// nameOf fills in the name of the step's action, if there is one.
func (tx *transaction) nameOf(step *host.Step) error {
	_, err := tx.queryOne(func(row []driverValue) error {
		step.Action = text(row[0])
		return nil
	}, `SELECT name FROM action WHERE id = ?`, step.ActionID)
	return err
}

// rerun stores the new execution of the event of the first.
func (tx *transaction) rerun(first *executionRow, p *plan, newID string, o host.RerunOptions) (executionRow, error) {
	x := newExecution(tx, p, tx.nextSeq(), first.event)
	x.id, x.rerunOf, x.batch, x.eventID = newID, first.id, o.Batch, first.eventID
	x.tenant, x.trigger, x.userID = first.tenant, first.trigger, first.userID
	x.traceparent, x.receivedAt = first.traceparent, first.receivedAt
	if o.SameVersions || o.ActionID != "" {
		if err := tx.recordSpan(p.number, x.seq); err != nil {
			return x, err
		}
	}
	if err := tx.copyFieldValues(x.seq, x.event); err != nil {
		return x, err
	}
	return x, x.insert(tx)
}
