package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/usherhost/usher/host"
)

const selectWish = `
	SELECT action_id, revision, source, actor, asked_at
	FROM pending_deploy`

func scanWish(row interface{ Scan(...any) error }) (host.PendingDeploy, error) {
	var w host.PendingDeploy
	var source, actor []byte
	var asked int64
	if err := row.Scan(&w.ActionID, &w.Revision, &source, &actor, &asked); err != nil {
		return w, err
	}
	w.AskedAt = fromMicros(asked)
	return w, errors.Join(decode(source, &w.Source), decode(actor, &w.Actor))
}

// Wish returns the draft of an action that is to be deployed once it is built.
// NotFound when nobody asked for that, and once any version was deployed since.
func (db *DB) PendingDeploy(ctx context.Context, actionID string) (host.PendingDeploy, error) {
	w, err := scanWish(db.readers.QueryRowContext(ctx, selectWish+`
		WHERE action_id = ?`, actionID))
	if errors.Is(err, sql.ErrNoRows) {
		return host.PendingDeploy{}, notFound("nobody waits for action " + actionID + " to be deployed")
	}
	return w, hostError(err)
}

// Wishes returns all wishes, the oldest first.
func (db *DB) PendingDeploys(ctx context.Context) ([]host.PendingDeploy, error) {
	rows, err := db.readers.QueryContext(ctx, selectWish+`
		ORDER BY asked_at, action_id`)
	if err != nil {
		return nil, hostError(err)
	}
	wishes, err := scanAll(rows, scanWish)
	return wishes, hostError(err)
}

// DropPendingDeploy forgets the wish for that revision of an action's draft. One that is
// not there is well.
func (db *DB) DropPendingDeploy(ctx context.Context, actionID string, revision int64) error {
	return db.change(ctx, func(tx *transaction) error {
		_, err := tx.exec(`
			DELETE FROM pending_deploy
			WHERE action_id = ? AND revision = ?`, actionID, revision)
		return err
	})
}

func (tx *transaction) putWish(d *host.Draft, c draftColumns, actor host.Actor) error {
	who, err := json.Marshal(actor)
	if err != nil {
		return fmt.Errorf("encode actor: %w", err)
	}
	_, err = tx.exec(`
		INSERT OR REPLACE INTO pending_deploy (action_id, revision, source, actor, asked_at)
		VALUES (?, ?, ?, ?, ?)`, d.ActionID, d.Revision, c.source, who, micros(tx.now))
	return err
}
