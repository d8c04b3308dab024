package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/usherhost/usher/host"
)

// RecordOriginUse adds requests, by the origin to which they went at the time at, to
// those of a version. Collect them: each call is an operation of the group commit. Beyond [host.MaxOrigins] of a version they are added to
// [host.OtherOrigins]. Of a version that is deleted nothing is kept.
func (db *DB) RecordOriginUse(ctx context.Context, versionID string, origins map[string]int64, at time.Time) error {
	if len(origins) == 0 {
		return nil
	}
	return db.change(ctx, func(tx *transaction) error {
		room, err := tx.originsLeft(versionID)
		if err != nil || room < 0 {
			return err
		}
		for origin, requests := range origins {
			added, err := tx.addOriginUse(versionID, origin, requests, orNow(tx, micros(at)), room > 0)
			if err != nil {
				return err
			}
			if added {
				room--
			}
		}
		return nil
	})
}

// originsLeft returns how many more origins of the version may be kept, -1
// when there is no such version.
func (tx *transaction) originsLeft(versionID string) (n int64, err error) {
	n = -1
	_, err = tx.queryOne(func(row []driverValue) error {
		n = max(host.MaxOrigins-integer(row[0]), 0)
		return nil
	}, `
		SELECT (SELECT COUNT(*) FROM contacted_origin WHERE version_id = v.id AND origin <> ?)
		FROM version v
		WHERE v.id = ?`, host.OtherOrigins, versionID)
	return n, err
}

// addOriginUse counts requests to an origin, and reports whether it is a new one,
// for which there must be room.
func (tx *transaction) addOriginUse(versionID, origin string, requests, at int64, room bool) (added bool, err error) {
	n, err := tx.exec(`
		UPDATE contacted_origin SET requests = requests + ?, first_at = MIN(first_at, ?), last_at = MAX(last_at, ?)
		WHERE version_id = ? AND origin = ?`, requests, at, at, versionID, origin)
	if err != nil || n > 0 {
		return false, err
	}
	if !room && origin != host.OtherOrigins {
		return tx.addOriginUse(versionID, host.OtherOrigins, requests, at, room)
	}
	_, err = tx.exec(`
		INSERT INTO contacted_origin (version_id, origin, requests, first_at, last_at)
		VALUES (?, ?, ?, ?, ?)`, versionID, origin, requests, at, at)
	return origin != host.OtherOrigins, err
}

// OriginUse returns the origins that a version has contacted, or with an action's id
// all its versions, newest version first, in order of origin. None when there
// is no such version or action.
func (db *DB) OriginUse(ctx context.Context, versionOrActionID string) ([]host.OriginUse, error) {
	rows, err := db.readers.QueryContext(ctx, `
		SELECT r.version_id, r.origin, r.requests, r.first_at, r.last_at
		FROM version v JOIN contacted_origin r ON r.version_id = v.id
		WHERE v.id = ? OR v.action_id = ?
		ORDER BY v.number DESC, r.origin`, versionOrActionID, versionOrActionID)
	if err != nil {
		return nil, hostError(fmt.Errorf("read reach: %w", err))
	}
	reach, err := scanAll(rows, scanOriginUse)
	return reach, hostError(err)
}

func scanOriginUse(row interface{ Scan(...any) error }) (host.OriginUse, error) {
	var r host.OriginUse
	var first, last int64
	err := row.Scan(&r.VersionID, &r.Origin, &r.Requests, &first, &last)
	r.FirstAt, r.LastAt = fromMicros(first), fromMicros(last)
	return r, err
}
