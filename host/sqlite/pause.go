package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"sync"

	"github.com/usherhost/usher/host"
)

// PutPause pauses an action, by its id, or a trigger, and reports whether it was not
// paused before: then nothing changes. NotFound when there is no such action.
func (db *DB) PutPause(ctx context.Context, p host.Pause) (created bool, err error) {
	actor, err := json.Marshal(p.Actor)
	if err != nil {
		return false, fmt.Errorf("encode actor: %w", err)
	}
	err = db.change(ctx, func(tx *transaction) error {
		if !host.Trigger(p.Target).Valid() {
			if _, err := tx.actionExists(p.Target); err != nil {
				return err
			}
		}
		n, err := tx.exec(`
			INSERT INTO pause (target, reason, actor, at) VALUES (?, ?, ?, ?)
			ON CONFLICT (target) DO NOTHING`, p.Target, p.Reason, actor, orNow(tx, micros(p.At)))
		created = n > 0
		return err
	})
	return created, err
}

// DeletePause ends a pause, and reports whether there was one.
func (db *DB) DeletePause(ctx context.Context, target string) (existed bool, err error) {
	err = db.change(ctx, func(tx *transaction) error {
		n, err := tx.exec(`DELETE FROM pause WHERE target = ?`, target)
		existed = n > 0
		return err
	})
	return existed, err
}

// Pauses returns what is paused, the longest first.
func (db *DB) Pauses(ctx context.Context) ([]host.Pause, error) {
	rows, err := db.readers.QueryContext(ctx, `
		SELECT p.target, COALESCE(a.trigger, p.target), COALESCE(a.name, ''), p.reason, p.actor, p.at
		FROM pause p LEFT JOIN action a ON a.id = p.target
		ORDER BY p.at, p.target`)
	if err != nil {
		return nil, hostError(err)
	}
	defer func() { _ = rows.Close() }()
	pauses := []host.Pause{}
	for rows.Next() {
		var p host.Pause
		var actor []byte
		var at int64
		if err := rows.Scan(&p.Target, &p.Trigger, &p.Action, &p.Reason, &actor, &at); err != nil {
			return nil, hostError(err)
		}
		p.At = fromMicros(at)
		if err := decode(actor, &p.Actor); err != nil {
			return nil, fmt.Errorf("who paused %s: %w", p.Target, err)
		}
		pauses = append(pauses, p)
	}
	return pauses, hostError(rows.Err())
}

// ClaimHeld leases up to n executions that are held back for key, those first that were
// due first. They come as from Claim.
func (db *DB) ClaimHeld(ctx context.Context, key string, n int) ([]host.Execution, error) {
	return db.claimAll(ctx, n, func(tx *transaction) ([]int64, error) { return tx.heldFor(key, n) })
}

func (tx *transaction) heldFor(key string, n int) (found []int64, err error) {
	err = tx.query(func(row []driverValue) error {
		if seq := integer(row[0]); !tx.writer.damaged[seq] && len(found) < n {
			found = append(found, seq)
		}
		return nil
	}, `
		SELECT seq FROM execution
		WHERE held = ?
		ORDER BY next_at, seq
		LIMIT ?`, key, int64(n+len(tx.writer.damaged)))
	return found, err
}

// Held counts the executions that are held back, for each key. It counts no rows.
func (db *DB) Held(ctx context.Context) ([]host.HeldCount, error) {
	held := db.writer.held.all()
	counts := make([]host.HeldCount, 0, len(held))
	for key, n := range held {
		c := host.HeldCount{Key: key, Waiting: n}
		err := db.readers.QueryRowContext(ctx, `
			SELECT a.id, a.name, COALESCE(v.id, ''), COALESCE(v.number, 0)
			FROM action a LEFT JOIN version v ON v.action_id = a.id AND v.id = ?
			WHERE a.id = ? OR v.id IS NOT NULL`, key, key).Scan(&c.ActionID, &c.Action, &c.VersionID, &c.Number)
		if err != nil && !errors.Is(err, sql.ErrNoRows) { // none: it is deleted
			return nil, hostError(err)
		}
		counts = append(counts, c)
	}
	return counts, nil
}

// unhold makes what is held back for an action or its versions due again, because the
// action is deleted: no operator could resume it.
func (tx *transaction) unhold(actionID string) error {
	keys := []string{actionID}
	if err := tx.query(func(row []driverValue) error {
		keys = append(keys, text(row[0]))
		return nil
	}, `SELECT id FROM version WHERE action_id = ?`, actionID); err != nil {
		return err
	}
	for _, key := range keys {
		retrying := int64(0)
		if _, err := tx.queryOne(func(row []driverValue) error {
			retrying = integer(row[0])
			return nil
		}, `SELECT COUNT(*) FROM execution WHERE held = ? AND status = 'retrying'`, key); err != nil {
			return err
		}
		n, err := tx.exec(`UPDATE execution SET leased = 0, held = NULL WHERE held = ?`, key)
		if err != nil {
			return err
		}
		tx.unended.retrying += retrying
		tx.countHeld(key, -n)
	}
	_, err := tx.exec(`DELETE FROM pause WHERE target = ?`, actionID)
	return err
}

// endHold makes the row of a held execution that of one without a lease. Retrying is not
// counted.
func (tx *transaction) endHold(x *executionRow) error {
	_, err := tx.exec(`UPDATE execution SET leased = 0, held = NULL WHERE seq = ?`, x.seq)
	tx.countHeld(x.held, -1)
	x.leased, x.held = 0, ""
	return err
}

// held counts the executions that are held back by key, so that no query counts rows:
// read once at start, and then kept by the writer with each commit.
type held struct {
	mu     sync.Mutex
	counts map[string]int64 // guarded by mu; without zeros
}

func (h *held) all() map[string]int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.counts)
}

func (h *held) add(changes map[string]int64) {
	if len(changes) == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.counts == nil {
		h.counts = map[string]int64{}
	}
	for key, n := range changes {
		if h.counts[key] += n; h.counts[key] == 0 {
			delete(h.counts, key)
		}
	}
}

// countHeld counts n more for key, when the transaction is committed.
func (tx *transaction) countHeld(key string, n int64) {
	if tx.held == nil {
		tx.held = map[string]int64{}
	}
	tx.held[key] += n
}

// loadHeld reads the counts.
func (w *writer) loadHeld() error {
	counts := map[string]int64{}
	err := w.session.query(func(row []driverValue) error {
		counts[text(row[0])] = integer(row[1])
		return nil
	}, `SELECT held, COUNT(*) FROM execution WHERE held IS NOT NULL GROUP BY held`)
	w.held.add(counts)
	return err
}
