package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/usherhost/usher/host"
)

const selectSharedModule = `
	SELECT l.id, l.name, l.source, l.created_at, l.updated_at
	FROM shared_module l`

func scanSharedModule(row interface{ Scan(...any) error }) (host.SharedModule, error) {
	var l host.SharedModule
	var source []byte
	var created, updated int64
	if err := row.Scan(&l.ID, &l.Name, &source, &created, &updated); err != nil {
		return l, err
	}
	l.CreatedAt, l.UpdatedAt = fromMicros(created), fromMicros(updated)
	return l, decode(source, &l.Source)
}

// WriteSharedModule stores all that w has, or nothing; times that are zero are now.
// The Secrets and Latest of its SharedModule are not looked at. Sources require a
// shared module by its name, so that of a stored one stays. Conflict when the name or
// the id of a new shared module is taken, NotFound when there is none to change.
func (db *DB) WriteSharedModule(ctx context.Context, w host.SharedModuleWrite) error {
	if w.SharedModule.ID == "" || w.New && w.SharedModule.Name == "" {
		return &host.Error{Code: host.Invalid, Text: "a shared module needs an id and a name"}
	}
	source, err := json.Marshal(w.SharedModule.Source)
	if err != nil {
		return fmt.Errorf("encode source: %w", err)
	}
	var release []byte
	if w.Publish != nil {
		if release, err = json.Marshal(w.Publish.Source); err != nil {
			return fmt.Errorf("encode source: %w", err)
		}
	}
	return db.change(ctx, func(tx *transaction) error {
		if err := tx.writeSharedModule(&w.SharedModule, w.New, source); err != nil {
			return err
		}
		if err := tx.setSecrets(w.SharedModule.ID, w.Put, w.Remove); err != nil || w.Publish == nil {
			return err
		}
		v := *w.Publish
		return tx.insertSharedModuleVersion(&v, release)
	})
}

func (tx *transaction) writeSharedModule(l *host.SharedModule, isNew bool, source []byte) error {
	if !isNew {
		n, err := tx.exec(`
			UPDATE shared_module SET source = ?, updated_at = ?
			WHERE id = ?`, source, orNow(tx, micros(l.UpdatedAt)), l.ID)
		if err == nil && n == 0 {
			err = noSharedModule(l.ID)
		}
		return err
	}
	created := orNow(tx, micros(l.CreatedAt))
	n, err := tx.exec(`
		INSERT INTO shared_module (id, name, source, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?)
		ON CONFLICT DO NOTHING`,
		l.ID, l.Name, source, created, max(created, micros(l.UpdatedAt)))
	if err == nil && n == 0 {
		err = &host.Error{
			Code: host.Conflict, Text: fmt.Sprintf("there is a shared module %q already", l.Name),
			Hint: "change that one, or choose another name",
		}
	}
	return err
}

// SharedModule returns a shared module, with its latest version and the names of its
// secrets. An id wins over a name. NotFound when there is none.
func (db *DB) SharedModule(ctx context.Context, idOrName string) (host.SharedModule, error) {
	l, err := scanSharedModule(db.readers.QueryRowContext(ctx, selectSharedModule+`
		WHERE l.id = ? OR l.name = ?
		ORDER BY l.id = ? DESC
		LIMIT 1`, idOrName, idOrName, idOrName))
	if errors.Is(err, sql.ErrNoRows) {
		return host.SharedModule{}, noSharedModule(idOrName)
	}
	if err == nil {
		err = db.completeSharedModule(ctx, &l)
	}
	return l, hostError(err)
}

func noSharedModule(idOrName string) *host.Error {
	return notFound(fmt.Sprintf("there is no shared module %q", idOrName))
}

// completeSharedModule adds what other tables know of the shared module.
func (db *DB) completeSharedModule(ctx context.Context, l *host.SharedModule) error {
	var err error
	if l.Secrets, err = db.secrets(ctx, l.ID); err != nil {
		return err
	}
	latest, err := scanSharedModuleVersion(db.readers.QueryRowContext(ctx, selectSharedModuleVersion+`
		WHERE v.shared_module_id = ?
		ORDER BY v.number DESC
		LIMIT 1`, l.ID))
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	l.Latest = &latest
	return err
}

