package daemon_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/daemon"
)

// fieldStore is a store that fails for a while.
type fieldStore struct {
	set    []string
	calls  int
	failed int // how many calls fail
}

func (s *fieldStore) SetSearchableFields(_ context.Context, paths []string) error {
	s.calls++
	if s.failed > 0 {
		s.failed--
		return errors.New("the disk is full")
	}
	s.set = paths
	return nil
}

func (s *fieldStore) IndexFields(ctx context.Context, report func([]host.SearchableField)) error {
	for range 3 {
		report([]host.SearchableField{{Field: "user.email", Percent: 40}})
	}
	return ctx.Err()
}

func TestFieldsBecomeSearchableAtTheStartAndWhenTheyAreReplaced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		store, fields := &fieldStore{failed: 1}, &daemon.SearchableFields{}
		fields.Set([]string{"user.email"})
		done := make(chan error, 1)
		go func() { done <- daemon.IndexFields(store, fields, slog.New(slog.DiscardHandler))(ctx) }()
		synctest.Wait()
		if store.set != nil {
			t.Fatalf("a failure set %v", store.set)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if !slices.Equal(store.set, []string{"user.email"}) || store.calls != 2 {
			t.Fatalf("after a failure the fields are %v, by %d calls", store.set, store.calls)
		}
		fields.Set([]string{"user.plan"})
		synctest.Wait()
		if !slices.Equal(store.set, []string{"user.plan"}) {
			t.Errorf("the fields are %v, want the new ones", store.set)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
