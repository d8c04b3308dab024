package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/usherhost/usher/host"
)

const selectDraft = `
	SELECT d.action_id, d.revision, d.status, d.source, d.errors, COALESCE(d.digest, ''), d.updated_at, d.built_at
	FROM draft d`

func scanDraft(row interface{ Scan(...any) error }) (host.Draft, error) {
	var d host.Draft
	var source, errs []byte
	var updated, built int64
	err := row.Scan(&d.ActionID, &d.Revision, &d.Status, &source, &errs, &d.Digest, &updated, &built)
	if err != nil {
		return d, err
	}
	d.UpdatedAt, d.BuiltAt = fromMicros(updated), fromMicros(built)
	return d, errors.Join(decode(source, &d.Source), decode(errs, &d.Errors))
}

// Draft returns the draft of an action. NotFound when there is no such action,
// and when it has none because its versions are uploaded.
func (db *DB) Draft(ctx context.Context, actionID string) (host.Draft, error) {
	d, err := scanDraft(db.readers.QueryRowContext(ctx, selectDraft+`
		WHERE d.action_id = ?`, actionID))
	if errors.Is(err, sql.ErrNoRows) {
		return host.Draft{}, notFound("action " + actionID + " has no draft")
	}
	return d, hostError(err)
}

// Drafts returns the drafts that have one of the statuses, all when none is
// given; those that wait longest come first.
func (db *DB) Drafts(ctx context.Context, statuses ...host.BuildStatus) ([]host.Draft, error) {
	s := selection{}
	if len(statuses) > 0 {
		args := make([]any, len(statuses))
		for i := range statuses {
			args[i] = string(statuses[i])
		}
		s.and("d.status IN (?"+strings.Repeat(", ?", len(args)-1)+")", args...)
	}
	rows, err := db.readers.QueryContext(ctx, selectDraft+s.where()+`
		ORDER BY d.updated_at, d.action_id`, s.args...)
	if err != nil {
		return nil, hostError(err)
	}
	drafts, err := scanAll(rows, scanDraft)
	return drafts, hostError(err)
}

// PutDraft stores the whole draft of an action over what there was, with its
// module when it has one that is not stored yet: Digest must be that of wasm. A
// zero UpdatedAt is now. What is stored with the same Revision is overwritten:
// that is how a build reports its progress. Two that change a draft at once must
// agree on who comes first: both raise the Revision to the same number.
//
// Conflict when the stored Revision is newer, and when the module with Digest
// is not stored. NotFound when there is no such action, or no shared module that the
// source names. Invalid when Revision is not positive or Status unknown. A
// module that only the former state of the draft had is deleted.
func (db *DB) PutDraft(ctx context.Context, d host.Draft, wasm []byte) error {
	columns, err := encodeDraft(&d)
	if err != nil {
		return err
	}
	if wasm != nil && d.Digest != host.Digest(wasm) {
		return &host.Error{Code: host.Invalid, Text: "the module's digest is " + host.Digest(wasm) + ", not " + d.Digest}
	}
	packed, err := packModule(wasm)
	if err != nil {
		return err
	}
	return db.change(ctx, func(tx *transaction) error {
		if wasm != nil {
			if err := tx.insertModule(d.Digest, packed); err != nil {
				return err
			}
		}
		return tx.putDraft(&d, columns)
	})
}

// draftColumns are the JSON columns of a draft.
type draftColumns struct{ source, errs []byte }

// encodeDraft checks what can be checked of a draft without the store.
func encodeDraft(d *host.Draft) (c draftColumns, err error) {
	if d.Revision < 1 || !known(d.Status) {
		return c, &host.Error{Code: host.Invalid, Text: "a draft needs a revision from 1 and a build status"}
	}
	if c.source, err = json.Marshal(d.Source); err != nil {
		return c, fmt.Errorf("encode source: %w", err)
	}
	if c.errs, err = json.Marshal(d.Errors); err != nil {
		return c, fmt.Errorf("encode build errors: %w", err)
	}
	return c, nil
}

func known(s host.BuildStatus) bool {
	return s == host.BuildPending || s == host.BuildBuilding || s == host.BuildBuilt || s == host.BuildFailed
}

func (tx *transaction) putDraft(d *host.Draft, c draftColumns) error {
	old, err := tx.supersede(d)
	if err != nil {
		return err
	}
	if _, err := tx.exec(`
		INSERT INTO draft (action_id, revision, status, source, errors, digest, updated_at, built_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (action_id) DO UPDATE SET revision = excluded.revision, status = excluded.status,
			source = excluded.source, errors = excluded.errors, digest = excluded.digest,
			updated_at = excluded.updated_at, built_at = excluded.built_at`,
		d.ActionID, d.Revision, string(d.Status), c.source, c.errs, orNull(d.Digest),
		orNow(tx, micros(d.UpdatedAt)), micros(d.BuiltAt)); err != nil {
		return err
	}
	if err := tx.useSharedModules(d.ActionID, "", d.Source.SharedModules); err != nil {
		return err
	}
	if old == d.Digest {
		return nil
	}
	return tx.dropModule(old)
}

// supersede checks that d may be stored, and returns the digest that the
// stored draft has.
func (tx *transaction) supersede(d *host.Draft) (digest string, err error) {
	if _, err := tx.actionExists(d.ActionID); err != nil {
		return "", err
	}
	var revision int64
	if _, err := tx.queryOne(func(row []driverValue) error {
		revision, digest = integer(row[0]), text(row[1])
		return nil
	}, `SELECT revision, digest FROM draft WHERE action_id = ?`, d.ActionID); err != nil {
		return "", err
	}
	if revision > d.Revision {
		return "", &host.Error{
			Code: host.Conflict, Text: fmt.Sprintf("the draft has revision %d, this is %d", revision, d.Revision),
			Hint: "read it again",
		}
	}
	if d.Digest == "" {
		return digest, nil
	}
	if _, err := tx.moduleSize(d.Digest); err != nil {
		return "", &host.Error{
			Code: host.Conflict, Text: "the draft's module " + d.Digest + " is not stored", Hint: "build it again", Err: err,
		}
	}
	return digest, nil
}

// deleteDraft deletes an action's draft, if it has one.
func (tx *transaction) deleteDraft(actionID string) error {
	var digest string
	if _, err := tx.queryOne(func(row []driverValue) error {
		digest = text(row[0])
		return nil
	}, `SELECT digest FROM draft WHERE action_id = ?`, actionID); err != nil {
		return err
	}
	if _, err := tx.exec(`DELETE FROM draft WHERE action_id = ?`, actionID); err != nil {
		return err
	}
	return tx.dropModule(digest)
}
