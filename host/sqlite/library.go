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

const selectLibrary = `
	SELECT l.id, l.name, l.source, l.created_at, l.updated_at
	FROM shared_module l`

func scanLibrary(row interface{ Scan(...any) error }) (host.Library, error) {
	var l host.Library
	var source []byte
	var created, updated int64
	if err := row.Scan(&l.ID, &l.Name, &source, &created, &updated); err != nil {
		return l, err
	}
	l.CreatedAt, l.UpdatedAt = fromMicros(created), fromMicros(updated)
	return l, decode(source, &l.Source)
}

// WriteLibrary stores all that w has, or nothing; times that are zero are now.
// The Secrets and Latest of its Library are not looked at. Sources require a
// library by its name, so that of a stored one stays. Conflict when the name or
// the id of a new library is taken, NotFound when there is none to change.
func (db *DB) WriteLibrary(ctx context.Context, w host.LibraryWrite) error {
	if w.Library.ID == "" || w.New && w.Library.Name == "" {
		return &host.Error{Code: host.Invalid, Text: "a library needs an id and a name"}
	}
	source, err := json.Marshal(w.Library.Source)
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
		if err := tx.writeLibrary(&w.Library, w.New, source); err != nil {
			return err
		}
		if err := tx.setSecrets(w.Library.ID, w.Put, w.Remove); err != nil || w.Publish == nil {
			return err
		}
		v := *w.Publish
		return tx.insertLibraryVersion(&v, release)
	})
}

func (tx *transaction) writeLibrary(l *host.Library, isNew bool, source []byte) error {
	if !isNew {
		n, err := tx.exec(`
			UPDATE shared_module SET source = ?, updated_at = ?
			WHERE id = ?`, source, orNow(tx, micros(l.UpdatedAt)), l.ID)
		if err == nil && n == 0 {
			err = noLibrary(l.ID)
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
			Code: host.Conflict, Text: fmt.Sprintf("there is a library %q already", l.Name),
			Hint: "change that one, or choose another name",
		}
	}
	return err
}

// Library returns a library, with its latest version and the names of its
// secrets. An id wins over a name. NotFound when there is none.
func (db *DB) Library(ctx context.Context, idOrName string) (host.Library, error) {
	l, err := scanLibrary(db.readers.QueryRowContext(ctx, selectLibrary+`
		WHERE l.id = ? OR l.name = ?
		ORDER BY l.id = ? DESC
		LIMIT 1`, idOrName, idOrName, idOrName))
	if errors.Is(err, sql.ErrNoRows) {
		return host.Library{}, noLibrary(idOrName)
	}
	if err == nil {
		err = db.completeLibrary(ctx, &l)
	}
	return l, fault(err)
}

func noLibrary(idOrName string) *host.Error {
	return notFound(fmt.Sprintf("there is no library %q", idOrName))
}

// completeLibrary adds what other tables know of the library.
func (db *DB) completeLibrary(ctx context.Context, l *host.Library) error {
	var err error
	if l.Secrets, err = db.secrets(ctx, l.ID); err != nil {
		return err
	}
	latest, err := scanLibraryVersion(db.readers.QueryRowContext(ctx, selectLibraryVersion+`
		WHERE v.shared_module_id = ?
		ORDER BY v.number DESC
		LIMIT 1`, l.ID))
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	l.Latest = &latest
	return err
}

// Libraries returns all libraries in order of name.
func (db *DB) Libraries(ctx context.Context) ([]host.Library, error) {
	rows, err := db.readers.QueryContext(ctx, selectLibrary+`
		ORDER BY l.name`)
	if err != nil {
		return nil, fault(err)
	}
	libraries, err := scanAll(rows, scanLibrary)
	for i := 0; err == nil && i < len(libraries); i++ {
		err = db.completeLibrary(ctx, &libraries[i])
	}
	if err != nil {
		return nil, fault(err)
	}
	return libraries, nil
}

// DeleteLibrary deletes a library with its versions and secrets. Conflict,
// with the names of the actions, when the draft or a version of one uses it.
func (db *DB) DeleteLibrary(ctx context.Context, id string) error {
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
			err = noLibrary(id)
		}
		return err
	})
}

func (tx *transaction) unused(libraryID string) error {
	var users []string
	err := tx.query(func(row []driverValue) error {
		users = append(users, fmt.Sprintf("%q", text(row[0])))
		return nil
	}, `
		SELECT DISTINCT a.name
		FROM shared_module_use u JOIN action a ON a.id = u.action_id
		WHERE u.shared_module_id = ?
		ORDER BY a.name`, libraryID)
	if err == nil && len(users) > 0 {
		err = &host.Error{
			Code: host.Conflict, Text: "the library is used by " + strings.Join(users, ", "),
			Hint: "delete these actions first: their drafts or versions use it",
		}
	}
	return err
}

