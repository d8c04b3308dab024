package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/usherhost/usher/host"
)

// CreateVersion stores a new version of v.ActionID with its module, and
// returns it with Number, SizeBytes and whatever else was zero filled in. A
// module that was stored before is stored once. Digest, when set, must be that
// of wasm; with wasm nil the version gets the module that is stored under it,
// NotFound when there is none.
func (db *DB) CreateVersion(ctx context.Context, v host.Version, wasm []byte) (host.Version, error) {
	columns, err := prepareVersion(&v, wasm)
	if err != nil {
		return v, err
	}
	created := v
	err = db.change(ctx, func(tx *transaction) error {
		created = v
		return tx.createVersion(&created, columns)
	})
	return created, err
}

// Release is CreateVersion and Deploy in one commit, with which draft is stored
// too when it is not nil.
func (db *DB) Release(ctx context.Context, v host.Version, wasm []byte, draft *host.Draft) (host.Version, error) {
	columns, err := prepareVersion(&v, wasm)
	if err != nil {
		return v, err
	}
	var drafted draftColumns
	if draft != nil {
		if drafted, err = encodeDraft(draft); err != nil {
			return v, err
		}
	}
	if err := db.change(ctx, func(tx *transaction) error {
		released := v
		if err := tx.createVersion(&released, columns); err != nil {
			return err
		}
		if draft != nil {
			if err := tx.putDraft(draft, drafted); err != nil {
				return err
			}
		}
		return tx.deploy(v.ActionID, v.ID)
	}); err != nil {
		return v, err
	}
	return db.Version(ctx, v.ActionID, v.ID)
}

// prepareVersion fills in the defaults of a new version, and checks what can be checked
// without the store.
func prepareVersion(v *host.Version, wasm []byte) (versionColumns, error) {
	if wasm != nil || v.Digest == "" {
		digest := host.Digest(wasm)
		if v.Digest != "" && v.Digest != digest {
			return versionColumns{}, &host.Error{Code: host.Invalid, Text: "the module's digest is " + digest + ", not " + v.Digest}
		}
		v.Digest = digest
	}
	v.SizeBytes, v.Deployed = int64(len(wasm)), false
	v.ID, v.Status = cmp.Or(v.ID, host.NewID(host.VersionPrefix)), cmp.Or(v.Status, host.BuildBuilt)
	c, err := encodeVersion(v)
	if err == nil {
		c.packed, err = packModule(wasm)
	}
	return c, err
}

func (tx *transaction) createVersion(v *host.Version, c versionColumns) (err error) {
	if c.packed != nil {
		err = tx.insertModule(v.Digest, c.packed)
	} else {
		v.SizeBytes, err = tx.moduleSize(v.Digest)
	}
	if err != nil {
		return err
	}
	return tx.insertVersion(v, c)
}

// versionColumns are the JSON columns of a version, and its module.
type versionColumns struct {
	manifest []byte
	source   driverValue
	packed   []byte // nil: it is stored already
}

func encodeVersion(v *host.Version) (c versionColumns, err error) {
	if c.manifest, err = json.Marshal(v.Manifest); err != nil {
		return c, fmt.Errorf("encode manifest: %w", err)
	}
	if v.Source == nil {
		return c, nil
	}
	if c.source, err = json.Marshal(v.Source); err != nil {
		return c, fmt.Errorf("encode source: %w", err)
	}
	return c, nil
}

