package daemon

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"
)

// expireEvery is how often the host looks for executions and tapes to delete.
const expireEvery = time.Hour

// expirer deletes the executions that ended before a time, and tapes.
type expirer interface {
	Expire(ctx context.Context, before time.Time) (int, error)
	ExpireTapes(ctx context.Context, now, before time.Time) (int, error)
}

// DeleteOld returns the work that deletes executions that ended more than keepDays ago,
// tapes of runs that ended more than keepTapes days ago, and those that are stored long
// enough by their binding, until ctx ends; 0 days are without end. A failure is retried an
// hour later.
func DeleteOld(store expirer, keepDays, keepTapes *atomic.Int64, log *slog.Logger) func(context.Context) error {
	return func(ctx context.Context) error {
		ticker := time.NewTicker(expireEvery)
		defer ticker.Stop()
		for {
			deleteExecutions(ctx, store, int(keepDays.Load()), log)
			deleteTapes(ctx, store, int(keepTapes.Load()), log)
			select {
			case <-ctx.Done():
				return nil
			case <-ticker.C:
			}
		}
	}
}

func deleteExecutions(ctx context.Context, store expirer, days int, log *slog.Logger) {
	if days <= 0 {
		return
	}
	n, err := store.Expire(ctx, time.Now().UTC().AddDate(0, 0, -days))
	if n > 0 {
		log.Info("deleted executions that ended long ago", "executions", n, "keep_days", days)
	}
	if err != nil && ctx.Err() == nil {
		log.Error("executions that ended long ago could not be deleted", "keep_days", days, "error", err)
	}
}

func deleteTapes(ctx context.Context, store expirer, days int, log *slog.Logger) {
	now, before := time.Now().UTC(), time.Time{}
	if days > 0 {
		before = now.AddDate(0, 0, -days)
	}
	n, err := store.ExpireTapes(ctx, now, before)
	if n > 0 {
		log.Info("deleted tapes of runs that ended long ago", "tapes", n, "keep_tapes_days", days)
	}
	if err != nil && ctx.Err() == nil {
		log.Error("tapes of runs that ended long ago could not be deleted", "keep_tapes_days", days, "error", err)
	}
}
