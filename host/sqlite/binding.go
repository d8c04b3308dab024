package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/usherhost/usher/host"
)

const selectBinding = `
	SELECT b.id, b.trigger, b.action_id, a.name, b.position, b.display_name, b.settings, b.created_at, b.updated_at
	FROM binding b JOIN action a ON a.id = b.action_id`

func scanBinding(row interface{ Scan(...any) error }) (host.Binding, error) {
	var b host.Binding
	var settings []byte
	var created, updated int64
	err := row.Scan(&b.ID, &b.Trigger, &b.ActionID, &b.Action, &b.Position, &b.DisplayName, &settings, &created, &updated)
	if err != nil {
		return b, err
	}
	b.CreatedAt, b.UpdatedAt = fromMicros(created), fromMicros(updated)
	return b, decode(settings, &b.Settings)
}

// Bindings returns the bindings of a trigger in their order.
func (db *DB) Bindings(ctx context.Context, trigger host.Trigger) ([]host.Binding, error) {
	rows, err := db.readers.QueryContext(ctx, selectBinding+`
		WHERE b.trigger = ?
		ORDER BY b.position`, string(trigger))
	if err != nil {
		return nil, hostError(err)
	}
	defer func() { _ = rows.Close() }()
	bindings := []host.Binding{}
	for rows.Next() {
		b, err := scanBinding(rows)
		if err != nil {
			return nil, hostError(err)
		}
		bindings = append(bindings, b)
	}
	return bindings, hostError(rows.Err())
}

// Binding returns a binding by its id.
func (db *DB) Binding(ctx context.Context, id string) (host.Binding, error) {
	b, err := scanBinding(db.readers.QueryRowContext(ctx, selectBinding+`
		WHERE b.id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return host.Binding{}, noBinding(id)
	}
	return b, hostError(err)
}

func noBinding(id string) *host.Error {
	err := notFound("there is no binding " + id)
	err.Fix = host.FixListBindings.With()
	return err
}

// ReplaceBindings makes the list the whole of a trigger's bindings, in its
// order, for events that are accepted from now on. A binding of an action that
// was bound before keeps its id and CreatedAt. Position, Trigger, Action and
// UpdatedAt are not looked at.
//
// Invalid, with a Field for each: an action that does not exist, has another
// trigger, or comes twice.
func (db *DB) ReplaceBindings(ctx context.Context, trigger host.Trigger, bindings []host.Binding) ([]host.Binding, error) {
	err := db.change(ctx, func(tx *transaction) error {
		if err := tx.checkBindings(trigger, bindings); err != nil {
			return err
		}
		old, err := tx.oldBindings(trigger)
		if err != nil {
			return err
		}
		if _, err := tx.exec(`DELETE FROM binding WHERE trigger = ?`, string(trigger)); err != nil {
			return err
		}
		for i := range bindings {
			if err := tx.insertBinding(trigger, i, bindings[i], old[bindings[i].ActionID]); err != nil {
				return err
			}
		}
		tx.writer.forgetPlans()
		return nil
	})
	if err != nil {
		return nil, err
	}
	return db.Bindings(ctx, trigger)
}

func (tx *transaction) checkBindings(trigger host.Trigger, bindings []host.Binding) error {
	var fields []host.Field
	seen := map[string]bool{}
	for i, b := range bindings {
		has, err := tx.actionExists(b.ActionID)
		if err != nil && host.CodeOf(err) != host.NotFound {
			return err
		}
		detail := ""
		switch {
		case err != nil:
			detail = err.Error()
		case has != trigger:
			detail = fmt.Sprintf("action %q is for the trigger %s", b.ActionID, has)
		case seen[b.ActionID]:
			detail = fmt.Sprintf("action %q is in the list twice", b.ActionID)
		}
		seen[b.ActionID] = true
		if detail != "" {
			fields = append(fields, host.Field{Pointer: fmt.Sprintf("/bindings/%d/action", i), Detail: detail})
		}
	}
	if len(fields) == 0 {
		return nil
	}
	return &host.Error{Code: host.Invalid, Text: "the bindings can't be made", Fields: fields}
}

type oldBinding struct {
	id      string
	created int64
}

// oldBindings returns the present bindings by action.
func (tx *transaction) oldBindings(trigger host.Trigger) (map[string]oldBinding, error) {
	old := map[string]oldBinding{}
	err := tx.query(func(row []driverValue) error {
		old[text(row[0])] = oldBinding{id: text(row[1]), created: integer(row[2])}
		return nil
	}, `SELECT action_id, id, created_at FROM binding WHERE trigger = ?`, string(trigger))
	return old, err
}

func (tx *transaction) insertBinding(trigger host.Trigger, position int, b host.Binding, old oldBinding) error {
	settings, err := json.Marshal(b.Settings)
	if err != nil {
		return fmt.Errorf("encode settings: %w", err)
	}
	id := cmp.Or(cmp.Or(old.id, b.ID), host.NewID(host.BindingPrefix))
	n, err := tx.exec(`
		INSERT INTO binding (id, trigger, action_id, position, display_name, settings, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO NOTHING`,
		id, string(trigger), b.ActionID, int64(position), b.DisplayName, settings,
		cmp.Or(old.created, orNow(tx, micros(b.CreatedAt))), micros(tx.now))
	if err == nil && n == 0 {
		err = &host.Error{Code: host.Conflict, Text: "there is a binding " + id + " already"}
	}
	return err
}

// UpdateBinding stores the DisplayName and Settings of a binding, for events
// that are accepted from now on.
func (db *DB) UpdateBinding(ctx context.Context, b host.Binding) error {
	settings, err := json.Marshal(b.Settings)
	if err != nil {
		return fmt.Errorf("encode settings: %w", err)
	}
	return db.change(ctx, func(tx *transaction) error {
		n, err := tx.exec(`
			UPDATE binding SET display_name = ?, settings = ?, updated_at = ?
			WHERE id = ?`, b.DisplayName, settings, micros(tx.now), b.ID)
		if err == nil && n == 0 {
			err = noBinding(b.ID)
		}
		tx.writer.forgetPlans()
		return err
	})
}
