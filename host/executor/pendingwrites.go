package executor

import (
	"context"
	"sync"

	"github.com/usherhost/usher/host"
)

// The bounds on outcomes that the store has not made durable yet. While they
// are exceeded no action starts, so a slow or full disk costs time, not memory.
const (
	maxPendingWrites = 8192
	maxPendingBytes  = 64 << 20
)

// pendingWrites counts the outcomes that are queued and not yet durable.
type pendingWrites struct {
	mu      sync.Mutex // guards all below
	count   int
	bytes   int
	changed chan struct{} // closed when the count falls; nil while no goroutine waits
}

func newPendingWrites() *pendingWrites { return &pendingWrites{} }

func (u *pendingWrites) add(bytes int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.count++
	u.bytes += bytes
}

func (u *pendingWrites) done(bytes int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.count--
	u.bytes -= bytes
	if u.changed != nil {
		close(u.changed)
		u.changed = nil
	}
}

func (u *pendingWrites) pending() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.count
}

// room waits until another action may start.
func (u *pendingWrites) room(ctx context.Context) error {
	return u.wait(ctx, func() bool { return u.count < maxPendingWrites && u.bytes < maxPendingBytes })
}

// flush waits until every outcome is durable.
func (u *pendingWrites) flush(ctx context.Context) error {
	return u.wait(ctx, func() bool { return u.count == 0 })
}

// wait returns when ok, which is called with mu held, returns true.
func (u *pendingWrites) wait(ctx context.Context, ok func() bool) error {
	for {
		changed := u.watch(ok)
		if changed == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

// watch returns a channel that is closed at the next change, nil when ok.
func (u *pendingWrites) watch(ok func() bool) <-chan struct{} {
	u.mu.Lock()
	defer u.mu.Unlock()
	if ok() {
		return nil
	}
	if u.changed == nil {
		u.changed = make(chan struct{})
	}
	return u.changed
}

// sizeOf estimates the memory that an outcome holds until it is durable.
func sizeOf(o *host.Outcome) int {
	size := 256 + len(o.Tape) + 16*len(o.Progress)
	if o.Result == nil {
		return size
	}
	size += 512 + len(o.Result.Output)
	for i := range o.Result.Calls {
		call := &o.Result.Calls[i]
		size += 192 + len(call.Target) + len(call.Error) + len(call.Hint) + call.Fix.Len()
	}
	for i := range o.Result.Logs {
		size += 64 + len(o.Result.Logs[i].Message)
	}
	if e := o.Result.Error; e != nil {
		size += len(e.Message) + len(e.Stack)
	}
	return size
}
