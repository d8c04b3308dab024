package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/usherhost/usher/host"
)

// refusal is why an execution is not retried, rerun or canceled.
type refusal struct {
	reason string // reads on after "execution X is not retried: "
	hint   string
	fix    *host.Fix
}

func (r *refusal) of(id, done string) error {
	return &host.Error{Code: host.Conflict, Text: "execution " + id + " is not " + done + ": " + r.reason, Hint: r.hint, Fix: r.fix}
}

// RetryExecution makes the dead steps of an execution pending again and the execution due
// now. Each runs the version that is deployed and bound now, with its settings, unless
// o.SameVersion is set; its attempts are numbered on, and it has all of them again. With
// o.Now it is the attempt that waits for its time that is due now, if one does; then it
// has the attempts that it had left. That is also for a step that is held back by the
// breaker of its version, when another one is deployed.
//
// Conflict when there is nothing to retry, when it is running, and when a step can't run:
// its action is deleted, or has nothing that is deployed and bound.
func (db *DB) RetryExecution(ctx context.Context, id string, o host.RetryOptions) (host.Execution, error) {
	var d dispatch
	err := db.changeThen(ctx, func(tx *transaction) error {
		d.begin(tx.writer.dispatcher)
		x, err := tx.find(id)
		if err != nil {
			return err
		}
		r, refused, err := tx.revival(&x, o)
		if err == nil && refused != nil {
			err = refused.of(id, "retried")
		}
		if err == nil {
			err = tx.revive(&x, r)
		}
		if err != nil {
			return err
		}
		_, err = d.offer(tx, &x)
		return err
	}, d.end)
	if err != nil {
		return host.Execution{}, err
	}
	return db.Execution(ctx, id)
}

// revival is how an execution goes on that is retried.
type revival struct {
	steps []host.Step // its plan; nil: the one that it has
	now   bool        // it only waits no longer
}

// revival returns how x would go on, or why it is not retried. It writes nothing of x.
func (tx *transaction) revival(x *executionRow, o host.RetryOptions) (r revival, refused *refusal, err error) {
	r.now = o.Now && (x.waits() || x.held != "")
	if refused := tx.irrevivable(x, o.Now, r.now); refused != nil {
		return r, refused, nil
	}
	p, err := tx.planOf(x.plan)
	if err != nil {
		return r, nil, err
	}
	again := "d"
	if r.now {
		again = "p"
	}
	for i := range x.progress {
		if x.progress[i:i+1] != again {
			continue
		}
		if refused, err = tx.replaceStep(&r, x, p, i, o.SameVersion); err != nil || refused != nil {
			return r, refused, err
		}
		if r.now {
			break // the others have not begun
		}
	}
	if r.now && x.held != "" && (r.steps == nil || !strings.HasPrefix(x.held, host.VersionPrefix)) {
		refused = heldBack()
	}
	return r, refused, nil
}

// replaceStep puts what runs now in the place of a step into r, where that is another one.
func (tx *transaction) replaceStep(r *revival, x *executionRow, p *plan, i int, same bool) (*refusal, error) {
	step, refused, err := tx.runnable(p.steps[i], x.trigger, same, x.id)
	if err != nil || refused != nil || step.VersionID == p.steps[i].VersionID && step.BindingID == p.steps[i].BindingID {
		return refused, err
	}
	if r.steps == nil {
		r.steps = slices.Clone(p.steps)
	}
	r.steps[i] = step
	return nil, nil
}

// waits reports whether an attempt waits for its time.
func (x *executionRow) waits() bool { return x.status == host.StatusRetrying && x.leased == 0 }

// heldBack is the refusal of what is held back, and not only because of the version that it has.
func heldBack() *refusal {
	return &refusal{
		reason: "its next step is held back: the action is paused, over its limits, or its breaker is open",
		hint:   "let the action run again first, or deploy another version of one whose breaker is open", fix: host.FixShowHolds.With(),
	}
}

// irrevivable returns why x is in no state to be retried; nil when it is.
func (tx *transaction) irrevivable(x *executionRow, askedNow, now bool) *refusal {
	isDead := strings.Contains(x.progress, "d")
	switch {
	case x.leased == 1 && (isDead || askedNow):
		return &refusal{reason: "it is running", hint: "retry it when its action has ended, or waits"}
	case tx.writer.suspects[x.seq]:
		return &refusal{reason: "it ran when the host ended, and is about to run alone", hint: "retry it when it has run"}
	case now || isDead:
		return nil
	case x.held != "":
		return heldBack()
	case x.waits():
		return &refusal{
			reason: "it has no dead step, and waits for its next attempt until " + fromMicros(x.nextAt).Format("2006-01-02 15:04:05Z"),
			fix:    host.FixRetryNow.With(x.id),
		}
	}
	return &refusal{
		reason: "it has no dead step",
		hint:   "only actions that used up their attempts can be retried", fix: host.FixRerunExecution.With(x.id),
	}
}

