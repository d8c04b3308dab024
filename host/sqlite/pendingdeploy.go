package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/usherhost/usher/host"
)

const selectPendingDeploy = `
	SELECT action_id, revision, source, actor, asked_at
	FROM pending_deploy`

func scanPendingDeploy(row interface{ Scan(...any) error }) (host.PendingDeploy, error) {
	var w host.PendingDeploy
	var source, actor []byte
	var asked int64
	if err := row.Scan(&w.ActionID, &w.Revision, &source, &actor, &asked); err != nil {
		return w, err
	}
	w.AskedAt = fromMicros(asked)
	return w, errors.Join(decode(source, &w.Source), decode(actor, &w.Actor))
}

// PendingDeploy returns the draft of an action that is to be deployed once it is built.
// NotFound when there is none, and once any version was deployed since.
func (db *DB) PendingDeploy(ctx context.Context, actionID string) (host.PendingDeploy, error) {
	w, err := scanPendingDeploy(db.readers.QueryRowContext(ctx, selectPendingDeploy+`
		WHERE action_id = ?`, actionID))
	if errors.Is(err, sql.ErrNoRows) {
		return host.PendingDeploy{}, notFound("action " + actionID + " has no pending deploy")
	}
	return w, hostError(err)
}

// PendingDeploys returns all of them, the oldest first.
func (db *DB) PendingDeploys(ctx context.Context) ([]host.PendingDeploy, error) {
	rows, err := db.readers.QueryContext(ctx, selectPendingDeploy+`
		ORDER BY asked_at, action_id`)
	if err != nil {
		return nil, hostError(err)
	}
	all, err := scanAll(rows, scanPendingDeploy)
	return all, hostError(err)
}

// DropPendingDeploy deletes the pending deploy of that revision of an action's draft. A
// missing one is no error.
func (db *DB) DropPendingDeploy(ctx context.Context, actionID string, revision int64) error {
	return db.change(ctx, func(tx *transaction) error {
		_, err := tx.exec(`
			DELETE FROM pending_deploy
			WHERE action_id = ? AND revision = ?`, actionID, revision)
		return err
	})
}

func (tx *transaction) putPendingDeploy(d *host.Draft, c draftColumns, actor host.Actor) error {
	who, err := json.Marshal(actor)
	if err != nil {
		return fmt.Errorf("encode actor: %w", err)
	}
	_, err = tx.exec(`
		INSERT OR REPLACE INTO pending_deploy (action_id, revision, source, actor, asked_at)
		VALUES (?, ?, ?, ?, ?)`, d.ActionID, d.Revision, c.source, who, micros(tx.now))
	return err
}
