package sqlite

import (
	"context"
	"strings"

	"github.com/usherhost/usher/host"
)

// CancelExecution ends an execution that is not final; results under its lease are
// refused from now on. Conflict when it has ended.
func (db *DB) CancelExecution(ctx context.Context, id string) (host.Execution, error) {
	err := db.change(ctx, func(tx *transaction) error {
		x, err := tx.find(id)
		if err != nil {
			return err
		}
		if x.status.Final() {
			return ended(&x).of(id, "canceled")
		}
		return tx.cancel(&x)
	})
	if err != nil {
		return host.Execution{}, err
	}
	return db.Execution(ctx, id)
}

func ended(x *executionRow) *refusal { return &refusal{reason: "it has ended: " + string(x.status)} }

func (tx *transaction) cancel(x *executionRow) error {
	if x.held != "" {
		if err := tx.endHold(x); err != nil {
			return err
		}
	} else if x.status == host.StatusRetrying && x.leased == 0 {
		tx.unended.retrying--
	}
	if _, err := tx.exec(`
		UPDATE execution SET status = ?, leased = 0, next_at = 0, epoch = epoch + 1, ended_at = ?
		WHERE seq = ?`, string(host.StatusCanceled), micros(tx.now), x.seq); err != nil {
		return err
	}
	tx.unended.all--
	tx.setLease(x.id, lease{})
	return tx.acquit(x.seq, true)
}

// cancelSteps cancels the pending steps of an action in all executions that have not ended,
// and returns how many they are. What a worker has in its hands it counts only: the
// executor cancels the step there before it runs it. Executions whose next step that was
// are due at once, and offered to d.
func (tx *transaction) cancelSteps(actionID string, d *dispatch) (canceled int, err error) {
	var open []int64
	if err := tx.query(func(row []driverValue) error {
		open = append(open, integer(row[0]))
		return nil
	}, `
		SELECT seq FROM execution
		WHERE ended_at IS NULL AND instr(progress, 'p') AND plan IN (SELECT plan FROM plan_action WHERE action_id = ?)`, actionID); err != nil {
		return 0, err
	}
	room := true
	for _, seq := range open {
		x, err := tx.row(seq)
		if err != nil {
			return canceled, err
		}
		p, err := tx.planOf(x.plan)
		if err != nil {
			return canceled, err
		}
		n, wasNext := x.cancelSteps(p, actionID)
		canceled += n
		if n == 0 || x.leased == 1 {
			continue
		}
		if err := tx.storeCanceled(&x, wasNext); err != nil {
			return canceled, err
		}
		if room && wasNext && !tx.writer.suspects[seq] {
			if room, err = d.offer(tx, &x); err != nil {
				return canceled, err
			}
		}
	}
	return canceled, nil
}

// cancelSteps cancels the action's pending steps in the row, and reports whether one of
// them was the next.
func (x *executionRow) cancelSteps(p *plan, actionID string) (n int, wasNext bool) {
	states, next := []byte(x.progress), strings.IndexByte(x.progress, 'p')
	for i := range states {
		if i < len(p.steps) && states[i] == 'p' && p.steps[i].ActionID == actionID {
			states[i] = 'c'
			n, wasNext = n+1, wasNext || i == next
		}
	}
	if x.leased != 1 {
		x.progress = string(states)
	}
	return n, wasNext
}

// storeCanceled stores a row of which steps were canceled. When the next one was among
// them, the execution is due, or ends.
func (tx *transaction) storeCanceled(x *executionRow, wasNext bool) error {
	if !wasNext {
		_, err := tx.exec(`UPDATE execution SET progress = ? WHERE seq = ?`, x.progress, x.seq)
		return err
	}
	if x.status == host.StatusRetrying {
		tx.unended.retrying--
	}
	x.status, x.attempt, x.nextAt = stateOf(x.progress), 0, micros(tx.now)
	var endedAt driverValue
	if next := strings.IndexByte(x.progress, 'p'); next >= 0 {
		if had := x.attemptsBefore(); next < len(had) {
			x.attempt = int64(had[next])
		}
	} else {
		x.status, x.nextAt, x.endedAt = host.FinalStatus(unpackProgress(x.progress)), 0, micros(tx.now)
		endedAt = x.endedAt
		tx.unended.all--
		if err := tx.acquit(x.seq, true); err != nil {
			return err
		}
	}
	_, err := tx.exec(`
		UPDATE execution SET status = ?, progress = ?, attempt = ?, next_at = ?, ended_at = ?
		WHERE seq = ?`, string(x.status), x.progress, x.attempt, x.nextAt, endedAt, x.seq)
	return err
}
