package sqlite

import (
	"context"
	"sync/atomic"
	"time"
)

// keyUse is when a key was last used, in microseconds: as it is now, and as it is
// stored. A request only writes to memory.
type keyUse struct{ at, stored atomic.Int64 }

func (db *DB) noteKeyUse(id string, now time.Time) {
	use, found := db.keyUses.Load(id)
	if !found {
		use, _ = db.keyUses.LoadOrStore(id, &keyUse{})
	}
	use.(*keyUse).at.Store(now.UnixMicro())
}

// StoreKeyUses stores when keys were last used, of those that were used since the
// last call, in one commit. It writes nothing when there are none.
func (db *DB) StoreKeyUses(ctx context.Context) error {
	uses := map[string]int64{}
	db.keyUses.Range(func(id, use any) bool {
		if at := use.(*keyUse).at.Load(); at > use.(*keyUse).stored.Load() {
			uses[id.(string)] = at
		}
		return true
	})
	if len(uses) == 0 {
		return nil
	}
	err := db.change(ctx, func(tx *transaction) error {
		for id, at := range uses {
			if _, err := tx.exec(`UPDATE key SET last_used_at = ? WHERE id = ?`, at, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for id, at := range uses {
		if use, found := db.keyUses.Load(id); found {
			use.(*keyUse).stored.Store(at)
		}
	}
	return nil
}
