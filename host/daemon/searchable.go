package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/usherhost/usher/host"
)

// SearchableFields are the fields that shall be searchable. The zero value is none.
type SearchableFields struct {
	mu      sync.Mutex // guards paths and changed
	paths   []string
	changed chan struct{} // closed when paths is replaced; nil before it is waited for
}

// Set replaces the fields.
func (f *SearchableFields) Set(paths []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.paths = paths
	if f.changed != nil {
		close(f.changed)
		f.changed = nil
	}
}

// get returns the fields, and what is closed when they are replaced.
func (f *SearchableFields) get() ([]string, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.changed == nil {
		f.changed = make(chan struct{})
	}
	return f.paths, f.changed
}

// fieldStore makes fields searchable; see package sqlite.
type fieldStore interface {
	SetSearchableFields(ctx context.Context, paths []string) error
	IndexFields(ctx context.Context, report func([]host.SearchableField)) error
}

const (
	indexAgain  = time.Minute      // after a failure
	reportEvery = 10 * time.Second // the progress of indexing
)

// IndexFields returns the work that makes the fields searchable, at the start and when
// they are replaced, and adds older executions, until ctx ends. A failure is logged, and
// tried again a minute later.
func IndexFields(store fieldStore, fields *SearchableFields, log *slog.Logger) func(context.Context) error {
	return func(ctx context.Context) error {
		for {
			paths, changed := fields.get()
			var again <-chan time.Time
			if err := indexFields(ctx, store, paths, changed, log); err != nil && ctx.Err() == nil {
				log.Error("older executions could not be made searchable", "fields", paths, "error", err)
				timer := time.NewTimer(indexAgain)
				defer timer.Stop()
				again = timer.C
			}
			select {
			case <-changed:
			case <-again:
			case <-ctx.Done():
				return nil
			}
		}
	}
}

// indexFields makes fields searchable and adds older executions, until changed is closed.
func indexFields(ctx context.Context, store fieldStore, paths []string, changed <-chan struct{}, log *slog.Logger) error {
	if err := store.SetSearchableFields(ctx, paths); err != nil {
		return fmt.Errorf("set the fields: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var reported time.Time
	var progress string
	err := store.IndexFields(ctx, func(unfinished []host.SearchableField) {
		select {
		case <-changed:
			stop()
		default:
		}
		if len(unfinished) > 0 && time.Since(reported) >= reportEvery {
			reported, progress = time.Now(), describe(unfinished)
			log.Info("making older executions searchable", "fields", progress)
		}
	})
	if ctx.Err() != nil {
		return nil
	}
	if err == nil && progress != "" {
		log.Info("all executions are searchable", "fields", paths)
	}
	return err
}

func describe(fields []host.SearchableField) string {
	parts := make([]string, len(fields))
	for i, f := range fields {
		parts[i] = fmt.Sprintf("%s %d%%", f.Field, f.Percent)
	}
	return strings.Join(parts, ", ")
}
