package daemon

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"
)

// expireEvery is how often the host looks for executions to delete.
const expireEvery = time.Hour

// expirer deletes the executions that ended before a time.
type expirer interface {
	Expire(ctx context.Context, before time.Time) (int, error)
}

// DeleteOld returns the work that deletes what ended more than keep_days ago,
// until ctx ends; with 0 it has nothing to do. A failure is retried an hour
// later.
func DeleteOld(store expirer, keepDays *atomic.Int64, log *slog.Logger) func(context.Context) error {
	return func(ctx context.Context) error {
		ticker := time.NewTicker(expireEvery)
		defer ticker.Stop()
		for {
			days, n, err := int(keepDays.Load()), 0, error(nil)
			if days > 0 {
				n, err = store.Expire(ctx, time.Now().UTC().AddDate(0, 0, -days))
			}
			if n > 0 {
				log.Info("deleted executions that ended long ago", "executions", n, "keep_days", days)
			}
			if err != nil && ctx.Err() == nil {
				log.Error("executions that ended long ago could not be deleted", "keep_days", days, "error", err)
			}
			select {
			case <-ctx.Done():
				return nil
			case <-ticker.C:
			}
		}
	}
}
