package daemon

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// expiring notes what it is asked to delete, and fails at first.
type expiring []time.Duration

func (e *expiring) ExpireTapes(_ context.Context, now, before time.Time) (int, error) {
	if before.IsZero() {
		return 0, errors.New("the disk is full")
	}
	*e = append(*e, -now.Sub(before))
	return 1, nil
}

func (e *expiring) Expire(_ context.Context, before time.Time) (int, error) {
	*e = append(*e, time.Since(before))
	if len(*e) == 1 {
		return 0, errors.New("the disk is full")
	}
	return 3, nil
}

func TestWhatEndedLongAgoIsDeletedEveryHour(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ days, rounds int }{{days: 0}, {days: 30, rounds: 3}} {
		synctest.Test(t, func(t *testing.T) {
			var store expiring
			ctx, stop := context.WithTimeout(t.Context(), 2*time.Hour+time.Minute)
			defer stop()
			var days, none atomic.Int64
			days.Store(int64(tt.days))
			if err := DeleteOld(&store, &days, &none, slog.New(slog.DiscardHandler))(ctx); err != nil {
				t.Error(err)
			}
			if want := slices.Repeat(expiring{time.Duration(tt.days) * 24 * time.Hour}, tt.rounds); !slices.Equal(store, want) {
				t.Errorf("%d days: deleted what ended before %v", tt.days, store)
			}
		})
	}
}

func TestTapesAreDeletedAfterDaysOfTheirOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var store expiring
		ctx, stop := context.WithTimeout(t.Context(), time.Hour+time.Minute)
		defer stop()
		var none, days atomic.Int64
		days.Store(7)
		if err := DeleteOld(&store, &none, &days, slog.New(slog.DiscardHandler))(ctx); err != nil {
			t.Error(err)
		}
		if want := slices.Repeat(expiring{-7 * 24 * time.Hour}, 2); !slices.Equal(store, want) {
			t.Errorf("deleted tapes of what ended %v ago", store)
		}
	})
}
