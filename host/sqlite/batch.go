package sqlite

import (
	"context"
	"slices"

	"github.com/usherhost/usher/host"
)

const (
	batchInOne     = 100    // executions that one commit changes, so that others do not wait long for it
	maxBatchPart   = 1000   // executions of one part
	maxBatchDryRun = 10_000 // likewise, where nothing is done
)

// RetryExecutions does what [DB.RetryExecution] does to all dead letters that q selects,
// newest first, or with o.Now to what waits for its next attempt. An action or a version
// that q names is that of the step. When it fails or ctx ends, those counted have been
// retried.
func (db *DB) RetryExecutions(ctx context.Context, q host.BatchQuery, o host.RetryOptions) (host.Batch, error) {
	among := withDead
	if o.Now {
		among = waiting
	}
	return db.batch(ctx, q, among, "", func(tx *transaction, x *executionRow) (*refusal, error) {
		r, refused, err := tx.revival(x, o)
		if err != nil || refused != nil || q.DryRun {
			return refused, err
		}
		return nil, tx.revive(x, r)
	})
}

// CancelExecutions does what [DB.CancelExecution] does to all executions of q that have not
// ended. An action or a version that q names has not run yet in them.
func (db *DB) CancelExecutions(ctx context.Context, q host.BatchQuery) (host.Batch, error) {
	return db.batch(ctx, q, notEnded, "", func(tx *transaction, x *executionRow) (*refusal, error) {
		if x.status.Final() {
			return ended(x), nil
		}
		if q.DryRun {
			return nil, nil
		}
		err := tx.cancel(x)
		x.status = host.StatusCanceled
		return nil, err
	})
}

// RerunExecutions does what [DB.RerunExecution] does to all executions of q but the reruns
// of the batch. Those of which the batch has a rerun already are skipped: so the request
// can be repeated.
func (db *DB) RerunExecutions(ctx context.Context, q host.BatchQuery, o host.RerunOptions) (host.Batch, error) {
	return db.batch(ctx, q, everyOne, o.Batch, func(tx *transaction, x *executionRow) (*refusal, error) {
		p, refused, err := tx.rerunPlan(x, o)
		if err != nil || refused != nil {
			return refused, err
		}
		if done, err := tx.isRerun(x.id, o.Batch); err != nil || done {
			return &refusal{reason: "the batch has a rerun of it already"}, err
		}
		if q.DryRun {
			return nil, nil
		}
		*x, err = tx.rerun(x, p, host.NewID(host.ExecutionPrefix), o)
		return nil, err
	})
}

// isRerun reports whether a batch has a rerun of an execution.
func (tx *transaction) isRerun(id, batch string) (bool, error) {
	if batch == "" {
		return false, nil
	}
	return tx.queryOne(func([]driverValue) error { return nil }, `
		SELECT 1 FROM execution WHERE batch = ? AND replay_of = ?`, batch, id)
}

// batch does something to a part of the executions of a batch. Do gets each in a
// transaction, changes its row if it does something, and returns why it did not otherwise.
func (db *DB) batch(
	ctx context.Context, q host.BatchQuery, a among, id string, do func(*transaction, *executionRow) (*refusal, error),
) (host.Batch, error) {
	b := host.Batch{ID: id, DryRun: q.DryRun, Skipped: []host.BatchSkipped{}}
	found, next, err := db.selected(ctx, &q, a, id)
	if err != nil {
		return b, err
	}
	for part := range slices.Chunk(found, batchInOne) {
		if err := ctx.Err(); err != nil {
			return b, err
		}
		done, err := db.batchOne(ctx, part, q.DryRun, do)
		if err != nil {
			return b, err
		}
		done.ID, done.DryRun, done.Selected, done.Next = id, q.DryRun, len(part), part[len(part)-1].id
		b.Add(done)
	}
	b.Next = next
	return b, nil
}

// batchOne is batch for what one commit does.
func (db *DB) batchOne(
	ctx context.Context, part []executionRow, dryRun bool, do func(*transaction, *executionRow) (*refusal, error),
) (b host.Batch, err error) {
	var d dispatch
	err = db.changeThen(ctx, func(tx *transaction) error {
		d.begin(tx.writer.dispatcher)
		b = host.Batch{}
		room := !dryRun
		for i := range part {
			x, err := tx.row(part[i].seq)
			if err != nil {
				return err
			}
			if x.seq == 0 {
				b.Skip(host.BatchSkipped{Reason: "it was deleted meanwhile", Executions: 1, Example: part[i].id})
				continue
			}
			refused, err := do(tx, &x)
			if err != nil {
				return err
			}
			if refused != nil {
				b.Skip(host.BatchSkipped{Reason: refused.reason, Executions: 1, Example: x.id})
				continue
			}
			b.Done++
			b.Executions = append(b.Executions, x.id)
			if room {
				if room, err = d.offer(tx, &x); err != nil {
					return err
				}
			}
		}
		return nil
	}, d.end)
	return b, err
}

// selected returns the executions of a part of a batch, and where the next part begins.
func (db *DB) selected(ctx context.Context, q *host.BatchQuery, a among, batch string) (found []executionRow, next string, err error) {
	if len(q.IDs) > 0 {
		for _, id := range q.IDs {
			seq, err := db.seqOf(ctx, id)
			if err != nil {
				return nil, "", err
			}
			found = append(found, executionRow{seq: seq, id: id})
		}
		return found, "", nil
	}
	most, usual := maxBatchPart, batchInOne
	if q.DryRun {
		most, usual = maxBatchDryRun, maxBatchDryRun
	}
	n := min(q.Limit, most)
	if n <= 0 {
		n = usual
	}
	s, err := db.newSearch(ctx, q.ExecutionQuery, a)
	if err != nil {
		return nil, "", err
	}
	if batch != "" {
		s.conditions.and("x.batch IS NOT ?", batch)
	}
	if found, err = s.find(ctx, db, n); err == nil && len(found) == n {
		next = found[n-1].id
	}
	return found, next, err
}