// SharedModules returns all shared modules in order of name.
func (db *DB) SharedModules(ctx context.Context) ([]host.SharedModule, error) {
	rows, err := db.readers.QueryContext(ctx, selectSharedModule+`
		ORDER BY l.name`)
	if err != nil {
		return nil, hostError(err)
	}
	sharedModules, err := scanAll(rows, scanSharedModule)
	for i := 0; err == nil && i < len(sharedModules); i++ {
		err = db.completeSharedModule(ctx, &sharedModules[i])
	}
	if err != nil {
		return nil, hostError(err)
	}
	return sharedModules, nil
}

// DeleteSharedModule deletes a shared module with its versions and secrets. Conflict,
// with the names of the actions, when the draft or a version of one uses it.
func (db *DB) DeleteSharedModule(ctx context.Context, id string) error {
	return db.change(ctx, func(tx *transaction) error {
		if err := tx.unused(id); err != nil {
			return err
		}
		for _, query := range []string{
			`DELETE FROM secret WHERE owner_id = ?`,
			`DELETE FROM shared_module_version WHERE shared_module_id = ?`,
		} {
			if _, err := tx.exec(query, id); err != nil {
				return err
			}
		}
		n, err := tx.exec(`DELETE FROM shared_module WHERE id = ?`, id)
		if err == nil && n == 0 {
			err = noSharedModule(id)
		}
		return err
	})
}

func (tx *transaction) unused(sharedModuleID string) error {
	var users []string
	err := tx.query(func(row []driverValue) error {
		users = append(users, fmt.Sprintf("%q", text(row[0])))
		return nil
	}, `
		SELECT DISTINCT a.name
		FROM shared_module_use u JOIN action a ON a.id = u.action_id
		WHERE u.shared_module_id = ?
		ORDER BY a.name`, sharedModuleID)
	if err == nil && len(users) > 0 {
		err = &host.Error{
			Code: host.Conflict, Text: "the shared module is used by " + strings.Join(users, ", "),
			Hint: "delete these actions first: their drafts or versions use it",
		}
	}
	return err
}

// SharedModuleUsers returns the actions whose drafts use a shared module, in order of name,
// each with the version that it uses. Of the actions only the columns of their own
// table are filled in. None when there is no such shared module.
func (db *DB) SharedModuleUsers(ctx context.Context, sharedModuleID string) ([]host.SharedModuleUser, error) {
	rows, err := db.readers.QueryContext(ctx, `
		SELECT a.id, a.name, a.trigger, a.created_at, a.updated_at, ref.value
		FROM shared_module_use u
		JOIN action a ON a.id = u.action_id
		JOIN draft d ON d.action_id = a.id
		JOIN json_each(CAST(d.source AS TEXT), '$.shared_modules') ref ON ref.value ->> '$.shared_module_id' = u.shared_module_id
		WHERE u.shared_module_id = ? AND u.version_id = ''
		ORDER BY a.name`, sharedModuleID)
	if err != nil {
		return nil, hostError(err)
	}
	users, err := scanAll(rows, scanSharedModuleUser)
	return users, hostError(err)
}

func scanSharedModuleUser(row interface{ Scan(...any) error }) (host.SharedModuleUser, error) {
	var u host.SharedModuleUser
	var ref []byte
	var created, updated int64
	if err := row.Scan(&u.Action.ID, &u.Action.Name, &u.Action.Trigger, &created, &updated, &ref); err != nil {
		return u, err
	}
	u.Action.CreatedAt, u.Action.UpdatedAt = fromMicros(created), fromMicros(updated)
	return u, decode(ref, &u.Ref)
}

