package sqlite

import (
	"context"
	"fmt"

	"github.com/usherhost/usher/host"
)

// DeleteUser deletes the events of a user with all their executions, results, logs, tapes,
// decisions and searchable values, and the notices about those executions, and returns how
// many executions that were. Of an event its id and its times stay, and no longer the key
// that recognizes a repeat: the user may register again. What is deleted is overwritten
// in the database file; its write-ahead log and the index of words lose it with later writes.
//
// Conflict when an execution of the user has not ended; nothing is deleted then. It works
// in small commits; when it fails or ctx ends, those counted are deleted.
func (db *DB) DeleteUser(ctx context.Context, userID string) (deleted int, err error) {
	if userID == "" {
		return 0, &host.Error{Code: host.Invalid, Text: "no user is named"}
	}
	for {
		n, err := db.deleteSomeOf(ctx, userID)
		deleted += n
		if err != nil || n == 0 {
			return deleted, err
		}
	}
}

// deleteSomeOf deletes some executions of a user, in one commit.
func (db *DB) deleteSomeOf(ctx context.Context, userID string) (deleted int, err error) {
	err = db.change(ctx, func(tx *transaction) error {
		deleted = 0
		if err := tx.refuseUnended(userID); err != nil {
			return err
		}
		if _, err := tx.exec(`
			INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)`, markResults, tx.writer.resultSeq); err != nil {
			return err
		}
		found, err := tx.executionsOf(userID)
		if err != nil || len(found) == 0 {
			return err
		}
		if _, err := tx.exec("PRAGMA secure_delete = 1"); err != nil {
			return err
		}
		defer func() { _, _ = tx.exec("PRAGMA secure_delete = 0") }() // for deletions that are not about a person
		for _, x := range found {
			if err := tx.deletePersonal(x); err != nil {
				return err
			}
		}
		deleted = len(found)
		return nil
	})
	if err != nil {
		return 0, err
	}
	return deleted, nil
}

// refuseUnended refuses to delete a user of whom an execution has not ended: a result that
// comes later would bring back what was deleted.
func (tx *transaction) refuseUnended(userID string) error {
	var n int64
	if _, err := tx.queryOne(func(row []driverValue) error {
		n = integer(row[0])
		return nil
	}, `SELECT COUNT(*) FROM execution WHERE ended_at IS NULL AND seq IN (`+executionsOfEvents+`)`, userID, userID); err != nil || n == 0 {
		return err
	}
	return &host.Error{
		Code: host.Conflict, Text: fmt.Sprintf("%d executions of user %s have not ended, and nothing is deleted", n, userID),
		Hint: "cancel them first, or wait until they have ended",
	}
}

func (tx *transaction) executionsOf(userID string) (found []executionRow, err error) {
	err = tx.query(func(row []driverValue) error {
		found = append(found, readExecution(row))
		return nil
	}, selectExecution+`
		WHERE x.seq IN (`+executionsOfEvents+`)
		LIMIT ?`, userID, userID, int64(expiredInOne))
	return found, err
}

// deletePersonal deletes an execution, and what recognizes a repeat of its event.
func (tx *transaction) deletePersonal(x executionRow) error {
	if _, err := tx.exec(`UPDATE event SET key = NULL, fingerprint = NULL WHERE seq = ?`, x.event); err != nil {
		return err
	}
	if _, err := tx.exec(`DELETE FROM notice WHERE CAST(body AS TEXT) ->> '$.execution_id' = ?`, x.id); err != nil {
		return err
	}
	return tx.deleteExecution(x.seq, x.event)
}
