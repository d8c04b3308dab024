package sqlite

import (
	"context"

	"github.com/usherhost/usher/host"
)

// retriesInOne is how many executions one commit revives, so that others do
// not wait long for it.
const retriesInOne = 100

// DeadLetters returns the executions with a dead step that q selects, newest
// first, as [DB.Executions] does; an action or a version that q names is that
// of the dead step. One that still runs its later steps is among
// them; one that was canceled is only if q.Status says so.
func (db *DB) DeadLetters(ctx context.Context, q host.ExecutionQuery) ([]host.Execution, error) {
	s, err := db.newSearch(ctx, q, true)
	if err != nil {
		return nil, err
	}
	return db.executions(ctx, s, limit(q.Limit))
}

// RetryExecutions does what [DB.RetryExecution] does to all dead letters that q
// selects, newest first, and returns to how many; to q.Limit at most, if that
// is not 0. Leased executions are passed over, and so are those
// that die again meanwhile. When it fails or ctx ends, those counted have been
// retried.
func (db *DB) RetryExecutions(ctx context.Context, q host.ExecutionQuery) (int, error) {
	s, err := db.newSearch(ctx, q, true)
	if err != nil {
		return 0, err
	}
	retried := 0
	for q.Limit <= 0 || retried < q.Limit {
		found, err := s.find(ctx, db, retriesInOne)
		if err != nil || len(found) == 0 {
			return retried, err
		}
		if q.Limit > 0 {
			found = found[:min(len(found), q.Limit-retried)]
		}
		s.below(found[len(found)-1].seq)
		n, err := db.reviveAll(ctx, found)
		retried += n
		if err != nil {
			return retried, err
		}
	}
	return retried, nil
}

// reviveAll retries those that may be retried, in one commit, and returns how
// many.
func (db *DB) reviveAll(ctx context.Context, found []executionRow) (revived int, err error) {
	var d dispatch
	err = db.changeThen(ctx, func(tx *transaction) error {
		d.begin(tx.writer.dispatcher)
		revived = 0
		room := true
		for i := range found {
			x, err := tx.row(found[i].seq)
			if err != nil {
				return err
			}
			if x.seq == 0 || !x.revivable() {
				continue
			}
			if err := tx.revive(&x); err != nil {
				return err
			}
			if room {
				if room, err = d.offer(tx, &x); err != nil {
					return err
				}
			}
			revived++
		}
		return nil
	}, d.end)
	if err != nil {
		return 0, err
	}
	return revived, nil
}