// useSharedModules stores what an action's version uses, or with no version its draft,
// in place of what was stored. NotFound when there is no such shared module.
func (tx *transaction) useSharedModules(actionID, versionID string, refs []host.SharedModuleRef) error {
	if _, err := tx.exec(`
		DELETE FROM shared_module_use
		WHERE action_id = ? AND version_id = ?`, actionID, versionID); err != nil {
		return err
	}
	for _, ref := range refs {
		n, err := tx.exec(`
			INSERT OR REPLACE INTO shared_module_use (shared_module_id, action_id, version_id)
			SELECT l.id, ?, ? FROM shared_module l WHERE l.id = ?`, actionID, versionID, ref.SharedModuleID)
		if err == nil && n == 0 {
			err = noSharedModule(cmp.Or(ref.SharedModuleID, ref.Name))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

const selectSharedModuleVersion = `
	SELECT v.id, v.shared_module_id, v.number, v.source, v.secrets, v.created_at
	FROM shared_module_version v`

func scanSharedModuleVersion(row interface{ Scan(...any) error }) (host.SharedModuleVersion, error) {
	var v host.SharedModuleVersion
	var source, secrets []byte
	var created int64
	if err := row.Scan(&v.ID, &v.SharedModuleID, &v.Number, &source, &secrets, &created); err != nil {
		return v, err
	}
	v.CreatedAt = fromMicros(created)
	return v, errors.Join(decode(source, &v.Source), decode(secrets, &v.Secrets))
}

// PublishSharedModule stores v.Source as a new version of v.SharedModuleID, and returns
// it with Number and whatever else was zero filled in. NotFound when there is
// no such shared module.
func (db *DB) PublishSharedModule(ctx context.Context, v host.SharedModuleVersion) (host.SharedModuleVersion, error) {
	v.ID = cmp.Or(v.ID, host.NewID(host.ReleasePrefix))
	source, err := json.Marshal(v.Source)
	if err != nil {
		return v, fmt.Errorf("encode source: %w", err)
	}
	published := v
	err = db.change(ctx, func(tx *transaction) error {
		published = v
		return tx.insertSharedModuleVersion(&published, source)
	})
	return published, err
}

func (tx *transaction) insertSharedModuleVersion(v *host.SharedModuleVersion, source []byte) error {
	found, err := tx.queryOne(func(row []driverValue) error {
		v.Number = int(integer(row[0])) + 1
		return nil
	}, `
		SELECT (SELECT COALESCE(MAX(number), 0) FROM shared_module_version WHERE shared_module_id = l.id)
		FROM shared_module l
		WHERE l.id = ?`, v.SharedModuleID)
	if err == nil && !found {
		err = noSharedModule(v.SharedModuleID)
	}
	if err != nil {
		return err
	}
	created := orNow(tx, micros(v.CreatedAt))
	v.CreatedAt = fromMicros(created)
	var secrets []byte
	v.Secrets, secrets, err = tx.secretsNow(v.SharedModuleID)
	if err != nil {
		return err
	}
	_, err = tx.exec(`
		INSERT INTO shared_module_version (id, shared_module_id, number, source, secrets, created_at)
		VALUES (?, ?, ?, ?, ?, ?)`, v.ID, v.SharedModuleID, int64(v.Number), source, secrets, created)
	return err
}

// SharedModuleVersions returns the versions of a shared module, newest first. NotFound
// when there is no such shared module.
func (db *DB) SharedModuleVersions(ctx context.Context, sharedModuleID string) ([]host.SharedModuleVersion, error) {
	rows, err := db.readers.QueryContext(ctx, selectSharedModuleVersion+`
		WHERE v.shared_module_id = ?
		ORDER BY v.number DESC`, sharedModuleID)
	if err != nil {
		return nil, hostError(err)
	}
	versions, err := scanAll(rows, scanSharedModuleVersion)
	if err != nil {
		return nil, hostError(err)
	}
	if len(versions) == 0 {
		if _, err := db.SharedModule(ctx, sharedModuleID); err != nil {
			return nil, err
		}
	}
	return versions, nil
}