// LibraryUsers returns the actions whose drafts use a library, in order of name,
// each with the version that it uses. Of the actions it knows only what is in
// their own table. None when there is no such library.
func (db *DB) LibraryUsers(ctx context.Context, libraryID string) ([]host.LibraryUser, error) {
	rows, err := db.readers.QueryContext(ctx, `
		SELECT a.id, a.name, a.trigger, a.created_at, a.updated_at, ref.value
		FROM shared_module_use u
		JOIN action a ON a.id = u.action_id
		JOIN draft d ON d.action_id = a.id
		JOIN json_each(CAST(d.source AS TEXT), '$.libraries') ref ON ref.value ->> '$.library_id' = u.shared_module_id
		WHERE u.shared_module_id = ? AND u.version_id = ''
		ORDER BY a.name`, libraryID)
	if err != nil {
		return nil, fault(err)
	}
	users, err := scanAll(rows, scanLibraryUser)
	return users, fault(err)
}

func scanLibraryUser(row interface{ Scan(...any) error }) (host.LibraryUser, error) {
	var u host.LibraryUser
	var ref []byte
	var created, updated int64
	if err := row.Scan(&u.Action.ID, &u.Action.Name, &u.Action.Trigger, &created, &updated, &ref); err != nil {
		return u, err
	}
	u.Action.CreatedAt, u.Action.UpdatedAt = fromMicros(created), fromMicros(updated)
	return u, decode(ref, &u.Ref)
}

// useLibraries notes what an action's version uses, or with no version its
// draft, over what was noted. NotFound when there is no such library.
func (tx *transaction) useLibraries(actionID, versionID string, refs []host.LibraryRef) error {
	if _, err := tx.exec(`
		DELETE FROM shared_module_use
		WHERE action_id = ? AND version_id = ?`, actionID, versionID); err != nil {
		return err
	}
	for _, ref := range refs {
		n, err := tx.exec(`
			INSERT OR REPLACE INTO shared_module_use (shared_module_id, action_id, version_id)
			SELECT l.id, ?, ? FROM shared_module l WHERE l.id = ?`, actionID, versionID, ref.LibraryID)
		if err == nil && n == 0 {
			err = noLibrary(cmp.Or(ref.LibraryID, ref.Name))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

const selectLibraryVersion = `
	SELECT v.id, v.shared_module_id, v.number, v.source, v.secrets, v.created_at
	FROM shared_module_version v`

func scanLibraryVersion(row interface{ Scan(...any) error }) (host.LibraryVersion, error) {
	var v host.LibraryVersion
	var source, secrets []byte
	var created int64
	if err := row.Scan(&v.ID, &v.LibraryID, &v.Number, &source, &secrets, &created); err != nil {
		return v, err
	}
	v.CreatedAt = fromMicros(created)
	return v, errors.Join(decode(source, &v.Source), decode(secrets, &v.Secrets))
}

// PublishLibrary stores v.Source as a new version of v.LibraryID, and returns
// it with Number and whatever else was zero filled in. NotFound when there is
// no such library.
func (db *DB) PublishLibrary(ctx context.Context, v host.LibraryVersion) (host.LibraryVersion, error) {
	v.ID = cmp.Or(v.ID, host.NewID(host.ReleasePrefix))
	source, err := json.Marshal(v.Source)
	if err != nil {
		return v, fmt.Errorf("encode source: %w", err)
	}
	published := v
	err = db.change(ctx, func(tx *transaction) error {
		published = v
		return tx.insertLibraryVersion(&published, source)
	})
	return published, err
}

func (tx *transaction) insertLibraryVersion(v *host.LibraryVersion, source []byte) error {
	found, err := tx.queryOne(func(row []driverValue) error {
		v.Number = int(integer(row[0])) + 1
		return nil
	}, `
		SELECT (SELECT COALESCE(MAX(number), 0) FROM shared_module_version WHERE shared_module_id = l.id)
		FROM shared_module l
		WHERE l.id = ?`, v.LibraryID)
	if err == nil && !found {
		err = noLibrary(v.LibraryID)
	}
	if err != nil {
		return err
	}
	created := orNow(tx, micros(v.CreatedAt))
	v.CreatedAt = fromMicros(created)
	var secrets []byte
	v.Secrets, secrets, err = tx.secretsNow(v.LibraryID)
	if err != nil {
		return err
	}
	_, err = tx.exec(`
		INSERT INTO shared_module_version (id, shared_module_id, number, source, secrets, created_at)
		VALUES (?, ?, ?, ?, ?, ?)`, v.ID, v.LibraryID, int64(v.Number), source, secrets, created)
	return err
}

// LibraryVersions returns the versions of a library, newest first. NotFound
// when there is no such library.
func (db *DB) LibraryVersions(ctx context.Context, libraryID string) ([]host.LibraryVersion, error) {
	rows, err := db.readers.QueryContext(ctx, selectLibraryVersion+`
		WHERE v.shared_module_id = ?
		ORDER BY v.number DESC`, libraryID)
	if err != nil {
		return nil, fault(err)
	}
	versions, err := scanAll(rows, scanLibraryVersion)
	if err != nil {
		return nil, fault(err)
	}
	if len(versions) == 0 {
		if _, err := db.Library(ctx, libraryID); err != nil {
			return nil, err
		}
	}
	return versions, nil
}