// runnable returns what runs now in the place of a step that ran before: the version of its
// action that is deployed and bound, or the same one.
func (tx *transaction) runnable(step host.Step, trigger host.Trigger, same bool, executionID string) (host.Step, *refusal, error) {
	deployed, exists := "", false
	_, err := tx.queryOne(func(row []driverValue) error {
		deployed, exists = text(row[0]), true
		return nil
	}, `SELECT deployed FROM action WHERE id = ?`, step.ActionID)
	if err != nil {
		return step, nil, err
	}
	if !exists {
		return step, &refusal{
			reason: fmt.Sprintf("action %q was deleted", step.Action),
			hint:   "run the event again with the actions that are bound now", fix: host.FixRerunExecution.With(executionID),
		}, nil
	}
	if same {
		return step, nil, nil
	}
	if deployed == "" {
		return step, &refusal{
			reason: fmt.Sprintf("action %q has no deployed version", step.Action),
			hint:   "or retry the version that it ran, with --same-version (same_version)", fix: host.FixDeploy.With(step.Action),
		}, nil
	}
	p, err := tx.plan(trigger)
	if err != nil {
		return step, nil, err
	}
	for i := range p.steps {
		if p.steps[i].ActionID == step.ActionID {
			return p.steps[i], nil, nil
		}
	}
	return step, &refusal{
		reason: fmt.Sprintf("action %q is not bound to %s any more", step.Action, trigger),
		hint:   "or retry it with the version and the settings that it had, with --same-version (same_version)", fix: host.FixBind.With(step.Action),
	}, nil
}

// revive makes x due as r says.
func (tx *transaction) revive(x *executionRow, r revival) error {
	if r.steps != nil {
		p, err := tx.storePlan(r.steps)
		if err == nil {
			err = tx.recordSpan(p.number, x.seq)
		}
		if err != nil {
			return err
		}
		x.plan = p.number
	}
	x.nextAt = micros(tx.now)
	if r.now {
		if x.held != "" {
			if err := tx.endHold(x); err != nil {
				return err
			}
			if x.status == host.StatusRetrying {
				tx.unended.retrying++
			}
		}
		_, err := tx.exec(`
			UPDATE execution SET plan = ?, next_at = ?
			WHERE seq = ?`, x.plan, x.nextAt, x.seq)
		return err
	}
	switch {
	case x.endedAt != 0:
		tx.unended.all++
	case x.held != "":
		if err := tx.endHold(x); err != nil {
			return err
		}
	case x.status == host.StatusRetrying:
		tx.unended.retrying--
	}
	x.progress, x.endedAt = strings.ReplaceAll(x.progress, "d", "p"), 0
	x.status = stateOf(x.progress)
	if err := tx.countAttempts(x); err != nil {
		return err
	}
	_, err := tx.exec(`
		UPDATE execution SET plan = ?, status = ?, progress = ?, attempt = ?, retried = ?, next_at = ?, ended_at = NULL
		WHERE seq = ?`, x.plan, string(x.status), x.progress, x.attempt, x.retried, x.nextAt, x.seq)
	return err
}

// stateOf is the status of an execution that is due, and not ended or retrying.
func stateOf(progress string) host.Status {
	if strings.ContainsAny(progress, "sdc") {
		return host.StatusRunning
	}
	return host.StatusPending
}

// countAttempts notes how many attempts the pending steps of x have had: the next ones are
// numbered on from there.
func (tx *transaction) countAttempts(x *executionRow) error {
	had := make([]int, len(x.progress))
	err := tx.query(func(row []driverValue) error {
		if step := integer(row[0]); step < int64(len(had)) && x.progress[step] == 'p' {
			had[step] = int(integer(row[1]))
		}
		return nil
	}, `SELECT step, MAX(attempt) FROM result WHERE execution = ? GROUP BY step`, x.seq)
	if err != nil {
		return err
	}
	encoded, err := json.Marshal(had)
	if err != nil {
		return fmt.Errorf("encode the attempts of execution %s: %w", x.id, err)
	}
	x.retried, x.attempt = string(encoded), 0
	if next := strings.IndexByte(x.progress, 'p'); next >= 0 {
		x.attempt = int64(had[next])
	}
	return nil
}
