package sqlite

import (
	"context"
	"fmt"
	"sync"

	"github.com/usherhost/usher/host"
)

// boundPlans are what each trigger has now, for readers that must not wait for the
// disk. They are forgotten with the commit that changes them, before its caller is
// answered. The zero value is empty.
type boundPlans struct {
	mu      sync.RWMutex
	changes int64 // guarded by mu; counts what forget was called for
	plans   map[host.Trigger][]host.Step
}

func (b *boundPlans) get(t host.Trigger) (steps []host.Step, known bool, at int64) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	steps, known = b.plans[t]
	return steps, known, b.changes
}

// put keeps what was read after at, unless it has changed since.
func (b *boundPlans) put(t host.Trigger, steps []host.Step, at int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.changes != at {
		return
	}
	if b.plans == nil {
		b.plans = map[host.Trigger][]host.Step{}
	}
	b.plans[t] = steps
}

func (b *boundPlans) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changes++
	clear(b.plans)
}

// Bound returns the plan of trigger: what is deployed and bound now, with the settings
// that hold. It is for reading only. It is in memory until something of it changes.
func (db *DB) Bound(ctx context.Context, trigger host.Trigger) ([]host.Step, error) {
	steps, known, at := db.writer.bound.get(trigger)
	if known {
		return steps, nil
	}
	rows, err := db.readers.QueryContext(ctx, selectSteps, string(trigger))
	if err != nil {
		return nil, hostError(fmt.Errorf("read the plan of %s: %w", trigger, err))
	}
	steps, err = scanAll(rows, func(row interface{ Scan(...any) error }) (host.Step, error) {
		values := make([]driverValue, 8)
		fields := make([]any, len(values))
		for i := range values {
			fields[i] = &values[i]
		}
		if err := row.Scan(fields...); err != nil {
			return host.Step{}, err
		}
		return scanStep(trigger, values)
	})
	if err != nil {
		return nil, hostError(fmt.Errorf("read the plan of %s: %w", trigger, err))
	}
	db.writer.bound.put(trigger, steps, at)
	return steps, nil
}
