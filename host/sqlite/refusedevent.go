package sqlite

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"

	"github.com/usherhost/usher/host"
)

// refusedRowBytes is about the size of a refused event without its request and the
// reason.
const refusedRowBytes = 200

// KeepRefusedEvents stores refused events, in one commit, and deletes those that have
// expired or are beyond the limits, the oldest first.
func (db *DB) KeepRefusedEvents(ctx context.Context, events []host.RefusedEvent, limits host.RefusedEventLimits) error {
	abouts := make([][]byte, len(events))
	keys := map[string]bool{}
	for i, e := range events {
		about, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("encode a refused event: %w", err)
		}
		abouts[i], keys[e.KeyID] = about, true
	}
	return db.change(ctx, func(tx *transaction) error {
		for i, e := range events {
			var sealed driver.Value // NULL
			if len(e.Sealed) > 0 {
				sealed = e.Sealed
			}
			if _, err := tx.exec(`
				INSERT INTO refused_event (id, trigger, key_id, expires_at, bytes, about, sealed)
				VALUES (?, ?, ?, ?, ?, ?, ?)`,
				e.ID, string(e.Trigger), e.KeyID, micros(e.ExpiresAt), int64(len(abouts[i])+len(e.Sealed)+refusedRowBytes), abouts[i], sealed); err != nil {
				return err
			}
		}
		if _, err := tx.exec(`DELETE FROM refused_event WHERE expires_at <= ?`, micros(tx.now)); err != nil {
			return err
		}
		for key := range keys {
			if err := tx.keepNewestRefused(`WHERE key_id = ?3`, limits.KeyCount, limits.KeyBytes, key); err != nil {
				return err
			}
		}
		return tx.keepNewestRefused(`WHERE ?3 = ''`, limits.Count, limits.Bytes, "")
	})
}

// keepNewestRefused deletes the oldest of those that where selects, as far as
// they are more than count or take more than bytes.
func (tx *transaction) keepNewestRefused(where string, count, bytes int64, key string) error {
	_, err := tx.exec(`
		DELETE FROM refused_event WHERE id IN (
			SELECT id FROM (
				SELECT id, COUNT(*) OVER newest AS count, SUM(bytes) OVER newest AS bytes
				FROM refused_event `+where+`
				WINDOW newest AS (ORDER BY id DESC)
			)
			WHERE count > ?1 OR bytes > ?2
		)`, count, bytes, key)
	return err
}

// ExpireRefusedEvents deletes those that have expired.
func (db *DB) ExpireRefusedEvents(ctx context.Context) error {
	return db.change(ctx, func(tx *transaction) error {
		_, err := tx.exec(`DELETE FROM refused_event WHERE expires_at <= ?`, micros(tx.now))
		return err
	})
}

// RefusedEvents returns those that q selects, newest first, without the requests.
func (db *DB) RefusedEvents(ctx context.Context, q host.RefusedEventQuery) ([]host.RefusedEvent, error) {
	rows, err := db.readers.QueryContext(ctx, `
		SELECT about, NULL FROM refused_event
		WHERE (?1 = '' OR id < ?1) AND (?2 = '' OR key_id = ?2) AND expires_at > ?3
		ORDER BY id DESC
		LIMIT ?4`, q.Before, q.KeyID, micros(time.Now()), limit(q.Limit))
	if err != nil {
		return nil, hostError(err)
	}
	events, err := scanAll(rows, scanRefusedEvent)
	return events, hostError(err)
}

// RefusedEvent returns one with its request. NotFound when there is none, or it has
// expired.
func (db *DB) RefusedEvent(ctx context.Context, id string) (host.RefusedEvent, error) {
	rows, err := db.readers.QueryContext(ctx, `
		SELECT about, sealed FROM refused_event WHERE id = ? AND expires_at > ?`, id, micros(time.Now()))
	if err != nil {
		return host.RefusedEvent{}, hostError(err)
	}
	found, err := scanAll(rows, scanRefusedEvent)
	if err == nil && len(found) == 0 {
		err = notFound("there is no refused event " + id)
	}
	if err != nil {
		return host.RefusedEvent{}, hostError(err)
	}
	return found[0], nil
}

func scanRefusedEvent(row interface{ Scan(...any) error }) (host.RefusedEvent, error) {
	var e host.RefusedEvent
	var about, sealed []byte
	if err := row.Scan(&about, &sealed); err != nil {
		return e, err
	}
	if err := decode(about, &e); err != nil {
		return e, corrupt("a refused event can't be read", err)
	}
	e.Sealed = sealed
	return e, nil
}

// DeleteRefusedEvent deletes one, if it is there.
func (db *DB) DeleteRefusedEvent(ctx context.Context, id string) error {
	return db.change(ctx, func(tx *transaction) error {
		_, err := tx.exec(`DELETE FROM refused_event WHERE id = ?`, id)
		return err
	})
}
