package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Tape returns the sealed tape of one attempt, of the latest when a retry
// numbered two alike. NotFound when the attempt made no host call, or was not
// recorded.
func (db *DB) Tape(ctx context.Context, executionID string, step, attempt int) ([]byte, error) {
	var body []byte
	err := db.readers.QueryRowContext(ctx, `
		SELECT t.body
		FROM result r JOIN tape t ON t.result = r.seq
		WHERE r.execution = `+executionSeq+` AND r.step = ? AND r.attempt = ?
		ORDER BY r.seq DESC
		LIMIT 1`, executionID, eventID(executionID), step, attempt).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, notFound(fmt.Sprintf("execution %s has no tape of step %d, attempt %d", executionID, step, attempt))
	}
	return body, fault(err)
}
