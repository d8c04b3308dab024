package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/usherhost/usher/host"
)

// CreateAction is [DB.WriteAction] of a new action alone.
func (db *DB) CreateAction(ctx context.Context, a host.Action) error {
	return db.WriteAction(ctx, host.ActionWrite{Action: a, New: true})
}

// WriteAction stores all that w has, or nothing; times that are zero are now.
// The Secrets and Deployed of its Action are not looked at. Conflict when the
// name, or the id of a new action, is taken, NotFound when there is no such
// action to change; for the rest it answers as SetSecrets and PutDraft do. A
// pending deploy replaces the action's earlier one.
func (db *DB) WriteAction(ctx context.Context, w host.ActionWrite) error {
	if w.Action.ID == "" || w.Action.Name == "" || w.New && !w.Action.Trigger.Valid() {
		return &host.Error{Code: host.Invalid, Text: "an action needs an id, a name and a known trigger"}
	}
	var draft draftColumns
	if w.Draft != nil {
		var err error
		if draft, err = encodeDraft(w.Draft); err != nil {
			return err
		}
	}
	return db.change(ctx, func(tx *transaction) error {
		if err := tx.writeAction(&w.Action, w.New); err != nil {
			return err
		}
		if err := tx.setSecrets(w.Action.ID, w.Put, w.Remove); err != nil || w.Draft == nil {
			return err
		}
		if err := tx.putDraft(w.Draft, draft); err != nil || w.DeployWhenBuilt == nil {
			return err
		}
		return tx.putPendingDeploy(w.Draft, draft, *w.DeployWhenBuilt)
	})
}

func (tx *transaction) writeAction(a *host.Action, isNew bool) error {
	if !isNew {
		return tx.renameAction(a)
	}
	created := orNow(tx, micros(a.CreatedAt))
	n, err := tx.exec(`
		INSERT INTO action (id, name, trigger, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?)
		ON CONFLICT DO NOTHING`,
		a.ID, a.Name, string(a.Trigger), created, max(created, micros(a.UpdatedAt)))
	if err == nil && n == 0 {
		err = nameTaken(a.Name, "deploy a new version of it, or choose another name")
	}
	return err
}

func (tx *transaction) renameAction(a *host.Action) error {
	if _, err := tx.actionExists(a.ID); err != nil {
		return err
	}
	n, err := tx.exec(`
		UPDATE OR IGNORE action SET name = ?, updated_at = ?
		WHERE id = ?`, a.Name, orNow(tx, micros(a.UpdatedAt)), a.ID)
	if err == nil && n == 0 {
		err = nameTaken(a.Name, "choose another name")
	}
	tx.writer.forgetPlans()
	return err
}

func nameTaken(name, hint string) *host.Error {
	return &host.Error{Code: host.Conflict, Text: fmt.Sprintf("there is an action %q already", name), Hint: hint}
}

func orNow(tx *transaction, us int64) int64 {
	if us == 0 {
		return micros(tx.now)
	}
	return us
}

const selectAction = `
	SELECT a.id, a.name, a.trigger, COALESCE(a.deployed, ''), a.created_at, a.updated_at
	FROM action a`

func scanAction(row interface{ Scan(...any) error }) (host.Action, string, error) {
	var a host.Action
	var deployed string
	var created, updated int64
	err := row.Scan(&a.ID, &a.Name, &a.Trigger, &deployed, &created, &updated)
	a.CreatedAt, a.UpdatedAt = fromMicros(created), fromMicros(updated)
	return a, deployed, err
}

// Action returns an action, with its deployed version and the names of its
// secrets. An id wins over a name. NotFound when there is none.
func (db *DB) Action(ctx context.Context, idOrName string) (host.Action, error) {
	a, deployed, err := scanAction(db.readers.QueryRowContext(ctx, selectAction+`
		WHERE a.id = ? OR a.name = ?
		ORDER BY a.id = ? DESC
		LIMIT 1`, idOrName, idOrName, idOrName))
	if errors.Is(err, sql.ErrNoRows) {
		return host.Action{}, noAction(idOrName)
	}
	if err != nil {
		return host.Action{}, hostError(err)
	}
	return db.whole(ctx, a, deployed)
}

func noAction(idOrName string) *host.Error {
	err := notFound(fmt.Sprintf("there is no action %q", idOrName))
	err.Fix = host.FixListActions.With()
	return err
}

