package daemon_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/daemon"
)

// fieldStore is a store that fails for a while.
type fieldStore struct {
	mu     sync.Mutex // guards all below
	set    []string
	calls  int
	failed int // how many calls fail
}

func (s *fieldStore) SetSearchableFields(_ context.Context, paths []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
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

// state returns the fields that are set, and the number of calls.
func (s *fieldStore) state() ([]string, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.set, s.calls
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
		if set, _ := store.state(); set != nil {
			t.Fatalf("a failure set %v", set)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if set, calls := store.state(); !slices.Equal(set, []string{"user.email"}) || calls != 2 {
			t.Fatalf("after a failure the fields are %v, by %d calls", set, calls)
		}
		fields.Set([]string{"user.plan"})
		synctest.Wait()
		if set, _ := store.state(); !slices.Equal(set, []string{"user.plan"}) {
			t.Errorf("the fields are %v, want the new ones", set)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
