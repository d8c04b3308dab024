package sqlite

import (
	"context"
	"errors"
	"strings"

	"github.com/usherhost/usher/host"
)

// errAgain gives back what an earlier try of a change had reserved.
var errAgain = errors.New("the change runs again")

// RetryExecution makes the dead steps of an execution pending again and the
// execution due now. Conflict when it has none, or is running.
func (db *DB) RetryExecution(ctx context.Context, id string) (host.Execution, error) {
	var h handOver
	err := db.changeThen(ctx, func(tx *transaction) error {
		h.settle(errAgain)
		x, err := tx.find(id)
		if err == nil {
			err = tx.revive(&x)
		}
		if err != nil {
			return err
		}
		return h.offer(tx, &x)
	}, func(err error) { h.settle(err) })
	if err != nil {
		return host.Execution{}, err
	}
	return db.Execution(ctx, id)
}

// revivable reports whether revive would not be refused.
func (x *executionRow) revivable() bool { return strings.Contains(x.steps, "d") && x.lent == 0 }

func (tx *transaction) revive(x *executionRow) error {
	if !strings.Contains(x.steps, "d") {
		return &host.Error{
			Code: host.Conflict, Text: "execution " + x.id + " has no dead step",
			Hint: "only actions that used up their attempts can be retried; to run all again, replay it",
		}
	}
	if x.lent == 1 {
		return &host.Error{
			Code: host.Conflict, Text: "execution " + x.id + " is running", Hint: "retry it when it has ended",
		}
	}
	switch {
	case x.endedAt != 0:
		tx.unended.all++
	case x.status == host.Retrying:
		tx.unended.retrying--
	}
	x.status, x.steps, x.attempt = host.Waiting, strings.ReplaceAll(x.steps, "d", "p"), 0
	if strings.Contains(x.steps, "s") {
		x.status = host.Running
	}
	x.nextAt, x.endedAt = micros(tx.now), 0
	_, err := tx.exec(`
		UPDATE execution SET status = ?, steps = ?, attempt = 0, next_at = ?, ended_at = NULL
		WHERE seq = ?`, string(x.status), x.steps, x.nextAt, x.seq)
	return err
}

// CancelExecution ends an execution that is not final; what its holder records
// from now on is refused. Conflict when it has ended.
func (db *DB) CancelExecution(ctx context.Context, id string) (host.Execution, error) {
	err := db.change(ctx, func(tx *transaction) error {
		x, err := tx.find(id)
		if err != nil {
			return err
		}
		if x.status.Final() {
			return &host.Error{Code: host.Conflict, Text: "execution " + id + " has ended: " + string(x.status)}
		}
		if _, err := tx.exec(`
			UPDATE execution SET status = ?, lent = 0, next_at = 0, epoch = epoch + 1, ended_at = ?
			WHERE seq = ?`, string(host.Canceled), micros(tx.now), x.seq); err != nil {
			return err
		}
		tx.unended.all--
		if x.status == host.Retrying && x.lent == 0 {
			tx.unended.retrying--
		}
		tx.setLoan(x.id, loan{})
		return tx.acquit(x.seq, true)
	})
	if err != nil {
		return host.Execution{}, err
	}
	return db.Execution(ctx, id)
}

// ReplayExecution starts a new execution of the same event: with the plan that
// is deployed now, or with samePlan the one that the first had.
func (db *DB) ReplayExecution(ctx context.Context, id string, samePlan bool) (host.Accepted, error) {
	var h handOver
	accepted := host.Accepted{ExecutionID: host.NewID(host.ExecutionPrefix)}
	err := db.changeThen(ctx, func(tx *transaction) error {
		h.settle(errAgain)
		x, err := tx.replay(id, accepted.ExecutionID, samePlan)
		if err != nil {
			return err
		}
		accepted.EventID = x.eventID
		return h.offer(tx, &x)
	}, func(err error) { h.settle(err) })
	if err != nil {
		return host.Accepted{}, err
	}
	return accepted, nil
}

func (tx *transaction) replay(id, newID string, samePlan bool) (executionRow, error) {
	first, err := tx.find(id)
	if err != nil {
		return first, err
	}
	var p *plan
	if samePlan {
		p, err = tx.planOf(first.plan)
	} else {
		p, err = tx.plan(first.trigger)
	}
	if err != nil {
		return first, err
	}
	x := newExecution(tx, p, tx.nextSeq(), first.event)
	x.id, x.replayOf, x.eventID = newID, first.id, first.eventID
	x.tenant, x.trigger, x.userID = first.tenant, first.trigger, first.userID
	x.traceparent, x.receivedAt = first.traceparent, first.receivedAt
	if samePlan {
		if err := tx.noteRepeat(p.number, x.seq); err != nil {
			return x, err
		}
	}
	return x, x.insert(tx)
}