func (tx *transaction) insertVersion(v *host.Version, c versionColumns) (err error) {
	if _, err := tx.actionExists(v.ActionID); err != nil {
		return err
	}
	if _, err := tx.queryOne(func(row []driverValue) error {
		v.Number = int(integer(row[0])) + 1
		return nil
	}, `SELECT COALESCE(MAX(number), 0) FROM version WHERE action_id = ?`, v.ActionID); err != nil {
		return err
	}
	created := orNow(tx, micros(v.CreatedAt))
	v.CreatedAt = fromMicros(created)
	var secrets []byte
	v.Secrets, secrets, err = tx.secretsNow(v.ActionID)
	if err != nil {
		return err
	}
	if _, err := tx.exec(`
		INSERT INTO version (id, action_id, number, digest, size_bytes, status, manifest, source, secrets, revision, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		v.ID, v.ActionID, int64(v.Number), v.Digest, v.SizeBytes, string(v.Status), c.manifest, c.source, secrets,
		v.Revision, created); err != nil {
		return err
	}
	if v.Source != nil {
		if err := tx.useSharedModules(v.ActionID, v.ID, v.Source.SharedModules); err != nil {
			return err
		}
	}
	return tx.touchAction(v.ActionID)
}

const selectVersion = `
	SELECT v.id, v.action_id, v.number, v.digest, v.size_bytes, v.status, v.manifest, v.source, v.secrets, v.revision,
	       v.created_at, COALESCE(a.deployed = v.id, 0)
	FROM version v JOIN action a ON a.id = v.action_id`

func scanVersion(row interface{ Scan(...any) error }) (host.Version, error) {
	var v host.Version
	var manifest, source, secrets []byte
	var created int64
	err := row.Scan(&v.ID, &v.ActionID, &v.Number, &v.Digest, &v.SizeBytes, &v.Status, &manifest, &source, &secrets, &v.Revision,
		&created, &v.Deployed)
	if err != nil {
		return v, err
	}
	v.CreatedAt = fromMicros(created)
	if source != nil {
		v.Source = &host.Source{}
	}
	return v, errors.Join(decode(manifest, &v.Manifest), decode(source, v.Source), decode(secrets, &v.Secrets))
}

// Versions returns the versions of an action, newest first. NotFound when
// there is no such action.
func (db *DB) Versions(ctx context.Context, actionID string) ([]host.Version, error) {
	rows, err := db.readers.QueryContext(ctx, selectVersion+`
		WHERE v.action_id = ?
		ORDER BY v.number DESC`, actionID)
	if err != nil {
		return nil, hostError(err)
	}
	versions, err := scanAll(rows, scanVersion)
	if err != nil {
		return nil, hostError(err)
	}
	if len(versions) == 0 {
		if _, err := db.Action(ctx, actionID); err != nil {
			return nil, err
		}
	}
	return versions, nil
}

// Version returns one version of an action, by its number or id.
func (db *DB) Version(ctx context.Context, actionID, numberOrID string) (host.Version, error) {
	number, err := strconv.Atoi(numberOrID)
	if err != nil {
		number = -1
	}
	v, err := scanVersion(db.readers.QueryRowContext(ctx, selectVersion+`
		WHERE v.action_id = ? AND (v.id = ? OR v.number = ?)`, actionID, numberOrID, number))
	if errors.Is(err, sql.ErrNoRows) {
		return host.Version{}, noVersion(actionID, numberOrID)
	}
	return v, hostError(err)
}

func noVersion(actionID, numberOrID string) *host.Error {
	err := notFound("action " + actionID + " has no version " + numberOrID)
	err.Fix = host.FixListVersions.With(actionID)
	return err
}

// Deploy makes a version the one that events run which are accepted from now
// on. Deploying an older one is a rollback. An earlier pending deploy of the draft
// is dropped.
func (db *DB) Deploy(ctx context.Context, actionID, versionID string) (host.Version, error) {
	if err := db.change(ctx, func(tx *transaction) error { return tx.deploy(actionID, versionID) }); err != nil {
		return host.Version{}, err
	}
	return db.Version(ctx, actionID, versionID)
}

func (tx *transaction) deploy(actionID, versionID string) error {
	tx.writer.forgetPlans()
	n, err := tx.exec(`
		UPDATE action SET deployed = ?, updated_at = ?
		WHERE id = ? AND EXISTS (
			SELECT 1 FROM version WHERE id = ? AND action_id = ? AND status = 'built')`,
		versionID, micros(tx.now), actionID, versionID, actionID)
	if err == nil && n == 0 {
		err = tx.whyNotDeployed(actionID, versionID)
	}
	if err != nil {
		return err
	}
	_, err = tx.exec(`DELETE FROM pending_deploy WHERE action_id = ?`, actionID)
	return err
}

func (tx *transaction) whyNotDeployed(actionID, versionID string) error {
	if _, err := tx.actionExists(actionID); err != nil {
		return err
	}
	var status string
	found, err := tx.queryOne(func(row []driverValue) error {
		status = text(row[0])
		return nil
	}, `SELECT status FROM version WHERE id = ? AND action_id = ?`, versionID, actionID)
	if err != nil {
		return err
	}
	if !found {
		return noVersion(actionID, versionID)
	}
	return &host.Error{Code: host.Conflict, Text: "the version can't be deployed: it is " + status}
}
