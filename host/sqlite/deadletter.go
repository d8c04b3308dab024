package sqlite

import (
	"context"

	"github.com/usherhost/usher/host"
)

// DeadLetters returns the executions with a dead step that q selects, newest
// first, as [DB.Executions] does; an action or a version that q names is that
// of the dead step. One that still runs its later steps is among
// them; one that was canceled is only if q.Status says so.
func (db *DB) DeadLetters(ctx context.Context, q host.ExecutionQuery) ([]host.Execution, error) {
	s, err := db.newSearch(ctx, q, withDead)
	if err != nil {
		return nil, err
	}
	return db.executions(ctx, s, limit(q.Limit))
}