// whole adds what other tables know of the action.
func (db *DB) whole(ctx context.Context, a host.Action, deployed string) (host.Action, error) {
	var err error
	if a.Secrets, err = db.secrets(ctx, a.ID); err != nil {
		return a, err
	}
	if deployed != "" {
		v, err := db.Version(ctx, a.ID, deployed)
		if err != nil {
			return a, err
		}
		a.Deployed = &v
	}
	return a, nil
}

// Actions returns the actions of a trigger, of all when it is empty, in order
// of name.
func (db *DB) Actions(ctx context.Context, trigger host.Trigger) ([]host.Action, error) {
	rows, err := db.readers.QueryContext(ctx, selectAction+`
		WHERE ? = '' OR a.trigger = ?
		ORDER BY a.name`, string(trigger), string(trigger))
	if err != nil {
		return nil, hostError(err)
	}
	actions, deployed, err := scanActions(rows)
	for i := 0; err == nil && i < len(actions); i++ {
		actions[i], err = db.whole(ctx, actions[i], deployed[i])
	}
	if err != nil {
		return nil, hostError(err)
	}
	return actions, nil
}

func scanActions(rows *sql.Rows) (actions []host.Action, deployed []string, err error) {
	defer func() { _ = rows.Close() }()
	actions = []host.Action{}
	for rows.Next() {
		a, d, err := scanAction(rows)
		if err != nil {
			return nil, nil, err
		}
		actions, deployed = append(actions, a), append(deployed, d)
	}
	return actions, deployed, rows.Err()
}

// DeleteAction deletes an action with its draft, versions and secrets. What it did stays
// readable. Executions do not run it any more: in the same commit its pending steps are
// canceled, and DeleteAction returns how many they were; the executions go on without them.
// Conflict when it is bound; with force its bindings go too.
func (db *DB) DeleteAction(ctx context.Context, id string, force bool) (canceled int, err error) {
	var d dispatch
	err = db.changeThen(ctx, func(tx *transaction) error {
		d.begin(tx.writer.dispatcher)
		if force {
			if _, err := tx.exec(`DELETE FROM binding WHERE action_id = ?`, id); err != nil {
				return err
			}
		} else if err := tx.unbound(id); err != nil {
			return err
		}
		if err := tx.unhold(id); err != nil {
			return err
		}
		if err := tx.deleteAction(id); err != nil {
			return err
		}
		canceled, err = tx.cancelSteps(id, &d)
		return err
	}, d.end)
	return canceled, err
}

func (tx *transaction) deleteAction(id string) error {
	for _, query := range []string{
		`DELETE FROM secret WHERE owner_id = ?`,
		`DELETE FROM shared_module_use WHERE action_id = ?`,
		`DELETE FROM pending_deploy WHERE action_id = ?`,
		`DELETE FROM contacted_origin WHERE version_id IN (SELECT id FROM version WHERE action_id = ?)`,
		`DELETE FROM version WHERE action_id = ?`,
	} {
		if _, err := tx.exec(query, id); err != nil {
			return err
		}
	}
	if err := tx.deleteDraft(id); err != nil {
		return err
	}
	n, err := tx.exec(`DELETE FROM action WHERE id = ?`, id)
	if err == nil && n == 0 {
		err = noAction(id)
	}
	tx.writer.forgetPlans()
	return err
}

func (tx *transaction) unbound(actionID string) error {
	bound, err := tx.queryOne(func([]driverValue) error { return nil },
		`SELECT 1 FROM binding WHERE action_id = ? LIMIT 1`, actionID)
	if err == nil && bound {
		err = &host.Error{
			Code: host.Conflict, Text: "the action is bound",
			Hint: "remove its binding first, or delete it with force",
		}
	}
	return err
}

// actionExists returns NotFound unless there is an action with this id, else
// its trigger.
func (tx *transaction) actionExists(id string) (host.Trigger, error) {
	var trigger host.Trigger
	found, err := tx.queryOne(func(row []driverValue) error {
		trigger = host.Trigger(text(row[0]))
		return nil
	}, `SELECT trigger FROM action WHERE id = ?`, id)
	if err == nil && !found {
		err = noAction(id)
	}
	return trigger, err
}

func (tx *transaction) touchAction(id string) error {
	_, err := tx.exec(`UPDATE action SET updated_at = ? WHERE id = ?`, micros(tx.now), id)
	return err
}
